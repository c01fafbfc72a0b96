"""written → acknowledged: tell Brex what stands in the ledger, in batches, and look where the answer is unclear.

Fact: reporting twice is refused (422), so after a lost answer the records are read; EXPORTED means the earlier call
won. One bad id may refuse a whole call: the bad ones are looked at, the rest are sent again at once.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from connector.brex.errors import BrexError, Refused, ReportRefused
from connector.brex.wire import Export, Reported
from connector.domain import jsonio, record
from connector.domain.problems import Problem
from connector.domain.stages import ExportStatus, Stage
from connector.domain.writes import BatchStatus, Outcome, WriteKind
from connector.pipeline import linked
from connector.pipeline.poison import MOST_ATTEMPTS, groups, retry_seconds
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import batches, kinds, open_writes, records, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.records import Claimed
from connector.store.writes import Write

log = structlog.get_logger()
ACTOR = "task:acknowledge"
MOST = 500
DEADLINE_SECONDS = 45.0
LOOK_LEASE_SECONDS = 60.0


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    with runtime.database.begin() as tx:
        linked.follow(tx, connection)
    _again(runtime, connection)
    _intend(runtime, connection)
    while box.open() and runtime.ready(connection, "brex") and _look(runtime, connection):
        pass
    while box.open() and runtime.ready(connection, "brex") and _report(runtime, connection):
        pass


def _again(runtime: Runtime, connection: Connection) -> None:
    """Held because Brex took no result, and heard of since: it may be ready now. It is reported, not written again."""
    with runtime.database.begin() as tx:
        then = records.now(tx)
        claimed = records.claim_to_report_again(tx, connection.id, MOST)
        why = "heard of again: to be reported again"
        moves = [Move(one.id, one.stage, Stage.WRITTEN, why, attempts=one.attempts, problems=[]) for one in claimed]
        moved = move(tx, connection.id, ACTOR, moves)
        records.looked(tx, connection.id, sorted(moved), then)


def _intend(runtime: Runtime, connection: Connection) -> None:
    posted_only = connection.settings["posting"]["acknowledge_when"] == "posted"
    while True:
        with runtime.database.begin() as tx:
            claimed = records.claim_to_acknowledge(tx, connection.id, MOST, posted_only=posted_only)
            if not claimed:
                return
            ids = [one.id for one in claimed]
            silent = kinds.silent(tx, connection.id, ids)
            _not_reported(tx, connection, [one for one in claimed if one.id in silent])
            claimed = [one for one in claimed if one.id not in silent]
            ids = [one.id for one in claimed]
            entries = writes.live(tx, ids, WriteKind.ENTRY, lock=False)
            told = writes.live(tx, ids, WriteKind.ACKNOWLEDGE, lock=False)
            _told_before(tx, connection, [one for one in told.values() if one.outcome == Outcome.WRITTEN])
            again = [one for one in claimed if one.id in entries and one.id not in told and _exported_already(one)]
            _shown_exported(tx, connection, again)
            new = [one for one in claimed if one.id in entries and one not in again]
            writes.intend(tx, connection.id, [_intent(one, entries[one.id]) for one in new])
            # From here the write says when something is due.
            records.defer(tx, connection.id, ids, 3600)


def _not_reported(tx: Tx, connection: Connection, unasked: Sequence[Claimed]) -> None:
    """Facts: bills have no review status that could become EXPORTED, and card transactions are no accounting records;
    export results take only what is ready.
    """
    of_transactions = connection.settings["brex"]["source"] == "transactions"
    why = f"Brex is not told of {'card transactions' if of_transactions else 'bills'}"
    second = "Brex is told of its record, once both entries stand"
    status = ExportStatus.NOT_APPLICABLE
    moves = [
        Move(
            one.id, Stage.WRITTEN, Stage.ACKNOWLEDGED, why if one.linked_to is None else second,
            attempts=one.attempts, problems=[], export_status=status,
        )
        for one in unasked
    ]  # fmt: skip
    move(tx, connection.id, ACTOR, moves)


def _intent(one: Claimed, entry: Write) -> dict[str, Any]:
    return {
        "record_pk": one.id,
        "epoch": one.epoch,
        "kind": WriteKind.ACKNOWLEDGE,
        "reference": entry.reference,
        "intent": {"reference_id": reference_id(entry.ledger)},
        "intent_hash": "",
    }


def _told_before(tx: Tx, connection: Connection, told: Sequence[Write]) -> None:
    """Reported before they were held; whatever it was is mended, and they stand in the ledger again."""
    why = "Brex was told before"
    status = ExportStatus.EXPORTED
    moves = [
        Move(one.record_pk or 0, Stage.WRITTEN, Stage.ACKNOWLEDGED, why, problems=[], export_status=status)
        for one in told
    ]
    move(tx, connection.id, ACTOR, moves)


def _exported_already(one: Claimed) -> bool:
    """Written anew, and EXPORTED when it was read for that: Brex was told of an earlier epoch and refuses a second
    report. Where it was ready again instead, Brex is told again.
    """
    if one.epoch == 0:
        return False
    try:
        body = jsonio.loads(one.body or "null")
    except jsonio.NotJson:
        return False
    return isinstance(body, dict) and body.get("review_status") == record.EXPORTED


def _shown_exported(tx: Tx, connection: Connection, shown: Sequence[Claimed]) -> None:
    why = "Brex shows it EXPORTED since an earlier epoch: not reported again"
    status = ExportStatus.EXPORTED
    moves = [
        Move(one.id, Stage.WRITTEN, Stage.ACKNOWLEDGED, why, attempts=one.attempts, problems=[], export_status=status)
        for one in shown
    ]
    move(tx, connection.id, ACTOR, moves)


def reference_id(ledger: dict[str, Any]) -> str:
    """What Brex shows as the ERP's own reference: F&O's company, journal and voucher."""
    return " ".join(str(ledger[key]) for key in ("data_area", "journal", "voucher") if ledger.get(key))


def _report(runtime: Runtime, connection: Connection) -> bool:
    """Send one call's worth. False where nothing was waiting."""
    with runtime.database.begin() as tx:
        taken = open_writes.claim_open(tx, connection.id, WriteKind.ACKNOWLEDGE, MOST)
        if not taken:
            return False
        batch_id = batches.begin(tx, connection.id, None, [one.id for one in taken], DEADLINE_SECONDS)
        if batch_id is None:
            raise batches.Taken
    exports = [Export(one.record_id, one.intent["reference_id"], None) for one in taken]
    try:
        with runtime.calling(connection, "brex"):
            answer = runtime.clients(connection).brex.report(exports, [])
    except Stop as stop:
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                batches.end(tx, batch_id, BatchStatus.UNSENT, evidence=str(stop))
                writes.reopen(tx, [one.id for one in taken], again=False, forget_journal=False)
        raise
    except Refused as error:
        _refused(runtime, connection, batch_id, taken, error)
        return True
    except BrexError as error:
        log.warning("acknowledgement uncertain", connection=connection.name, batch=batch_id, reason=str(error))
        _lost(runtime, batch_id, taken, error)
        return True
    _told(runtime, connection, batch_id, taken, answer)
    return True


