"""Fills an empty environment with the demo company. Everything a connector reads as master data is here."""

from calendar import monthrange
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any

from sandbox.d365 import seed_data as data
from sandbox.d365.dimensions import DEFAULT_FORMAT, LEDGER_FORMAT
from sandbox.d365.environment import environment_of
from sandbox.d365.ledger import Ledger
from sandbox.d365.schema import tidy
from sandbox.d365.tables import Tables
from sandbox.state import Store

_LATEST = "2154-12-31T12:00:00Z"
_ENTITIES = (
    ("usmf", "Contoso Entertainment System USA", "USD"),
    ("frrt", "Contoso Retail France", "EUR"),
    ("dat", "Company accounts data", ""),  # every environment has it; nothing is set up there
)


def seed(store: Store, client_ids: Iterable[str] = ()) -> Ledger:
    """Seed once; an environment with data stays as it is. `client_ids` are registered as Entra applications."""
    if store.in_memory and not store.part("d365.Ledgers", 0, 1)[1]:
        store.fill(_demo_company())
    ledger = Ledger(store)
    tables = ledger.environment.tables
    with tables.transaction():
        if not tables.rows("Ledgers"):
            _fill(tables)
        for client_id in client_ids:
            ledger.register_client(client_id)
    return ledger


@cache
def _demo_company() -> Store:
    """Filled once: what is in memory alone begins with its documents."""
    store = Store()
    _fill(environment_of(store).tables)
    return store


def _fill(tables: Tables) -> None:
    _companies(tables)
    _chart(tables)
    _dimensions(tables)
    _structures(tables)
    _periods(tables)
    _journals(tables)
    _partners(tables)


def _companies(tables: Tables) -> None:
    for code, name, currency in _ENTITIES:
        tables.insert("LegalEntities", {"LegalEntityId": code.upper(), "Name": name, "CompanyName": name})
        tables.insert("Companies", {"DataArea": code, "Name": name, "KnownAs": name})
        if currency:
            _ledger(tables, code.upper(), name, currency)
    for code, name, symbol, rounding in data.CURRENCIES:
        rule = tidy(Decimal(rounding))
        tables.insert("Currencies", {"CurrencyCode": code, "Name": name, "Symbol": symbol, "GeneralRoundingRule": rule})
    for source, target, rate in data.RATES:
        values = {"RateTypeName": "Default", "FromCurrency": source, "ToCurrency": target}
        values |= {"StartDate": "2020-01-01T12:00:00Z", "EndDate": _LATEST, "ConversionFactor": "Hundred"}
        tables.insert("ExchangeRates", values | {"Rate": tidy(Decimal(rate))})


def _ledger(tables: Tables, code: str, name: str, currency: str) -> None:
    values = {
        "LegalEntityId": code,
        "Name": code,
        "Description": name,
        "ChartOfAccounts": data.CHART,
        "FiscalCalendar": data.CALENDAR,
        "AccountingCurrency": currency,
        "ReportingCurrency": currency,
        "ExchangeRateType": "Default",
    }
    names = {f"AccountStructureName{n}": structure for n, structure in enumerate(data.STRUCTURES, start=1)}
    tables.insert("Ledgers", values | names)


def _chart(tables: Tables) -> None:
    tables.insert("ChartOfAccounts", {"ChartOfAccounts": data.CHART, "Description": "Shared chart of accounts"})
    for line in data.ACCOUNTS.strip().splitlines():
        account, kind, name = line.split(" ", 2)
        values = {
            "ChartOfAccounts": data.CHART,
            "MainAccountId": account,
            "Name": name,
            "MainAccountType": kind,
            "IsSuspended": _yes(account in data.SUSPENDED_ACCOUNTS),
            "DoNotAllowManualEntry": _yes(account in data.NO_MANUAL_ENTRY),
        }
        tables.insert("MainAccounts", values)
    for account in data.SUSPENDED_ACCOUNTS_IN_FRRT:
        own = {"MainAccountId": account, "ChartOfAccounts": data.CHART, "LegalEntityId": "FRRT"}
        tables.insert("MainAccountLegalEntities", own | {"IsSuspended": "Yes"})
    # Fact: a company may give an account default tax groups, which fill in what a line leaves out.
    own = {"MainAccountId": "605100", "ChartOfAccounts": data.CHART, "LegalEntityId": "USMF"}
    tables.insert("MainAccountLegalEntities", own | {"SalesTaxGroup": "TX", "ItemSalesTaxGroup": "ALL"})


