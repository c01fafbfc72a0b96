"""The scheduled poll: the whole READY_FOR_EXPORT queue, so that a lost webhook only costs time.

No cursor is kept: there is none to lose. Fact: Brex advises polling each hour as a fallback, and its default
`updated_at` window is narrow, so a wide one is always sent.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import SystemRandom
from typing import Any

import structlog

from connector.brex.errors import BrexError
from connector.domain import record
from connector.pipeline import intake
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.store import connections, records
from connector.store.connections import Connection

log = structlog.get_logger()
ACTOR = "schedule:poll"
EVERY_SECONDS = 3600.0
AFTER_FAILURE_SECONDS = 300.0
SOURCES = ("CARD", "REIMBURSEMENT")


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
        counts = take(runtime, connection, since=posting(connection).start_date, actor=ACTOR, source="poll")
    except (Stop, BrexError) as error:
        log.warning("poll failed", connection=connection.name, reason=str(error))
        with runtime.database.begin() as tx:
            connections.poll_again(tx, connection.id, AFTER_FAILURE_SECONDS)
        return None
    with runtime.database.begin() as tx:
        connections.polled(tx, connection.id)
    log.info("polled", connection=connection.name, seen=counts.seen, new=counts.new)
    return counts


def take(
    runtime: Runtime,
    connection: Connection,
    *,
    since: date,
    until: date | None = None,
    actor: str,
    source: str,
    progress: Callable[[Counts], object] = bool,
) -> Counts:
    """Read the queue and store every record of it. `until` (inclusive) looks at the posting date, in UTC."""
    counts = Counts()
    after = datetime.combine(since, time.min, UTC) - timedelta(days=1)
    for as_of, page in _pages(runtime, connection, after):
        items = [item for item in page if _wanted(item, since if until else None, until)]
        with runtime.database.begin() as tx:
            found, without_id = intake.bring(tx, connection.id, items, actor=actor, source=source, as_of=as_of)
        counts = Counts(
            counts.seen + len(items),
            counts.new + found.new,
            counts.known + found.known,
            counts.without_id + without_id,
        )
        progress(counts)
    if counts.without_id:
        log.warning("records without an id", connection=connection.name, records=counts.without_id)
    return counts


def _pages(
    runtime: Runtime, connection: Connection, after: datetime
) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """Each page with Postgres's time before it was asked for."""
    client = runtime.clients(connection).brex
    for source_type in SOURCES:
        pages = iter(client.pages(review_status=record.READY, source_type=source_type, updated_after=after))
        while True:
            with runtime.database.begin() as tx:
                as_of = records.now(tx)
            with runtime.calling(connection, "brex"):
                page = next(pages, None)
            if page is None:
                break
            yield as_of, page


def _wanted(item: dict[str, Any], since: date | None, until: date | None) -> bool:
    """Without a readable date it is wanted: what cannot be read is held, not left out."""
    try:
        day = date.fromisoformat(str(item.get("erp_posting_date"))[:10])
    except ValueError:
        return True
    return (since is None or day >= since) and (until is None or day <= until)
