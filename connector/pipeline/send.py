"""Sending entries to F&O: choose a journal, commit the batch, send it without a transaction open, confirm.

Nothing here believes more than F&O said. A crash at any line leaves a batch row with a deadline, and `resolve` reads
the ledger for what became of it.
"""

from collections.abc import Sequence
from decimal import Decimal
from time import monotonic

import structlog

from connector.d365.batch import BatchAnswer
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Refused
from connector.d365.infolog import problem_code
from connector.domain.writes import BatchStatus, WriteKind
from connector.pipeline import confirm, headers, outcome, recover
from connector.pipeline.confirm import Verdict
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import batches, journals, open_writes, pacing, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.journals import Journal, Key
from connector.store.writes import Write

log = structlog.get_logger()

# A batch may be expected to take this long; F&O advises against large ones, and a deploy must not wait for it.
BATCH_SECONDS = Decimal(10)
# The request's own deadline, and the batch row's: past the latter anybody may declare it uncertain.
REQUEST_SECONDS = 35.0
DEADLINE_SECONDS = 45.0
MOST_ENTRIES = 100
# While one journal is being written another one is opened only for a real backlog: people prefer few journals.
BACKLOG_FOR_ANOTHER_JOURNAL = 100
# With so many journals of one key waiting for an uncertain write no further one is begun: F&O is in trouble.
MOST_STUCK = 3
STUCK_SECONDS = 15.0


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    """Send what waits, journal by journal, until the box is empty or only others' work is left."""
    progress = True
    while progress and box.open():
        progress = False
        with runtime.database.begin() as tx:
            keys = open_writes.waiting_keys(tx, connection.id)
        for key, waiting in keys.items():
            if not box.open() or not runtime.ready(connection, "d365"):
                return
            sent = _looked_for(runtime, connection, key) and _one_batch(runtime, connection, key, waiting)
            progress = sent or progress


def _one_batch(runtime: Runtime, connection: Connection, key: Key, waiting: int) -> bool:
    """Send one batch for this key. False where there is nothing for this worker to do now."""
    client = runtime.clients(connection).d365
    try:
        batch = _claim(runtime, connection, key)
    except _NoJournal as missing:
        with runtime.database.begin() as tx:
            busy, stuck = journals.busy(tx, connection.id, key), journals.stuck(tx, connection.id, key)
            if stuck >= MOST_STUCK:
                # What is uncertain is read first. Until then nothing here is due, or it would be woken for nothing.
                open_writes.put_off(tx, connection.id, key, STUCK_SECONDS)
                return False
        if busy and waiting < BACKLOG_FOR_ANOTHER_JOURNAL * busy:
            return False  # what others write now is theirs to go on with
        lines = missing.lines
        return headers.open_journal(
            runtime, connection, client, key, wanted=lambda tx: _still_wanted(tx, connection, key, waiting, lines)
        )
    except batches.Taken:
        return False
    if batch is None:
        return False
    batch_id, journal, taken = batch
    _send(runtime, connection, client, batch_id, journal, taken)
    return True


def _looked_for(runtime: Runtime, connection: Connection, key: Key) -> bool:
    """False where it is not known what stands in such journals already: nothing is sent into them."""
    try:
        recover.before_sending(runtime, connection, key.form)
    except Refused as error:
        headers.hold_waiting(runtime, connection, key, str(error))
        return False
    except D365Error as error:
        log.warning("journals not readable", connection=connection.name, form=key.form, reason=str(error))
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    return True


