"""What other mappings or rules would change, tried on everything that waits. Nothing is stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from connector.domain.stages import Stage
from connector.mapping.mappings import Mappings
from connector.mapping.rules import RuleBook
from connector.pipeline import map  # noqa: A004 - the stage's own name
from connector.pipeline.runtime import Runtime
from connector.store import linked, waiting
from connector.store.connections import Connection
from connector.store.moves import Move
from connector.store.records import Claimed

PAGE = 500


@dataclass(slots=True)
class Trial:
    """Numbers of records. `freed` are held now and would go on, planned otherwise; `caught` the other way round;
    `altered` would still be written, but not as their preview says today."""

    looked_at: int = 0
    freed: int = 0
    caught: int = 0
    altered: int = 0
    skipped: int = 0  # of the freed: those that would go on by being skipped


def of(
    runtime: Runtime,
    connection: Connection,
    *,
    mappings: Mappings | None = None,
    book: RuleBook | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Trial:
    """Plan every waiting record twice, as it is and with these in place of today's. `progress` hears of each page."""
    before = map.rules_of(runtime.database, connection)
    after = replace(before, mappings=mappings or before.mappings, book=book or before.book)
    trial = Trial()
    for page, firsts in _pages(runtime, connection):
        for one in page:
            first = firsts.get(one.id)
            _compare(map.step(one, before, first), map.step(one, after, first), one, trial)
        progress(len(page))
    return trial


def _pages(runtime: Runtime, connection: Connection) -> Iterator[tuple[list[Claimed], dict[int, Any]]]:
    """Each with the first entries of the second ones in it."""
    last: int | None = 0
    while last is not None:
        with runtime.database.begin() as tx:
            page = waiting.page(tx, connection.id, last, PAGE, seconds=True)
            firsts = linked.firsts(tx, [one.id for one in page.records if one.linked_to is not None])
        yield page.records, firsts
        last = page.last


def _compare(old: Move, new: Move, one: Claimed, trial: Trial) -> None:
    trial.looked_at += 1
    same = (new.to, _lines(new)) == (old.to, _lines(old))
    if one.stage is Stage.HELD and same:
        return  # held for what planning does not see, such as F&O's refusal of this very entry
    if one.stage is Stage.HELD and new.to is not Stage.HELD:
        trial.freed += 1
        trial.skipped += new.to is Stage.SKIPPED
    elif one.stage is not Stage.HELD and new.to is Stage.HELD:
        trial.caught += 1
    elif new.to is not Stage.HELD and not same:
        trial.altered += 1


def _lines(made: Move) -> object:
    """What would stand in F&O; why it would is no part of it."""
    if made.entry is None:
        return made.reason
    lines = [{key: value for key, value in line.items() if key != "why"} for line in made.entry["lines"]]
    return {**made.entry, "lines": lines, "notes": []}
