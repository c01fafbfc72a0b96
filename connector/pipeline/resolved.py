"""What a reading of F&O settled about writes, stored: written, sent again, waited for, or held with the evidence."""

from dataclasses import dataclass, field
from typing import Any

from connector.domain.problems import Problem
from connector.domain.stages import LedgerStatus, Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import confirm, epochs, outcome
from connector.pipeline.decide import Decision, Do, Found, Reading
from connector.pipeline.poison import MOST_ATTEMPTS
from connector.store import batches, journals, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

ACTOR = "task:resolve"


@dataclass(frozen=True, slots=True)
class Ledger:
    """One reading of F&O for a set of writes."""

    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by Document
    posted: dict[tuple[str, str], bool] = field(default_factory=dict)  # (company, journal) → posted, where it exists
    standing: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (company, journal) → our references
    vouchers: dict[str, set[str]] = field(default_factory=dict)  # of journals read whole: voucher → our references
    headers: dict[str, list[str]] = field(default_factory=dict)  # marker → journal numbers
    closed: set[tuple[str, str]] = field(default_factory=set)  # (company, form) whose journals could not be read


@dataclass(slots=True)
class Results:
    """What a reading settled, stored with one statement of each kind however many writes there are."""

    moves: list[Move] = field(default_factory=list)
    looks: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    again_elsewhere: list[int] = field(default_factory=list)
    places: dict[tuple[str, str], int] = field(default_factory=dict)  # (company, journal number) → that journal
    reversed: list[Write] = field(default_factory=list)

    def look(self, one: Write, seconds: float | None, *, absent: bool = False, unread: bool = False) -> None:
        self.looks.append({"id": one.id, "seconds": seconds, "absent": absent or None, "unread": unread})

    def place(self, tx: Tx, connection_id: int, one: Write, number: str) -> int:
        """The journal in which its lines were found: moved there, or unknown to this database until now."""
        place = (one.legal_entity, number)
        if place not in self.places:
            self.places[place] = journals.place(tx, connection_id, one.key, number)
        return self.places[place]

    def refuse(self, one: Write, evidence: str) -> None:
        self.refused.append({"id": one.id, "evidence": evidence})

    def store(self, tx: Tx, connection: Connection) -> None:
        writes.look_again(tx, self.looks)
        writes.written(tx, self.written)
        writes.refused(tx, self.refused)
        writes.reopen(tx, self.again, again=True, forget_journal=False)
        writes.reopen(tx, self.again_elsewhere, again=True, forget_journal=True)
        epochs.lock(tx, self.reversed)
        moved = move(tx, connection.id, ACTOR, self.moves)
        batches.settle_finished(tx, connection.id)
        epochs.as_wished(tx, connection.id, ACTOR, [one for one in self.reversed if one.record_pk in moved])


def apply(
    tx: Tx, connection_id: int, one: Write, decision: Decision, reading: Reading, ledger: Ledger | None,
    results: Results,
) -> None:  # fmt: skip
    data = {"reference": one.reference, "decision": decision.why}
    if decision.do is Do.WAIT:
        results.look(one, decision.seconds, absent=decision.absent, unread=not reading.complete)
    elif decision.do is Do.WRITTEN:
        _found_whole(tx, connection_id, one, reading.found[0], ledger, data, results)
    elif decision.do is Do.SEND and one.attempts < MOST_ATTEMPTS:
        (results.again_elsewhere if decision.elsewhere else results.again).append(one.id)
        why = f"sent again: {decision.why}"
        results.moves.append(Move(one.record_pk or 0, None, None, why, data=data, delay=None))
    elif decision.do is Do.SEND:
        results.refuse(one, decision.why)
        values = {"attempts": str(one.attempts), "reason": "it never arrived"}
        _hold(one, Problem("POST-GIVEN-UP", values=values), decision.why, data, results)
    else:
        if one.kind == WriteKind.REVERSAL and decision.code == "LEDGER-GONE":
            results.refuse(one, decision.why)  # the entry stands again: it may be taken back once more
        results.look(one, None)
        values = {"reference": one.reference, "journal": one.journal or "", **decision.values}
        _hold(one, Problem(decision.code, values=values), decision.why, data, results)


def _hold(one: Write, problem: Problem, why: str, data: dict[str, Any], results: Results) -> None:
    results.moves.append(
        Move(
            one.record_pk or 0,
            _expected(one),
            Stage.HELD,
            f"{problem.code}: {why}",
            data=data,
            problems=[problem],
            ledger_status={"D365-ALTERED": LedgerStatus.ALTERED, "LEDGER-GONE": LedgerStatus.GONE}.get(problem.code),
        )
    )


def _found_whole(
    tx: Tx, connection_id: int, one: Write, found: Found, ledger: Ledger | None, data: dict[str, Any],
    results: Results,
) -> None:  # fmt: skip
    if one.outcome == Outcome.WRITTEN and found.journal == str(one.ledger.get("journal")):
        results.look(one, writes.second_look_seconds(one))  # a second look, and nothing strange
        return
    rows = [] if ledger is None else ledger.lines[one.reference]
    verdict = confirm.judge(one.intent, rows)
    place = None if found.journal == one.journal else results.place(tx, connection_id, one, found.journal)
    results.written.append({"id": one.id, "ledger": verdict.ledger, "journal_id": place})
    uncertain = one.outcome == Outcome.UNCERTAIN
    status = LedgerStatus.POSTED if found.posted else LedgerStatus.UNPOSTED
    why = f"found in the ledger: {found.journal}"
    if told := as_it_stands(found):
        data, why = {**data, "differences": told}, f"accepted as it stands in journal {found.journal}: {told[0]}"
        status = LedgerStatus.ALTERED
    results.moves.append(
        Move(
            one.record_pk or 0,
            _expected(one),
            outcome.end_of(one) if uncertain else None,
            why[:500],
            data={**data, "ledger": verdict.ledger},
            delay=0 if uncertain else None,
            problems=[] if uncertain else None,
            ledger_status=status,
            **outcome.place_of(one, verdict),
        )
    )
    if uncertain and one.kind == WriteKind.REVERSAL:
        results.reversed.append(one)


def as_it_stands(found: Found) -> list[str]:
    """Where F&O's lines are otherwise than intended; of an entry found whole only where a person accepted it."""
    told = list(found.differences)
    if len(found.vouchers) > 1 or found.voucher_shared:
        told.append("vouchers " + ", ".join(found.vouchers))
    return told


def _expected(one: Write) -> Stage | None:
    """A second look at a written entry finds its record further on, or held: any stage will do."""
    return Stage.WRITING if one.outcome == Outcome.UNCERTAIN else None