def _dimensions(tables: Tables) -> None:
    tables.insert("DimensionParameters", {"Key": 0, "DimensionSegmentDelimiter": "Hyphen"})
    for name in ("MainAccount", "BusinessUnit", "Department", "CostCenter", "Project"):
        tables.insert("DimensionAttributes", {"DimensionName": name, "ReportColumnName": name.upper()})
    for line in data.VALUES.strip().splitlines():
        dimension, value, description = line.split(" ", 2)
        key = {"FinancialDimension": dimension, "DimensionValue": value}
        told = {"Description": description, "IsSuspended": _yes((dimension, value) in data.SUSPENDED_VALUES)}
        tables.insert("FinancialDimensionValues", key | told)
        if (dimension, value) in data.SUSPENDED_IN_FRRT:
            own = {"LegalEntityId": "FRRT", "IsSuspended": "Yes"}
            tables.insert("FinancialDimensionValueLegalEntityOverridesV2", key | own)
    for name, kind, segments, active in (
        ("Ledger", LEDGER_FORMAT, "MainAccount-BusinessUnit-Department-CostCenter", True),
        ("Default", DEFAULT_FORMAT, "BusinessUnit-Department-CostCenter", True),
        ("Before 2024", LEDGER_FORMAT, "MainAccount-Department-BusinessUnit", False),
    ):
        values = {
            "DimensionFormatName": name,
            "DimensionFormatType": kind,
            "FinancialDimensionFormat": segments,
        }
        tables.insert("DimensionIntegrationFormats", values | {"IsActive": _yes(active)})


def _structures(tables: Tables) -> None:
    for name, segments in data.STRUCTURES.items():
        columns = {f"SegmentName{n:02}": segment for n, segment in enumerate(segments, start=1)}
        tables.insert("AccountStructures", {"AccountStructureName": name, "Status": "Active", **columns})
    # Fact: only Status = Active counts. A draft somebody is working on:
    draft = {"AccountStructureName": data.BALANCE_SHEET, "Status": "Draft"}
    tables.insert("AccountStructures", draft | {"SegmentName01": "MainAccount", "SegmentName02": "Project"})
    for position, (name, criteria) in enumerate(data.CONSTRAINTS, start=1):
        columns = {f"SegmentCriteria{n:02}": text for n, text in enumerate(criteria, start=1)}
        values = {"AccountStructure": name, "Status": "Active", "Position": position}
        tables.insert("AccountStructureConstraints", values | columns)

    for rule in data.ADVANCED_RULES:
        _advanced_rule(tables, *rule)
    for driver, value, derived, derived_value in data.DERIVED:
        driving = {"DrivingDimensionAttributeName": driver, "DrivingDimensionAttributeValue": value}
        given = {"DerivedDimensionAttributeName1": derived, "DerivedDimensionAttributeValue1": derived_value}
        tables.insert("AttributeValueDerivedDimensions", driving | given)


def _advanced_rule(
    tables: Tables,
    structure: str,
    name: str,
    criteria: dict[str, str],
    own: str,
    segments: tuple[str, ...],
    constraints: tuple[tuple[str, ...], ...],
) -> None:
    rule = {"AccountStructure": structure, "Status": "Active", "RuleType": "GeneralLedger"}
    tables.insert("AdvancedRules", {**rule, "AdvancedRuleName": name, "AdvancedRuleStructure1": own})
    for segment, criterion in criteria.items():
        values = {"AdvancedRule": name, "SegmentName": segment, "AdvancedRuleCriterion": criterion}
        tables.insert("AdvancedRuleCriteria", rule | values)
    columns = {f"SegmentName{n:02}": segment for n, segment in enumerate(segments, start=1)}
    tables.insert("LedgerAdvancedRuleStructures", {"AccountRuleStructureName": own, "Status": "Active", **columns})
    for position, row in enumerate(constraints, start=1):
        columns = {f"SegmentCriteria{n:02}": text for n, text in enumerate(row, start=1)}
        key = {"AdvancedRuleStructure": own, "Status": "Active", "Position": position}
        tables.insert("LedgerAdvancedRuleStructureConstraints", key | columns)


def _periods(tables: Tables) -> None:
    for year in data.YEARS:
        for month in range(1, 13):
            last = monthrange(year, month)[1]
            shape = {
                "Type": "Operating",
                "Month": f"Month{month}",
                "Quarter": f"Q{(month + 2) // 3}",
                "Days": last,
            }
            days = (f"{year}-{month:02}-01", f"{year}-{month:02}-{last:02}")
            _period(tables, str(year), f"Period {month}", days, shape)
        shape = {"Type": "Closing", "Month": "Month12", "Quarter": "Q4", "Days": 1}
        _period(tables, str(year), "Period 13", (f"{year}-12-31", f"{year}-12-31"), shape)


