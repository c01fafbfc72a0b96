"""Is what Brex shows and what we call written in the ledger, once, whole and unchanged, and no more? Both sides fresh.

Here the sides are read; `compare` judges, and changes nothing. What happens to a record meanwhile is seen by its
events, and such a record is not judged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

from connector.domain import record
from connector.domain.connection import Posting
from connector.domain.money import Money
from connector.domain.writes import JOURNALS
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity
from connector.pipeline import forms, intake, outcome
from connector.pipeline.balance import Ours, Result, Row, Sent, Theirs
from connector.pipeline.compare import Period, compare
from connector.pipeline.invoices import reconcile as pending_invoices
from connector.pipeline.pages import REVIEWED, from_day, pages
from connector.pipeline.poll import BEFORE_START
from connector.pipeline.runtime import Runtime, posting
from connector.store import reconciling
from connector.store.connections import Connection

# Lines may stand some days off the planned date, where F&O or a person moved them to an open period.
_MARGIN = timedelta(days=45)
# What is not found there is looked for in a wider time, as long as it is not too much to ask.
_FAR = timedelta(days=366)
_MOST_FAR = 200
_SOURCES = (*REVIEWED, "BILL")


@dataclass(frozen=True, slots=True)
class Books:
    """Our side at one moment: the records of a period, and by their keys what was sent for them."""

    rows: list[Any]
    sent: dict[int, list[Sent]]


def run(runtime: Runtime, connection: Connection, first: date, last: date) -> Result:
    """Compare for posting dates from `first` to `last`. Raises both clients' errors; changes nothing."""
    settings = posting(connection)
    with runtime.database.begin() as tx:
        started = reconciling.last_event(tx)
    before = _books(runtime, connection, first, last, ())
    theirs = _read_brex(runtime, connection, settings, first, last)
    theirs |= _named(runtime, connection, settings, _named_in_brex(before) - theirs.keys())
    lines = _read_ledger(runtime, connection, settings, before, first, last)
    dated = [one.record_id for one in theirs.values() if one.day is not None and first <= one.day <= last]
    after = _books(runtime, connection, first, last, dated)
    ours = [_ours(row, after, theirs, moving=(row.event or 0) > started) for row in after.rows]
    with runtime.database.begin() as tx:
        explained = reconciling.known_references(tx, sorted({str(line["Document"]) for line in lines}))
    delimiter = outcome.delimiter(runtime, connection)
    period = Period(first, last, settings.start_date, settings.legal_entity, delimiter)
    result = compare(period, ours, theirs, lines, explained)
    by_key = {row.id: one for row, one in zip(after.rows, ours, strict=True)}
    pending_invoices.check(runtime, connection, by_key, period.has, result)
    result.findings.sort(key=lambda one: one.identity)
    return result


# Brex


def _read_brex(
    runtime: Runtime, connection: Connection, settings: Posting, first: date, last: date
) -> dict[str, Theirs]:
    """All records that Brex dates in the period, whatever their review status. An explicit wide `updated_at`."""
    found = {}
    for _, page in pages(runtime, connection, _SOURCES, None, from_day(first) - BEFORE_START):
        for shown in _shown(page, settings):
            if shown.day is None or first <= shown.day <= last:
                found[shown.record_id] = shown
    return found


def _named(runtime: Runtime, connection: Connection, settings: Posting, record_ids: Iterable[str]) -> dict[str, Theirs]:
    """Those of ours that were not among them: changed long ago, or dated otherwise by now."""
    wanted = sorted(record_ids)
    if not wanted:
        return {}
    client = runtime.clients(connection).brex
    with runtime.calling(connection, "brex"):
        items = client.by_ids(wanted)
    return {one.record_id: one for one in _shown(items, settings)}


def _shown(items: Sequence[dict[str, Any]], settings: Posting) -> list[Theirs]:
    return [as_shown(item, settings) for item in items if intake.readable_id(item.get("id"))]


