"""Word of a record, from a webhook, the poll or a backfill, becomes a row. Never changes a stage."""

from collections.abc import Iterable, Sequence
from typing import Any

from connector.domain import jsonio
from connector.domain.reference import LINKED
from connector.store import records
from connector.store.engine import Tx
from connector.store.records import Heard, Intake

# Longer than any id Brex was seen to use, short enough to be harmless.
LONGEST_ID = 200


def readable_id(value: Any) -> bool:
    """An id that can be stored and shown: short printable text. None of ours: those of second entries."""
    if not isinstance(value, str) or value.endswith(LINKED):
        return False
    return 0 < len(value) <= LONGEST_ID and value.isprintable() and value == value.strip()


def announce(tx: Tx, connection_id: int, record_ids: Iterable[str], *, actor: str, source: str) -> Intake:
    """Ids alone, as a webhook brings them; the same id twice counts once."""
    heard = [Heard(record_id) for record_id in dict.fromkeys(record_ids) if not record_id.endswith(LINKED)]
    return records.intake(tx, connection_id, heard, actor=actor, source=source)


def bring(
    tx: Tx, connection_id: int, items: Sequence[dict[str, Any]], *, actor: str, source: str, as_of: Any = None
) -> tuple[Intake, int]:
    """Whole records, as the poll brings them. Also returns how many had no id and could not be kept.

    `as_of`: Postgres's time before Brex was asked for them.
    """
    heard = [heard_of(item) for item in items if readable_id(item.get("id"))]
    taken = records.intake(tx, connection_id, heard, actor=actor, source=source, as_of=as_of)
    return taken, len(items) - len(heard)


def heard_of(item: dict[str, Any]) -> Heard:
    body = without_links(item)
    text = jsonio.dumps(body)
    version = item.get("version")
    return Heard(
        item["id"],
        body=text if len(text) <= records.BODY_LIMIT else None,
        body_hash=jsonio.digest(body),
        version=version if isinstance(version, int) and not isinstance(version, bool) else None,
    )


def without_links(item: dict[str, Any]) -> dict[str, Any]:
    """The record without its receipts' links: they open a receipt to anyone for 15 minutes, and change every time."""
    receipts = item.get("receipts")
    if not isinstance(receipts, list):
        return item
    kept = [
        {key: value for key, value in receipt.items() if key != "download_uris"}
        for receipt in receipts
        if isinstance(receipt, dict)
    ]
    return {**item, "receipts": kept}
