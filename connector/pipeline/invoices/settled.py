"""What became of a pending vendor invoice, stored: its next step, written, waited for, refused, held with evidence."""

from collections.abc import Sequence
from typing import Any

import structlog

from connector.d365 import words
from connector.d365.infolog import is_conflict
from connector.domain.problems import Problem
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import BatchStatus, Outcome
from connector.pipeline.invoices.decide import Decision, Do, Known, Reading
from connector.pipeline.poison import MOST_ATTEMPTS, retry_seconds
from connector.pipeline.receipts import run as receipts
from connector.store import batches, invoices, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

log = structlog.get_logger()
ACTOR = "task:post"
_STATUS = {"INVOICE-ALTERED": LedgerStatus.ALTERED, "LEDGER-GONE": LedgerStatus.GONE}


def known(one: Write) -> Known:
    return Known(
        sent=one.attempts > 0 or one.resent or one.outcome != Outcome.OPEN,
        uncertain=one.outcome == Outcome.UNCERTAIN and one.quiet_until is not None,
        made=bool(one.ledger.get("journal")),
        confirmed=one.confirmed,
        released=bool(one.ledger.get("released")),
        refused=str(one.ledger.get("refused", "")),
        attempts=one.attempts,
        looks=one.looks,
    )


def apply(tx: Tx, connection: Connection, one: Write, decision: Decision, reading: Reading) -> None:
    """Whatever is not a step to be taken. The write is still ours, and locked."""
    if decision.do is Do.WAIT:
        _wait(tx, one, decision, reading)
    elif decision.do is Do.WRITTEN:
        _written(tx, connection, one, decision, reading)
    elif decision.do is Do.REFUSED:
        writes.refused(tx, [{"id": one.id, "evidence": decision.why}])
        hold(tx, connection, one, words.problems(decision.why), f"F&O refused it: {decision.why}")
    elif decision.do is Do.HOLD:
        _hold(tx, connection, one, decision)


def _wait(tx: Tx, one: Write, decision: Decision, reading: Reading) -> None:
    if one.outcome == Outcome.OPEN:
        invoices.put_back(tx, [one.id], decision.seconds)
        return
    looked = {"id": one.id, "seconds": decision.seconds, "absent": decision.absent or None}
    writes.look_again(tx, [{**looked, "unread": not reading.complete}])


def _hold(tx: Tx, connection: Connection, one: Write, decision: Decision) -> None:
    place = str(one.ledger.get("journal", ""))
    problem = Problem(decision.code, values={"reference": one.reference, "journal": place, **decision.values})
    if not known(one).sent:
        writes.refused(tx, [{"id": one.id, "evidence": decision.why}])  # nothing left this machine: planned anew
    else:
        invoices.rest(tx, one.id, decision.why)
    if decision.code == "LEDGER-GONE":
        invoices.end(tx, [one.id])
    hold(tx, connection, one, [problem], f"{decision.code}: {decision.why}", _STATUS.get(decision.code))


def hold(
    tx: Tx, connection: Connection, one: Write, problems: Sequence[Problem], why: str,
    status: LedgerStatus | None = None,
) -> None:  # fmt: skip
    data = {"reference": one.reference, "invoice": str(one.ledger.get("journal", ""))}
    expected = None if one.outcome == Outcome.WRITTEN else Stage.WRITING
    move(
        tx, connection.id, ACTOR,
        [Move(one.record_pk or 0, expected, Stage.HELD, why[:500], data=data, problems=problems, ledger_status=status)],
    )  # fmt: skip
    log.warning("invoice held", connection=connection.name, record=one.record_id, reason=why)


