"""Formats, dimension values and account structures: is this combination of account and dimensions allowed?

Messages are Microsoft's own, from the article "Fix financial dimension-related errors".
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.d365.display import DELIMITERS, join, split
from sandbox.d365.schema import NO_DATE, folded
from sandbox.d365.tables import Row, Tables

MAIN_ACCOUNT: Final = "MainAccount"
LEDGER_FORMAT: Final = "DataEntityLedgerDimensionFormat"
DEFAULT_FORMAT: Final = "DataEntityDefaultDimensionFormat"

Segments = dict[str, str]  # dimension → value; blank ones are left out


def delimiter(tables: Tables) -> str:
    return DELIMITERS[next(row.values["DimensionSegmentDelimiter"] for row in tables.rows("DimensionParameters"))]


def active_format(tables: Tables, kind: str) -> list[str] | None:
    """The segment names of the one active format of a kind, in its order. Fact: without one, import fails."""
    for row in tables.rows("DimensionIntegrationFormats"):
        if row.values["DimensionFormatType"] == kind and row.values["IsActive"] == "Yes":
            return segments_of(tables, row)
    return None


def segments_of(tables: Tables, row: Row) -> list[str]:
    """The segment names of one format."""
    return split(row.values["FinancialDimensionFormat"], delimiter(tables))


def read(tables: Tables, text: str, kind: str) -> Segments:
    """A string by the active format. Fact: surplus trailing segments are dropped, missing ones are blank.

    Raises ValueError where no format of the kind is active.
    """
    names = active_format(tables, kind)
    if names is None:
        raise ValueError("No active format for financial dimensions is set up for integrating applications.")
    values = split(text, delimiter(tables))
    return {name: value for name, value in zip(names, values, strict=False) if value}


def show(tables: Tables, segments: Mapping[str, str], kind: str, *, trailing: bool) -> str:
    """The string of a combination as F&O writes it."""
    values = [segments.get(name, "") for name in active_format(tables, kind) or []]
    while not trailing and values and not values[-1]:
        values.pop()
    return join(values, delimiter(tables)) if any(values) else ""


def check_values(tables: Tables, company: str, segments: Segments, day: str) -> list[str]:
    """Each dimension value by itself: there, not suspended, within its dates, open to manual entry."""
    messages = []
    for name, value in segments.items():
        if name != MAIN_ACCOUNT:
            messages += _check_value(tables, company, name, value, day)
    return messages


def as_known(tables: Tables, company: str, segments: Segments) -> Segments:
    """The same values, written as F&O has them: it finds them whatever the letters' case."""
    known = {name: _value(tables, company, name, value) for name, value in segments.items() if name != MAIN_ACCOUNT}
    return segments | {name: row.values["DimensionValue"] for name, row in known.items() if row}


def check_account(tables: Tables, ledger: Row, account: str, day: str) -> list[str]:
    """The main account by itself, with what the company says of it."""
    chart = ledger.values["ChartOfAccounts"]
    row = tables.get("MainAccounts", ChartOfAccounts=chart, MainAccountId=account)
    if row is None:
        return [f"The value {account} doesn't exist for {MAIN_ACCOUNT}."]
    own = of_company(tables, ledger, account)
    told = [row.values] + ([own.values] if own else [])
    messages = []
    if any(values["IsSuspended"] == "Yes" for values in told):
        messages.append(f"{MAIN_ACCOUNT} is suspended.")
    if any(_outside(values, day) for values in told):
        messages.append(f"{MAIN_ACCOUNT} isn't active.")
    if any(values["DoNotAllowManualEntry"] == "Yes" for values in told):
        messages.append(f"Manual entry is not allowed for main account {account}.")  # own words
    return messages


def is_total(tables: Tables, ledger: Row, account: str) -> bool:
    """Whether a main account only adds up others. Fact: found at posting, not when a line is inserted."""
    chart = ledger.values["ChartOfAccounts"]
    row = tables.get("MainAccounts", ChartOfAccounts=chart, MainAccountId=account)
    return row is not None and row.values["MainAccountType"] in ("Total", "Reporting")


def of_company(tables: Tables, ledger: Row, account: str) -> Row | None:
    """What a company adds to a main account: suspension, dates, tax groups, fixed dimensions."""
    return tables.get(
        "MainAccountLegalEntities",
        MainAccountId=account,
        ChartOfAccounts=ledger.values["ChartOfAccounts"],
        LegalEntityId=ledger.values["LegalEntityId"],
    )


