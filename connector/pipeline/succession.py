"""A connection of accounting records that follows one of card transactions: nothing is booked by both.

`connector cut-over` ends the old one at one moment: what it has not written is left to the new one, and it never works
again. Whatever the new one then takes in, now or in a year, is first looked for among what the old one wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import structlog

from connector.domain import record
from connector.domain.problems import Problem
from connector.domain.record import Record
from connector.domain.stages import Stage
from connector.domain.twins import AROUND, LOOSE, Booked, Pairing, Shown, Verdict, pair
from connector.pipeline import intake
from connector.pipeline.pages import from_day, pages
from connector.pipeline.poll import BEFORE_START
from connector.pipeline.runtime import Runtime, posting
from connector.store import records as rows
from connector.store import spending, successions
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move

log = structlog.get_logger()
PART = 500


class NotNow(Exception):
    """The cut-over cannot be made as things are; the message is a sentence without its full stop."""


@dataclass(slots=True)
class Proof:
    """`left`: what the old connection had not written. Of the records ready in Brex: `booked` by the old one, `new`,
    and `unsure`, which wait for a person. `doubled`: pairs that both stand in the ledger."""

    left: int = 0
    booked: int = 0
    new: int = 0
    unsure: dict[str, str] = field(default_factory=dict)
    doubled: list[tuple[str, str]] = field(default_factory=list)


def cut_over(runtime: Runtime, old: Connection, new: Connection, actor: str) -> Proof:
    """End the old connection, once, and show that nothing is booked twice. Safe to repeat.

    Raises `NotNow`, and then nothing has changed; and what reading Brex raises.
    """
    _fit(old, new)
    with runtime.database.begin() as tx:
        left = 0 if successions.followed_by(tx, old.id) == new.name else _end(tx, old, new, actor)
    return prove(runtime, old, new, left)


def _fit(old: Connection, new: Connection) -> None:
    if old.settings["brex"]["source"] != "transactions" or new.settings["brex"]["source"] != "accounting":
        raise NotNow("the first connection must be of source transactions, the second of source accounting")
    if new.settings["brex"].get("follows") != old.name:
        raise NotNow(f'{new.name} does not follow {old.name}: say "follows": "{old.name}" under brex in its file')
    if old.company_id and new.company_id and old.company_id != new.company_id:
        raise NotNow(f"{old.name} and {new.name} are of two Brex companies ({old.company_id}, {new.company_id})")
    places = [one.settings["posting"]["legal_entity"] + one.settings["d365"]["host"] for one in (old, new)]
    if places[0] != places[1]:
        raise NotNow(f"{old.name} and {new.name} post to two ledgers; this is for one")


def _end(tx: Tx, old: Connection, new: Connection, actor: str) -> int:
    if ended := successions.followed_by(tx, old.id):
        raise NotNow(f"{old.name} has ended already: {ended} follows it")
    waiting = successions.waiting(tx, old.id)
    unsettled = successions.unsettled(tx, old.id)
    if unsettled:
        raise NotNow(
            f"of {unsettled} record(s) of {old.name} it is not settled yet whether they stand in F&O: let it go on "
            f"(`connector resume {old.name}`) until that is so, then run this again"
        )
    start = posting(new).start_date.isoformat()
    early = [row for row in waiting if row.day and row.day < start]
    if early:
        first = min(row.day for row in early)
        raise NotNow(
            f"{len(early)} record(s) of {old.name} that are not written are dated before {new.name} starts ({start}): "
            f"set its posting.start_date to {first} or earlier, or skip them"
        )
    why = f"{new.name} goes on in place of {old.name}: it comes as an accounting record"
    moves = [Move(row.id, Stage(row.stage), Stage.SKIPPED, why, reason=why, problems=[]) for row in waiting]
    moved = move(tx, old.id, actor, moves)
    successions.end(tx, old.id, new.name)
    log.info("cut over", old=old.name, new=new.name, left=len(moved))
    return len(moved)


def prove(runtime: Runtime, old: Connection, new: Connection, left: int) -> Proof:
    """Read what is ready in Brex now and pair it, without storing anything."""
    proof = Proof(left)
    after = from_day(posting(new).start_date) - BEFORE_START
    taken: list[str] = []
    for _, page in pages(runtime, new, ("CARD",), record.READY, after):
        read = [one for item in page if intake.readable_id(item.get("id")) and (one := _read(item)) is not None]
        with runtime.database.begin() as tx:
            paired = _paired(tx, old.id, new.id, read, taken, lock=False)
        for name, made in paired.items():
            taken += [one.record_id for one in made.twins] if made.verdict is Verdict.BOOKED else []
            proof.booked += made.verdict is Verdict.BOOKED
            proof.new += made.verdict is Verdict.NEW
            if made.verdict is Verdict.UNSURE:
                proof.unsure[name] = f"{', '.join(one.record_id for one in made.twins)}: {made.why}"
    with runtime.database.begin() as tx:
        proof.doubled = [(row.record_id, row.twin) for row in successions.doubled(tx, new.id, old.id)]
    return proof


def book(runtime: Runtime, new: Connection, record_ids: Sequence[str], actor: str) -> int:
    """A person says that these held ones are records of their own; how many were."""
    with runtime.database.begin() as tx:
        ids = successions.say_no_twin(tx, new.id, record_ids)
        why = "a person said that it was not booked before"
        move(tx, new.id, actor, [Move(pk, Stage.HELD, Stage.RECEIVED, why, problems=[]) for pk in ids])
        rows.look_anew(tx, new.id, ids)
    return len(ids)


# Of every record that the new connection fetches


@dataclass(frozen=True, slots=True)
class Known:
    """What becomes of a record that was booked before, or may have been."""

    to: Stage
    why: str
    problems: list[Problem]


def known(tx: Tx, connection: Connection, found: Mapping[int, Record]) -> dict[int, Known]:
    """Of records, by their keys: those not to be booked (again), and why. Nobody else pairs their twins meanwhile."""
    name = connection.settings["brex"].get("follows")
    if not name or not found:
        return {}
    old_id = successions.predecessor(tx, name, connection.name)
    if old_id is None:
        return {}
    own = successions.no_twins(tx, connection.id, list(found))
    keys = {one.id: pk for pk, one in found.items() if pk not in own}
    paired = _paired(tx, old_id, connection.id, [found[pk] for pk in keys.values()], (), lock=True)
    verdicts = {keys[id_]: _known(name, connection.name, made) for id_, made in paired.items()}
    return {pk: one for pk, one in verdicts.items() if one is not None}


def _known(old: str, new: str, made: Pairing) -> Known | None:
    named = ", ".join(one.record_id for one in made.twins)
    if made.verdict is Verdict.BOOKED:
        references = ", ".join(one.reference for one in made.twins)
        return Known(Stage.SKIPPED, f"{old} booked it as card transaction {named} ({references})", [])
    if made.verdict is Verdict.UNSURE:
        values = {"old": old, "new": new, "twin": named, "reason": made.why}
        return Known(Stage.HELD, "perhaps booked before the cut-over", [Problem("RECORD-CUT-OVER", values=values)])
    return None


def _paired(
    tx: Tx, old_id: int, new_id: int, found: Sequence[Record], taken: Iterable[str], *, lock: bool
) -> dict[str, Pairing]:
    records = [_shown(one) for one in found if one.source_type == "CARD"]
    if not records:
        return {}
    expenses = sorted({one.expense_id for one in records if one.expense_id})
    booked = {row.record_id: _booked(row) for row in spending.twins(tx, old_id, expenses, lock=lock)}
    loose = [one for one in records if one.record_type in LOOSE or not one.expense_id]
    if loose:
        first, last = min(one.day for one in loose) - AROUND, max(one.day for one in loose) + AROUND
        types = sorted({one.record_type for one in loose})
        booked |= {row.record_id: _booked(row) for row in spending.standing(tx, old_id, types, first, last)}
    reasons = " ".join(successions.paired(tx, new_id, expenses, [one.record_id for one in records]))
    before = [name for name in booked if f"{name} " in reasons or f"{name}," in reasons]
    return pair(records, list(booked.values()), [*taken, *before])


def _read(item: dict[str, Any]) -> Record | None:
    try:
        return record.parse(item)
    except record.Unreadable:
        return None  # held as unreadable when it is fetched


def _shown(one: Record) -> Shown:
    money = one.amount
    return Shown(one.id, one.source_id, one.type, abs(money.amount), money.currency, one.posting_time.date())


def _booked(row: Any) -> Booked:
    day: date | None = row.posting_date
    amount = Decimal(0) if row.amount is None else Decimal(row.amount)
    return Booked(row.record_id, row.source_id, row.record_type, amount, row.currency, day, row.reference)