def _told(runtime: Runtime, connection: Connection, batch_id: int, taken: Sequence[Write], answer: Reported) -> None:
    done = [one for one in taken if one.record_id in answer.updated]
    unclear = [one.id for one in taken if one.record_id not in answer.updated]
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            batches.late_answer(tx, batch_id, f"{len(done)} exported")
            return
        status = BatchStatus.UNCERTAIN if unclear else BatchStatus.SETTLED
        batches.end(tx, batch_id, status, trace=answer.trace_id)
        told = {"batch": batch_id, "trace_id": answer.trace_id}
        _acknowledged(tx, connection, done, "Brex took the export result", told)
        writes.uncertain(tx, unclear, "Brex's answer does not name it", 0)
    log.info("acknowledged", connection=connection.name, records=[one.record_id for one in done])


def _acknowledged(tx: Tx, connection: Connection, done: Sequence[Write], why: str, data: dict[str, Any]) -> None:
    writes.written(tx, [{"id": one.id, "ledger": {}, "journal_id": None} for one in done])
    moves = [
        Move(
            one.record_pk or 0, Stage.WRITTEN, Stage.ACKNOWLEDGED, why, problems=[],
            export_status=ExportStatus.EXPORTED, data={"reference_id": one.intent["reference_id"], **data},
        )
        for one in done
    ]  # fmt: skip
    moved = move(tx, connection.id, ACTOR, moves)
    # Held meanwhile: Brex has been told all the same, and the record has to say so.
    status = ExportStatus.EXPORTED
    told = [one.record_pk for one in done if one.record_pk is not None and one.record_pk not in moved]
    noted = [Move(pk, None, None, why, data=data, export_status=status, delay=None) for pk in told]
    move(tx, connection.id, ACTOR, noted)


