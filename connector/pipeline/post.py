"""mapped → writing → written: store the intent, send it, confirm it. Each journal has one writer at a time."""

from dataclasses import replace
from typing import Any

from connector.d365.invoices import pending_invoice
from connector.d365.wire import journal_lines
from connector.domain import entry as entries
from connector.domain import jsonio
from connector.domain.problems import Problem
from connector.domain.reference import reference
from connector.domain.stages import Stage
from connector.domain.writes import BatchStatus, WriteKind
from connector.pipeline import resolve, reverse, send
from connector.pipeline.invoices import look as looking
from connector.pipeline.invoices import run as invoices
from connector.pipeline.invoices import taken_back
from connector.pipeline.invoices.accounts import Formats
from connector.pipeline.periods import period
from connector.pipeline.receipts import run as receipts
from connector.pipeline.runtime import Runtime, TimeBox
from connector.store import batches, journals, ledger, open_writes, records, reversals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.records import Claimed

ACTOR = "task:post"
MOST = 500


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    expire(runtime, connection)
    resolve.run(runtime, connection, box)
    reverse.run(runtime, connection, box)
    while box.open() and withdraw(runtime, connection):
        pass
    while box.open() and intend(runtime, connection):
        pass
    send.run(runtime, connection, box)
    taken_back.run(runtime, connection, box)
    invoices.run(runtime, connection, box)
    receipts.run(runtime, connection, box)


def expire(runtime: Runtime, connection: Connection) -> None:
    """Past its deadline a batch is uncertain, whoever was sending it: that worker may be dead."""
    with runtime.database.begin() as tx:
        for batch in batches.past_deadline(tx, connection.id):
            caught = writes.of_batch(tx, batch.id)
            batches.end(tx, batch.id, BatchStatus.UNCERTAIN, evidence="no answer before the deadline")
            writes.uncertain(
                tx,
                [one.id for one in caught],
                "no answer was stored before the deadline",
                runtime.quiet_seconds,
            )
            if any(one.kind == WriteKind.JOURNAL for one in caught):
                journals.close(tx, batch.journal_id, "the answer to its creation was lost")
            note = "no answer before the deadline: uncertain"
            move(
                tx,
                connection.id,
                ACTOR,
                [
                    Move(one.record_pk, None, None, note, data={"batch": batch.id}, delay=None)
                    for one in caught
                    if one.record_pk is not None
                ],
            )


def withdraw(runtime: Runtime, connection: Connection) -> bool:
    """What waits to be sent and never was goes back where its record or the rules changed. False where none did."""
    why = "changed before it was sent: planned again"
    with runtime.database.begin() as tx:
        stale = open_writes.withdraw_stale(tx, connection.id, connection.rules_version, MOST)
        move(tx, connection.id, ACTOR, [Move(pk, Stage.WRITING, Stage.FETCHED, why) for pk in stale])
    return bool(stale)


def intend(runtime: Runtime, connection: Connection) -> bool:
    """Store the writes of mapped records, each line exactly as it will be sent. False where there was none."""
    formats = looking.formats(runtime, connection)
    with runtime.database.begin() as tx:
        claimed = records.claim_to_intend(tx, connection.id, MOST)
        if not claimed:
            return False
        current = [one for one in claimed if one.planned_rules == connection.rules_version]
        standing = ledger.among(tx, connection.id, [key for one in current for key in _keys(one)])
        unlike = [one for one in current if _keys(one)[0] in standing and _unlike(one, standing[_keys(one)[0]])]
        current = [one for one in current if one not in unlike]
        intents = {one.id: _intent(one, connection, standing, formats) for one in current}
        intended = writes.intend(tx, connection.id, list(intents.values()))
        found = [one for one in current if _keys(one)[0] in standing and one.id in intended]
        _expect_to_find(tx, connection, {intended[one.id]: one for one in found}, standing)
        moves = [
            Move(
                one.id, Stage.MAPPED, Stage.WRITING, "intent stored", attempts=one.attempts,
                data={"reference": intents[one.id]["reference"], "intent_hash": intents[one.id]["intent_hash"]},
            )
            for one in current
        ]  # fmt: skip
        moves += [_cannot_tell(one) for one in unlike]
        moves += [
            Move(one.id, Stage.MAPPED, Stage.FETCHED, "the rules changed: planned again", attempts=one.attempts)
            for one in claimed
            if one.planned_rules != connection.rules_version
        ]
        move(tx, connection.id, ACTOR, moves)
    return bool(current or unlike)


def _unlike(one: Claimed, form: str) -> bool:
    """It stands as a pending vendor invoice, and would be nothing of the kind today: nothing to compare it with."""
    return form == "pending_invoice" and entries.from_json(one.entry or {}).invoice is None


def _cannot_tell(one: Claimed) -> Move:
    reason = "its reference stands on a pending vendor invoice, and the record would be none by the present settings"
    problem = Problem("LEDGER-CANNOT-TELL", values={"reason": reason, "reference": _keys(one)[0]})
    return Move(one.id, Stage.MAPPED, Stage.HELD, reason, attempts=one.attempts, problems=[problem])


def _keys(one: Claimed) -> tuple[str, str]:
    """The references of its entry and of the one that reverses it."""
    entry, reversal = (reference(one.record_id, one.epoch, kind) for kind in (WriteKind.ENTRY, WriteKind.REVERSAL))
    return entry, reversal


def _expect_to_find(tx: Tx, connection: Connection, found: dict[int, Claimed], standing: dict[str, str]) -> None:
    """Entries (write → record) that stand in the ledger already, by a reading of the whole of it, are looked at and
    not sent.

    Those whose reversing entry stands there too are looked at as such: both together, and not reported.
    """
    writes.uncertain(tx, list(found), "its reference stood in the ledger before it was intended here", 0)
    reversals.adopt(tx, connection.id, [write for write, one in found.items() if _keys(one)[1] in standing])


def _intent(one: Claimed, connection: Connection, standing: dict[str, str], formats: Formats) -> dict[str, Any]:
    """`standing`: reference → form of what stands in the ledger already: it is compared in that form, whatever would
    become of such a record today.
    """
    planned, key = entries.from_json(one.entry or {}), _keys(one)[0]
    form = entries.form_of(standing.get(key, planned.form))
    planned = replace(planned, form=form)
    pending = planned.form == "pending_invoice"
    intent: Any = pending_invoice(planned, key, formats.split) if pending else journal_lines(planned, key)
    return {
        "record_pk": one.id,
        "record_id": one.record_id,
        "epoch": one.epoch,
        "kind": WriteKind.ENTRY,
        "reference": key,
        "intent": intent,
        "intent_hash": jsonio.digest(intent),
        "lines": len(intent["lines"] if pending else intent),
        "legal_entity": planned.legal_entity,
        "journal_name": planned.journal_name,
        "period": period(
            planned.journal_period or connection.settings["posting"]["journal_period"], planned.date, one.record_id
        ),
        "form": planned.form,
        "posting_date": planned.date.isoformat(),
    }
