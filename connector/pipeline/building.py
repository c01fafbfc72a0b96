"""Pure: rows of F&O's master data, as it gave them, become what mapping needs. What was not read is unknown."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from connector.domain.master import (
    DELIMITERS,
    DimensionValue,
    JournalName,
    Ledger,
    MainAccount,
    MasterData,
    Party,
    Period,
    Rate,
)
from connector.mapping import dimensions
from connector.pipeline import rulebuilding
from connector.pipeline.sets import DERIVED, LEDGER_STRUCTURES, MODULES

Row = Mapping[str, Any]
Sets = Mapping[str, Iterable[Row]]  # each is gone through once

# Facts: "" or No is a vendor that is not stopped; a bank account is in use as ActiveForAllTransactions (metadata).
_FREE = ("", "No", "Never", "ActiveForAllTransactions")


def build(sets: Sets) -> MasterData:
    delimiter = _delimiter(list(sets.get("DimensionParameters", ())))
    formats = list(sets.get("DimensionIntegrationFormats", ()))
    values, own_values = _values(sets.get("FinancialDimensionValues"))
    ledgers = _ledgers(sets)
    return MasterData(
        delimiter=delimiter,
        ledger_format=_format(formats, "Ledger", delimiter),
        default_format=_format(formats, "Default", delimiter),
        ledgers=ledgers,
        accounts=_accounts(sets.get("MainAccounts")),
        values=values,
        own_values=own_values,
        own_accounts=_own_accounts(sets.get("MainAccountLegalEntities", ())),
        overrides=_overrides(sets.get("FinancialDimensionValueLegalEntityOverridesV2", ())),
        derived=_derived(sets.get("AttributeValueDerivedDimensions", ())),
        periods=_periods(sets.get("FiscalPeriods"), sets.get("LedgerFiscalPeriods")),
        currencies=_names(sets.get("Currencies"), "CurrencyCode"),
        rates=_rates(sets.get("ExchangeRates")),
        journal_names=_journal_names(sets.get("JournalNames")),
        tax_groups=_by_company(sets.get("TaxGroups"), "TaxGroupCode"),
        item_tax_groups=_by_company(sets.get("TaxItemGroupHeadings"), "TaxItemGroup"),
        vendors=_parties(
            sets.get("VendorsV2"), "VendorAccountNumber", "VendorOrganizationName", "VendorGroupId", "OnHoldStatus"
        ),
        banks=_parties(sets.get("BankAccounts"), "BankAccountId", "Name", "", "BankAccountStatus"),
    )


def _delimiter(rows: list[Row]) -> str:
    return DELIMITERS.get(str(rows[0].get("DimensionSegmentDelimiter")), "-") if rows else "-"


def _format(rows: list[Row], kind: str, delimiter: str) -> tuple[str, ...] | None:
    """The active format of this kind: `DataEntityLedgerDimensionFormat` or `DataEntityDefaultDimensionFormat`."""
    for row in rows:
        if _yes(row.get("IsActive")) and row.get("DimensionFormatType") == f"DataEntity{kind}DimensionFormat":
            segments = dimensions.parse(str(row.get("FinancialDimensionFormat") or ""), delimiter)
            return tuple(segment.strip() for segment in segments if segment.strip())
    return None


def _ledgers(sets: Sets) -> dict[str, Ledger] | None:
    rows = sets.get("Ledgers")
    if rows is None:
        return None
    structures = rulebuilding.structures(sets)
    ledgers = {}
    for row in rows:
        entity = _text(row, "LegalEntityId").lower()
        names = [_text(row, name) for name in LEDGER_STRUCTURES]
        ledgers[entity] = Ledger(
            legal_entity=entity,
            chart=_text(row, "ChartOfAccounts"),
            currency=_text(row, "AccountingCurrency"),
            structures=tuple(structures[name] for name in names if name in structures),
            calendar=_text(row, "FiscalCalendar"),
            rate_type=_text(row, "ExchangeRateType"),
        )
    return ledgers


def _accounts(rows: Iterable[Row] | None) -> dict[str, dict[str, MainAccount]] | None:
    if rows is None:
        return None
    charts: dict[str, dict[str, MainAccount]] = {}
    for row in rows:
        account = _account(row)
        charts.setdefault(_text(row, "ChartOfAccounts"), {})[account.id] = account
    return charts


def _own_accounts(rows: Iterable[Row]) -> dict[tuple[str, str], dict[str, MainAccount]]:
    own: dict[tuple[str, str], dict[str, MainAccount]] = {}
    for row in rows:
        account = _account(row)
        key = (_text(row, "ChartOfAccounts"), _text(row, "LegalEntityId").lower())
        own.setdefault(key, {})[account.id] = account
    return own


def _account(row: Row) -> MainAccount:
    return MainAccount(
        id=str(row["MainAccountId"]),
        name=_text(row, "Name"),
        suspended=_yes(row.get("IsSuspended")),
        manual_entry=not _yes(row.get("DoNotAllowManualEntry")),
        active_from=day(row.get("ActiveFrom")),
        active_to=day(row.get("ActiveTo")),
    )


def _values(
    rows: Iterable[Row] | None,
) -> tuple[dict[str, dict[str, DimensionValue]], dict[tuple[str, str], dict[str, DimensionValue]]]:
    """Values that all companies share, and those of one company (a dimension whose values are a company's own)."""
    shared: dict[str, dict[str, DimensionValue]] = {}
    own: dict[tuple[str, str], dict[str, DimensionValue]] = {}
    for row in rows or ():
        value, dimension = _value(row), str(row["FinancialDimension"])
        entity = _text(row, "LegalEntityId").lower()
        known = shared.setdefault(dimension, {})
        if entity:
            known = own.setdefault((dimension, entity), {})
        known[value.value] = value
    return shared, own


def _overrides(rows: Iterable[Row]) -> dict[tuple[str, str], dict[str, DimensionValue]]:
    found: dict[tuple[str, str], dict[str, DimensionValue]] = {}
    for row in rows:
        value = _value(row)
        key = (_text(row, "FinancialDimension"), _text(row, "LegalEntityId").lower())
        found.setdefault(key, {})[value.value] = value
    return found


def _value(row: Row) -> DimensionValue:
    return DimensionValue(
        value=str(row["DimensionValue"]),
        suspended=_yes(row.get("IsSuspended")),
        blocked=_yes(row.get("IsBlockedForManualEntry")),
        active_from=day(row.get("ActiveFrom")),
        active_to=day(row.get("ActiveTo")),
    )


def _derived(rows: Iterable[Row]) -> dict[tuple[str, str], dict[str, str]]:
    found = {}
    for row in rows:
        pairs = {_text(row, name): _text(row, value) for name, value in DERIVED}
        driving = (_text(row, "DrivingDimensionAttributeName"), _text(row, "DrivingDimensionAttributeValue"))
        found[driving] = {name: value for name, value in pairs.items() if name and value}
    return found


def _periods(days: Iterable[Row] | None, states: Iterable[Row] | None) -> dict[str, tuple[Period, ...]] | None:
    """Facts: FiscalPeriods has the days of a calendar's periods, LedgerFiscalPeriods which are open in a ledger."""
    if days is None or states is None:
        return None
    calendars: dict[tuple[str, str, str], tuple[date, date]] = {}
    for row in days:
        first, last = day(row.get("StartDate")), day(row.get("EndDate"))
        if row.get("Type") == "Operating" and first and last:
            calendars[_text(row, "Calendar"), _text(row, "FiscalYear"), _text(row, "PeriodName")] = (first, last)
    ledgers: dict[str, list[Period]] = {}
    for row in states:
        year, name = _text(row, "YearName"), _text(row, "PeriodName")
        known = ledgers.setdefault(_text(row, "LegalEntityId").lower(), [])
        if span := calendars.get((_text(row, "Calendar"), year, name)):
            access = tuple((module, _text(row, column)) for column, module in MODULES.items())
            known.append(Period(f"{name} of {year}", *span, _text(row, "PeriodStatus") or "Open", access))
    return {entity: tuple(sorted(known, key=lambda one: one.first)) for entity, known in ledgers.items()}


def _rates(rows: Iterable[Row] | None) -> dict[tuple[str, str, str], tuple[Rate, ...]] | None:
    if rows is None:
        return None
    found: dict[tuple[str, str, str], list[Rate]] = {}
    for row in rows:
        key = (_text(row, "RateTypeName"), _text(row, "FromCurrency").upper(), _text(row, "ToCurrency").upper())
        found.setdefault(key, []).append(Rate(day(row.get("StartDate")), day(row.get("EndDate"))))
    return {key: tuple(rates) for key, rates in found.items()}


def _journal_names(rows: Iterable[Row] | None) -> dict[str, dict[str, JournalName]] | None:
    if rows is None:
        return None
    found: dict[str, dict[str, JournalName]] = {}
    for row in rows:
        name = JournalName(_text(row, "Name"), _text(row, "PrivateForUserGroup"), _text(row, "Type"))
        found.setdefault(_text(row, "dataAreaId").lower(), {})[name.name.casefold()] = name
    return found


def _parties(rows: Iterable[Row] | None, number: str, name: str, group: str, hold: str) -> dict[str, Any] | None:
    if rows is None:
        return None
    found: dict[str, dict[str, Party]] = {}
    for row in rows:
        held = _text(row, hold)
        party = Party(
            _text(row, number), _text(row, name), _text(row, group), _text(row, "CurrencyCode"),
            "" if held in _FREE else held, _text(row, "Tax1099FederalTaxId"), _text(row, "PrimaryEmailAddress"),
            _yes(row.get("IsOneTimeVendor")),
        )  # fmt: skip
        found.setdefault(_text(row, "dataAreaId").lower(), {})[party.number.casefold()] = party
    return found


def _by_company(rows: Iterable[Row] | None, column: str) -> dict[str, frozenset[str]] | None:
    if rows is None:
        return None
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(_text(row, "dataAreaId").lower(), set()).add(_text(row, column).casefold())
    return {entity: frozenset(names) for entity, names in found.items()}


def _names(rows: Iterable[Row] | None, column: str) -> frozenset[str] | None:
    return None if rows is None else frozenset(_text(row, column).upper() for row in rows)


def _text(row: Row, column: str) -> str:
    value = row.get(column) if column else None
    return "" if value is None else str(value).strip()


def _yes(value: Any) -> bool:
    return str(value) == "Yes"


def day(value: Any) -> date | None:
    """F&O's empty date is 1900-01-01; its "for ever" is 2154-12-31."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return None if found.year <= 1900 or found.year >= 2154 else found
