"""writing → reversed for a pending vendor invoice that a person asked to be taken back.

It is deleted in F&O while it is ours and nobody has changed it. A posted one is not: a credit note is a person's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from connector.d365.errors import D365Error, Refused
from connector.domain.problems import Problem
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import BatchStatus, Outcome, WriteKind
from connector.pipeline import epochs
from connector.pipeline.decide import Clock
from connector.pipeline.invoices import look as looking
from connector.pipeline.invoices import settled
from connector.pipeline.invoices.compare import Shown
from connector.pipeline.invoices.decide import Reading
from connector.pipeline.invoices.run import DEADLINE_SECONDS, LEASE_SECONDS, MOST
from connector.pipeline.invoices.undo import Do, Undo, undo
from connector.pipeline.poison import retry_seconds
from connector.pipeline.reversal import Form
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import batches, invoices, records, reversals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

log = structlog.get_logger()
ACTOR: Final = "task:reverse"


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    """Raises `Stop`."""
    while box.open() and runtime.ready(connection, "d365"):
        with runtime.database.begin() as tx:
            now = records.now(tx)
            due = writes.claim_to_look_at(
                tx, connection.id, MOST, LEASE_SECONDS, kinds=(WriteKind.REMOVAL,), forms=(invoices.FORM,)
            )
            entries = writes.live(tx, [one.record_pk or 0 for one in due], WriteKind.ENTRY, lock=False)
        if not due:
            return
        # What was purged, and what stands for nothing any more, is left alone.
        standing = [entries[one.record_pk or 0] for one in due if one.record_pk in entries]
        look = looking.read(runtime, connection, standing)
        for removal, entry, shown in _settle(runtime, connection, due, look, now):
            _delete(runtime, connection, removal, entry, shown)


def _settle(
    runtime: Runtime, connection: Connection, due: Sequence[Write], look: looking.Look | None, now: datetime
) -> list[tuple[Write, Write, Shown]]:
    """Decide of each and store it; what is to be deleted now."""
    written = looking.formats(runtime, connection)
    pause = max(2.0, min(60.0, runtime.quiet_seconds / 10))
    wanted = []
    with runtime.database.begin() as tx:
        writes.lock(tx, [one.record_pk or 0 for one in due])
        mine = writes.still_mine(tx, due)
        entries = writes.live(tx, [one.record_pk or 0 for one in due], WriteKind.ENTRY)
        for one in due:
            entry = entries.get(one.record_pk or 0)
            if one.id not in mine:
                continue
            if one.outcome == Outcome.WRITTEN or entry is None or not looking.readable(entry):
                writes.look_again(tx, [{"id": one.id, "seconds": None, "absent": None}])
                continue
            shown = looking.reading(entry, settled.known(entry), look, written)
            decision = undo(
                shown, Clock(now, _quiet(one, entry), one.absent_at, pause), attempts=one.attempts, looks=one.looks,
                deleted=bool(one.ledger.get("deleted")), refusal=str(one.ledger.get("refusal", "")),
                gone=bool(one.wish.get("gone")),
            )  # fmt: skip
            if one.wish.get("unposted_only") and _too_late(one, decision):
                # Posted, or deleted by somebody, before we came: the invoice is looked at again and stands as it is.
                writes.refused(tx, [{"id": one.id, "evidence": f"nothing to update: {decision.why}"}])
                writes.look_now(tx, [entry.id])
                continue
            if decision.do is Do.DELETE:
                wanted.append((one, entry, shown.ours[0]))
            else:
                _apply(tx, connection, one, entry, decision, shown)
    return wanted


def _too_late(one: Write, decision: Undo) -> bool:
    """Only what stands unposted is written anew by itself."""
    gone = decision.do is Do.DONE and not (one.attempts or one.ledger.get("deleted"))
    return gone or decision.code == "INVOICE-POSTED"


def _quiet(one: Write, entry: Write) -> datetime | None:
    times = [one.quiet_until, entry.quiet_until if entry.outcome == Outcome.UNCERTAIN else None]
    return max((moment for moment in times if moment is not None), default=None)


def _apply(tx: Tx, connection: Connection, one: Write, entry: Write, decision: Undo, shown: Reading) -> None:
    pk, data = one.record_pk or 0, {"reference": entry.reference, "decision": decision.why}
    if decision.do is Do.WAIT:
        unread = not shown.complete
        looked = {"id": one.id, "seconds": decision.seconds, "absent": decision.absent or None, "unread": unread}
        writes.look_again(tx, [looked])
        return
    if decision.do is Do.HOLD:
        problem = Problem(decision.code, values={"reference": entry.reference, **decision.values})
        writes.refused(tx, [{"id": one.id, "evidence": decision.why}])
        why = f"{decision.code}: {decision.why}"[:500]
        move(tx, connection.id, ACTOR, [Move(pk, Stage.WRITING, Stage.HELD, why, data=data, problems=[problem])])
        return
    form = Form.REMOVED if one.attempts or one.ledger.get("deleted") else Form.GONE
    ledger = {"form": form, "journal": str(entry.ledger.get("journal", "")), "removed": []}
    writes.written(tx, [{"id": one.id, "ledger": ledger, "journal_id": None}])
    reversals.entries_stand(tx, [pk], stand=False)
    invoices.end(tx, [entry.id])
    epochs.lock(tx, [one])
    moved = move(
        tx, connection.id, ACTOR,
        [Move(pk, Stage.WRITING, Stage.REVERSED, decision.why, data={**data, "ledger": ledger}, problems=[],
              ledger_status=LedgerStatus.NONE, reason=one.wish.get("reason"))],
    )  # fmt: skip
    batches.settle_finished(tx, connection.id)
    if pk in moved:
        epochs.as_wished(tx, connection.id, ACTOR, [one])


def _delete(runtime: Runtime, connection: Connection, one: Write, entry: Write, shown: Shown) -> None:
    row: dict[str, Any] = dict(shown.row)
    with runtime.database.begin() as tx:
        if not writes.still_mine(tx, [one]):
            return
        reversals.again(tx, [one.id], counts=False)
        batches.settle_finished(tx, connection.id)
        batch_id = batches.begin(tx, connection.id, None, [one.id], DEADLINE_SECONDS)
        if batch_id is None:
            return
        reversals.sends(tx, one.id, [{"HeaderReference": shown.number, "@odata.etag": row.get("@odata.etag")}])
        why = f"pending vendor invoice {shown.number} is to be deleted"
        data = {"reference": entry.reference, "batch": batch_id}
        move(tx, connection.id, ACTOR, [Move(one.record_pk or 0, None, None, why, data=data, delay=None)])
    try:
        with runtime.calling(connection, "d365"):
            looking.pending(runtime, connection).delete(row)
    except Stop as stop:
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                batches.end(tx, batch_id, BatchStatus.UNSENT, evidence=str(stop))
                reversals.unsent(tx, [one.id])
        raise
    except Refused as error:
        _answered(runtime, one, batch_id, error.infolog or str(error))
    except D365Error as error:
        log.warning("deletion uncertain", connection=connection.name, batch=batch_id, reason=str(error))
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                batches.end(tx, batch_id, BatchStatus.UNCERTAIN, evidence=str(error))
                writes.uncertain(tx, [one.id], str(error), runtime.quiet_seconds)
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    else:
        _answered(runtime, one, batch_id, "")


def _answered(runtime: Runtime, one: Write, batch_id: int, refusal: str) -> None:
    """A clear answer. Deleted or refused, F&O is looked at again; after a refusal not at once."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            batches.late_answer(tx, batch_id, refusal or "deleted")
            return
        batches.end(tx, batch_id, BatchStatus.SETTLED, evidence=refusal)
        reversals.again(tx, [one.id], counts=True)
        ledger = {"refusal": refusal} if refusal else {"deleted": True}
        pause = retry_seconds(one.attempts + 1) if refusal else 0.0
        reversals.answered(tx, one.id, ledger, refusal or "F&O deleted it", pause)
