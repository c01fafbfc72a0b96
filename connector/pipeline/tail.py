"""What the poll of card transactions reads again, and which of the older ones have changed since.

Fact: transactions settle late and with earlier dates, and cannot be asked for by when they changed; expenses can. So
each poll reads a window of days again, longer than any settlement takes, and then asks which expenses have changed:
those of older records are joined anew.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import structlog

from connector.brex.errors import BrexError
from connector.domain.readiness import Readiness
from connector.pipeline import intake
from connector.pipeline.joined import JoinedSource
from connector.pipeline.pages import from_day
from connector.pipeline.runtime import Runtime, posting
from connector.pipeline.source import Page
from connector.store import cursors, records, spending
from connector.store.connections import Connection
from connector.store.cursors import Cursor

log = structlog.get_logger()
OVERLAP: Final = timedelta(hours=1)
# One that never gets an expense must not make every poll read for ever.
_LONGEST: Final = timedelta(days=180)
_MOST: Final = 500


def readiness(connection: Connection) -> Readiness:
    return Readiness.model_validate(connection.settings["brex"].get("transactions") or {})


def since(runtime: Runtime, connection: Connection) -> date:
    """Where the poll begins: all at first; then the window before the last poll, and what has no expense yet."""
    start = posting(connection).start_date
    if connection.polled_at is None:
        return start
    with runtime.database.begin() as tx:
        now: datetime = records.now(tx)
        bare = spending.oldest_without_expense(tx, connection.id, (now - _LONGEST).date())
    window = min(connection.polled_at, now).date() - timedelta(days=readiness(connection).window_days)
    return max(start, min(window, bare or window))


def changed(runtime: Runtime, connection: Connection, first: date) -> list[tuple[datetime, Page]]:
    """Take in what changed of records dated before `first`, which this poll did not read; what was read.

    Raises `Stop`; other errors only end this reading, until the next poll.
    """
    if connection.polled_at is None:
        return []  # everything was read just now
    client = runtime.clients(connection).brex
    assert isinstance(client, JoinedSource)  # noqa: S101 - of a connection with this source
    with runtime.database.begin() as tx:
        started: datetime = records.now(tx)
        after = (cursors.at(tx, connection.id, Cursor.CHANGES) or from_day(first)) - OVERLAP
    latest: datetime | None = None
    expenses: set[str] = set()
    found = []
    try:
        pages = client.reader.updated_expenses(after)
        while True:
            with runtime.calling(connection, "brex"):
                page = next(pages, None)
            if page is None:
                break
            expenses |= {str(item.get("id")) for item in page}
            times = [moment for item in page if (moment := _moment(item.get("updated_at"))) is not None]
            latest = max([*times, *([latest] if latest else [])], default=None)
        with runtime.database.begin() as tx:
            older = spending.of_expenses(tx, connection.id, sorted(expenses), from_day(first))
        for begin in range(0, len(older), _MOST):
            found.append(_again(runtime, connection, client, older[begin : begin + _MOST]))
    except BrexError as error:
        log.warning("changed expenses not read", connection=connection.name, reason=str(error))
        return found
    if latest is not None:
        with runtime.database.begin() as tx:
            cursors.advance(tx, connection.id, Cursor.CHANGES, latest, started)
    return found


def _again(
    runtime: Runtime, connection: Connection, client: JoinedSource, record_ids: list[str]
) -> tuple[datetime, Page]:
    with runtime.database.begin() as tx:
        as_of: datetime = records.now(tx)
    with runtime.calling(connection, "brex"):
        page = client.by_ids(record_ids)
    with runtime.database.begin() as tx:
        intake.bring(tx, connection.id, page, actor="schedule:poll", source="poll", as_of=as_of)
    return as_of, page


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