def _refused(runtime: Runtime, connection: Connection, batch_id: int, taken: Sequence[Write], error: Refused) -> None:
    """Nothing of the call is believed to be applied: the named ones are looked at, the others sent again."""
    named = error.not_found | error.not_ready | error.duplicated if isinstance(error, ReportRefused) else frozenset()
    bad = [one.id for one in taken if one.record_id in named]
    rest = [one for one in taken if one.record_id not in named]
    log.warning("acknowledgement refused", connection=connection.name, batch=batch_id, reason=str(error),
                records=len(taken), named=sorted(named))  # fmt: skip
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            return
        batches.end(tx, batch_id, BatchStatus.UNCERTAIN if bad else BatchStatus.SETTLED, trace=error.trace_id,
                    evidence=str(error))  # fmt: skip
        writes.uncertain(tx, bad, str(error), 0)
        if bad:
            writes.reopen(tx, [one.id for one in rest], again=False, forget_journal=False)
        else:
            _later(tx, connection, rest, str(error), attempts=1 + rest[0].attempts)


def _later(tx: Tx, connection: Connection, waiting: Sequence[Write], reason: str, *, attempts: int) -> None:
    """Without a word why: smaller groups, then alone; one that fails alone for good is held."""
    ids = [one.id for one in waiting]
    if attempts < MOST_ATTEMPTS:
        delay = 0 if attempts <= 1 else retry_seconds(attempts)
        writes.reopen(tx, ids, again=True, forget_journal=False, delay=delay, evidence=reason)
        return
    writes.refused(tx, [{"id": id_, "evidence": reason} for id_ in ids])
    problem = Problem("ACK-GIVEN-UP", values={"attempts": str(attempts), "reason": reason})
    moves = [Move(one.record_pk or 0, Stage.WRITTEN, Stage.HELD, reason[:500], problems=[problem]) for one in waiting]
    move(tx, connection.id, ACTOR, moves)


def _lost(runtime: Runtime, batch_id: int, taken: Sequence[Write], error: BrexError) -> None:
    with runtime.database.begin() as tx:
        if batches.mine(tx, batch_id):
            batches.end(tx, batch_id, BatchStatus.UNCERTAIN, trace=error.trace_id, evidence=str(error))
            writes.uncertain(tx, [one.id for one in taken], str(error), 0)


def _look(runtime: Runtime, connection: Connection) -> bool:
    """Read the records whose acknowledgement is uncertain and believe what Brex shows. False where there is none."""
    with runtime.database.begin() as tx:
        due = writes.claim_to_look_at(tx, connection.id, MOST, LOOK_LEASE_SECONDS, kinds=(WriteKind.ACKNOWLEDGE,))
    for group in groups(due, MOST, tries=lambda one: one.looks):
        try:
            with runtime.calling(connection, "brex"):
                items = runtime.clients(connection).brex.by_ids([one.record_id for one in group])
        except BrexError as error:
            log.warning("Brex not readable", connection=connection.name, records=len(group), reason=str(error))
            with runtime.database.begin() as tx:
                waits = [{"id": one.id, "seconds": retry_seconds(one.looks), "absent": None} for one in group]
                writes.look_again(tx, waits)
            continue
        shown = {str(item.get("id")): str(item.get("review_status")) for item in items}
        with runtime.database.begin() as tx:
            mine = writes.still_mine(tx, group)
            _believe(tx, connection, [one for one in group if one.id in mine], shown)
            batches.settle_finished(tx, connection.id)
    return bool(due)


def _believe(tx: Tx, connection: Connection, due: Sequence[Write], shown: dict[str, str]) -> None:
    exported = [one for one in due if shown.get(one.record_id) == record.EXPORTED]
    _acknowledged(tx, connection, exported, "Brex shows it EXPORTED: the earlier report won", {})
    ready = [one for one in due if shown.get(one.record_id) == record.READY]
    for attempts in {one.attempts for one in ready}:
        alike = [one for one in ready if one.attempts == attempts]
        _later(tx, connection, alike, "Brex shows it ready: the report did not arrive", attempts=attempts)
    moves = []
    stuck = [one for one in due if shown.get(one.record_id) not in (record.EXPORTED, record.READY)]
    writes.refused(tx, [{"id": one.id, "evidence": shown.get(one.record_id, "not found")} for one in stuck])
    for one in stuck:
        status = shown.get(one.record_id)
        problem = Problem("ACK-NOT-FOUND") if status is None else Problem("ACK-NOT-READY", values={"status": status})
        moves.append(Move(one.record_pk or 0, Stage.WRITTEN, Stage.HELD, problem.code, problems=[problem]))
    move(tx, connection.id, ACTOR, moves)
