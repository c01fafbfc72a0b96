"""The audit trail as a whole: its nightly digests, and whether all of it is as it was written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from connector.pipeline.runtime import Runtime
from connector.store import audit, connections, digests
from connector.store.audit import Break
from connector.store.connections import Connection

log = structlog.get_logger()
# Of the records that a digest is about, so many are named: it cannot say which of them it is.
_MOST_NAMED = 5


@dataclass(slots=True)
class Report:
    """What `verify` found. `days`: digest (hexadecimal) → the midnight it reaches to, oldest first."""

    name: str
    records: int = 0
    events: int = 0
    days: dict[str, datetime] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)


def digest(runtime: Runtime) -> int:
    """Digest what was not digested yet, of every connection; how many digests. Each goes to the log, too: a copy
    outside the database is what finds a database whose every trace was rewritten."""
    with runtime.database.begin() as tx:
        names = {one.id: one.name for one in connections.everyone(tx)}
        added = digests.add(tx)
    for one in added:
        log.info(
            "audit digest", connection=names.get(one.connection_id, f"removed ({one.connection_id})"),
            until=one.until.isoformat(), digest=one.digest, records=one.records, events=one.events,
        )  # fmt: skip
    return len(added)


def verify(runtime: Runtime, connection: Connection) -> Report:
    """Compute everything again: each event's hash, what follows from what, where records and writes stand, digests."""
    report = Report(connection.name)
    after: int | None = 0
    while after is not None:
        with runtime.database.begin() as tx:
            part = audit.check(tx, connection.id, after)
            report.breaks += part.breaks
            touched = {one.record_id for one in part.breaks}
            report.breaks += [
                one for one in audit.check_writes(tx, connection.id, after) if one.record_id not in touched
            ]
        report.records, report.events, after = report.records + part.records, report.events + part.events, part.last
    _verify_digests(runtime, connection, report)
    return report


def _verify_digests(runtime: Runtime, connection: Connection, report: Report) -> None:
    before: Any = None
    while True:
        with runtime.database.begin() as tx:
            rows = digests.check(tx, connection.id, before.until if before is not None else None)
        for row in rows:
            report.breaks += [
                Break("", 0, f"digest of {_span(row)}: {told}") for told in _judge(runtime, connection, row, before)
            ]
            report.days[row.digest] = row.until
            before = row
        if len(rows) < digests.PART:
            return


def _judge(runtime: Runtime, connection: Connection, row: Any, before: Any) -> list[str]:
    told = []
    if not row.sound:
        told.append("it is not the digest of its own row")
    if row.prev != (before.digest if before is not None else "") or (before is not None and row.since != before.until):
        told.append("it does not follow from the digest before it")
    if not row.same or row.found != row.events:
        told.append(_differs(runtime, connection, row))
    return told


def _differs(runtime: Runtime, connection: Connection, row: Any) -> str:
    """All that can be said: the digest is of many records."""
    with runtime.database.begin() as tx:
        named = digests.moved(tx, connection.id, row.since, row.until, _MOST_NAMED + 1)
    which = ", ".join(named[:_MOST_NAMED]) + (" and others" if len(named) > _MOST_NAMED else "")
    counts = f"{row.records:,} record(s) with {row.events:,} event(s)"
    now = f"{row.found_records:,} with {row.found:,}"
    return (
        f"the histories are not those it was made of ({counts} then, {now} now; one of {which or 'none that is left'})"
    )


def _span(row: Any) -> str:
    return (
        f"{row.since:%Y-%m-%d} to {row.until:%Y-%m-%d}" if row.since.year > 2000 else f"all before {row.until:%Y-%m-%d}"
    )


def known(reports: Sequence[Report], wanted: str) -> tuple[str, datetime] | None:
    """The connection and the midnight of a digest that was kept elsewhere; None where no digest here is that one."""
    return next(((one.name, one.days[wanted]) for one in reports if wanted in one.days), None)
