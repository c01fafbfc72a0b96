"""Where the readings by cursor go on: times that Brex gave, never ours."""

from datetime import datetime
from enum import StrEnum

from connector.store import sql
from connector.store.engine import Tx


class Cursor(StrEnum):
    """Named as its column."""

    BILLS = "bills_cursor"
    CHANGES = "changes_cursor"


def at(tx: Tx, connection_id: int, cursor: Cursor) -> datetime | None:
    """None: nothing was read to its end yet."""
    found: datetime | None = sql.value(tx, f"SELECT {cursor} FROM connections WHERE id = :id", {"id": connection_id})
    return found


def advance(tx: Tx, connection_id: int, cursor: Cursor, shown: datetime, started: datetime) -> None:
    """A reading begun at `started` (by `records.now`) came to its end; `shown` is the greatest `updated_at` in it.

    What changed while it was read may have been missed, so its duration is taken off. Never back, and never beyond
    our own time: one absurd date must not end all reading.
    """
    sql.run(
        tx,
        f"UPDATE connections SET {cursor} = greatest({cursor}, least(CAST(:shown AS timestamptz), now()) "
        "- (now() - CAST(:started AS timestamptz))) WHERE id = :id",
        {"id": connection_id, "shown": shown, "started": started},
    )
