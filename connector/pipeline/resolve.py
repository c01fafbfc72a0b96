"""What became of uncertain writes: read F&O for our references, decide, store. Never a read per record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error
from connector.domain.problems import Problem
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import confirm, outcome
from connector.pipeline.decide import Clock, Decision, Do, Found, JournalState, Reading, decide
from connector.pipeline.poison import MOST_ATTEMPTS
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import batches, journals, records, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import SECOND_LOOKS, Write

log = structlog.get_logger()
ACTOR = "task:resolve"
MOST = 200
LEASE_SECONDS = 90.0
# People and jobs may have moved the lines to another day: "first open day" of a closed period, for one.
WINDOW_BEFORE, WINDOW_AFTER = timedelta(days=7), timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Ledger:
    """One reading of F&O for a set of writes."""

    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by Document
    posted: dict[tuple[str, str], bool] = field(default_factory=dict)  # (company, journal) → posted, where it exists
    standing: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (company, journal) → our references
    headers: dict[str, list[str]] = field(default_factory=dict)  # marker → journal numbers


@dataclass(slots=True)
class Results:
    """What a reading settled, stored with one statement of each kind however many writes there are."""

    moves: list[Move] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    again_elsewhere: list[int] = field(default_factory=list)
    places: dict[tuple[int, str], int] = field(default_factory=dict)  # (our journal, a number) → that journal

    def look(self, one: Write, seconds: float | None, *, absent: bool = False) -> None:
        self.looks.append({"id": one.id, "seconds": seconds, "absent": absent or None})

    def place(self, tx: Tx, journal_id: int, number: str) -> int:
        """The journal into which lines of this one were moved."""
        if (journal_id, number) not in self.places:
            self.places[journal_id, number] = journals.landed(tx, journal_id, number)
        return self.places[journal_id, number]

    def refuse(self, one: Write, evidence: str) -> None:
        self.refused.append({"id": one.id, "evidence": evidence})

    def store(self, tx: Tx, connection: Connection) -> None:
        writes.look_again(tx, self.looks)
        writes.written(tx, self.written)
        writes.refused(tx, self.refused)
        writes.reopen(tx, self.again, again=True, forget_journal=False)
        writes.reopen(tx, self.again_elsewhere, again=True, forget_journal=True)
        move(tx, connection.id, ACTOR, self.moves)
        batches.settle_finished(tx, connection.id)


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
            writes.look_again(tx, [{"id": one.id, "seconds": 30, "absent": None} for one in due])
        raise
    except D365Error as error:
        log.warning("F&O not readable", connection=connection.name, writes=len(due), reason=str(error))
        return None


def _look(client: D365Client, due: Sequence[Write]) -> Ledger:
    ledger = Ledger()
    companies: dict[str, list[Write]] = defaultdict(list)
    for one in due:
        if one.kind == WriteKind.JOURNAL:
            found = client.headers_marked(one.legal_entity, one.reference)
            ledger.headers[one.reference] = sorted(str(row["JournalBatchNumber"]) for row in found)
        else:
            companies[one.legal_entity].append(one)
    for company, entries in companies.items():
        _read_lines(client, company, entries, ledger)
    return ledger


def _read_lines(client: D365Client, company: str, entries: Sequence[Write], ledger: Ledger) -> None:
    dates = [one.posting_date or date.min for one in entries]
    rows = client.lines_by_document(
        company,
        [one.reference for one in entries],
        first=min(dates) - WINDOW_BEFORE,
        last=max(dates) + WINDOW_AFTER,
    )
    for row in rows:
        ledger.lines.setdefault(str(row.get("Document", "")), []).append(row)
    # Where a line was not found, its journal must show that it could have been.
    numbers = {one.journal for one in entries if one.journal and one.reference not in ledger.lines}
    numbers |= {str(row.get("JournalBatchNumber")) for row in rows}
    for number in sorted(numbers):
        header = client.header(company, number)
        if header is not None:
            ledger.posted[company, number] = str(header.get("IsPosted")) == "Yes"
    for number in sorted({one.journal for one in entries if one.journal and one.reference not in ledger.lines}):
        standing = {str(row.get("Document", "")) for row in client.lines_of_journal(company, number)}
        ledger.standing[company, number] = standing


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
        for one in due:
            if one.id not in mine:
                continue  # this reading took so long that another worker has looked since
            clock = Clock(now, one.quiet_until, one.absent_at, pause)
            if one.kind == WriteKind.JOURNAL:
                _settle_header(tx, one, ledger, clock, results)
                continue
            reading = _reading(one, ledger, known.get(one.journal_id or 0, set()), delimiter, shared)
            decision = decide(confirmed=one.confirmed, lines=one.lines, reading=reading, clock=clock, looks=one.looks)
            _apply(tx, one, decision, reading, ledger, results)
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
    verdict = confirm.judge(one.intent, rows, delimiter)
    return Found(
        number,
        len(rows),
        whole=verdict.outcome == "written",
        differences=verdict.differences,
        vouchers=verdict.vouchers,
        voucher_shared=bool(shared & {voucher_key(row) for row in rows}),
        posted=ledger.posted.get((one.legal_entity, number), False),
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
    for key, reference in writes.voucher_holders(tx, connection_id, sorted(holders)):
        holders[key].add(reference)
    return {key for key, references in holders.items() if len(references) > 1}


def _apply(tx: Tx, one: Write, decision: Decision, reading: Reading, ledger: Ledger | None, results: Results) -> None:
    data = {"reference": one.reference, "decision": decision.why}
    if decision.do is Do.WAIT:
        results.look(one, decision.seconds, absent=decision.absent)
    elif decision.do is Do.WRITTEN:
        _found_whole(tx, one, reading.found[0], ledger, data, results)
    elif decision.do is Do.SEND and one.attempts < MOST_ATTEMPTS:
        (results.again_elsewhere if decision.elsewhere else results.again).append(one.id)
        why = f"sent again: {decision.why}"
        results.moves.append(Move(one.record_pk or 0, None, None, why, data=data, delay=None))
    elif decision.do is Do.SEND:
        results.refuse(one, decision.why)
        values = {"attempts": str(one.attempts), "reason": "it never arrived"}
        _hold(one, Problem("POST-GIVEN-UP", values=values), decision.why, data, results)
    else:
        results.look(one, None)
        values = {"reference": one.reference, "journal": one.journal or "", **decision.values}
        _hold(one, Problem(decision.code, values=values), decision.why, data, results)


def _hold(one: Write, problem: Problem, why: str, data: dict[str, Any], results: Results) -> None:
    results.moves.append(
        Move(
            one.record_pk or 0,
            _expected(one),
            Stage.HELD,
            f"{problem.code}: {why}",
            data=data,
            problems=[problem],
            ledger_status={"D365-ALTERED": LedgerStatus.ALTERED, "LEDGER-GONE": LedgerStatus.GONE}.get(problem.code),
        )
    )


def _found_whole(
    tx: Tx, one: Write, found: Found, ledger: Ledger | None, data: dict[str, Any], results: Results
) -> None:
    if one.outcome == Outcome.WRITTEN:  # a second look, and nothing strange
        later = SECOND_LOOKS[one.looks] if one.looks < len(SECOND_LOOKS) else None
        if found.journal == str(one.ledger.get("journal")):
            results.look(one, later)
            return
    rows = [] if ledger is None else ledger.lines[one.reference]
    verdict = confirm.judge(one.intent, rows)
    place = None
    if one.journal_id is not None and found.journal != one.journal:
        place = results.place(tx, one.journal_id, found.journal)
    results.written.append({"id": one.id, "ledger": verdict.ledger, "journal_id": place})
    uncertain = one.outcome == Outcome.UNCERTAIN
    results.moves.append(
        Move(
            one.record_pk or 0,
            _expected(one),
            Stage.WRITTEN if uncertain else None,
            f"found in the ledger: {found.journal}",
            data={**data, "ledger": verdict.ledger},
            delay=0 if uncertain else None,
            problems=[] if uncertain else None,
            ledger_status=LedgerStatus.POSTED if found.posted else LedgerStatus.UNPOSTED,
            journal=found.journal,
            voucher=str(verdict.ledger.get("voucher", "")),
        )
    )


def _expected(one: Write) -> Stage | None:
    """A second look at a written entry finds its record further on, or held: any stage will do."""
    return Stage.WRITING if one.outcome == Outcome.UNCERTAIN else None
