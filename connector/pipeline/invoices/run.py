"""writing → written for entries that are pending vendor invoices: look, decide, take one step, look again.

Each step is a batch of its own, committed with a deadline before a byte leaves, and nothing is believed of its answer
but whose turn is next: what counts is the next reading. A crash at any line leaves that batch, and whoever comes after
its deadline reads what became of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from connector.d365 import invoices as wire
from connector.d365.errors import D365Error, Refused
from connector.d365.pending import PendingInvoices
from connector.domain.plural import counted
from connector.domain.writes import BatchStatus
from connector.pipeline.decide import Clock
from connector.pipeline.invoices import settled
from connector.pipeline.invoices.decide import Decision, Do, Reading, next_step
from connector.pipeline.invoices.look import Look, formats, pending, read, readable, reading
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import batches, invoices, records, reversals, writes
from connector.store.connections import Connection
from connector.store.writes import Write

log = structlog.get_logger()
MOST: Final = 10
LEASE_SECONDS: Final = 90.0
# The batch row's deadline: longer than the request's own (`pending.REQUEST_SECONDS`).
DEADLINE_SECONDS: Final = 45.0
STEPS: Final = (Do.CREATE, Do.ADD, Do.RELEASE, Do.DISCARD)

Step = tuple[Write, Decision, Reading]


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    """Go on with what is due, until the box is empty or nothing is. Raises `Stop`."""
    while box.open() and runtime.ready(connection, "d365"):
        with runtime.database.begin() as tx:
            # The clock of the reading: what happens after it began is not in it.
            now = records.now(tx)
            due = invoices.claim(tx, connection.id, MOST, LEASE_SECONDS)
        if not due:
            return
        try:
            steps = _settle(runtime, connection, due, read(runtime, connection, due), now)
            while steps and box.open():
                _take(runtime, connection, steps.pop(0))
        except Stop:
            _put_back(runtime, due)
            raise
        _put_back(runtime, [one for one, _, _ in steps])


def _put_back(runtime: Runtime, some: Sequence[Write]) -> None:
    if some:
        with runtime.database.begin() as tx:
            invoices.put_back(tx, sorted(writes.still_mine(tx, some)), 0)


def _settle(
    runtime: Runtime, connection: Connection, due: Sequence[Write], look: Look | None, now: datetime
) -> list[Step]:
    """Decide of each; what is not a step is stored here. The steps to be taken, in order."""
    written = formats(runtime, connection)
    pause = max(2.0, min(60.0, runtime.quiet_seconds / 10))
    steps: list[Step] = []
    with runtime.database.begin() as tx:
        mine = writes.still_mine(tx, due)
        taken_back = reversals.under_way(tx, [one.record_pk or 0 for one in due])
        for one in due:
            if one.id not in mine:
                continue  # this reading took so long that another worker has looked since
            if one.record_pk in taken_back:
                writes.look_again(tx, [{"id": one.id, "seconds": None, "absent": None}])
                continue  # whoever takes it back looks at it
            if not readable(one):
                writes.look_again(tx, [{"id": one.id, "seconds": None, "absent": None}])
                continue  # purged: there is nothing to compare it with any more
            known = settled.known(one)
            shown = reading(one, known, look, written)
            decision = next_step(known, shown, Clock(now, one.quiet_until, one.absent_at, pause))
            if decision.do in STEPS:
                steps.append((one, decision, shown))
            else:
                settled.apply(tx, connection, one, decision, shown)
    return steps


def _take(runtime: Runtime, connection: Connection, step: Step) -> None:
    one, decision, shown = step
    client = pending(runtime, connection)
    with runtime.database.begin() as tx:
        batch_id = invoices.begin(tx, connection.id, one, DEADLINE_SECONDS)
    if batch_id is None:
        return
    with runtime.database.begin() as tx:
        late = batches.half_gone(tx, batch_id)
    if late:
        _not_sent(runtime, one, batch_id, "more than half of the deadline was gone")
        return
    log.info("invoice", connection=connection.name, record=one.record_id, step=str(decision.do), batch=batch_id)
    try:
        with runtime.calling(connection, "d365"):
            told, ledger = _send(client, one, decision, shown)
    except Stop as stop:
        # No byte arrived, or the gateway turned the request away unread: for certain nothing was done.
        _not_sent(runtime, one, batch_id, str(stop))
        raise
    except Refused as error:
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                settled.refused(tx, connection, one, batch_id, decision, error.infolog or str(error))
    except D365Error as error:
        log.warning("invoice uncertain", connection=connection.name, batch=batch_id, reason=str(error))
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                settled.lost(tx, connection, one, batch_id, str(error), runtime.quiet_seconds)
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    else:
        with runtime.database.begin() as tx:
            if batches.mine(tx, batch_id):
                settled.answered(tx, connection, one, batch_id, told, ledger)
            else:
                batches.late_answer(tx, batch_id, told)


def _send(client: PendingInvoices, one: Write, decision: Decision, shown: Reading) -> tuple[str, dict[str, Any]]:
    """One request. What was done, in words, and what is to be known of it."""
    if decision.do is Do.CREATE:
        number = str(client.create(one.intent["header"])["HeaderReference"])
        return f"pending vendor invoice {number} created, on hold", {"journal": number, "data_area": one.legal_entity}
    header = shown.ours[0]
    if decision.do is Do.ADD:
        client.add_lines(wire.numbered(one.intent, header.number, decision.positions))
        told = f"{counted(len(decision.positions), 'line')} added to pending vendor invoice {header.number}"
        return told, {"journal": header.number}
    if decision.do is Do.RELEASE:
        client.release(dict(header.row))
        return f"pending vendor invoice {header.number} released", {"journal": header.number, "released": True}
    client.delete(dict(header.row))
    return f"empty pending vendor invoice {header.number} deleted", {"discarded": header.number}


def _not_sent(runtime: Runtime, one: Write, batch_id: int, why: str) -> None:
    """Surely nothing left this machine: that attempt does not count."""
    with runtime.database.begin() as tx:
        if batches.mine(tx, batch_id):
            batches.end(tx, batch_id, BatchStatus.UNSENT, evidence=why)
            invoices.unsent(tx, one)
