"""A legal entity's ledger and its chart, today's period, and how account strings are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.d365.errors import D365Error
from connector.domain.connection import Posting, RoleAccount
from connector.pipeline import refresh
from connector.pipeline.ping.rung import Ladder, Rung, State
from connector.pipeline.ping.sets import Row, Rows, Sets, first, unread

FORMATS: Final = (
    "General ledger > Chart of accounts > Dimensions > Financial dimension configuration for integrating applications"
)
CALENDARS: Final = "General ledger > Calendars > Fiscal calendars"
_PERIOD_COLUMNS: Final = ("YearName", "PeriodName", "PeriodStatus", "LedgerAccessLevel", "LedgerUserGroupInfo")
PERIODS: Final = "General ledger > Calendars > Ledger calendars"


@dataclass(frozen=True, slots=True)
class Found:
    """`chart` and `calendar` are empty where they are not known; `entity` as F&O writes it there."""

    rung: Rung
    entity: str = ""
    chart: str = ""
    calendar: str = ""


def ledger(sets: Sets, ladder: Ladder, entity: str) -> Found:
    tried = f"Ledgers: {entity}"
    rows = sets.rows("Ledgers")
    if isinstance(rows, D365Error):
        return Found(unread(ladder, "ledger", "Ledgers", rows))
    row = first([one for one in rows if str(one.get("LegalEntityId")).lower() == entity])
    chart = str(row.get("ChartOfAccounts") or "") if row else ""
    if row is None or not chart:
        fix = "set the ledger up under General ledger > Ledger setup > Ledger"
        return Found(ladder.red("ledger", tried, f"{entity} has no ledger with a chart of accounts", fix))
    sentence = f"{entity} keeps its books in {row.get('AccountingCurrency')} on the chart {chart}"
    calendar = str(row.get("FiscalCalendar") or "")
    return Found(ladder.green("ledger", tried, sentence), str(row["LegalEntityId"]), chart, calendar)


def period(sets: Sets, ladder: Ladder, entity: str, found: Found, day: date) -> Rung:
    """Facts: FiscalPeriods has the days of a calendar's periods, LedgerFiscalPeriods which of them are open in a
    ledger, PeriodStatus for all, LedgerAccessLevel for the general ledger: All, None or a User group (metadata).
    """
    if not found.calendar:
        return ladder.skipped("period")[0]
    days = sets.rows("FiscalPeriods", Calendar=found.calendar)
    states = sets.rows("LedgerFiscalPeriods", _PERIOD_COLUMNS, LegalEntityId=found.entity)
    for name, read in (("FiscalPeriods", days), ("LedgerFiscalPeriods", states)):
        if isinstance(read, D365Error):
            return unread(ladder, "period", name, read)
    assert not isinstance(days, D365Error)  # noqa: S101 - just looked at
    assert not isinstance(states, D365Error)  # noqa: S101
    names = {
        (one.get("FiscalYear"), one.get("PeriodName"))
        for one in days
        if one.get("Type") == "Operating" and str(one.get("StartDate"))[:10] <= str(day) <= str(one.get("EndDate"))[:10]
    }
    row = first([one for one in states if (one.get("YearName"), one.get("PeriodName")) in names])
    return _open(ladder, entity, day, row)


def _open(ladder: Ladder, entity: str, day: date, row: Row | None) -> Rung:
    """The rung for the period that has the day."""
    tried = f"LedgerFiscalPeriods: {day} in {entity}"
    if row is None:
        return ladder.red("period", tried, f"no period of {entity} has the day {day}", f"create it under {CALENDARS}")
    told = f"{row.get('PeriodName')} of {row.get('YearName')} in {entity}"
    status, access = row.get("PeriodStatus"), row.get("LedgerAccessLevel")
    if status != "Open":
        wrong = "on hold" if status == "OnHold" else "closed"
        return ladder.red(
            "period", tried, f"{told} is {wrong}: what is dated today is held", f"open it under {PERIODS}"
        )
    if access == "None":
        fix = f"give the module Ledger access under {PERIODS}"
        return ladder.red("period", tried, f"{told} is open, but not for the general ledger", fix)
    if access == "User":
        sentence = f"{told} is open for the user group {row.get('LedgerUserGroupInfo') or 'of its setting'} only"
        return ladder.amber("period", tried, sentence, "see that whoever posts the journals is in that group")
    return ladder.green("period", tried, f"{told} is open")


def formats(sets: Sets, ladder: Ladder, settings: Posting) -> Iterator[Rung]:
    tried = "DimensionIntegrationFormats and DimensionParameters"
    rows, parameters = sets.rows("DimensionIntegrationFormats"), sets.rows("DimensionParameters")
    if isinstance(rows, D365Error):
        yield unread(ladder, "ledger format", "DimensionIntegrationFormats", rows)
        return
    known: dict[str, Rows] = {"DimensionIntegrationFormats": rows}
    if isinstance(parameters, D365Error):
        rung = unread(ladder, "delimiter", "DimensionParameters", parameters)
        yield ladder.amber("delimiter", rung.tried, f"{rung.sentence}; a hyphen is taken", rung.fix)
    else:
        known["DimensionParameters"] = parameters
    master = refresh.build(known)
    if master.ledger_format is None:
        fix = f"activate a Ledger dimension format under {FORMATS}"
        yield ladder.red("ledger format", tried, "none is active, so no account string can be built", fix)
    else:
        yield ladder.green("ledger format", tried, f"{master.delimiter.join(master.ledger_format)} is active")
    if master.default_format is not None:
        yield ladder.green("default format", tried, f"{master.delimiter.join(master.default_format)} is active")
        return
    fix = f"activate a Default dimension format under {FORMATS}"
    needed = [role for role, one in _roles(settings) if one.type != "Ledger" and (one.dimensions or one.inherit)]
    state = State.RED if needed else State.AMBER
    who = f"{needed[0]} has" if needed else "bank and vendor accounts could have"
    yield Rung(ladder.side, "default format", state, tried, f"none is active, but {who} dimensions", fix)


def _roles(settings: Posting) -> Iterator[tuple[str, RoleAccount]]:
    yield from settings.accounts.items()
    for entity in settings.entities.values():
        yield from entity.accounts.items()
        for accounts in entity.currencies.values():
            yield from accounts.items()
