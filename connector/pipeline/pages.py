"""Reading accounting records page by page, within what a connection may do now."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from connector.pipeline.runtime import Runtime
from connector.store import records
from connector.store.connections import Connection

# Fact: only these have a review status (Brex accounting spec).
REVIEWED: Final = ("CARD", "REIMBURSEMENT")
Page = list[dict[str, Any]]


def from_day(day: date) -> datetime:
    """The beginning of a day, for `updated_at[gt]`; no earlier than Brex is old, with room to subtract from."""
    return datetime.combine(max(day, date(2001, 1, 1)), time.min, UTC)


def pages(
    runtime: Runtime, connection: Connection, sources: Sequence[str], review_status: str | None, after: datetime
) -> Iterator[tuple[Any, Page]]:
    """Each page with Postgres's time before it was asked for. Raises `Stop` and `BrexError`."""
    client = runtime.clients(connection).brex
    for source_type in sources:
        found = client.pages(review_status=review_status, source_type=source_type, updated_after=after)
        while True:
            with runtime.database.begin() as tx:
                as_of = records.now(tx)
            with runtime.calling(connection, "brex"):
                page = next(found, None)
            if page is None:
                break
            yield as_of, page