def _written(tx: Tx, connection: Connection, one: Write, decision: Decision, reading: Reading) -> None:
    shown = reading.ours[0] if reading.ours else None
    posted = reading.posted[0] if reading.posted else None
    number = shown.number if shown else str(one.ledger.get("journal", ""))
    ledger: dict[str, Any] = {
        "data_area": one.legal_entity,
        "journal": number,
        "lines": list(shown.line_numbers) if shown else one.ledger.get("lines", []),
        "voucher": posted.voucher if posted else "",
        "released": True,
    }
    known_before = one.outcome == Outcome.WRITTEN  # then it is `watch` that tells its record that it is posted
    invoices.follow(tx, connection.id, one, number, posted=posted is not None and not known_before)
    if known_before:
        writes.look_again(tx, [{"id": one.id, "seconds": writes.second_look_seconds(one), "absent": None}])
        return
    writes.written(tx, [{"id": one.id, "ledger": ledger, "journal_id": None}])
    receipts.expect(tx, connection, one.id, one.record_pk or 0)
    batches.settle_finished(tx, connection.id)
    status = LedgerStatus.UNPOSTED if posted is None else LedgerStatus.POSTED
    if "INVOICE-ALTERED" in one.accepted and posted is None:
        status = LedgerStatus.ALTERED
    move(
        tx, connection.id, ACTOR,
        [Move(one.record_pk or 0, Stage.WRITING, Stage.WRITTEN, decision.why[:500], data={"ledger": ledger},
              problems=[], ledger_status=status, journal=number, voucher=ledger["voucher"])],
    )  # fmt: skip
    log.info("invoice written", connection=connection.name, record=one.record_id, invoice=number)


# The answer to a step


def answered(tx: Tx, connection: Connection, one: Write, batch_id: int, why: str, ledger: dict[str, Any]) -> None:
    """Done, as F&O says; it is read back before anything follows from it."""
    batches.end(tx, batch_id, BatchStatus.SETTLED)
    invoices.go_on(tx, one.id, ledger, done=True)
    note(tx, connection, one, why, {"batch": batch_id, "reference": one.reference, **ledger})


def refused(tx: Tx, connection: Connection, one: Write, batch_id: int, step: Decision, said: str) -> None:
    """A clear refusal: surely not done. Of the header and of the lines it ends there; else a person looks."""
    batches.end(tx, batch_id, BatchStatus.SETTLED, evidence=said)
    if is_conflict(said) and one.attempts + 1 < MOST_ATTEMPTS:
        if step.do is Do.CREATE:
            invoices.unsent(tx, one)
            invoices.put_back(tx, [one.id], retry_seconds(one.attempts + 1))
        else:
            invoices.go_on(tx, one.id, {}, done=False, seconds=retry_seconds(one.attempts + 1))
        note(tx, connection, one, f"refused for now, tried again: {said}", {"batch": batch_id})
    elif step.do is Do.CREATE and (one.resent or one.quiet_until is not None) and not one.ledger.get("refused_once"):
        # An earlier request may have arrived since the last look, and its number be what F&O refuses now.
        invoices.go_on(tx, one.id, {"refused_once": True}, done=False)
        note(tx, connection, one, f"refused, and looked for once more: {said}", {"batch": batch_id})
    elif step.do is Do.CREATE:
        writes.refused(tx, [{"id": one.id, "evidence": said}])
        hold(tx, connection, one, words.problems(said), f"F&O refused it: {said}")
    elif step.do is Do.ADD:
        invoices.go_on(tx, one.id, {"refused": said[:1000]}, done=True)
        note(tx, connection, one, f"F&O refused its lines: {said}", {"batch": batch_id})
    else:
        invoices.rest(tx, one.id, said)
        hold(tx, connection, one, words.problems(said), f"F&O refused to {step.do} it: {said}")


def lost(tx: Tx, connection: Connection, one: Write, batch_id: int, why: str, quiet_seconds: float) -> None:
    batches.end(tx, batch_id, BatchStatus.UNCERTAIN, evidence=why)
    writes.uncertain(tx, [one.id], why, quiet_seconds)
    note(tx, connection, one, f"uncertain: {why}", {"batch": batch_id})


def note(tx: Tx, connection: Connection, one: Write, why: str, data: dict[str, Any]) -> None:
    move(tx, connection.id, ACTOR, [Move(one.record_pk or 0, None, None, why[:500], data=data, delay=None)])
