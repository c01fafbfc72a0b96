"""Storing what became of a batch: one transaction, and only where the batch is still ours to answer."""

from collections.abc import Sequence
from typing import Any

import structlog

from connector.d365 import words
from connector.d365.batch import BatchAnswer
from connector.d365.infolog import is_conflict
from connector.domain.problems import Problem
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import BatchStatus, WriteKind
from connector.pipeline import epochs
from connector.pipeline.confirm import Verdict
from connector.pipeline.map import rules_of
from connector.pipeline.poison import MOST_ATTEMPTS, retry_seconds
from connector.pipeline.runtime import Runtime
from connector.store import batches, journals, vouchers, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.journals import Journal
from connector.store.moves import Move, move
from connector.store.writes import Write

log = structlog.get_logger()
ACTOR = "task:post"
Judged = Sequence[tuple[Write, Verdict]]


def delimiter(runtime: Runtime, connection: Connection) -> str:
    return rules_of(runtime.database, connection).master.delimiter


def store(
    runtime: Runtime,
    connection: Connection,
    batch_id: int,
    journal: Journal,
    judged: Judged,
    answer: BatchAnswer,
    *,
    usable: bool,
) -> None:
    """`usable` False: the journal itself takes no lines (posted, gone, in use); refused entries go into another one."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            batches.late_answer(tx, batch_id, f"{sum(v.outcome == 'written' for _, v in judged)} written")
            return
        taken = _strange_vouchers(tx, journal, judged)
        moves = _written(tx, [(one, v) for one, v in judged if v.outcome == "written"], taken, answer)
        moves += _refused(tx, [(one, v) for one, v in judged if v.outcome == "refused"], journal, usable)
        lost = [(one, v.message) for one, v in judged if v.outcome == "unknown"]
        moves += _uncertain(tx, batch_id, lost, runtime.quiet_seconds)
        status = BatchStatus.UNCERTAIN if lost else BatchStatus.SETTLED
        batches.end(tx, batch_id, status, trace=answer.activity_id, evidence=lost[0][1] if lost else "")
        if not usable:
            journals.close(tx, journal.id, "F&O takes no more lines in it")
        epochs.lock(tx, [one for one, _ in judged if one.kind == WriteKind.REVERSAL])
        moved = move(tx, connection.id, ACTOR, moves)
        epochs.as_wished(tx, connection.id, ACTOR, [one for one, verdict in judged if taken_back(one, verdict, moved)])
    _tell(connection, batch_id, judged)


def taken_back(one: Write, verdict: Verdict, moved: set[int]) -> bool:
    return one.kind == WriteKind.REVERSAL and verdict.outcome == "written" and one.record_pk in moved


def end_of(one: Write) -> Stage:
    """Where a record goes once this write of it is confirmed."""
    return Stage.REVERSED if one.kind == WriteKind.REVERSAL else Stage.WRITTEN


def unknown(
    runtime: Runtime,
    connection: Connection,
    batch_id: int,
    lost: Sequence[tuple[Write, str]],
    *,
    evidence: str,
) -> None:
    """No answer to the batch as a whole: every write in it is uncertain."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            return
        batches.end(tx, batch_id, BatchStatus.UNCERTAIN, evidence=evidence)
        move(tx, connection.id, ACTOR, _uncertain(tx, batch_id, lost, runtime.quiet_seconds))


