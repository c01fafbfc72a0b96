"""What a person may do to records: retry, skip, reverse. What may be sent again is decided by the writes, not here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from connector.domain.problems import INFOLOG, PROBLEMS
from connector.domain.stages import Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline import epochs, pairs
from connector.pipeline.pairs import Part
from connector.pipeline.runtime import Runtime
from connector.store import receipts, records, reversals, views, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

MOST = 1000
SKIPPABLE = frozenset({Stage.RECEIVED, Stage.FETCHED, Stage.MAPPED, Stage.HELD})
# Held for these, an entry was seen in the ledger, however its own write ended.
_SEEN: Final = frozenset({"D365-ALTERED", "D365-VOUCHER", "LEDGER-TWICE", "LEDGER-PARTIAL", "INVOICE-ALTERED"})


@dataclass(frozen=True, slots=True)
class Done:
    """Record ids by what became of the wish, and why the others were left alone."""

    changed: list[str] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)

    def leave(self, record_id: str, why: str) -> None:
        self.left_alone.append(record_id)
        self.why[record_id] = why


def retry(
    runtime: Runtime, connection: Connection, *, actor: str, record_ids: Sequence[str] = (), stage: str | None = None,
    problem: str | None = None, reason: str = "", anyway: bool = False, repost: bool = False,
) -> Done:  # fmt: skip
    """Let records go on, from any stage. What was written or may have been is read again in F&O first.

    `anyway`: the problems they are held for are accepted as they stand, where they may be. `repost`: records that were
    taken back are written anew, as the next epoch.
    """
    done = Done()
    with runtime.database.begin() as tx:
        chosen = views.ids(tx, connection.id, record_ids=record_ids, stage=stage, problem=problem)
        for both in pairs.parts(tx, chosen, MOST) if repost else ():
            stand = writes.live(tx, sorted(both.others), WriteKind.ENTRY, lock=False)
            beside = {row.id: pairs.stands_beside(row, both, stand) for row in both.rows}
            _repost(tx, connection, actor, reason, [row for row in both.rows if not beside[row.id]], done, both.asked)
            for row in both.rows:
                if beside[row.id] and row.id in both.asked:
                    done.leave(row.record_id, f"{beside[row.id]} belongs to it and stands; take that one back first")
        for part in _parts(chosen):
            if not repost:
                _retry(tx, connection, actor, reason, _acceptable(part, done) if anyway else part, done, anyway=anyway)
    return done


def _parts(chosen: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(chosen), MOST):
        yield chosen[start : start + MOST]


def _codes(row: Any) -> list[str]:
    return [str(one["code"]) for one in row.problems]


def _acceptable(part: Sequence[Any], done: Done) -> list[Any]:
    kept = []
    for row in part:
        refused = [code for code in _codes(row) if not PROBLEMS[code].anyway]
        told = [str(one["code"]) for one in row.problems if INFOLOG in (one.get("values") or {})]
        if row.stage != Stage.HELD or not row.problems:
            done.leave(row.record_id, "it is not held for anything that could be accepted")
        elif refused:
            done.leave(row.record_id, f"{', '.join(refused)} cannot be accepted")
        elif told:
            done.leave(row.record_id, f"F&O itself refused it ({', '.join(told)}) and would again")
        else:
            kept.append(row)
    return kept


def _retry(
    tx: Tx, connection: Connection, actor: str, reason: str, part: Sequence[Any], done: Done, *, anyway: bool
) -> None:
    pks = [row.id for row in part]
    writes.lock(tx, pks)  # before their records, as everywhere
    live, back = writes.live(tx, pks, WriteKind.ENTRY), reversals.live(tx, pks)
    why = "accepted as it stands, by a person" if anyway else "retried by a person"
    moves = []
    for row in part:
        data = {"accepted": _codes(row)} if anyway else {}
        made = _retried(row.id, Stage(row.stage), row.id in live or row.id in back, _told(why, reason), data)
        if made is not None:
            moves.append(made)
        else:
            done.leave(row.record_id, _AT_AN_END[Stage(row.stage)])
    moved = move(tx, connection.id, actor, moves)
    if anyway:
        reversals.accept(tx, connection.id, [{"id": row.id, "codes": _codes(row)} for row in part if row.id in moved])
    held = [row.id for row in part if row.stage in (Stage.HELD, Stage.WRITING) and row.id in moved]
    looked_for = [back.get(pk) or live.get(pk) for pk in held]
    writes.look_now(tx, [one.id for one in looked_for if one is not None and _known(one)])
    reversals.look_now(tx, [one.id for one in looked_for if one is not None])
    records.look_anew(tx, connection.id, [pk for pk in moved if pk not in live])
    asked = receipts.again(tx, pks)
    for row in part:
        if row.id in asked and row.record_id in done.why:
            done.left_alone.remove(row.record_id)  # its receipts, at least, are tried again
            del done.why[row.record_id]
    done.changed.extend(row.record_id for row in part if row.id in moved or row.id in asked)
    for row in part:
        if row.id not in moved | asked and row.record_id not in done.why:
            done.leave(row.record_id, "it has just moved on")


def _known(one: Write) -> bool:
    return one.kind != WriteKind.REMOVAL and one.outcome != Outcome.OPEN


def _told(why: str, reason: str) -> str:
    return f"{why}: {reason}"[:500] if reason else why


_AT_AN_END: Final = {
    Stage.ACKNOWLEDGED: "nothing is left to do",
    Stage.REVERSED: "it was taken back; `connector retry NAME RECORD_ID --repost --reason …` writes it anew",
}


def _retried(record_pk: int, stage: Stage, live: bool, why: str, data: dict[str, Any]) -> Move | None:
    if stage is Stage.HELD:
        return Move(record_pk, stage, Stage.WRITING if live else Stage.RECEIVED, why, data=data, problems=[])
    if stage is Stage.SKIPPED:
        return Move(record_pk, stage, Stage.RECEIVED, why, problems=[], reason="")
    if stage in _AT_AN_END:
        return None
    return Move(record_pk, stage, None, why)


def _repost(
    tx: Tx, connection: Connection, actor: str, reason: str, part: Sequence[Any], done: Done, asked: frozenset[int]
) -> None:
    wished = {row.id: row.epoch + 1 for row in part if row.stage == Stage.REVERSED}
    moved = epochs.begin(tx, connection.id, actor, wished, _told("to be written anew", reason))
    for row in part:
        if row.id in moved:
            done.changed.append(row.record_id)
        elif row.id in asked:
            done.leave(row.record_id, "only what was taken back (`connector reverse`) can be written anew")


def skip(
    runtime: Runtime, connection: Connection, *, actor: str, reason: str, record_ids: Sequence[str] = (),
    stage: str | None = None, problem: str | None = None, among: frozenset[str] | None = None,
) -> Done:  # fmt: skip
    """Never post these, for this reason. Records with a write that stands or may stand in F&O are left alone.

    `among`: of these record ids, only those that are not done with yet (a cut-over is about nothing else).
    """
    done = Done()
    with runtime.database.begin() as tx:
        chosen = views.ids(tx, connection.id, record_ids=record_ids, stage=stage, problem=problem)
        if among is not None:
            chosen = [row for row in chosen if row.record_id in among and row.stage in SKIPPABLE]
        for part in pairs.parts(tx, chosen, MOST):
            pks = [row.id for row in part.rows]
            writes.lock(tx, pks)
            part = pairs.locked(tx, connection.id, part)  # noqa: PLW2901
            live = writes.live(tx, pks, WriteKind.ENTRY, lock=not part.others)
            moves = [
                Move(row.id, Stage(row.stage), Stage.SKIPPED, reason, problems=[], reason=reason)
                for row in part.rows
                if pairs.may_skip(row, part, live, SKIPPABLE)
            ]
            moved = move(tx, connection.id, actor, moves)
            for row in part.rows:
                if row.id in moved:
                    done.changed.append(row.record_id)
                elif row.id in part.asked:
                    done.left_alone.append(row.record_id)
    return done


def reverse(
    runtime: Runtime, connection: Connection, *, actor: str, reason: str, record_ids: Sequence[str] = (),
    stage: str | None = None, problem: str | None = None, day: date | None = None, repost: bool = False,
    vendor_checked: bool = False, gone: bool = False,
) -> Done:  # fmt: skip
    """Have entries taken back: stored here, done by the post stage in the form that F&O then shows to be right.

    `day`: the date of a reversing entry, instead of the entry's own. `repost`: write the record anew afterwards. A
    person's word: `vendor_checked`, no vendor line of it is settled; `gone`, F&O has nothing of it, posted neither.
    """
    done = Done()
    wish = {
        "reason": reason, "actor": actor, "date": None if day is None else day.isoformat(), "repost": repost,
        "vendor_checked": vendor_checked, "gone": gone,
    }  # fmt: skip
    with runtime.database.begin() as tx:
        chosen = views.ids(tx, connection.id, record_ids=record_ids, stage=stage, problem=problem)
        for part in pairs.parts(tx, chosen, MOST):
            again = [row for row in part.rows if repost and row.stage == Stage.REVERSED]
            _repost(tx, connection, actor, reason, again, done, part.asked)
            rest = [row for row in part.rows if row not in again]
            _reverse(tx, connection, actor, wish, Part(rest, part.others, part.asked), done)
    return done


def _reverse(tx: Tx, connection: Connection, actor: str, wish: dict[str, Any], part: Part, done: Done) -> None:
    pks = [row.id for row in part.rows]
    writes.lock(tx, pks)  # before their records, as everywhere
    part = pairs.locked(tx, connection.id, part)
    live, back = writes.live(tx, pks, WriteKind.ENTRY, lock=not part.others), reversals.live(tx, pks)
    # That F&O has nothing of it is said of the one that was named.
    wishes = {pk: {**wish, "gone": wish["gone"] and pk in part.asked} for pk in pks}
    refusals = {
        row.id: _irreversible(row, live.get(row.id), back.get(row.id), gone=wishes[row.id]["gone"])
        for row in part.rows
    }
    refusals |= {row.id: refusals[row.id] or pairs.stays(row, part, refusals, live) for row in part.rows}
    why = f"to be taken back: {wish['reason']}"[:500]
    moves = [
        Move(row.id, Stage(row.stage), Stage.WRITING, why, data={"wish": wishes[row.id]}, problems=[])
        for row in part.rows if not refusals[row.id]
    ]  # fmt: skip
    moved = move(tx, connection.id, actor, moves)
    reversals.ask(tx, connection.id, [removal(live[pk], wishes[pk]) for pk in sorted(moved)])
    reversals.hand_over(tx, [live[pk].id for pk in moved])
    reversals.forget_reports(tx, sorted(moved))
    told = "its first entry is taken back before it was sent"
    moves = [
        Move(row.id, Stage(row.stage), Stage.SKIPPED, told, problems=[], reason=told)
        for row in part.rows if pairs.unsent(row, part, live, back, moved)
    ]  # fmt: skip
    moved |= move(tx, connection.id, actor, moves)
    done.changed.extend(row.record_id for row in part.rows if row.id in moved)
    for row in part.rows:
        if row.id not in moved and row.id in part.asked:
            done.leave(row.record_id, refusals[row.id])


def _irreversible(row: Any, entry: Write | None, back: Write | None, *, gone: bool) -> str:
    """Why there is nothing to take back, or not now; empty where there is."""
    if row.stage == Stage.REVERSED:
        return "it was taken back already"
    if back is not None and row.stage == Stage.HELD:
        return "its reversing entry is not settled; see to its problem, then retry it"
    if back is not None:
        return "it is being taken back already"
    if entry is None or _posted_invoice(entry):
        told = "its vendor invoice is posted in F&O, where a person may write a credit note"
        return "no entry of it stands in the ledger" if entry is None else told
    # Where F&O cannot tell, the word of a person who looked ends the doubt.
    codes = _SEEN | {"LEDGER-CANNOT-TELL"} if gone else _SEEN
    seen = row.stage == Stage.HELD and (entry.confirmed or not codes.isdisjoint(_codes(row)))
    if entry.outcome == Outcome.OPEN or (entry.outcome == Outcome.UNCERTAIN and not seen):
        return "it is not known yet whether F&O has its entry; let it go on, or retry it, first"
    return ""


def _posted_invoice(entry: Write) -> bool:
    return entry.form == "pending_invoice" and bool(entry.ledger.get("voucher"))


def removal(entry: Write, wish: dict[str, Any]) -> dict[str, Any]:
    """The write that takes an entry back, as `writes.intend` stores it."""
    return {
        "record_pk": entry.record_pk, "epoch": entry.epoch, "kind": WriteKind.REMOVAL, "reference": entry.reference,
        "intent": [], "intent_hash": "", "lines": entry.lines, "legal_entity": entry.legal_entity,
        "journal_name": entry.journal_name, "period": entry.period, "form": entry.form, "wish": wish,
        "posting_date": None if entry.posting_date is None else entry.posting_date.isoformat(),
    }  # fmt: skip
