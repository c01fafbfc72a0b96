"""Two readings by cursor: bills, which have no queue, and what changed in Brex after it was written to the ledger.

The cursor is the greatest `updated_at` that Brex has shown, minus an overlap, and moves on only after the last page:
a reading that breaks off is made again from the same place, and what it shows twice is no news.
Fact: `review_status` is not supported for bills, which are to be polled by `updated_at` (Brex accounting spec).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from connector.brex.errors import BrexError
from connector.domain import changes as compare
from connector.domain import jsonio, record
from connector.pipeline import changed_bills, intake
from connector.pipeline.pages import REVIEWED, Page, from_day, pages
from connector.pipeline.runtime import Runtime, posting
from connector.store import changes, cursors, records
from connector.store.connections import Connection
from connector.store.cursors import Cursor
from connector.store.moves import Move, move

log = structlog.get_logger()
ACTOR = "schedule:poll"
OVERLAP = timedelta(hours=1)
MOST_READINGS = 5
_BACK = "Brex shows it again as it was written"


def run(runtime: Runtime, connection: Connection) -> None:
    """Read both from their cursors on. Raises `Stop`; other errors only end that reading, until the next poll."""
    start = from_day(posting(connection).start_date)

    def bills(as_of: Any, page: Page) -> None:
        with runtime.database.begin() as tx:
            intake.bring(tx, connection.id, page, actor=ACTOR, source="poll", as_of=as_of)
        look(runtime, connection, page, as_of)  # the next reading of changes has no bills

    def changed(as_of: Any, page: Page) -> None:
        look(runtime, connection, page, as_of)

    _read(runtime, connection, Cursor.BILLS, ("BILL",), start, bills)
    as_of, shown, gone = changed_bills.again(runtime, connection)
    look(runtime, connection, shown, as_of)
    changed_bills.tell_gone(runtime, connection, ACTOR, as_of, gone)
    with runtime.database.begin() as tx:
        since = changes.since(tx, connection.id)
    if since is not None:  # otherwise nothing was ever written that could have changed
        _read(runtime, connection, Cursor.CHANGES, REVIEWED, since - timedelta(days=1), changed)


def _read(
    runtime: Runtime,
    connection: Connection,
    cursor: Cursor,
    sources: Sequence[str],
    first: datetime,
    take: Callable[[Any, Page], None],
) -> None:
    with runtime.database.begin() as tx:
        started = records.now(tx)
        after = (cursors.at(tx, connection.id, cursor) or first) - OVERLAP
    try:
        shown = [_to_the_end(runtime, connection, source, after, take) for source in sources]
    except _Restless:
        log.warning("list kept changing while it was read; read again at the next poll", cursor=str(cursor),
                    connection=connection.name)  # fmt: skip
        return
    except BrexError as error:
        log.warning("reading broken off", connection=connection.name, cursor=str(cursor), reason=str(error))
        return
    latest = max((moment for moment in shown if moment is not None), default=None)
    if latest is not None:
        with runtime.database.begin() as tx:
            cursors.advance(tx, connection.id, cursor, latest, started)


class _Restless(Exception):
    """However often it was read, the list showed something new."""


def _to_the_end(
    runtime: Runtime, connection: Connection, source: str, after: datetime, take: Callable[[Any, Page], None]
) -> datetime | None:
    """The greatest `updated_at` shown. Several pages are read again until they show nothing new: what leaves a list
    while it is read pushes the next record onto a page that was read already. Raises `_Restless` and `BrexError`.
    """
    seen: set[tuple[str, str]] = set()
    latest: datetime | None = None
    for _ in range(MOST_READINGS):
        number, before = 0, len(seen)
        for as_of, page in pages(runtime, connection, (source,), None, after):
            take(as_of, page)
            number += 1
            seen |= {(str(item.get("id")), str(item.get("updated_at"))) for item in page}
            times = [moment for item in page if (moment := _updated(item)) is not None]
            latest = max([*times, *([latest] if latest else [])], default=None)
        if number < 2 or len(seen) == before:
            return latest
    raise _Restless


def _updated(item: dict[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(item.get("updated_at")))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def look(runtime: Runtime, connection: Connection, page: Page, as_of: Any) -> None:
    """Flag those of the page that stand in the ledger and differ from what was written. Nothing is posted again, but
    bills whose entry is not posted yet, by setting: that is taken out, and then written anew.
    """
    shown = {item["id"]: item for item in page if intake.readable_id(item.get("id"))}
    with runtime.database.begin() as tx:
        found = []
        for row in changes.standing(tx, connection.id, list(shown)):
            told = _differences(row, shown[row.record_id], as_of)
            if told is not None and told != (row.changed_in_brex or {}).get("differences", []):
                found.append((row, told))
        updates = {
            row.id: (row, told)
            for row, told in found
            if told and changed_bills.may_be_updated(connection, row, shown[row.record_id])
        }
        changed_bills.lock(tx, updates)
        moves = [Move(row.id, None, None, _why(told), data={"differences": told}, delay=None) for row, told in found]
        move(tx, connection.id, ACTOR, moves)
        changes.note(tx, connection.id, [{"id": row.id, "changed": _kept(told, as_of)} for row, told in found])
        updated = changed_bills.update(tx, connection, ACTOR, updates)
    for row, told in found:
        if told and row.id not in updated:
            log.warning("changed in Brex after it was written", connection=connection.name, record=row.record_id,
                        differences=told)  # fmt: skip


def _why(told: list[str]) -> str:
    return f"changed in Brex after it was written: {'; '.join(told)}"[:500] if told else _BACK


def _kept(told: list[str], as_of: Any) -> dict[str, Any] | None:
    return {"differences": told, "seen_at": as_of.isoformat()} if told else None


def _differences(row: Any, item: dict[str, Any], as_of: Any) -> list[str] | None:
    """In words; None where the two cannot be compared."""
    try:
        written = record.parse(jsonio.loads(row.body or "null"))
    except (record.Unreadable, jsonio.NotJson):
        return None
    try:
        found = record.parse(intake.without_links(item))
    except record.Unreadable as error:
        return [f"Brex's answer for it cannot be read any more: {error}"]
    told = compare.differences(written, found)
    status = found.review_status
    exported_before = row.acknowledged_at is not None and row.acknowledged_at < as_of
    if found.source_type in record.SILENT:
        return told  # their review status means nothing
    if status not in (record.READY, record.EXPORTED) or (status == record.READY and exported_before):
        told.append(f"review status: {status}")
    return told


def settle(
    runtime: Runtime, connection: Connection, *, actor: str, reason: str, record_ids: Sequence[str]
) -> list[str]:
    """A person has seen to these changes, in F&O or in Brex; their ids. A later change is flagged anew."""
    with runtime.database.begin() as tx:
        found = changes.unsettled(tx, connection.id, record_ids)
        why = f"the change in Brex was seen to: {reason}"
        move(tx, connection.id, actor, [Move(row.id, None, None, why, delay=None) for row in found])
        kept = [{"id": row.id, "changed": {**row.changed_in_brex, "settled": reason}} for row in found]
        changes.note(tx, connection.id, kept)
    return [row.record_id for row in found]
