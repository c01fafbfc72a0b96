"""Two linked entries under a person's wish: what would leave one of them alone is done to both, or to neither."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.reference import linked_id
from connector.domain.stages import Stage
from connector.store import linked, records
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Part:
    """Rows as `views.ids` has them, pairs whole; `others`: record → the other one of its pair. `asked`: keys of those
    that the person named."""

    rows: Sequence[Any]
    others: Mapping[int, int]
    asked: frozenset[int]

    def other(self, row: Any) -> Any:
        return next((one for one in self.rows if one.id == self.others.get(row.id)), None)


def parts(tx: Tx, chosen: Sequence[Any], most: int) -> list[Part]:
    """All of them with the other ones of their pairs, at most so many named ones at a time."""
    made: list[Part] = []
    done: set[int] = set()
    for start in range(0, len(chosen), most):
        named = [row for row in chosen[start : start + most] if row.id not in done]
        others = linked.partners(tx, [row.id for row in named])
        known = {row.id for row in named}
        beside = linked.rows(tx, [pk for pk in others if pk not in known]) if others else []
        rows = sorted([*named, *beside], key=lambda row: int(row.id))
        done |= {row.id for row in rows}
        asked = frozenset(row.id for row in chosen)
        made.append(Part(rows, others, asked))
    return made


def locked(tx: Tx, connection_id: int, part: Part) -> Part:
    """Where there are pairs, as they are now: until the transaction ends neither of two moves without the other."""
    if not part.others:
        return part
    ids = sorted(row.id for row in part.rows)
    records.lock(tx, connection_id, ids)
    return Part(linked.rows(tx, ids), part.others, part.asked)


def stays(row: Any, part: Part, refusals: Mapping[int, str], live: Mapping[int, Any]) -> str:
    """Why an entry is not taken back though nothing of its own stands against it: the other one cannot be now."""
    other = part.other(row)
    if other is None or other.id not in live or other.stage == Stage.REVERSED:
        return ""
    refusal = refusals[other.id]
    on_its_way = "being taken back" in refusal
    return f"{other.record_id} belongs to it, and {refusal}" if refusal and not on_its_way else ""


def stands_beside(row: Any, part: Part, live: Mapping[int, Any]) -> str:
    """The second entry of one that is to be written anew, where that still stands: it is of the epoch before."""
    other = part.other(row)
    second = other is not None and other.record_id == linked_id(row.record_id)
    return str(other.record_id) if second and other.id in live and other.stage != Stage.REVERSED else ""


def unsent(row: Any, part: Part, live: Mapping[int, Any], back: Mapping[int, Any], going: set[int]) -> bool:
    """A second entry that was never sent, of a first that is taken back."""
    other = part.other(row)
    waits = row.stage in (Stage.RECEIVED, Stage.FETCHED, Stage.MAPPED, Stage.HELD)
    return other is not None and other.id in going and waits and row.id not in live and row.id not in back


def may_skip(row: Any, part: Part, live: Mapping[int, Any], skippable: frozenset[Stage]) -> bool:
    """Neither it nor the other one of its pair has, or may have, anything in the ledger."""
    other = part.other(row)
    beside = other is None or (other.id not in live and (other.stage in skippable or other.stage == Stage.SKIPPED))
    return row.id not in live and row.stage in skippable and beside
