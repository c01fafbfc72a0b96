"""Which account structure a main account belongs to, and whether a combination is allowed there, by our own reading.

Facts: a structure's constraints are rows of criteria, one for each segment; a combination is allowed where one row
takes all of its values. An advanced rule applies where all its criteria take the combination; then each of its rule
structures has segments of its own, and constraints of the same kind (metadata; live connectors).

What cannot be read for certain is not held against a combination: F&O itself will judge it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from connector.domain.master import MAIN_ACCOUNT, AdvancedRule, Constraint, Structure
from connector.mapping import criteria
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, fold

Values = Mapping[str, str]  # folded dimension → value; blank ones may be left out


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a structure does not take a combination. `blank`: segments without a value, though none of the rows allows
    that; `wrong`: other segments that the nearest row does not take, with its criterion.
    """

    structure: str
    blank: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    rule: str = ""  # the advanced rule that asked for it


def structure_of(account: str, structures: Iterable[Structure]) -> Structure | None:
    """The first structure that takes this main account; None where there is none, or where that cannot be told."""
    for structure in structures:
        answer = takes(structure, account)
        if answer is not False:
            return structure if answer else None
    return None


def belongs_nowhere(account: str, structures: Iterable[Structure]) -> bool:
    """True where it is certain that no structure takes this main account."""
    known = list(structures)
    return bool(known) and all(takes(structure, account) is False for structure in known)


def takes(structure: Structure, account: str) -> bool | None:
    """A structure has one criterion per constraint row; without any it takes every account."""
    answers = [matches(one, account) for one in structure.main_account_criteria]
    if not answers or True in answers:
        return True
    return None if None in answers else False


def matches(criterion: str, value: str) -> bool | None:
    """Does one criterion take this value? None: that cannot be told."""
    return criteria.read(criterion).takes(value)


def with_rules(structure: Structure, account: str) -> Structure:
    """With the segments that its advanced rules may add for this main account, whatever the other values will be."""
    added = [
        segment
        for rule in structure.rules
        if all(matches(one, account) is not False for name, one in rule.criteria if fold(name) == FOLDED_MAIN_ACCOUNT)
        for segment in _segments(rule)
    ]
    if not added:
        return structure
    return replace(structure, segments=tuple(_once([*structure.segments, *added])))


def surplus(structure: Structure, values: Values) -> list[str]:
    """The folded dimensions with a value that neither the structure nor a rule that applies has.

    Of a rule of which it cannot be told whether it applies, the segments are kept.
    """
    held = set(_folded(structure.segments))
    for rule in structure.rules:
        if _applies(rule, values) is not False:
            held |= {fold(segment) for segment in _segments(rule)}
    return [name for name, value in values.items() if value and name not in held and name != FOLDED_MAIN_ACCOUNT]


def mismatches(structure: Structure, values: Values, day: date) -> Iterator[Mismatch]:
    """What is wrong with a combination by the structure, and by each rule that applies to it for certain."""
    found = _mismatch(structure, values, day)
    if found is not None:
        yield found
    for rule in structure.rules:
        if _applies(rule, values):
            for extra in rule.structures:
                found = _mismatch(extra, values, day)
                if found is not None:
                    yield replace(found, rule=rule.name)


def _mismatch(structure: Structure, values: Values, day: date) -> Mismatch | None:
    """None where a row takes the combination, or may; the nearest row is the one with the least against it."""
    rows = [dict(_answers(structure, row, values)) for row in structure.constraints if _active(row, day)]
    # Rows about other main accounts have no say.
    rows = [row for row in rows if row.get(FOLDED_MAIN_ACCOUNT, (True, ""))[0] is not False]
    if not rows or any(False not in [answer for answer, _ in row.values()] for row in rows):
        return None
    blank = [
        name
        for name in _folded(structure.segments)
        if not values.get(name) and all(row[name][0] is False for row in rows)
    ]
    nearest = min(rows, key=lambda row: sum(answer is False for answer, _ in row.values()))
    wrong = [(name, one) for name, (answer, one) in nearest.items() if answer is False and name not in blank]
    return Mismatch(structure.name, tuple(blank), tuple(wrong))


def _answers(structure: Structure, row: Constraint, values: Values) -> Iterator[tuple[str, tuple[bool | None, str]]]:
    names = _folded(structure.segments)
    for name, criterion in zip(names, row.criteria, strict=False):
        yield name, (matches(criterion, values.get(name, "")), criterion)
    for name in names[len(row.criteria) :]:
        yield name, (True, "")


@lru_cache(maxsize=256)
def _folded(segments: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(fold, segments))


def _applies(rule: AdvancedRule, values: Values) -> bool | None:
    answers = [matches(one, values.get(fold(name), "")) for name, one in rule.criteria]
    if not answers or False in answers:
        return False
    return None if None in answers else True


def _segments(rule: AdvancedRule) -> Iterator[str]:
    for structure in rule.structures:
        yield from (segment for segment in structure.segments if segment != MAIN_ACCOUNT)


def _once(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if fold(name) not in seen:
            seen.add(fold(name))
            yield name


def _active(row: Constraint, day: date) -> bool:
    return (row.active_from is None or row.active_from <= day) and (row.active_to is None or day <= row.active_to)
