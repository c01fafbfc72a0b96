"""Which sets of F&O's master data are read, by what their rows are told apart, and what mapping reads of them.

Facts: names, keys and columns are those of F&O's entities metadata. Of what one would also like to know, the metadata
has no set for: user groups and their members, the account types a journal name allows (journal control), and which
values a dimension takes over from another table.
"""

from dataclasses import dataclass
from typing import Final

SEGMENTS: Final = tuple(f"SegmentName{number:02}" for number in range(1, 12))
CRITERIA: Final = tuple(f"SegmentCriteria{number:02}" for number in range(1, 12))
LEDGER_STRUCTURES: Final = tuple(f"AccountStructureName{number}" for number in range(1, 21))
RULE_STRUCTURES: Final = tuple(f"AdvancedRuleStructure{number}" for number in range(1, 5))
DERIVED: Final = tuple(
    (f"DerivedDimensionAttributeName{number}", f"DerivedDimensionAttributeValue{number}") for number in range(1, 11)
)
MODULES: Final = {"LedgerAccessLevel": "Ledger", "BankAccessLevel": "Bank", "VendAccessLevel": "Vend"}


@dataclass(frozen=True, slots=True)
class MasterSet:
    """`beside`: columns that are kept for people and other systems; a change of them alone changes no plan."""

    key: tuple[str, ...]
    columns: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.key + self.columns + self.beside


_USABLE: Final = ("IsSuspended", "ActiveFrom", "ActiveTo")

SETS: Final[dict[str, MasterSet]] = {
    # How account strings are written, and what they may say.
    "DimensionParameters": MasterSet(("Key",), ("DimensionSegmentDelimiter",)),
    "DimensionIntegrationFormats": MasterSet(
        ("DimensionFormatName", "DimensionFormatType"), ("FinancialDimensionFormat", "IsActive")
    ),
    "Ledgers": MasterSet(
        ("LegalEntityId",),
        ("Name", "ChartOfAccounts", "FiscalCalendar", "AccountingCurrency", "ExchangeRateType", *LEDGER_STRUCTURES),
    ),
    "LegalEntities": MasterSet(("LegalEntityId",), (), ("Name",)),
    "AccountStructures": MasterSet(("AccountStructureName", "Status"), SEGMENTS),
    "AccountStructureConstraints": MasterSet(
        ("AccountStructure", "Status", "Position"), (*CRITERIA, "ActiveFrom", "ActiveTo")
    ),
    "AdvancedRules": MasterSet(("AccountStructure", "AdvancedRuleName", "Status"), ("RuleType", *RULE_STRUCTURES)),
    "AdvancedRuleCriteria": MasterSet(
        ("AccountStructure", "AdvancedRule", "Status", "SegmentName"), ("AdvancedRuleCriterion",)
    ),
    "LedgerAdvancedRuleStructures": MasterSet(("AccountRuleStructureName", "Status"), SEGMENTS),
    "LedgerAdvancedRuleStructureConstraints": MasterSet(
        ("AdvancedRuleStructure", "Status", "Position"), (*CRITERIA, "ActiveFrom", "ActiveTo")
    ),
    "AttributeValueDerivedDimensions": MasterSet(
        ("DrivingDimensionAttributeName", "DrivingDimensionAttributeValue"),
        tuple(name for pair in DERIVED for name in pair),
    ),
    # Accounts and values.
    "MainAccounts": MasterSet(
        ("ChartOfAccounts", "MainAccountId"), (*_USABLE, "DoNotAllowManualEntry"), ("Name", "MainAccountType")
    ),
    "MainAccountLegalEntities": MasterSet(
        ("MainAccountId", "ChartOfAccounts", "LegalEntityId"), (*_USABLE, "DoNotAllowManualEntry")
    ),
    "FinancialDimensionValues": MasterSet(
        ("FinancialDimension", "LegalEntityId", "DimensionValue"), (*_USABLE, "IsBlockedForManualEntry"),
        ("Description",),
    ),
    "FinancialDimensionValueLegalEntityOverridesV2": MasterSet(
        ("FinancialDimension", "DimensionValue", "LegalEntityId"), _USABLE
    ),
    # When, in what money, into which journal.
    "FiscalPeriods": MasterSet(("Calendar", "FiscalYear", "StartDate", "EndDate", "PeriodName"), ("Type",)),
    "LedgerFiscalPeriods": MasterSet(
        ("LedgerName", "Calendar", "YearName", "PeriodName"), ("LegalEntityId", "PeriodStatus", *MODULES)
    ),
    "Currencies": MasterSet(("CurrencyCode",), ("ReferenceCurrencyForTriangulation",), ("Name",)),
    "ExchangeRates": MasterSet(("RateTypeName", "FromCurrency", "ToCurrency", "StartDate"), ("EndDate",)),
    "JournalNames": MasterSet(("dataAreaId", "Name"), ("PrivateForUserGroup", "Type"), ("Description",)),
    "TaxGroups": MasterSet(("dataAreaId", "TaxGroupCode"), (), ("Description",)),
    "TaxItemGroupHeadings": MasterSet(("dataAreaId", "TaxItemGroup"), (), ("Name",)),
    # Who is on the other side.
    "VendorsV2": MasterSet(
        ("dataAreaId", "VendorAccountNumber"),
        ("OnHoldStatus", "VendorOrganizationName", "IsOneTimeVendor", "Tax1099FederalTaxId", "PrimaryEmailAddress"),
        ("VendorGroupId", "CurrencyCode"),
    ),
    "BankAccounts": MasterSet(("dataAreaId", "BankAccountId"), ("BankAccountStatus",), ("Name", "CurrencyCode")),
}  # fmt: skip
