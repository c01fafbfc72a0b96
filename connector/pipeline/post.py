"""mapped → writing → written: store the intent, send it, confirm it. Each journal has one writer at a time."""

from typing import Any

from connector.d365.wire import journal_lines
from connector.domain import entry as entries
from connector.domain import jsonio
from connector.domain.reference import reference
from connector.domain.stages import Stage
from connector.domain.writes import BatchStatus, WriteKind
from connector.pipeline import resolve, reverse, send
from connector.pipeline.periods import period
from connector.pipeline.runtime import Runtime, TimeBox
from connector.store import batches, journals, ledger, records, reversals, writes
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
        stale = writes.withdraw_stale(tx, connection.id, connection.rules_version, MOST)
        move(tx, connection.id, ACTOR, [Move(pk, Stage.WRITING, Stage.FETCHED, why) for pk in stale])
    return bool(stale)


def intend(runtime: Runtime, connection: Connection) -> bool:
    """Store the writes of mapped records, each line exactly as it will be sent. False where there was none."""
    with runtime.database.begin() as tx:
        claimed = records.claim_to_intend(tx, connection.id, MOST)
        if not claimed:
            return False
        current = [one for one in claimed if one.planned_rules == connection.rules_version]
        intents = {one.id: _intent(one, connection) for one in current}
        intended = writes.intend(tx, connection.id, list(intents.values()))
        _expect_to_find(tx, connection, intents, intended)
        moves = [
            Move(
                one.id, Stage.MAPPED, Stage.WRITING, "intent stored", attempts=one.attempts,
                data={"reference": intents[one.id]["reference"], "intent_hash": intents[one.id]["intent_hash"]},
            )
            for one in current
        ]  # fmt: skip
        moves += [
            Move(one.id, Stage.MAPPED, Stage.FETCHED, "the rules changed: planned again", attempts=one.attempts)
            for one in claimed
            if one.planned_rules != connection.rules_version
        ]
        move(tx, connection.id, ACTOR, moves)
    return bool(current)


def _expect_to_find(
    tx: Tx, connection: Connection, intents: dict[int, dict[str, Any]], intended: dict[int, int]
) -> None:
    """Entries that stand in the ledger already, by a reading of the whole of it, are looked at and not sent.

    Those whose reversing entry stands there too are looked at as such: both together, and not reported.
    """
    counters = {
        pk: reference(intent["record_id"], intent["epoch"], WriteKind.REVERSAL) for pk, intent in intents.items()
    }
    wanted = [*(intent["reference"] for intent in intents.values()), *counters.values()]
    standing = ledger.among(tx, connection.id, wanted)
    found = [pk for pk, intent in intents.items() if intent["reference"] in standing and pk in intended]
    ids = [intended[pk] for pk in found]
    writes.uncertain(tx, ids, "its reference stood in the ledger before it was intended here", 0)
    reversals.adopt(tx, connection.id, [intended[pk] for pk in found if counters[pk] in standing])


def _intent(one: Claimed, connection: Connection) -> dict[str, Any]:
    planned = entries.from_json(one.entry or {})
    key = reference(one.record_id, one.epoch, WriteKind.ENTRY)
    lines = journal_lines(planned, key)
    return {
        "record_pk": one.id,
        "record_id": one.record_id,
        "epoch": one.epoch,
        "kind": WriteKind.ENTRY,
        "reference": key,
        "intent": lines,
        "intent_hash": jsonio.digest(lines),
        "lines": len(lines),
        "legal_entity": planned.legal_entity,
        "journal_name": planned.journal_name,
        "period": period(
            planned.journal_period or connection.settings["posting"]["journal_period"], planned.date, one.record_id
        ),
        "posting_date": planned.date.isoformat(),
    }