def as_shown(item: dict[str, Any], settings: Posting) -> Theirs:
    """What the comparison needs of a record in Brex; without a day and an amount where it cannot be read."""
    status = str(item.get("review_status") or "?")
    try:
        read = record.parse(item)
    except record.Unreadable:
        return Theirs(str(item["id"]), None, status, (Money(Decimal(0), ""),))
    zone = LegalEntity(settings.legal_entity, settings).time_zone
    day = local_date(read.posting_time, zone, midnight_is_date=settings.midnight_is_date)[0]
    return Theirs(read.id, day, status, tuple(dict.fromkeys(worths(read))))


def worths(read: record.Record) -> list[Money]:
    """An entry is worth the larger side of its lines. Fact: what sign a record's own amount has is undocumented."""
    own = Money(abs(read.amount.amount), read.amount.currency)
    return [*_larger_side(read, "amount"), own, *_larger_side(read, "billing_amount")]


def _larger_side(read: record.Record, name: str) -> list[Money]:
    """Of the lines that have this amount; nothing where those are of several currencies."""
    amounts = [(line.direction, money) for line in read.lines if (money := getattr(line, name)) is not None]
    if len({money.currency for _, money in amounts}) != 1:
        return []
    sides = {way: sum((money.amount for side, money in amounts if side == way), Decimal(0)) for way, _ in amounts}
    return [Money(max(sides.values()), amounts[0][1].currency)]


# F&O


def _read_ledger(
    runtime: Runtime, connection: Connection, settings: Posting, books: Books, first: date, last: date
) -> list[Row]:
    """All lines that look like ours, around the period; ours that are not among them in a wider time."""
    sent = [one for each in books.sent.values() for one in each]
    companies = {one.legal_entity for one in sent if one.legal_entity} | {settings.legal_entity}
    with runtime.database.begin() as tx:
        used = forms.in_use(tx, connection.id, settings)
    client = runtime.clients(connection).d365
    lines: list[Row] = []
    with runtime.calling(connection, "d365"):
        for company in sorted(companies):
            lines += forms.our_lines(client, company, used, first - _MARGIN, last + _MARGIN)
        found = {str(line["Document"]) for line in lines}
        for company, form in product(sorted(companies), used):
            own = [one for one in sent if (one.legal_entity, one.form) == (company, form)]
            named = sorted({one.reference for one in own if one.outcome == "written"} - found)[:_MOST_FAR]
            lines += client.lines_by_document(company, named, first=first - _FAR, last=last + _FAR, form=form)
    return lines


# Our own side


def _books(runtime: Runtime, connection: Connection, first: date, last: date, record_ids: Sequence[str]) -> Books:
    with runtime.database.begin() as tx:
        rows = reconciling.records(tx, connection.id, first, last, record_ids)
        found = reconciling.writes(tx, connection.id, [row.id for row in rows])
    sent: dict[int, list[Sent]] = {}
    for row in found:
        one = Sent(
            row.kind, row.epoch, row.reference, row.outcome, tuple(row.intent) if row.form in JOURNALS else (),
            row.lines, row.journal, row.legal_entity, row.posting_date, row.removed_at is not None, row.form,
        )  # fmt: skip
        sent.setdefault(row.record_pk, []).append(one)
    return Books(rows, sent)


def _ours(row: Any, books: Books, shown: dict[str, Theirs], *, moving: bool) -> Ours:
    dated = shown.get(row.record_id)
    return Ours(
        row.record_id,
        row.stage,
        row.legal_entity,
        row.currency,
        row.amount,
        # Without a date of its own yet it counts where Brex dates it.
        row.posting_date or (dated.day if dated is not None else None),
        row.export_status,
        row.epoch,
        frozenset(row.accepted),
        row.settled,
        moving,
        tuple(books.sent.get(row.id, ())),
        row.linked_to is not None,
    )


def _named_in_brex(books: Books) -> set[str]:
    """Second entries of records have no name there."""
    return {row.record_id for row in books.rows if row.linked_to is None}
