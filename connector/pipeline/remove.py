"""Deleting entries' lines from an unposted journal: all of an entry or none, by key, each in the version just read.

The batch row is committed before bytes leave, like every write into a journal, and one journal has one writer. What F&O
answers is kept and never decides: the ledger is read again, whatever it was. The header is never deleted.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from connector.d365.batch import BatchAnswer, Part
from connector.d365.errors import D365Error, Refused
from connector.domain.writes import BatchStatus
from connector.pipeline.poison import retry_seconds
from connector.pipeline.runtime import Runtime, Stop
from connector.store import batches, journals, reversals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.writes import Write

log = structlog.get_logger()
# The request's own deadline, and the batch row's.
REQUEST_SECONDS = 35.0
DEADLINE_SECONDS = 45.0
BUSY_SECONDS = 5.0
MOST_LINES = 100
# What is kept of a line that is to be deleted: what names it, and in which version.
_KEPT = ("dataAreaId", "JournalBatchNumber", "LineNumber", "Voucher", "@odata.etag")


class Removal(NamedTuple):
    """One entry's lines in one journal, as F&O just showed them."""

    write: Write
    rows: Sequence[dict[str, Any]]


class Batch(NamedTuple):
    id: int
    removals: list[Removal]


def begin(tx: Tx, connection: Connection, number: str, removals: Sequence[Removal]) -> Batch | None:
    """Store what is about to be deleted from a journal, and the batch row. None where somebody else writes into it now.

    The journal takes no more entries from here on: should a lost deletion be carried out late, and F&O not heed its
    ETags, then no other entry of ours can have got a deleted line's number.
    """
    taken = _fitting(removals)
    first = taken[0].write
    journal_id = journals.place(tx, connection.id, first.key, number)
    reversals.again(tx, [one.write.id for one in removals], counts=False)
    batches.settle_finished(tx, connection.id)
    batch_id = batches.begin(tx, connection.id, journal_id, [one.write.id for one in taken], DEADLINE_SECONDS)
    waiting = removals if batch_id is None else removals[len(taken) :]
    writes.look_again(tx, [{"id": one.write.id, "seconds": BUSY_SECONDS, "absent": None} for one in waiting])
    if batch_id is None:
        return None
    journals.close(tx, journal_id, "lines were taken out of it")
    for one in taken:
        reversals.sends(tx, one.write.id, [_kept(row) for row in one.rows])
    return Batch(batch_id, taken)


def _fitting(removals: Sequence[Removal]) -> list[Removal]:
    """As many as may be expected to take F&O no longer than a batch of entries does; one at least."""
    lines = 0
    taken: list[Removal] = []
    for one in removals:
        lines += len(one.rows)
        if taken and lines > MOST_LINES:
            break
        taken.append(one)
    return taken


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in _KEPT}


def send(runtime: Runtime, connection: Connection, batch: Batch) -> None:
    client = runtime.clients(connection).d365
    with runtime.database.begin() as tx:
        late = batches.half_gone(tx, batch.id)
    if late:
        not_sent(runtime, batch, "more than half of the deadline was gone")
        return
    log.info("removing", connection=connection.name, batch=batch.id, lines=sum(len(one.rows) for one in batch.removals),
             records=[one.write.record_id for one in batch.removals])  # fmt: skip
    try:
        with runtime.calling(connection, "d365"):
            form = batch.removals[0].write.form
            answer = client.remove([one.rows for one in batch.removals], seconds=REQUEST_SECONDS, form=form)
    except Stop as stop:
        not_sent(runtime, batch, str(stop))
        raise
    except Refused as error:
        _store(runtime, batch, [error.infolog or str(error)] * len(batch.removals), error.activity_id)
    except D365Error as error:
        log.warning("removal uncertain", connection=connection.name, batch=batch.id, reason=str(error))
        _lost(runtime, batch, str(error))
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    else:
        told = _read(answer, batch.removals)
        if told is None:
            _lost(runtime, batch, "F&O's answer to the deletion is not whole")
        else:
            _store(runtime, batch, told, answer.activity_id)


def _read(answer: BatchAnswer, removals: Sequence[Removal]) -> list[str] | None:
    """For each removal F&O's refusal, empty where it deleted the lines. None where that cannot be told of all of them.

    A deletion's answer names no row, so its place is all there is: believed only where there is one for each.
    """
    if not answer.complete or len(answer.parts) != len(removals):
        return None
    told = [_told(part, len(one.rows)) for part, one in zip(answer.parts, removals, strict=True)]
    return None if None in told else [one or "" for one in told]


def _told(part: Part, lines: int) -> str | None:
    if part.rows is not None:
        return "" if len(part.rows) == lines else None
    return part.error.message if part.error is not None and part.error.clear else None


def _store(runtime: Runtime, batch: Batch, refusals: Sequence[str], trace: str) -> None:
    """A clear answer. Deleted or refused, the ledger is looked at again; after a refusal not at once."""
    with runtime.database.begin() as tx:
        told = "; ".join(dict.fromkeys(filter(None, refusals)))
        if not batches.mine(tx, batch.id):
            batches.late_answer(tx, batch.id, told or "deleted")
            return
        batches.end(tx, batch.id, BatchStatus.SETTLED, trace=trace, evidence=told)
        reversals.again(tx, [one.write.id for one in batch.removals], counts=True)
        for one, refusal in zip(batch.removals, refusals, strict=True):
            pause = retry_seconds(one.write.attempts + 1) if refusal else 0.0
            ledger = {"refusal": refusal} if refusal else {"deleted": True}
            reversals.answered(tx, one.write.id, ledger, refusal or "F&O deleted the lines", pause)


def _lost(runtime: Runtime, batch: Batch, why: str) -> None:
    with runtime.database.begin() as tx:
        if batches.mine(tx, batch.id):
            batches.end(tx, batch.id, BatchStatus.UNCERTAIN, evidence=why)
            writes.uncertain(tx, [one.write.id for one in batch.removals], why, runtime.quiet_seconds)


def not_sent(runtime: Runtime, batch: Batch, why: str) -> None:
    """Surely nothing left this machine, and that attempt does not count."""
    with runtime.database.begin() as tx:
        if batches.mine(tx, batch.id):
            batches.end(tx, batch.id, BatchStatus.UNSENT, evidence=why)
            reversals.unsent(tx, [one.write.id for one in batch.removals])
