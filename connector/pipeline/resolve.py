"""What became of uncertain writes: read F&O for our references, decide, store. Never a read per record."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error
from connector.domain.reference import PATTERN
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import accepted, confirm, forms, outcome
from connector.pipeline.decide import Clock, Do, Found, JournalState, Reading, decide
from connector.pipeline.resolved import Ledger, Results, apply
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import journals, records, reversals, vouchers, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.writes import Write

log = structlog.get_logger()
MOST = 200
LEASE_SECONDS = 90.0
# People and jobs may have moved the lines to another day: "first open day" of a closed period, for one.
WINDOW_BEFORE, WINDOW_AFTER = timedelta(days=7), timedelta(days=45)


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    while box.open() and runtime.ready(connection, "d365"):
        with runtime.database.begin() as tx:
            # The clock of the reading: what happens after it began is not in it.
            now = records.now(tx)
            due = writes.claim_to_look_at(tx, connection.id, MOST, LEASE_SECONDS)
            known = writes.known_references(tx, [one.journal_id for one in due if one.journal_id is not None])
        if not due:
            return
        ledger = _read(runtime, connection, due)
        _settle(runtime, connection, due, ledger, known, now)


def _read(runtime: Runtime, connection: Connection, due: Sequence[Write]) -> Ledger | None:
    """None where F&O could not be read to the end: nothing follows from half a reading."""
    client = runtime.clients(connection).d365
    try:
        with runtime.calling(connection, "d365"):
            return _look(client, due)
    except Stop:
        with runtime.database.begin() as tx:
            writes.look_again(tx, [{"id": one.id, "seconds": 30, "absent": None, "unread": True} for one in due])
        raise
    except D365Error as error:
        log.warning("F&O not readable", connection=connection.name, writes=len(due), reason=str(error))
        return None


def _look(client: D365Client, due: Sequence[Write]) -> Ledger:
    ledger = Ledger()
    places: dict[tuple[str, str], list[Write]] = defaultdict(list)
    for one in due:
        places[one.legal_entity, one.form].append(one)
    for (company, form), some in places.items():
        try:
            _read_place(client, company, form, some, ledger)
        except D365Error as error:
            if not forms.set_aside(form, error):
                raise
            ledger.closed.add((company, form))
    return ledger


def _read_place(client: D365Client, company: str, form: str, due: Sequence[Write], ledger: Ledger) -> None:
    for one in due:
        if one.kind == WriteKind.JOURNAL:
            found = client.headers_marked(company, one.reference, form)
            ledger.headers[one.reference] = sorted(str(row["JournalBatchNumber"]) for row in found)
    if entries := [one for one in due if one.kind != WriteKind.JOURNAL]:
        _read_lines(client, company, form, entries, ledger)


def _read_lines(client: D365Client, company: str, form: str, entries: Sequence[Write], ledger: Ledger) -> None:
    dates = [one.posting_date or date.min for one in entries]
    rows = client.lines_by_document(
        company,
        [one.reference for one in entries],
        first=min(dates) - WINDOW_BEFORE,
        last=max(dates) + WINDOW_AFTER,
        form=form,
    )
    for row in rows:
        ledger.lines.setdefault(str(row.get("Document", "")), []).append(row)
    # Where a line was not found, its journal must show that it could have been.
    numbers = {one.journal for one in entries if one.journal and one.reference not in ledger.lines}
    numbers |= {str(row.get("JournalBatchNumber")) for row in rows}
    for number in sorted(numbers):
        header = client.header(company, number, form)
        if header is not None:
            ledger.posted[company, number] = str(header.get("IsPosted")) == "Yes"
    # Where one was found, its journal shows what else is in its voucher, whatever we know of that.
    uncertain = {one.reference for one in entries if one.outcome == Outcome.UNCERTAIN}
    whole = {one.journal for one in entries if one.journal and one.reference not in ledger.lines}
    whole |= {str(row.get("JournalBatchNumber")) for row in rows if str(row.get("Document", "")) in uncertain}
    for number in sorted(whole):
        standing = client.lines_of_journal(company, number, form)
        ledger.standing[company, number] = {str(row.get("Document", "")) for row in standing}
        for row in standing:
            if PATTERN.fullmatch(str(row.get("Document", ""))) and row.get("Voucher"):
                ledger.vouchers.setdefault(voucher_key(row), set()).add(str(row["Document"]))


def _settle(
    runtime: Runtime,
    connection: Connection,
    due: Sequence[Write],
    ledger: Ledger | None,
    known: dict[int, set[str]],
    now: datetime,
) -> None:
    delimiter = outcome.delimiter(runtime, connection)
    pause = max(2.0, min(60.0, runtime.quiet_seconds / 10))
    with runtime.database.begin() as tx:
        mine = writes.still_mine(tx, due)
        shared = _shared_vouchers(tx, connection.id, ledger)
        results = Results()
        taken_back = reversals.under_way(tx, [one.record_pk or 0 for one in due if one.kind == WriteKind.ENTRY])
        for one in due:
            if one.id not in mine:
                continue  # this reading took so long that another worker has looked since
            if one.kind == WriteKind.ENTRY and one.record_pk in taken_back:
                results.look(one, None)  # whoever takes it back looks at it
                continue
            clock = Clock(now, one.quiet_until, one.absent_at, pause)
            read = None if ledger is None or (one.legal_entity, one.form) in ledger.closed else ledger
            if one.kind == WriteKind.JOURNAL:
                _settle_header(tx, one, read, clock, results)
                continue
            reading = _reading(one, read, known.get(one.journal_id or 0, set()), delimiter, shared)
            lines = [] if read is None else read.lines.get(one.reference, [])
            decision = accepted.decision(one, reading, clock, lines)
            apply(tx, connection.id, one, decision, reading, read, results)
        results.store(tx, connection)


def _settle_header(tx: Tx, one: Write, ledger: Ledger | None, clock: Clock, results: Results) -> None:
    """Found: used next, twins too. Absent for good: forgotten, another journal took its place long ago."""
    numbers = [] if ledger is None else ledger.headers.get(one.reference, [])
    if numbers and one.journal_id is not None:
        journals.adopt(tx, one.journal_id, numbers)
        results.written.append({"id": one.id, "ledger": {"journal": numbers[0]}, "journal_id": None})
        return
    reading = Reading(complete=ledger is not None, journal=JournalState.OPEN, known_lines_present=True)
    decision = decide(confirmed=False, lines=1, reading=reading, clock=clock, looks=one.looks)
    if decision.do is Do.SEND:
        results.refuse(one, "never arrived: absent in two readings")
    else:
        results.look(one, decision.seconds, absent=decision.absent)


def _reading(one: Write, ledger: Ledger | None, known: set[str], delimiter: str, shared: set[str]) -> Reading:
    if ledger is None:
        return Reading(complete=False)
    by_journal: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ledger.lines.get(one.reference, []):
        by_journal[str(row.get("JournalBatchNumber"))].append(row)
    found = tuple(_found(one, number, rows, ledger, delimiter, shared) for number, rows in sorted(by_journal.items()))
    place = (one.legal_entity, one.journal or "")
    state = JournalState.GONE
    if not one.journal:
        state = JournalState.UNKNOWN
    elif place in ledger.posted:
        state = JournalState.POSTED if ledger.posted[place] else JournalState.OPEN
    standing = ledger.standing.get(place, set())
    return Reading(True, found, state, known_lines_present=known - {one.reference} <= standing)


def _found(
    one: Write, number: str, rows: list[dict[str, Any]], ledger: Ledger, delimiter: str, shared: set[str]
) -> Found:
    posted = ledger.posted.get((one.legal_entity, number), False)
    verdict = confirm.judge(one.intent, rows, delimiter, posted=posted)
    return Found(
        number,
        len(rows),
        whole=verdict.outcome == "written",
        differences=verdict.differences,
        vouchers=verdict.vouchers,
        voucher_shared=bool(shared & {voucher_key(row) for row in rows}),
        posted=posted,
    )


def voucher_key(row: dict[str, Any]) -> str:
    """Vouchers are unique within a journal's company and date; the journal is enough to tell ours apart."""
    return f"{row.get('dataAreaId')}/{row.get('JournalBatchNumber')}/{row.get('Voucher') or ''}".lower()


def _shared_vouchers(tx: Tx, connection_id: int, ledger: Ledger | None) -> set[str]:
    """Vouchers, as `voucher_key`, that hold lines of more than one entry."""
    if ledger is None:
        return set()
    holders: dict[str, set[str]] = defaultdict(set)
    for reference, rows in ledger.lines.items():
        for row in rows:
            if row.get("Voucher"):
                holders[voucher_key(row)].add(reference)
    for key in holders:
        holders[key] |= ledger.vouchers.get(key, set())
    # What was read whole shows it all, and how it is now.
    for key, reference in vouchers.holders(tx, connection_id, sorted(holders.keys() - ledger.vouchers.keys())):
        holders[key].add(reference)
    return {key for key, references in holders.items() if len(references) > 1}
