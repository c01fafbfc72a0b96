"""When a side of a connection asked us to slow down, every worker of that connection does."""

from decimal import Decimal

from connector.store import sql
from connector.store.engine import Tx


def wait_seconds(tx: Tx, connection_id: int, side: str) -> float:
    """How long this side is to be left alone; 0 where it may be called now."""
    found: float | None = sql.value(
        tx,
        "SELECT CAST(greatest(0, extract(epoch FROM not_before - now())) AS float8) FROM pacing "
        "WHERE connection_id = :id AND side = :side",
        {"id": connection_id, "side": side},
    )
    return found or 0.0


def strike(tx: Tx, connection_id: int, side: str) -> int:
    """Count one more refusal in a row and return the count."""
    found = sql.value(
        tx,
        "UPDATE pacing SET strikes = strikes + 1 WHERE connection_id = :id AND side = :side RETURNING strikes",
        {"id": connection_id, "side": side},
    )
    return int(found or 1)


def leave_alone(tx: Tx, connection_id: int, side: str, seconds: float) -> None:
    """Never shortens a wait that another worker was told."""
    sql.run(
        tx,
        "UPDATE pacing SET not_before = greatest(not_before, now() + :seconds * interval '1 second') "
        "WHERE connection_id = :id AND side = :side",
        {"id": connection_id, "side": side, "seconds": seconds},
    )


def clear(tx: Tx, connection_id: int, side: str) -> None:
    sql.run(
        tx,
        "UPDATE pacing SET strikes = 0 WHERE connection_id = :id AND side = :side AND strikes > 0",
        {"id": connection_id, "side": side},
    )


def seconds_per_line(tx: Tx, connection_id: int) -> Decimal:
    """What one ledger line has been taking in F&O, as a moving average."""
    found = sql.value(
        tx,
        "SELECT seconds_per_line FROM pacing WHERE connection_id = :id AND side = 'd365'",
        {"id": connection_id},
    )
    return Decimal("0.25") if found is None else Decimal(found)


def learn(tx: Tx, connection_id: int, seconds: float, lines: int) -> None:
    """Fold in one measurement: three parts what we knew, one part what we saw."""
    sql.run(
        tx,
        "UPDATE pacing SET seconds_per_line = "
        "least(10, greatest(0.002, seconds_per_line * 0.75 + :seconds / :lines * 0.25)) "
        "WHERE connection_id = :id AND side = 'd365'",
        {"id": connection_id, "seconds": Decimal(str(seconds)), "lines": max(1, lines)},
    )
