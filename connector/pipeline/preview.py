"""What a record becomes by today's mappings and master data, without storing or sending anything of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.domain import jsonio, record
from connector.domain.entry import Entry, from_json
from connector.domain.problems import Problem
from connector.domain.stages import Stage
from connector.pipeline import intake, map, refresh  # noqa: A004 - the stage's own name
from connector.pipeline.pages import REVIEWED, from_day, pages
from connector.pipeline.poll import BEFORE_START
from connector.pipeline.runtime import Runtime, posting
from connector.store import connections, views, waiting
from connector.store.connections import Connection
from connector.store.records import Claimed

PAGE = 500


@dataclass(frozen=True, slots=True)
class Preview:
    """One of `entry`, `skipped` (why) and `problems` says what it becomes; `notes` what is odd about the record."""

    record_id: str
    source: str  # "stored", or "Brex" where it was read for this look
    entry: Entry | None
    skipped: str
    problems: tuple[Problem, ...]
    reference: str = ""
    notes: tuple[str, ...] = ()


def of(runtime: Runtime, connection: Connection, record_id: str) -> Preview | None:
    """None where neither we nor Brex know the record. Raises `Stop` and the clients' errors.

    Master data are read first where they never were.
    """
    with runtime.database.begin() as tx:
        kept = views.one(tx, connection.id, record_id)
    if kept is not None and kept["linked_to"]:
        return of(runtime, connection, kept["linked_to"])  # with its second entry
    body = kept["body"] if kept is not None else None
    source = "Brex" if body is None else "stored"
    if body is None:
        with runtime.calling(connection, "brex"):
            found = runtime.clients(connection).brex.by_ids([record_id])
        if not found:
            return None
        body = jsonio.dumps(intake.without_links(found[0]))
    connection = _refreshed(runtime, connection)
    epoch, accepted = (kept["epoch"], kept["accepted"]) if kept is not None else (0, ())
    return _planned(runtime, connection, record_id, body, source, epoch, accepted)


def queue(runtime: Runtime, connection: Connection, *, brex: bool) -> Iterator[list[Preview]]:
    """Page by page all that waits here and, with `brex`, what is ready there and not known here yet.

    Raises `Stop` and the clients' errors.
    """
    connection = _refreshed(runtime, connection)
    last: int | None = 0
    while last is not None:
        with runtime.database.begin() as tx:
            page = waiting.page(tx, connection.id, last, PAGE)
        yield [_planned(runtime, connection, one.record_id, one.body or "", "stored", one.epoch, one.accepted)
               for one in page.records]  # fmt: skip
        last = page.last
    after = from_day(posting(connection).start_date) - BEFORE_START
    for _, items in pages(runtime, connection, REVIEWED, record.READY, after) if brex else ():
        bodies = {item["id"]: item for item in items if intake.readable_id(item.get("id"))}
        with runtime.database.begin() as tx:
            known = {row.record_id for row in views.ids(tx, connection.id, record_ids=list(bodies))} if bodies else ()
        yield [_planned(runtime, connection, id_, jsonio.dumps(intake.without_links(item)), "Brex")
               for id_, item in bodies.items() if id_ not in known]  # fmt: skip


def _refreshed(runtime: Runtime, connection: Connection) -> Connection:
    if connection.refreshed_at is not None:
        return connection
    refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        return connections.by_id(tx, connection.id) or connection


def _planned(
    runtime: Runtime, connection: Connection, record_id: str, body: str, source: str, epoch: int = 0,
    accepted: Sequence[str] = (),
) -> Preview:  # fmt: skip
    claimed = Claimed(0, record_id, Stage.FETCHED, 0, epoch, body, True, None, None, [], accepted)
    step = map.step(claimed, map.rules_of(runtime.database, connection))
    return Preview(
        record_id,
        source,
        entry=None if step.entry is None else from_json(step.entry),
        skipped=step.reason or "",
        problems=tuple(step.problems or ()),
        reference=step.reference or "",
        notes=_notes(body),
    )


def _notes(body: str) -> tuple[str, ...]:
    """Only the review status: whether a record is ready is no part of planning."""
    try:
        found = record.parse(jsonio.loads(body))
    except (record.Unreadable, jsonio.NotJson):
        return ()
    if found.source_type == record.TRANSACTION:
        return tuple(f"It waits: {reason}." for reason in (*found.waits, *found.oddities))
    if found.review_status == record.READY or found.source_type == "BILL":
        return ()
    return (f"In Brex it is in {found.review_status}, not {record.READY}: it waits until it is exported there.",)