class _NoJournal(Exception):
    """Entries wait, and no journal of theirs is open, has room for so many lines and is free of other writers."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines


def _still_wanted(tx: Tx, connection: Connection, key: Key, waiting: int, lines: int) -> bool:
    """Asked again where nobody else can be opening one: another worker may have done so since the first look."""
    busy = journals.busy(tx, connection.id, key)
    left_to_others = busy > 0 and waiting < BACKLOG_FOR_ANOTHER_JOURNAL * busy
    if key not in open_writes.waiting_keys(tx, connection.id):
        return False  # what waited was sent meanwhile, and its journal may be in doubt already
    return not left_to_others and journals.free(tx, connection.id, key, lines) is None


def _claim(runtime: Runtime, connection: Connection, key: Key) -> tuple[int, Journal, list[Write]] | None:
    """Take open writes and a free journal, and commit the batch row before any byte leaves.

    None where nothing waits that nobody has. Raises `_NoJournal`, and `batches.Taken` where another was faster.
    """
    with runtime.database.begin() as tx:
        waiting = open_writes.claim_open(tx, connection.id, WriteKind.ENTRY, MOST_ENTRIES, key=key)
        if not waiting:
            return None
        journal = journals.free(tx, connection.id, key, waiting[0].lines)
        if journal is None:
            raise _NoJournal(waiting[0].lines)
        taken = _fitting(waiting, journal, pacing.seconds_per_line(tx, connection.id))
        batch_id = batches.begin(tx, connection.id, journal.id, [one.id for one in taken], DEADLINE_SECONDS)
        if batch_id is None:
            raise batches.Taken
        journals.used(tx, journal.id, sum(one.lines for one in taken))
    return batch_id, journal, taken


def _fitting(waiting: Sequence[Write], journal: Journal, seconds_per_line: Decimal) -> list[Write]:
    """As many as may be expected to take `BATCH_SECONDS` and fit the journal; always at least the first."""
    taken, lines = [waiting[0]], waiting[0].lines
    for one in waiting[1:]:
        lines += one.lines
        if lines * seconds_per_line > BATCH_SECONDS or journal.lines_used + lines > journals.MOST_LINES:
            break
        taken.append(one)
    return taken


def _send(
    runtime: Runtime,
    connection: Connection,
    client: D365Client,
    batch_id: int,
    journal: Journal,
    taken: list[Write],
) -> None:
    changesets = [[{**line, "JournalBatchNumber": journal.number} for line in one.intent] for one in taken]
    with runtime.database.begin() as tx:
        late = batches.half_gone(tx, batch_id)
    if late:
        _not_sent(runtime, batch_id, journal, taken, "more than half of the deadline was gone")
        return
    lines = sum(one.lines for one in taken)
    log.info("sending", connection=connection.name, batch=batch_id, journal=journal.number, entries=len(taken),
             lines=lines, records=[one.record_id for one in taken])  # fmt: skip
    try:
        with runtime.calling(connection, "d365"):
            started = monotonic()
            answer = client.send(changesets, seconds=REQUEST_SECONDS, form=taken[0].form)
            seconds = monotonic() - started
    except Stop as stop:
        # No byte arrived, or the gateway turned the request away unread: for certain nothing was written.
        _not_sent(runtime, batch_id, journal, taken, str(stop))
        raise
    except Refused as error:
        outcome.refused_whole(runtime, connection, batch_id, journal, taken, str(error))
        return
    except D365Error as error:
        log.warning("batch uncertain", connection=connection.name, batch=batch_id, reason=str(error))
        outcome.unknown(runtime, connection, batch_id, [(one, str(error)) for one in taken], evidence=str(error))
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    _store(runtime, connection, client, batch_id, journal, taken, answer)
    with runtime.database.begin() as tx:
        pacing.learn(tx, connection.id, seconds, lines)


def _not_sent(runtime: Runtime, batch_id: int, journal: Journal, taken: list[Write], why: str) -> None:
    """Nothing left this machine, for certain: the writes are open again, and this attempt does not count."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            return
        batches.end(tx, batch_id, BatchStatus.UNSENT, evidence=why)
        writes.reopen(tx, [one.id for one in taken], again=False, forget_journal=True)
        journals.used(tx, journal.id, -sum(one.lines for one in taken))


def _store(
    runtime: Runtime,
    connection: Connection,
    client: D365Client,
    batch_id: int,
    journal: Journal,
    taken: list[Write],
    answer: BatchAnswer,
) -> None:
    delimiter = outcome.delimiter(runtime, connection)
    judged = confirm.verdicts(
        [one.intent for one in taken],
        answer.parts,
        answer.content_ids,
        complete=answer.complete,
        delimiter=delimiter,
    )
    pairs = list(zip(taken, judged, strict=True))
    doubted = [(one, verdict) for one, verdict in pairs if _journal_may_be_to_blame(verdict)]
    usable = not doubted or (
        not any(_names(journal, one, verdict) for one, verdict in doubted)
        and headers.usable(runtime, connection, client, taken[0].key, journal.number)
    )
    outcome.store(runtime, connection, batch_id, journal, pairs, answer, usable=usable)


def _journal_may_be_to_blame(verdict: Verdict) -> bool:
    """Not where F&O names a dimension or the period: then the journal need not be looked at."""
    return verdict.outcome == "refused" and problem_code(verdict.message) == "D365-REFUSED"


def _names(journal: Journal, one: Write, verdict: Verdict) -> bool:
    """F&O names the journal itself: posted, deleted, opened by a person, in workflow. Its words for that are unknown.

    Believed of a few journals in a row: an entry that each of them refuses is to blame itself.
    """
    return one.attempts < MOST_STUCK and journal.number.casefold() in verdict.message.casefold()
