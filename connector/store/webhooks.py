"""Webhook deliveries already stored: replay protection is ours, and a few minutes in Redis would be too short."""

from connector.store import sql
from connector.store.engine import Tx


def first_time(tx: Tx, connection_id: int, webhook_id: str, event_type: str, body_hash: str, records: int) -> bool:
    """Note a delivery; False where this Webhook-Id was stored before (a re-delivery, or a replay)."""
    found: int = sql.value(
        tx,
        "INSERT INTO webhooks AS w (connection_id, webhook_id, event_type, body_hash, records) "
        "VALUES (:id, :webhook, :type, :hash, :records) ON CONFLICT (connection_id, webhook_id) "
        "DO UPDATE SET deliveries = w.deliveries + 1 RETURNING deliveries",
        {
            "id": connection_id,
            "webhook": webhook_id,
            "type": event_type,
            "hash": body_hash,
            "records": records,
        },
    )
    return found == 1


def repeated(tx: Tx, connection_id: int) -> int:
    """How many deliveries were repetitions of one already stored."""
    found = sql.value(
        tx,
        "SELECT coalesce(sum(deliveries - 1), 0) FROM webhooks WHERE connection_id = :id",
        {"id": connection_id},
    )
    return int(found)
