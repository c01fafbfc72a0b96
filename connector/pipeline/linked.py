"""The second entry of a record: a record of its own, made and planned with the first and sent after it.

It is never read from Brex nor reported there. Its body is its record's, its reference is derived from a name of its
own, and everything that happens to entries (writes, looks, taking back, epochs, events) happens to it as to any other.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.entry import Entry
from connector.domain.problems import Problem
from connector.domain.reference import linked_id
from connector.domain.stages import Stage
from connector.pipeline import epochs
from connector.store import ledger, linked, records
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.records import Claimed, Heard

ACTOR = "task:map"
_PLAIN = frozenset({Stage.RECEIVED, Stage.FETCHED, Stage.MAPPED, Stage.HELD, Stage.SKIPPED})


def lock(tx: Tx, connection_id: int, ids: Sequence[int]) -> None:
    """Records and the other ones of their pairs, in one order, before either is moved."""
    both = linked.partners(tx, ids)
    if both:
        records.lock(tx, connection_id, sorted({*ids, *both}))


def after_planning(tx: Tx, connection: Connection, moves: Sequence[Move], moved: set[int]) -> None:
    """In the transaction that moves the first ones: their second entries are planned anew, or are needed no more."""
    planned = [one for one in moves if one.id in moved and one.to is Stage.MAPPED and one.entry is not None]
    bring(tx, connection, [one.id for one in planned if one.entry and "linked" in one.entry])
    without = [one.id for one in planned if one.entry and "linked" not in one.entry]
    useless = [row for row in linked.of(tx, without) if row.id is not None and not row.live] if without else []
    why = "its record needs no linked entry any more"
    move(tx, connection.id, ACTOR, [
        Move(row.id, Stage(row.stage), Stage.SKIPPED, why, problems=[], reason=why)
        for row in useless if row.stage in _PLAIN - {Stage.SKIPPED}
    ])  # fmt: skip


def bring(tx: Tx, connection: Connection, firsts: Sequence[int]) -> None:
    """Make or refresh the second entries of these records, where nothing was sent of them yet."""
    if not firsts:
        return
    new = {row.first: linked_id(row.record_id) for row in linked.of(tx, firsts) if row.id is None}
    if new:
        records.intake(tx, connection.id, [Heard(name) for name in new.values()], actor=ACTOR, source="linked")
        linked.adopt(tx, connection.id, new)
    rows = [row for row in linked.of(tx, firsts) if not row.live or row.stage == Stage.REVERSED]
    again = {row.id: row.linked_epoch + 1 for row in rows if row.stage == Stage.REVERSED}
    begun = epochs.begin(tx, connection.id, ACTOR, again, "its record is written anew")
    ready = [row for row in linked.of(tx, [row.first for row in rows]) if not row.live and row.stage in _PLAIN]
    shown = _in_ledger(tx, connection.id, {linked_id(row.record_id): row.linked_epoch for row in ready})
    moves = [
        Move(
            row.id, Stage(row.stage), Stage.FETCHED, f"linked entry of {row.record_id}", problems=[], reason="",
            epoch=max(row.epoch, row.linked_epoch, shown.get(linked_id(row.record_id), 0)),
        )
        for row in ready
    ]  # fmt: skip
    moved = move(tx, connection.id, ACTOR, moves)
    linked.copy(tx, sorted(moved | begun))


def _in_ledger(tx: Tx, connection_id: int, known: Mapping[str, int]) -> dict[str, int]:
    """The latest epoch of each that stood in the ledger when it was last read as a whole."""
    if not known or not ledger.anything(tx, connection_id):
        return {}
    keys = [key for name, epoch in known.items() for key in epochs.references(name, epoch)]
    found = ledger.among(tx, connection_id, keys)
    states = {name: epochs.in_ledger(name, epoch, found) for name, epoch in known.items()}
    return {name: state.epoch for name, state in states.items() if state is not None}


def follow(tx: Tx, connection: Connection) -> None:
    """Second entries whose first is held, skipped or taken back wait for nothing; those of planned ones are planned.

    One that stands without its other one, as F&O refused to take it back, is told of.
    """
    rows = linked.astray(tx, connection.id)
    moves = []
    for row in rows:
        if row.why:
            why = f"its first entry, of {row.first}, is {row.why}"
            moves.append(Move(row.id, Stage(row.stage), Stage.SKIPPED, why, problems=[], reason=why))
    move(tx, connection.id, ACTOR, moves)
    bring(tx, connection, [row.first_id for row in rows if not row.why])
    why = "REVERSAL-ALONE: of two linked entries it stands alone"
    move(tx, connection.id, ACTOR, [
        Move(row.id, Stage(row.stage), Stage.HELD, why,
             problems=[Problem("REVERSAL-ALONE", values={"other": row.other, "record": row.record_id})])
        for row in linked.alone(tx, connection.id)
    ])  # fmt: skip


def choose(one: Claimed, first: Any, planned: Entry | None) -> Entry | Problem | str:
    """What a second entry becomes: its entry, a problem, or why it is needed no more. `planned`: its record's entry by
    the present rules; None where it needs none. `first`: its record's row, as `store.linked.firsts` has it.

    Beside a first entry that stands only the second one will do that was planned with it, or one planned with the same.
    """
    second = None if planned is None else planned.linked
    if not first.stands:
        return second or "its record needs no linked entry any more"
    stored = first.entry or {}
    as_planned = {} if planned is None else planned.as_json()
    fits = second is not None and (
        (
            _substance(as_planned) == _substance(stored)
            and second.legal_entity == (stored.get("linked") or {}).get("legal_entity")
        )
        or _substance(as_planned["linked"]) == _substance(stored.get("linked") or {})
    )
    if fits and second is not None:
        return second
    return Problem("MAP-LINKED-CHANGED", values={"first": first.record_id, "linked": one.record_id})


def _substance(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an entry books; its text, tag, date and provenance do not make it another one."""
    lines = [
        {name: value for name, value in line.items() if name not in ("why", "text", "financial_tag")}
        for line in entry.get("lines", ())
    ]
    invoice = {name: value for name, value in (entry.get("invoice") or {}).items() if name in ("vendor", "number")}
    return entry.get("legal_entity"), entry.get("currency"), entry.get("form", ""), invoice, lines
