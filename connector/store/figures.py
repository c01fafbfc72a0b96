"""Figures for monitors: each is one query that reads an index or a small table, never the events."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.store import sql
from connector.store.engine import Tx

# Upper bounds of the histogram, in seconds.
BUCKETS = (10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400)


def add(tx: Tx, connection_id: int, calls: Mapping[tuple[str, str], tuple[int, Decimal]]) -> None:
    """Count requests by (side, outcome): how many, and the seconds they took together.

    Always in the same order, so that two that add at once wait for each other and never in a circle.
    """
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


def requests(tx: Tx, connection_id: int) -> list[tuple[str, str, int, Decimal]]:
    """Side, outcome, how many, seconds together."""
    found = sql.rows(
        tx,
        "SELECT side, outcome, number, seconds FROM requests WHERE connection_id = :id ORDER BY side, outcome",
        {"id": connection_id},
    )
    return [(row.side, row.outcome, int(row.number), row.seconds) for row in found]


@dataclass(frozen=True, slots=True)
class Times:
    """`within`: for each of `BUCKETS`, how many records were written within so many seconds of being heard of."""

    within: tuple[int, ...]
    number: int
    seconds: Decimal


def times_to_written(tx: Tx, connection_id: int) -> Times:
    """Read from an index alone (records_written)."""
    counts = ", ".join(f"count(*) FILTER (WHERE taken <= interval '{bound} seconds') AS b{bound}" for bound in BUCKETS)
    row = sql.row(
        tx,
        f"SELECT {counts}, count(*) AS number, coalesce(extract(epoch FROM sum(taken)), 0) AS seconds FROM ("
        "SELECT greatest(written_at - created_at, interval '0') AS taken FROM records "
        "WHERE connection_id = :id AND written_at IS NOT NULL) times",
        {"id": connection_id},
    )
    assert row is not None  # noqa: S101 - an aggregate has one row always
    return Times(tuple(int(row._mapping[f"b{bound}"]) for bound in BUCKETS), int(row.number), row.seconds)


def most_attempts(tx: Tx, connection_id: int) -> int:
    """Of the records on their way, the attempts of the one that was tried most often."""
    found = sql.value(
        tx,
        "SELECT max(attempts) FROM records WHERE connection_id = :id "
        "AND stage IN ('received', 'fetched', 'mapped', 'writing')",
        {"id": connection_id},
    )
    return int(found or 0)


@dataclass(frozen=True, slots=True)
class Pace:
    side: str
    strikes: int
    wait_seconds: Decimal


def paces(tx: Tx, connection_id: int) -> list[Pace]:
    """For each side: refusals in a row, and how long it is to be left alone yet."""
    found = sql.rows(
        tx,
        "SELECT side, strikes, greatest(0, extract(epoch FROM not_before - now())) AS wait_seconds FROM pacing "
        "WHERE connection_id = :id ORDER BY side",
        {"id": connection_id},
    )
    return [Pace(row.side, row.strikes, row.wait_seconds) for row in found]


def ages(tx: Tx, connection_id: int) -> dict[str, Decimal]:
    """Seconds since the last poll, reading of master data, webhook and nightly reconciliation; what never happened is
    missing."""
    row = sql.row(
        tx,
        "SELECT extract(epoch FROM now() - polled_at) AS poll, extract(epoch FROM now() - refreshed_at) AS refresh, "
        "extract(epoch FROM now() - (SELECT max(received_at) FROM webhooks WHERE connection_id = c.id)) AS webhook, "
        "extract(epoch FROM now() - (SELECT max(done_at) FROM reconciliations WHERE connection_id = c.id)) "
        "AS reconciliation "
        "FROM connections c WHERE id = :id",
        {"id": connection_id},
    )
    return {name: age for name, age in (row._mapping.items() if row is not None else ()) if age is not None}
