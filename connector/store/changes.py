"""Records that stand in the ledger, and how Brex shows them otherwise since."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


def standing(tx: Tx, connection_id: int, record_ids: Sequence[str]) -> list[Any]:
    """Those of these records whose entry is written, with the body it was written from.

    Rows (id, record_id, stage, record_type, ledger_status, body, acknowledged_at, changed_in_brex, has_linked).
    """
    return list(
        sql.rows(
            tx,
            "SELECT r.id, r.record_id, r.stage, r.record_type, r.ledger_status, r.body, r.acknowledged_at, "
            "r.changed_in_brex, coalesce(r.entry ? 'linked', false) AS has_linked FROM records r "
            "WHERE r.connection_id = :connection AND r.record_id = ANY(CAST(:ids AS text[])) "
            "AND r.stage <> 'reversed' AND EXISTS "
            "(SELECT FROM writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch AND w.kind = 'entry' "
            "AND w.outcome = 'written') ORDER BY r.id",
            {"connection": connection_id, "ids": list(record_ids)},
        )
    )


def unposted_bills(tx: Tx, connection_id: int, most: int) -> list[str]:
    """The record ids of bills that are written and not posted in F&O yet, the newest first."""
    found = sql.rows(
        tx,
        "SELECT record_id FROM records WHERE connection_id = :connection AND stage IN ('written', 'acknowledged') "
        "AND source_type = 'BILL' AND ledger_status = 'unposted' AND linked_to IS NULL ORDER BY id DESC LIMIT :most",
        {"connection": connection_id, "most": most},
    )
    return [row.record_id for row in found]


def since(tx: Tx, connection_id: int) -> datetime | None:
    """From where on a change may matter: the cursor, or else the first write. None where nothing was written yet."""
    found: datetime | None = sql.value(
        tx,
        "SELECT coalesce(changes_cursor, (SELECT min(written_at) FROM records WHERE connection_id = :id)) "
        "FROM connections WHERE id = :id",
        {"id": connection_id},
    )
    return found


def note(tx: Tx, connection_id: int, found: Sequence[dict[str, Any]]) -> None:
    """Rows (id, changed): what is known of the differences; None where there are none any more."""
    sql.run(
        tx,
        "UPDATE records r SET changed_in_brex = x.changed FROM jsonb_to_recordset(CAST(:found AS jsonb)) "
        "AS x(id bigint, changed jsonb) WHERE r.id = x.id AND r.connection_id = :connection",
        {"connection": connection_id, "found": sql.pack(found)},
    )


def unsettled(tx: Tx, connection_id: int, record_ids: Sequence[str] = ()) -> list[Any]:
    """Changed records nobody has seen to; without ids, all. Rows (id, record_id, changed_in_brex)."""
    return list(
        sql.rows(
            tx,
            "SELECT id, record_id, changed_in_brex FROM records WHERE connection_id = :connection "
            "AND changed_in_brex IS NOT NULL AND NOT changed_in_brex ? 'settled' "
            "AND (cardinality(CAST(:ids AS text[])) = 0 OR record_id = ANY(CAST(:ids AS text[]))) ORDER BY id",
            {"connection": connection_id, "ids": list(record_ids)},
        )
    )


def count(tx: Tx, connection_id: int) -> int:
    found: int = sql.value(
        tx,
        "SELECT count(*) FROM records WHERE connection_id = :id AND changed_in_brex IS NOT NULL "
        "AND NOT changed_in_brex ? 'settled'",
        {"id": connection_id},
    )
    return found
