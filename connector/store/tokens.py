"""How old credentials are: when they last were good for a call, and when they end where a person told us."""

from dataclasses import dataclass
from datetime import date, datetime

from connector.store import sql
from connector.store.engine import Tx

BREX = "brex.token"
D365 = "d365.client_secret"


@dataclass(frozen=True, slots=True)
class Life:
    """`idle_days` since the last good call (or since it was stored). `days_left` until `expires_on`, by UTC."""

    connection_id: int
    name: str
    kind: str
    updated_at: datetime
    used_at: datetime | None
    idle_days: int
    expires_on: date | None
    days_left: int | None
    warned: int | None


def used(tx: Tx, connection_id: int) -> None:
    """A call with the Brex token went well. Written at most once an hour."""
    sql.run(
        tx,
        "UPDATE credentials SET used_at = now(), warned = NULL WHERE connection_id = :id AND kind = :kind "
        "AND (used_at IS NULL OR used_at <= now() - interval '1 hour')",
        {"id": connection_id, "kind": BREX},
    )


def lives(tx: Tx, connection_id: int | None = None) -> list[Life]:
    """Of all connections that were not removed, or of one."""
    found = sql.rows(
        tx,
        "SELECT c.id AS connection_id, c.name, k.kind, k.updated_at, k.used_at, "
        "CAST(extract(epoch FROM now() - coalesce(k.used_at, k.updated_at)) / 86400 AS integer) AS idle_days, "
        "k.expires_on, k.expires_on - CAST(now() AT TIME ZONE 'UTC' AS date) AS days_left, k.warned "
        "FROM credentials k JOIN connections c ON c.id = k.connection_id WHERE c.removed_at IS NULL "
        "AND (CAST(:id AS bigint) IS NULL OR c.id = :id) ORDER BY c.name, k.kind",
        {"id": connection_id},
    )
    return [Life(**row._mapping) for row in found]


def claim_idle(tx: Tx, idle_days: float, again_days: float) -> list[int]:
    """Connections, paused ones too, whose Brex token was good for no call for so long: each once in `again_days`."""
    found = sql.rows(
        tx,
        "UPDATE credentials k SET checked_at = now() FROM connections c WHERE c.id = k.connection_id "
        "AND c.removed_at IS NULL AND k.kind = :kind "
        "AND coalesce(k.used_at, '-infinity') <= now() - :idle * interval '1 day' "
        "AND coalesce(k.checked_at, '-infinity') <= now() - :again * interval '1 day' RETURNING c.id",
        {"kind": BREX, "idle": idle_days, "again": again_days},
    )
    return sorted(row.id for row in found)


def warn_once(tx: Tx, connection_id: int, kind: str, threshold: int) -> bool:
    """True where this threshold was not warned of yet."""
    return bool(
        sql.run(
            tx,
            "UPDATE credentials SET warned = :threshold WHERE connection_id = :id AND kind = :kind "
            "AND warned IS DISTINCT FROM :threshold",
            {"id": connection_id, "kind": kind, "threshold": threshold},
        )
    )


def expires(tx: Tx, connection_id: int, kind: str, day: date | None) -> None:
    sql.run(
        tx,
        "UPDATE credentials SET expires_on = :day, warned = NULL WHERE connection_id = :id AND kind = :kind",
        {"id": connection_id, "kind": kind, "day": day},
    )
