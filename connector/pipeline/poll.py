"""The scheduled poll: the whole READY_FOR_EXPORT queue, so that a lost webhook only costs time.

No cursor is kept: there is none to lose. Fact: Brex advises polling each hour as a fallback, and its default
`updated_at` window is narrow, so a wide one is always sent. Pages may shift while records come and go: what slips
through is found by the next poll, and what is shown twice is known already.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import SystemRandom
from typing import Any

import structlog

from connector.brex.errors import BrexError
from connector.domain import record
from connector.pipeline import intake, notices, tail, updates
from connector.pipeline.pages import REVIEWED, Page, from_day, pages
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.pipeline.source import is_transactions
from connector.store import connections
from connector.store.connections import Connection

log = structlog.get_logger()
ACTOR = "schedule:poll"
EVERY_SECONDS = 3600.0
AFTER_FAILURE_SECONDS = 300.0
# The start date is one of posting, the filter one of changing: a record dated after it may have been ready before, and
# those from before it are to be listed. What lies still further back is for `backfill`.
BEFORE_START = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Counts:
    seen: int = 0
    new: int = 0
    known: int = 0
    without_id: int = 0


def run(runtime: Runtime, connection: Connection) -> Counts | None:
    """One poll where it is due. None where it is not, or another worker has this turn."""
    every = EVERY_SECONDS * SystemRandom().uniform(0.95, 1.05)
    if not runtime.ready(connection, "brex"):
        return None
    with runtime.database.begin() as tx:
        if not connections.claim_poll(tx, connection.id, every):
            return None
    try:
        counts = (_transactions if is_transactions(connection) else _queue)(runtime, connection)
    except (Stop, BrexError) as error:
        log.warning("poll failed", connection=connection.name, reason=str(error))
        with runtime.database.begin() as tx:
            connections.poll_again(tx, connection.id, AFTER_FAILURE_SECONDS)
        return None
    with runtime.database.begin() as tx:
        connections.polled(tx, connection.id)
        silence = notices.webhooks(tx, connection)
    if silence:
        log.warning("webhooks may have stopped", connection=connection.name, reason=silence)
    log.info("polled", connection=connection.name, seen=counts.seen, new=counts.new)
    return counts


def _queue(runtime: Runtime, connection: Connection) -> Counts:
    since = from_day(posting(connection).start_date) - BEFORE_START
    counts = take(runtime, connection, since=since.date(), actor=ACTOR, source="poll")
    updates.run(runtime, connection)
    return counts


def _transactions(runtime: Runtime, connection: Connection) -> Counts:
    """There is no queue to read: a window of days again, and what changed of those before it."""
    first = tail.since(runtime, connection)

    def look(as_of: Any, page: Page) -> None:
        updates.look(runtime, connection, page, as_of)

    counts = take(runtime, connection, since=first, actor=ACTOR, source="poll", also=look)
    for as_of, page in tail.changed(runtime, connection, first):
        look(as_of, page)
    return counts


def take(
    runtime: Runtime,
    connection: Connection,
    *,
    since: date,
    until: date | None = None,
    actor: str,
    source: str,
    progress: Callable[[Counts, int], object] | None = None,
    also: Callable[[Any, Page], None] | None = None,
) -> Counts:
    """Read the queue and store every record of it, each page by itself: broken off, it may be run again.

    `until` (inclusive) looks at the posting date, in UTC. `progress` is told how many records were read, too.
    `also` gets each page and Postgres's time before it was asked for.
    """
    counts, read = Counts(), 0
    for as_of, page in pages(runtime, connection, REVIEWED, record.READY, _after(since)):
        read += len(page)
        items = [item for item in page if _wanted(item, since if until else None, until)]
        with runtime.database.begin() as tx:
            found, without_id = intake.bring(tx, connection.id, items, actor=actor, source=source, as_of=as_of)
        counts = Counts(
            counts.seen + len(items),
            counts.new + found.new,
            counts.known + found.known,
            counts.without_id + without_id,
        )
        if progress is not None:
            progress(counts, read)
        if also is not None:
            also(as_of, page)
    if counts.without_id:
        log.warning("records without an id", connection=connection.name, records=counts.without_id)
    return counts


def waiting(runtime: Runtime, connection: Connection, since: date) -> int | None:
    """How many records `take` would read, where Brex says so: one small call for each source."""
    client = runtime.clients(connection).brex
    with runtime.calling(connection, "brex"):
        totals = [
            client.count(review_status=record.READY, source_type=source, updated_after=_after(since))
            for source in REVIEWED
        ]
    return None if None in totals else sum(total or 0 for total in totals)


def _after(since: date) -> datetime:
    return from_day(since) - timedelta(days=1)


def _wanted(item: dict[str, Any], since: date | None, until: date | None) -> bool:
    """Without a readable date it is wanted: what cannot be read is held, not left out."""
    try:
        day = date.fromisoformat(str(item.get("erp_posting_date"))[:10])
    except ValueError:
        return True
    return (since is None or day >= since) and (until is None or day <= until)
