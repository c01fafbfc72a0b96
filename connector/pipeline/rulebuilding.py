"""Pure: account structures with their constraints and advanced rules, out of F&O's rows.

Facts: only rows with Status Active count; a constraint's criteria stand at the segment's position; an advanced rule
has criteria per dimension and up to four rule structures, which have constraints of their own (metadata; live use).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.domain.master import MAIN_ACCOUNT, AdvancedRule, Constraint, Structure
from connector.pipeline import building
from connector.pipeline.sets import CRITERIA, RULE_STRUCTURES, SEGMENTS

Row = Mapping[str, Any]


def structures(sets: Mapping[str, Iterable[Row]]) -> dict[str, Structure]:
    """The active account structures by name. Rules that were not read are not checked."""
    constraints = _constraints(sets.get("AccountStructureConstraints", ()), "AccountStructure")
    rules = _rules(sets)
    found = {}
    for row in _active(sets.get("AccountStructures", ())):
        name, segments = str(row.get("AccountStructureName")), _segments(row)
        own = constraints.get(name, [])
        place = next((n for n, segment in enumerate(segments) if segment.lower() == MAIN_ACCOUNT.lower()), None)
        criteria = () if place is None else tuple(one.criteria[place] for one in own)
        found[name] = Structure(name, segments, criteria, _cut(own, segments), tuple(rules.get(name, ())))
    return found


def _rules(sets: Mapping[str, Iterable[Row]]) -> dict[str, list[AdvancedRule]]:
    """By account structure. A rule without readable criteria or with a structure we do not know is left out."""
    constraints = _constraints(sets.get("LedgerAdvancedRuleStructureConstraints", ()), "AdvancedRuleStructure")
    known = {}
    for row in _active(sets.get("LedgerAdvancedRuleStructures", ())):
        name, segments = str(row.get("AccountRuleStructureName")), _segments(row)
        known[name] = Structure(name, segments, (), _cut(constraints.get(name, []), segments))
    criteria: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in _active(sets.get("AdvancedRuleCriteria", ())):
        key = (str(row.get("AccountStructure")), str(row.get("AdvancedRule")))
        criteria.setdefault(key, []).append((str(row.get("SegmentName")), str(row.get("AdvancedRuleCriterion") or "")))
    found: dict[str, list[AdvancedRule]] = {}
    for row in _active(sets.get("AdvancedRules", ())):
        if str(row.get("RuleType") or "GeneralLedger") != "GeneralLedger":
            continue
        key = (str(row.get("AccountStructure")), str(row.get("AdvancedRuleName")))
        names = [str(row[column]) for column in RULE_STRUCTURES if row.get(column)]
        if key in criteria and all(name in known for name in names):
            rule = AdvancedRule(key[1], tuple(criteria[key]), tuple(known[name] for name in names))
            found.setdefault(key[0], []).append(rule)
    return found


def _constraints(rows: Iterable[Row], owner: str) -> dict[str, list[Constraint]]:
    """In the order of their positions."""
    found: dict[str, list[Constraint]] = {}
    for row in sorted(_active(rows), key=lambda one: int(one.get("Position") or 0)):
        criteria = tuple(str(row.get(column) or "") for column in CRITERIA)
        constraint = Constraint(criteria, building.day(row.get("ActiveFrom")), building.day(row.get("ActiveTo")))
        found.setdefault(str(row.get(owner)), []).append(constraint)
    return found


def _cut(constraints: Iterable[Constraint], segments: tuple[str, ...]) -> tuple[Constraint, ...]:
    return tuple(Constraint(one.criteria[: len(segments)], one.active_from, one.active_to) for one in constraints)


def _segments(row: Row) -> tuple[str, ...]:
    return tuple(str(row[column]) for column in SEGMENTS if row.get(column))


def _active(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if str(row.get("Status")) == "Active"]
