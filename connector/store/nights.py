"""Nightly reconciliations: whose turn it is, and what each night found. Times by Postgres's clock."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

# A night begins when the day before is surely over everywhere that matters to it: some hours after local midnight.
_NIGHT_HOURS = 2
# Longer than a task may take; one that failed is tried again after as long.
LEASE_SECONDS = 1800.0
_LAST_DAY = (
    f"CAST((now() - interval '{_NIGHT_HOURS} hours') AT TIME ZONE "
    "coalesce(c.settings #>> '{posting,time_zone}', 'UTC') AS date) - 1"
)


@dataclass(frozen=True, slots=True)
class Night:
    id: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Kept:
    """One night's result; `done_at` None: not done yet, `problem` may say why."""

    last: date
    first: date
    done_at: datetime | None
    clean: bool | None
    found: int
    totals: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    since_before: dict[str, Any]
    problem: str


_KEPT = "last_day, first_day, done_at, clean, found, totals, findings, since_before, problem"


def due(tx: Tx) -> list[int]:
    """Active connections with records whose last night is not reconciled yet, and that nobody is about to."""
    found = sql.rows(
        tx,
        f"""
        SELECT c.id FROM connections c WHERE c.state = 'active' AND c.removed_at IS NULL
        AND EXISTS (SELECT FROM records r WHERE r.connection_id = c.id)
        AND NOT EXISTS (SELECT FROM reconciliations n WHERE n.connection_id = c.id AND n.last_day = {_LAST_DAY}
            AND (n.done_at IS NOT NULL OR n.claimed_until > now()))
        ORDER BY c.id
        """,
    )
    return [row.id for row in found]


def claim(tx: Tx, connection_id: int, days: int) -> Night | None:
    """Take this night's turn; None where it is done, or another worker's."""
    row = sql.row(
        tx,
        f"""
        INSERT INTO reconciliations AS n (connection_id, last_day, first_day, claimed_until)
        SELECT c.id, {_LAST_DAY}, {_LAST_DAY} - CAST(:days AS integer) + 1, now() + :lease * interval '1 second'
        FROM connections c WHERE c.id = :id AND c.removed_at IS NULL
        ON CONFLICT (connection_id, last_day) DO UPDATE SET claimed_until = excluded.claimed_until, tries = n.tries + 1
            WHERE n.done_at IS NULL AND n.claimed_until <= now()
        RETURNING id, first_day, last_day
        """,
        {"id": connection_id, "days": days, "lease": LEASE_SECONDS},
    )
    return None if row is None else Night(row.id, row.first_day, row.last_day)


def before(tx: Tx, connection_id: int, night: Night) -> Kept | None:
    """The night that was done last before this one."""
    return _one(
        sql.row(
            tx,
            f"SELECT {_KEPT} FROM reconciliations WHERE connection_id = :id AND last_day < :last "
            "AND done_at IS NOT NULL ORDER BY last_day DESC LIMIT 1",
            {"id": connection_id, "last": night.last},
        )
    )


def done(
    tx: Tx,
    night: Night,
    *,
    clean: bool,
    found: int,
    totals: list[dict[str, Any]],
    findings: list[dict[str, Any]],
    since_before: dict[str, Any],
) -> bool:
    """Keep the result. False where another worker, to whom the turn had passed, was first."""
    return bool(
        sql.run(
            tx,
            "UPDATE reconciliations SET done_at = now(), clean = :clean, found = :found, problem = '', "
            "totals = CAST(:totals AS jsonb), findings = CAST(:findings AS jsonb), "
            "since_before = CAST(:since AS jsonb) WHERE id = :id AND done_at IS NULL",
            {
                "id": night.id,
                "clean": clean,
                "found": found,
                "totals": sql.one(totals),
                "findings": sql.one(findings),
                "since": sql.one(since_before),
            },
        )
    )


def failed(tx: Tx, night: Night, why: str) -> None:
    """It is tried again once the turn has passed."""
    sql.run(
        tx,
        "UPDATE reconciliations SET problem = left(:why, 500) WHERE id = :id AND done_at IS NULL",
        {"id": night.id, "why": why},
    )


def kept(tx: Tx, connection_id: int) -> list[Kept]:
    """All nights that are kept, the newest first."""
    found = sql.rows(
        tx,
        f"SELECT {_KEPT} FROM reconciliations WHERE connection_id = :id ORDER BY last_day DESC",
        {"id": connection_id},
    )
    return [one for row in found if (one := _one(row)) is not None]


def last(tx: Tx, connection_id: int) -> Kept | None:
    """The night that was done last."""
    return _one(
        sql.row(
            tx,
            f"SELECT {_KEPT} FROM reconciliations WHERE connection_id = :id AND done_at IS NOT NULL "
            "ORDER BY last_day DESC LIMIT 1",
            {"id": connection_id},
        )
    )


def old(tx: Tx, connection_id: int, days: int) -> int:
    """How many `forget` would take."""
    return int(
        sql.value(tx, f"SELECT count(*) FROM reconciliations n WHERE {_OLD}", {"id": connection_id, "days": days})
    )


def forget(tx: Tx, connection_id: int, days: int) -> int:
    """Old nights; how many. The last one that was done stays: the next is compared with it."""
    return sql.run(tx, f"DELETE FROM reconciliations n WHERE {_OLD}", {"id": connection_id, "days": days})


_OLD = """
    n.connection_id = :id AND coalesce(n.done_at, n.claimed_until) < now() - :days * interval '1 day'
    AND n.last_day < (SELECT max(last_day) FROM reconciliations WHERE connection_id = :id AND done_at IS NOT NULL)
"""


def _one(row: Any) -> Kept | None:
    if row is None:
        return None
    return Kept(
        row.last_day, row.first_day, row.done_at, row.clean, row.found, row.totals, row.findings, row.since_before,
        row.problem,
    )  # fmt: skip
