"""Criteria, advanced rules and derived dimensions: what F&O makes of a combination beside its account structure.

Messages are Microsoft's own, from the article "Fix financial dimension-related errors".
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from sandbox.d365.schema import NO_DATE, folded
from sandbox.d365.tables import Row, Tables

MAIN_ACCOUNT: Final = "MainAccount"
Segments = dict[str, str]  # dimension → value; blank ones are left out
WHICH: Final = "Dimension values were validated with this advanced rule structure or account structure"


def matches(criteria: str, value: str) -> bool:
    """Fact: `1*;2*` alternatives, `a..b` ranges compared as text, `abc*` prefix, exact value, `""` blank.

    Own invention: `?` stands for one character, so that there is something which only F&O itself can judge.
    """
    return not criteria or any(_one(part.strip(), value) for part in criteria.split(";"))


def _one(criterion: str, value: str) -> bool:
    if not value or criterion == '""':
        return not value and criterion == '""'
    first, dots, last = criterion.partition("..")
    if dots:
        return bool(folded(first) <= folded(value) <= folded(last))
    pattern = re.escape(folded(criterion)).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, folded(value), re.DOTALL) is not None


def segments_of(structure: Row) -> list[str]:
    """The segments of an account structure or an advanced rule's structure."""
    names = (structure.values[f"SegmentName{n:02}"] for n in range(1, 12))
    return [name for name in names if name]


def in_force(constraint: Row, day: str) -> bool:
    """Active, and on this day (ISO date)."""
    values = constraint.values
    return values["Status"] == "Active" and not outside(values, day)


def outside(values: dict[str, Any], day: str) -> bool:
    first, last = str(values["ActiveFrom"]), str(values["ActiveTo"])
    return (first != NO_DATE and day < first[:10]) or (last != NO_DATE and day > last[:10])


def against(constraint: Row, names: list[str], segments: Segments) -> list[str]:
    """What one row of constraints has against a combination. `names` are the segments its criteria stand for."""
    messages = []
    for column, name in enumerate(names, start=1):
        value = segments.get(name, "")
        if not matches(constraint.values[f"SegmentCriteria{column:02}"], value):
            messages.append(
                f"{name} is not an allowed value in combination with the following dimensions values that are valid."
                if value
                else f"Blank isn't allowed for {name} for the combination."
            )
    return messages


def structures(tables: Tables, account_structure: str, segments: Segments) -> Iterator[Row]:
    """The structures of every advanced rule that applies to the combination."""
    for rule in tables.rows("AdvancedRules"):
        own = rule.values
        if (own["AccountStructure"], own["Status"], own["RuleType"]) != (account_structure, "Active", "GeneralLedger"):
            continue
        if not all(
            matches(row.values["AdvancedRuleCriterion"], segments.get(row.values["SegmentName"], ""))
            for row in tables.rows("AdvancedRuleCriteria")
            if (row.values["AccountStructure"], row.values["AdvancedRule"], row.values["Status"])
            == (account_structure, own["AdvancedRuleName"], "Active")
        ):
            continue
        for number in range(1, 5):
            name = own[f"AdvancedRuleStructure{number}"]
            found = name and tables.get("LedgerAdvancedRuleStructures", AccountRuleStructureName=name, Status="Active")
            if found:
                yield found


def check(tables: Tables, account_structure: str, segments: Segments, day: str) -> list[str]:
    """The combination against every advanced rule that applies."""
    told: list[str] = []
    for structure in structures(tables, account_structure, segments):
        name = structure.values["AccountRuleStructureName"]
        rows = [
            row
            for row in tables.rows("LedgerAdvancedRuleStructureConstraints")
            if row.values["AdvancedRuleStructure"] == name and in_force(row, day)
        ]
        answers = [against(row, segments_of(structure), segments) for row in rows]
        nearest = min(answers, key=len, default=[])
        told += [*nearest, f"{WHICH} {name}."] if nearest else []
    return told


def derive(tables: Tables, segments: Segments, may_have: list[str]) -> tuple[Segments, list[str]]:
    """The combination with what is derived filled in where blank, and what is wrong with it.

    `may_have`: the dimensions that the account takes. Whether F&O fills in over OData is not recorded.
    """
    derived, told = dict(segments), []
    for row in tables.rows("AttributeValueDerivedDimensions"):
        own = row.values
        if segments.get(own["DrivingDimensionAttributeName"]) != own["DrivingDimensionAttributeValue"]:
            continue
        for number in range(1, 11):
            name, value = (own[f"DerivedDimensionAttribute{part}{number}"] for part in ("Name", "Value"))
            given = segments.get(name, "")
            if name and value and not given and name in may_have:
                derived[name] = value
            elif name and value and given and given != value:
                told.append(
                    f"The {name} dimension with value {given} isn't allowed due to derived dimension rules. "
                    f"The allowed value should be {value}."
                )
    return derived, told
