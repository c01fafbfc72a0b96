"""Brex's bill-pay vendors as last read, and the daily turn of comparing them with F&O's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.store import connections, sql
from connector.store.engine import Tx

_GIVEN = "jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(brex_id text, name text, email text)"


def see(tx: Tx, connection_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep a page: brex_id, name, email, each id once. What waits for a vendor is planned again where an e-mail is
    new. Three statements at most, whatever the number of rows.
    """
    params = {"id": connection_id, "rows": sql.pack(rows)}
    changed = sql.value(
        tx,
        f"SELECT EXISTS (SELECT FROM {_GIVEN} LEFT JOIN brex_vendors b ON b.connection_id = :id "
        "AND b.brex_id = g.brex_id WHERE coalesce(b.email, '') <> g.email)",
        params,
    )
    sql.run(
        tx,
        "INSERT INTO brex_vendors (connection_id, brex_id, name, email, seen_at) "
        f"SELECT :id, g.brex_id, g.name, g.email, clock_timestamp() FROM {_GIVEN} ORDER BY g.brex_id "
        "ON CONFLICT (connection_id, brex_id) DO UPDATE SET name = excluded.name, email = excluded.email, "
        "seen_at = excluded.seen_at",
        params,
    )
    if changed:
        connections.bump_rules(tx, connection_id)


def seen_whole(tx: Tx, connection_id: int, started: datetime) -> None:
    """All pages were read: what nobody has seen since the reading began is gone."""
    sql.run(
        tx,
        "DELETE FROM brex_vendors WHERE connection_id = :id AND seen_at < :started",
        {"id": connection_id, "started": started},
    )
    sql.run(
        tx,
        "INSERT INTO vendor_surveys (connection_id, read_at) VALUES (:id, now()) "
        "ON CONFLICT (connection_id) DO UPDATE SET read_at = now(), unread = ''",
        {"id": connection_id},
    )


def unread(tx: Tx, connection_id: int, why: str, *, again: bool) -> None:
    """They could not be read or compared; what is kept stays as it was. `again`: the turn is given back."""
    sql.run(
        tx,
        "INSERT INTO vendor_surveys AS s (connection_id, unread) VALUES (:id, :why) ON CONFLICT (connection_id) "
        "DO UPDATE SET unread = excluded.unread, claimed_at = CASE WHEN NOT :again THEN s.claimed_at END",
        {"id": connection_id, "why": why[:500], "again": again},
    )


def everything(tx: Tx, connection_id: int) -> list[dict[str, str]]:
    """brex_id, name and email of each, by name."""
    found = sql.rows(
        tx,
        "SELECT brex_id, name, email FROM brex_vendors WHERE connection_id = :id ORDER BY name, brex_id",
        {"id": connection_id},
    )
    return [dict(row._mapping) for row in found]


def emails(tx: Tx, connection_id: int) -> dict[str, str]:
    """Brex's vendor id → e-mail, of those that have one."""
    found = sql.rows(
        tx,
        "SELECT brex_id, email FROM brex_vendors WHERE connection_id = :id AND email <> ''",
        {"id": connection_id},
    )
    return {row.brex_id: row.email for row in found}


def read_at(tx: Tx, connection_id: int) -> datetime | None:
    found: datetime | None = sql.value(
        tx, "SELECT read_at FROM vendor_surveys WHERE connection_id = :id", {"id": connection_id}
    )
    return found


# After each reading of F&O's master data.
_DUE = """c.state = 'active' AND c.removed_at IS NULL AND c.refreshed_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM vendor_surveys s WHERE s.connection_id = c.id AND s.claimed_at >= c.refreshed_at)"""


def due(tx: Tx) -> list[int]:
    """Connections whose vendors are to be compared, or of whose new vendors it is not known what became."""
    found = sql.rows(
        tx,
        f"SELECT c.id FROM connections c WHERE ({_DUE}) OR (c.state = 'active' AND c.removed_at IS NULL AND EXISTS ("
        "SELECT FROM vendor_writes w WHERE w.connection_id = c.id AND w.outcome IN ('open', 'uncertain') "
        "AND NOT w.held AND (w.busy_until IS NULL OR w.busy_until <= now()))) ORDER BY c.id",
    )
    return [row.id for row in found]


def claim(tx: Tx, connection_id: int) -> bool:
    """Take the turn that follows a reading of the master data; the first to come has it."""
    return bool(
        sql.run(
            tx,
            "INSERT INTO vendor_surveys AS s (connection_id, claimed_at) "
            f"SELECT c.id, now() FROM connections c WHERE c.id = :id AND {_DUE} "
            "ON CONFLICT (connection_id) DO UPDATE SET claimed_at = now() "
            "WHERE s.claimed_at IS NULL OR s.claimed_at < (SELECT refreshed_at FROM connections WHERE id = :id)",
            {"id": connection_id},
        )
    )


def counted(tx: Tx, connection_id: int, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Legal entity → how many of each kind."""
    sql.run(
        tx,
        "UPDATE vendor_surveys SET counts = CAST(:counts AS jsonb) WHERE connection_id = :id",
        {"id": connection_id, "counts": sql.one(counts)},
    )
