"""writing → reversed: what a person asked to be taken back, in the form that F&O shows to be the right one.

Each look reads every line with the entry's reference, or its reversing entry's, in any journal of the company, decides
(`pipeline/reversal.py`), and does one thing. A reversing entry is then sent, confirmed and resolved like any entry.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error
from connector.domain.plural import counted
from connector.domain.problems import Problem
from connector.domain.stages import Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import forms, mirror, remove, reversal
from connector.pipeline.decide import Clock, JournalState
from connector.pipeline.reversal import Decision, Do, Form, Standing, Tries
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.pipeline.taken_back import Look, Results, apply, counter_key, entry_key, journal_of
from connector.store import journals, records, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move
from connector.store.writes import Write

log = structlog.get_logger()
MOST = 50
LEASE_SECONDS = 90.0
# People may have moved the lines to another day; whoever takes an entry back must find all of it.
WINDOW = timedelta(days=400)


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    while box.open() and runtime.ready(connection, "d365"):
        with runtime.database.begin() as tx:
            now = records.now(tx)
            due = writes.claim_to_look_at(tx, connection.id, MOST, LEASE_SECONDS, kinds=(WriteKind.REMOVAL,))
            entries = writes.live(tx, [one.record_pk or 0 for one in due], WriteKind.ENTRY, lock=False)
        if not due:
            return
        look = _read(runtime, connection, due, entries)
        _send(runtime, connection, _settle(runtime, connection, due, look, now))


def _send(runtime: Runtime, connection: Connection, waiting: list[remove.Batch]) -> None:
    while waiting:
        batch = waiting.pop(0)
        try:
            remove.send(runtime, connection, batch)
        except Stop:
            for rest in waiting:
                remove.not_sent(runtime, rest, "F&O was not to be asked any more")
            raise


def _read(runtime: Runtime, connection: Connection, due: Sequence[Write], entries: Mapping[int, Write]) -> Look | None:
    """None where F&O could not be read to the end."""
    client = runtime.clients(connection).d365
    try:
        with runtime.calling(connection, "d365"):
            return _look(client, due, entries)
    except Stop:
        with runtime.database.begin() as tx:
            writes.look_again(tx, [{"id": one.id, "seconds": 30, "absent": None, "unread": True} for one in due])
        raise
    except D365Error as error:
        log.warning("F&O not readable", connection=connection.name, writes=len(due), reason=str(error))
        return None


def _look(client: D365Client, due: Sequence[Write], entries: Mapping[int, Write]) -> Look:
    look = Look()
    places: dict[tuple[str, str], list[tuple[str, Write]]] = defaultdict(list)
    for one in due:
        places[one.legal_entity, one.form].append((entry_key(one), one))
        places[one.legal_entity, mirror.form_of(one.form)].append((counter_key(one), one))
    for (company, form), asked in places.items():
        try:
            _read_place(client, company, form, asked, entries, look)
        except D365Error as error:
            if not forms.set_aside(form, error):
                raise
            look.closed.add((company, form))
    return look


def _read_place(
    client: D365Client, company: str, form: str, asked: Sequence[tuple[str, Write]], entries: Mapping[int, Write],
    look: Look,
) -> None:  # fmt: skip
    """Of one company the journals of one form: the lines of these references, and whether their journals are posted."""
    days = [one.posting_date for _, one in asked if one.posting_date is not None]
    rows = client.lines_by_document(
        company,
        [key for key, _ in asked],
        first=min(days) - WINDOW if days else None,
        last=max(days) + WINDOW if days else None,
        form=form,
    )
    for row in rows:
        look.lines[str(row.get("Document"))].append(row)
    numbers = {str(row.get("JournalBatchNumber")) for row in rows}
    known = (entries.get(one.record_pk or 0) for key, one in asked if key == entry_key(one))
    numbers |= {journal_of(entry) for entry in known if entry is not None}
    for number in sorted(numbers - {""}):
        header = client.header(company, number, form)
        if header is not None:
            look.posted[company, number] = str(header.get("IsPosted")) == "Yes"


def _settle(
    runtime: Runtime, connection: Connection, due: Sequence[Write], look: Look | None, now: datetime
) -> list[remove.Batch]:
    """Decide and store; what is to be deleted now, journal by journal."""
    pause = max(2.0, min(60.0, runtime.quiet_seconds / 10))
    with runtime.database.begin() as tx:
        writes.lock(tx, [one.record_pk or 0 for one in due])
        mine = writes.still_mine(tx, due)
        entries = writes.live(tx, [one.record_pk or 0 for one in due], WriteKind.ENTRY)
        once_posted = journals.known_posted(tx, [one.journal_id for one in entries.values() if one.journal_id])
        results = Results()
        for one in due:
            if one.id not in mine:
                continue
            if one.outcome == Outcome.WRITTEN:
                _second_look(one, look, results)
                continue
            entry = entries.get(one.record_pk or 0)
            standing = _standing(one, entry, look, once_posted)
            clock = Clock(now, _quiet(one, entry), one.absent_at, pause)
            told = Tries(one.attempts, bool(one.ledger.get("deleted")), str(one.ledger.get("refusal", "")), one.looks)
            decision = reversal.decide(
                standing, told, clock, vendor_checked=bool(one.wish.get("vendor_checked")),
                gone=bool(one.wish.get("gone")),
            )  # fmt: skip
            if one.wish.get("adopt") and entry is not None and decision.do in (Do.REMOVE, Do.REVERSE):
                # Its reversing entry is there no more, and nobody asked for another: an entry like any other.
                results.refused.append({"id": one.id, "evidence": "its reversing entry stands no more"})
                writes.uncertain(tx, [entry.id], "its reversing entry stands no more", 0)
                continue
            if one.wish.get("unposted_only") and entry is not None and _too_late(decision):
                # Posted, or taken out by somebody, before we came: the entry is looked at again and stands as it is.
                results.refused.append({"id": one.id, "evidence": f"nothing to update: {decision.why}"})
                writes.look_now(tx, [entry.id])
                continue
            if decision.do is Do.REVERSE:
                _close(tx, connection, one, standing)
            apply(one, entry, decision, connection, look, results)
        return results.store(tx, connection)


def _too_late(decision: Decision) -> bool:
    """Only what stands unposted is written anew by itself."""
    return decision.do is Do.REVERSE or (decision.do is Do.DONE and decision.form is not Form.REMOVED)


def _close(tx: Tx, connection: Connection, one: Write, standing: Standing) -> None:
    """Posted: nothing more is to be sent into these journals, the reversing entry least of all."""
    for place in standing.entry:
        journals.close(tx, journals.place(tx, connection.id, one.key, place.journal), "posted in F&O")


def _quiet(one: Write, entry: Write | None) -> datetime | None:
    times = [one.quiet_until, entry.quiet_until if entry is not None and entry.outcome == Outcome.UNCERTAIN else None]
    return max((moment for moment in times if moment is not None), default=None)


def _standing(one: Write, entry: Write | None, look: Look | None, once_posted: set[int]) -> Standing:
    if look is None or not look.complete(one):
        return Standing(complete=False)
    lines, counter = look.lines.get(entry_key(one), []), look.lines.get(counter_key(one), [])
    if not all(mirror.readable(row) for row in (*lines, *counter)):
        return Standing(complete=False)
    state = JournalState.UNKNOWN
    if entry is not None and journal_of(entry):
        place = (one.legal_entity, journal_of(entry))
        posted = look.posted.get(place, True if entry.journal_id in once_posted else None)
        state = {True: JournalState.POSTED, False: JournalState.OPEN, None: JournalState.GONE}[posted]
    places = look.places(one.legal_entity, entry_key(one))
    # An invoice is settled once it is posted, and not before; an unposted payment gives up what it was to settle.
    settled = one.form == "general_journal" or any(place.posted for place in places)
    return Standing(
        complete=True,
        entry=places,
        counter=look.places(one.legal_entity, counter_key(one)),
        cancels=not mirror.left_over([*lines, *counter]),
        vendor=settled and mirror.on_a_vendor(lines),
        journal=state,
    )


def _second_look(one: Write, look: Look | None, results: Results) -> None:
    """Taken out some time ago, after more than one sending: has a late request put lines back?"""
    if look is None or not look.complete(one):
        results.looks.append({"id": one.id, "seconds": 600, "absent": None, "unread": True})
        return
    places = look.places(one.legal_entity, entry_key(one))
    if not places:
        results.looks.append({"id": one.id, "seconds": writes.second_look_seconds(one), "absent": None})
        return
    found = ", ".join(f"{counted(place.lines, 'line')} in journal {place.journal}" for place in places)
    log.error("lines of an entry that was taken back stand again", record=one.record_id, found=found)
    results.refused.append({"id": one.id, "evidence": f"its lines stand again: {found}"})
    problem = Problem("REVERSAL-STANDS", values={"found": found})
    why, pk = f"REVERSAL-STANDS: {found}", one.record_pk or 0
    # Written anew since: the trail tells of it, and reconciliation names the lines.
    results.moves.append(Move(pk, None, None, why[:500], data={"reference": entry_key(one)}, delay=None))
    results.strays.append(Move(pk, Stage.REVERSED, Stage.HELD, why[:500], problems=[problem]))
