"""Formats, dimension values and account structures: is this combination of account and dimensions allowed?

Messages are Microsoft's own, from the article "Fix financial dimension-related errors".
"""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.d365 import rules
from sandbox.d365.display import DELIMITERS, join, split
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
    if any(rules.outside(values, day) for values in told):
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


def structure_for(tables: Tables, ledger: Row, account: str, day: str) -> tuple[Row, list[Row]] | None:
    """The ledger's account structure that takes a main account, with its constraints about it; None: there is none."""
    for name in filter(None, (ledger.values[f"AccountStructureName{n}"] for n in range(1, 21))):
        structure = tables.get("AccountStructures", AccountStructureName=name, Status="Active")
        constraints = _constraints(tables, structure, account, day) if structure else []
        if structure and constraints:
            return structure, constraints
    return None


def check_combination(tables: Tables, ledger: Row, segments: Segments, day: str) -> list[str]:
    """The combination against the ledger's active structures, their constraints, and their advanced rules."""
    account = segments[MAIN_ACCOUNT]
    found = structure_for(tables, ledger, account, day)
    if found is None:
        return [f"{account} isn't a valid dimension value in account structure."]
    structure, constraints = found
    name, names = structure.values["AccountStructureName"], rules.segments_of(structure)
    allowed = allowed_segments(tables, structure, segments)
    surplus = [
        f"{value} isn't a valid dimension value in account structure."
        for dimension, value in segments.items()
        if dimension not in allowed
    ]
    told = surplus + _best([rules.against(row, names, segments) for row in constraints])
    told = [*told, f"{rules.WHICH} {name}."] if told else []
    return told + rules.check(tables, name, segments, day)


def allowed_segments(tables: Tables, structure: Row, segments: Segments) -> list[str]:
    """Those of the structure, and of every advanced rule that applies."""
    added = rules.structures(tables, structure.values["AccountStructureName"], segments)
    return [*rules.segments_of(structure), *(name for one in added for name in rules.segments_of(one))]


def derive(tables: Tables, ledger: Row, segments: Segments, day: str) -> tuple[Segments, list[str]]:
    """With derived dimensions filled in, and what is wrong with the combination by their rules."""
    found = structure_for(tables, ledger, segments[MAIN_ACCOUNT], day)
    may_have = allowed_segments(tables, found[0], segments) if found else []
    return rules.derive(tables, segments, may_have)


def _constraints(tables: Tables, structure: Row, account: str, day: str) -> list[Row]:
    """The structure's active constraints that concern a main account."""
    column = rules.segments_of(structure).index(MAIN_ACCOUNT) + 1
    return [
        row
        for row in tables.rows("AccountStructureConstraints")
        if row.values["AccountStructure"] == structure.values["AccountStructureName"]
        and rules.in_force(row, day)
        and rules.matches(row.values[f"SegmentCriteria{column:02}"], account)
    ]


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
    if any(rules.outside(values, day) for values in told):
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