def _period(tables: Tables, year: str, name: str, days: tuple[str, str], shape: dict[str, Any]) -> None:
    first, last = (f"{day}T12:00:00Z" for day in days)
    key = {
        "Calendar": data.CALENDAR,
        "FiscalYear": year,
        "StartDate": first,
        "EndDate": last,
        "PeriodName": name,
    }
    tables.insert("FiscalPeriods", {**key, **shape, "ShortName": name.replace("eriod ", "")})
    for code, _, currency in _ENTITIES:
        if currency:
            own = {"LedgerName": code.upper(), "LegalEntityId": code.upper(), "Calendar": data.CALENDAR}
            status = {data.CLOSED: "Closed", data.ON_HOLD: "OnHold"}.get((year, name), "Open")
            levels = {data.NO_LEDGER: {"LedgerAccessLevel": "None"}, data.NO_BANK: {"BankAccessLevel": "None"}}
            state = {"PeriodStatus": status, **levels.get((year, name), {})}
            tables.insert("LedgerFiscalPeriods", {**own, "YearName": year, "PeriodName": name, **state})


def _journals(tables: Tables) -> None:
    for company, name, description, series, rule, kind in data.JOURNAL_NAMES:
        values = {"dataAreaId": company, "Name": name, "Description": description, "Type": kind}
        values |= {"VoucherSeriesCode": series, "PrivateForUserGroup": data.PRIVATE_JOURNALS.get(name, "")}
        tables.insert("JournalNames", values | {"NewVoucher": rule})
        _sequence(tables, company, series, f"Vouchers of {name}")
    for company, _, currency in _ENTITIES:
        if currency:  # Fact: the journal batch number's reference is named LedgerJournalId (an environment's set-up)
            _sequence(tables, company, "JrnBatch", "Journal batch numbers")
            reference = {"ScopeValue": company, "DataTypeName": "LedgerJournalId", "NumberSequenceCode": "JrnBatch"}
            tables.insert("NumberSequencesV2References", reference)


def _sequence(tables: Tables, company: str, code: str, name: str) -> None:
    """Numbers enough. The stand-in counts its journals and vouchers itself; `Next` does not follow."""
    values = {"NumberSequenceCode": code, "ScopeType": "DataArea", "ScopeValue": company, "Company": company}
    numbers = {"Next": 1, "Smallest": 1, "Largest": 999_999_999, "Format": f"{code}#########", "InUse": "Yes"}
    tables.insert("SequenceV2Tables", {**values, **numbers, "Name": name})


def _partners(tables: Tables) -> None:
    for company in ("usmf", "frrt"):
        for group, description in (("10", "Parts vendors"), ("20", "Other vendors")):
            values = {"dataAreaId": company, "VendorGroupId": group, "Description": description}
            tables.insert("VendorGroups", values)
        for code, description in (("TX", "Texas"), ("EXEMPT", "Exempt")):
            tables.insert("TaxGroups", {"dataAreaId": company, "TaxGroupCode": code, "Description": description})
        for code, name in (("ALL", "All items"), ("NONE", "No tax")):
            tables.insert("TaxItemGroupHeadings", {"dataAreaId": company, "TaxItemGroup": code, "Name": name})
    currencies = {code: currency for code, _, currency in _ENTITIES}
    for company, account, name in data.VENDORS:
        values = {"dataAreaId": company, "VendorAccountNumber": account, "VendorOrganizationName": name}
        # Fact: VendorSearchName is cut at 20 (recorded).
        values |= {"VendorSearchName": name[:20], "VendorGroupId": "20", "VendorPartyType": "Organization"}
        stopped = {"OnHoldStatus": "All" if account in data.STOPPED_VENDORS else "No"}
        tables.insert("VendorsV2", values | stopped | {"CurrencyCode": currencies[company]})
    for company, account, name, currency in data.BANKS:
        values = {"dataAreaId": company, "BankAccountId": account, "Name": name, "CurrencyCode": currency}
        closed = {"BankAccountStatus": "InactiveForAllTransactions"} if account in data.CLOSED_BANKS else {}
        tables.insert("BankAccounts", values | closed)


def _yes(value: bool) -> str:
    return "Yes" if value else "No"