def refused_whole(
    runtime: Runtime, connection: Connection, batch_id: int, journal: Journal, taken: Sequence[Write], why: str
) -> None:
    """The gateway refused the request unread (too large, for one): smaller groups, then alone, then held."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            return
        batches.end(tx, batch_id, BatchStatus.UNSENT, evidence=why)
        journals.used(tx, journal.id, -sum(one.lines for one in taken))
        _again(tx, [one for one in taken if one.attempts + 1 < MOST_ATTEMPTS], forget_journal=True)
        final = [one for one in taken if one.attempts + 1 >= MOST_ATTEMPTS]
        writes.refused(tx, [{"id": one.id, "evidence": why} for one in final])
        moves = [
            Move(
                one.record_pk or 0, Stage.WRITING, Stage.HELD, why[:500],
                problems=[Problem("POST-GIVEN-UP", values={"attempts": str(one.attempts + 1), "reason": why})],
            )
            for one in final
        ]  # fmt: skip
        move(tx, connection.id, ACTOR, moves)
    log.warning("batch refused", connection=connection.name, batch=batch_id, entries=len(taken), reason=why)


def _again(tx: Tx, again: Sequence[Write], *, forget_journal: bool) -> None:
    """Surely not written, but the attempt counts: whatever stands in the way must not be tried for ever."""
    for attempts in {one.attempts for one in again}:
        ids = [one.id for one in again if one.attempts == attempts]
        writes.reopen(tx, ids, again=True, forget_journal=forget_journal, delay=retry_seconds(attempts) / 5)


def _written(tx: Tx, done: Judged, taken: set[str], answer: BatchAnswer) -> list[Move]:
    writes.written(tx, [{"id": one.id, "ledger": v.ledger, "journal_id": None} for one, v in done])
    return [confirmed(one, v, taken, {"ms_dyn_aid": answer.activity_id, "batch": one.batch_id}) for one, v in done]


def confirmed(one: Write, verdict: Verdict, taken: set[str], data: dict[str, object]) -> Move:
    """The lines stand in F&O. Changed by F&O, or in a voucher shared or split: held with the evidence."""
    problems = []
    journal = str(verdict.ledger.get("journal", ""))
    if verdict.differences:
        told = "; ".join(verdict.differences[:5])
        problems.append(Problem("D365-ALTERED", values={"difference": told, "journal": journal}))
    if len(verdict.vouchers) > 1 or set(verdict.vouchers) & taken:
        told = "vouchers " + ", ".join(verdict.vouchers)
        problems.append(Problem("D365-VOUCHER", values={"difference": told, "journal": journal}))
    return Move(
        one.record_pk or 0,
        Stage.WRITING,
        Stage.HELD if problems else end_of(one),
        "; ".join(problem.code for problem in problems) or f"F&O confirmed {named(one)} in journal {journal}",
        data={**data, "ledger": verdict.ledger},
        problems=problems,
        ledger_status=LedgerStatus.ALTERED if problems else LedgerStatus.UNPOSTED,
        **place_of(one, verdict),
    )


def named(one: Write) -> str:
    return "its reversing entry" if one.kind == WriteKind.REVERSAL else "it"


def place_of(one: Write, verdict: Verdict) -> dict[str, Any]:
    """Journal and voucher of a record are its entry's; those of a reversing entry stand with that write.

    A reversed record has the reason why.
    """
    if one.kind == WriteKind.REVERSAL:
        return {"reason": one.wish.get("reason")}
    return {"journal": str(verdict.ledger.get("journal", "")), "voucher": str(verdict.ledger.get("voucher", ""))}


def _strange_vouchers(tx: Tx, journal: Journal, judged: Judged) -> set[str]:
    """Vouchers that hold more than one entry: of this batch, or one of it and an earlier one."""
    before = vouchers.of_journal(tx, journal.id)
    seen: dict[str, str] = dict(before)
    shared = set()
    for one, verdict in judged:
        for voucher in verdict.vouchers:
            if seen.setdefault(voucher, one.reference) != one.reference:
                shared.add(voucher)
    return shared


def _refused(tx: Tx, refused: Judged, journal: Journal, usable: bool) -> list[Move]:
    """A clear refusal: F&O rolled that changeset back. Held with its words, unless the entry is not to blame."""
    moves, again, final = [], [], []
    for one, verdict in refused:
        passing = not usable or is_conflict(verdict.message)
        if passing and one.attempts < MOST_ATTEMPTS:
            again.append(one)
            why = f"refused for now, sent again: {verdict.message}"[:500]
            moves.append(Move(one.record_pk or 0, None, None, why, data={"journal": journal.number}, delay=None))
            continue
        final.append({"id": one.id, "evidence": verdict.message})
        problems = words.problems(verdict.message)
        if one.kind == WriteKind.REVERSAL:
            problems = [Problem("REVERSAL-REFUSED", values={"message": verdict.message})]
        if passing:
            problems = [Problem("POST-GIVEN-UP", values={"attempts": str(one.attempts), "reason": verdict.message})]
        codes = ", ".join(problem.code for problem in problems)
        moves.append(
            Move(
                one.record_pk or 0, Stage.WRITING, Stage.HELD, f"F&O refused it: {codes}", problems=problems,
                data={"message": verdict.message, "journal": journal.number},
            )
        )  # fmt: skip
    _again(tx, again, forget_journal=not usable)
    writes.refused(tx, final)
    journals.used(tx, journal.id, -sum(one.lines for one, _ in refused))
    return moves


def _uncertain(tx: Tx, batch_id: int, lost: Sequence[tuple[Write, str]], quiet_seconds: float) -> list[Move]:
    if not lost:
        return []
    writes.uncertain(tx, [one.id for one, _ in lost], lost[0][1], quiet_seconds)
    return [
        Move(one.record_pk or 0, None, None, f"uncertain: {why}"[:500], data={"batch": batch_id}, delay=None)
        for one, why in lost
    ]


def _tell(connection: Connection, batch_id: int, judged: Judged) -> None:
    for result in ("written", "refused", "unknown"):
        ids = [one.record_id for one, verdict in judged if verdict.outcome == result]
        if ids:
            log.info(f"entries {result}", connection=connection.name, batch=batch_id, records=ids)
