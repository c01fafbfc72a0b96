"""Requests made to each side, counted: one small row for each outcome, raised by whoever made some."""

from collections.abc import Mapping
from decimal import Decimal

from connector.store import sql
from connector.store.engine import Tx


def add(tx: Tx, connection_id: int, calls: Mapping[tuple[str, str], tuple[int, Decimal]]) -> None:
    """Add calls by (side, outcome): how many, and the seconds they took together.

    Always in the same order, so that two that add at once wait for each other and never in a circle.
    """
    if not calls:
        return
    rows = [
        {"side": side, "outcome": outcome[:40], "number": number, "seconds": seconds}
        for (side, outcome), (number, seconds) in sorted(calls.items())
    ]
    sql.run(
        tx,
        "INSERT INTO requests AS r (connection_id, side, outcome, number, seconds) "
        "SELECT :id, side, outcome, number, seconds FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(side text, outcome text, number bigint, seconds numeric) ORDER BY side, outcome "
        "ON CONFLICT (connection_id, side, outcome) DO UPDATE "
        "SET number = r.number + excluded.number, seconds = r.seconds + excluded.seconds",
        {"id": connection_id, "rows": sql.pack(rows)},
    )


def counted(tx: Tx) -> list[tuple[str, str, str, int, Decimal]]:
    """Connection's name, side, outcome, how many, seconds together."""
    found = sql.rows(
        tx,
        "SELECT c.name, r.side, r.outcome, r.number, r.seconds FROM requests r JOIN connections c "
        "ON c.id = r.connection_id WHERE c.removed_at IS NULL ORDER BY 1, 2, 3",
    )
    return [(row.name, row.side, row.outcome, int(row.number), row.seconds) for row in found]