def check_combination(tables: Tables, ledger: Row, segments: Segments) -> list[str]:
    """The combination against the ledger's active structures and their active constraints."""
    account = segments[MAIN_ACCOUNT]
    structures = [ledger.values[f"AccountStructureName{n}"] for n in range(1, 21)]
    told: list[str] = []
    for name in filter(None, structures):
        structure = tables.get("AccountStructures", AccountStructureName=name, Status="Active")
        constraints = _constraints(tables, structure, account) if structure else []
        if structure and constraints:
            told = _best([_against(row, structure, segments) for row in constraints])
            return [*told, f"Dimension values were validated with this {_KIND} {name}."] if told else []
    return [f"{account} isn't a valid dimension value in account structure."]


_KIND = "advanced rule structure or account structure"


def structure_segments(structure: Row) -> list[str]:
    names = (structure.values[f"SegmentName{n:02}"] for n in range(1, 12))
    return [name for name in names if name]


def matches(criteria: str, value: str) -> bool:
    """Fact: `1*;2*` alternatives, `a..b` ranges compared as text, `abc*` prefix, exact value, `""` blank."""
    return not criteria or any(_one(part.strip(), value) for part in criteria.split(";"))


def _one(criterion: str, value: str) -> bool:
    if not value or criterion == '""':
        return not value and criterion == '""'
    first, dots, last = criterion.partition("..")
    if dots:
        return bool(folded(first) <= folded(value) <= folded(last))
    if criterion.endswith("*"):
        return bool(folded(value).startswith(folded(criterion[:-1])))
    return bool(folded(value) == folded(criterion))


def _constraints(tables: Tables, structure: Row, account: str) -> list[Row]:
    """The structure's active constraints that concern a main account."""
    column = structure_segments(structure).index(MAIN_ACCOUNT) + 1
    return [
        row
        for row in tables.rows("AccountStructureConstraints")
        if row.values["AccountStructure"] == structure.values["AccountStructureName"]
        and row.values["Status"] == "Active"
        and matches(row.values[f"SegmentCriteria{column:02}"], account)
    ]


def _against(constraint: Row, structure: Row, segments: Segments) -> list[str]:
    names = structure_segments(structure)
    messages = [
        f"{value} isn't a valid dimension value in account structure."
        for name, value in segments.items()
        if name not in names
    ]
    for column, name in enumerate(names, start=1):
        value = segments.get(name, "")
        if not matches(constraint.values[f"SegmentCriteria{column:02}"], value):
            messages.append(
                f"{name} is not an allowed value in combination with the following dimensions values that are valid."
                if value
                else f"Blank isn't allowed for {name} for the combination."
            )
    return messages


def _best(answers: list[list[str]]) -> list[str]:
    return min(answers, key=len)


def _check_value(tables: Tables, company: str, name: str, value: str, day: str) -> list[str]:
    found = _value(tables, company, name, value)
    if found is None:
        return [f"The value {value} doesn't exist for {name}."]
    own = tables.get(
        "FinancialDimensionValueLegalEntityOverridesV2",
        FinancialDimension=name,
        DimensionValue=value,
        LegalEntityId=company,
    )
    told: list[dict[str, Any]] = [row.values for row in (found, own) if row]
    messages = []
    if any(values["IsSuspended"] == "Yes" for values in told):
        messages.append(f"{name} is suspended.")
    if any(_outside(values, day) for values in told):
        messages.append(f"{name} isn't active.")
    if told[0]["IsBlockedForManualEntry"] == "Yes":
        messages.append(f"Manual entry is not allowed for {name} {value}.")  # own words
    return messages


def _value(tables: Tables, company: str, name: str, value: str) -> Row | None:
    """Values are shared by all companies, or a company's own."""
    for entity in ("", company):
        row = tables.get(
            "FinancialDimensionValues", FinancialDimension=name, LegalEntityId=entity, DimensionValue=value
        )
        if row:
            return row
    return None


def _outside(values: Mapping[str, Any], day: str) -> bool:
    first, last = str(values["ActiveFrom"]), str(values["ActiveTo"])
    return (first != NO_DATE and day < first[:10]) or (last != NO_DATE and day > last[:10])
