"""The demo company as tables of text: Contoso's USMF and FRRT, after Microsoft's demo data where public."""

from typing import Final

CHART: Final = "Shared"
CALENDAR: Final = "Fiscal"
YEARS: Final = (2024, 2025, 2026, 2027)
CLOSED: Final = ("2026", "Period 1")  # January 2026
ON_HOLD: Final = ("2026", "Period 2")
NO_LEDGER: Final = ("2026", "Period 3")  # open, but not for the module Ledger
NO_BANK: Final = ("2026", "Period 4")

# Main account, type, name.
ACCOUNTS: Final = """
110110 Asset Bank account - USD
110130 Asset Bank account - EUR
110160 Asset Petty cash
110180 Asset Cash
110190 Asset Clearing - money at Brex
130100 Asset Accounts receivable
130800 Asset Prepaid expenses
130850 Asset Employee advances
140200 Asset Finished goods inventory
180100 Asset Tangible fixed assets
180150 Asset Computer equipment
180250 Asset Accumulated depreciation
199999 Total TOTAL ASSETS
200100 Liability Accounts payable - domestic
200110 Liability Accounts payable - foreign
200120 Liability Accrued purchases
200130 Liability Corporate card liability
200140 Liability Employee reimbursements payable
201100 Liability Accrued payroll
202140 Liability Sales tax payable
211100 Liability Deferred revenue
250500 Liability Notes payable
300100 Equity Common stock
300160 Equity Retained earnings
401100 Revenue Product sales
401400 Revenue Service revenue
402100 Revenue Returns and allowances
403150 Revenue Interest income
403200 Revenue Card rewards
403300 Revenue Cash discounts taken
510110 Expense Cost of goods sold
510310 Expense Freight in
520200 Expense Purchase price variance
600150 Expense Salaries and wages
600180 Expense Employee benefits
600999 Expense Payroll allocation
601300 Expense Advertising
601500 Expense Marketing events
602100 Expense Office supplies
602150 Expense Postage and shipping
602300 Expense Computer hardware under limit
603100 Expense Legal fees
603200 Expense Consulting fees
604100 Expense Rent
604200 Expense Utilities
604300 Expense Repairs and maintenance
605100 Expense Telephone and internet
605140 Expense Software and subscriptions
605150 Expense Hosting (until 2024)
605200 Expense Bank and card fees
605300 Expense Insurance
606100 Expense Meals and entertainment
606200 Expense Lodging
606300 Expense Airfare and travel
606400 Expense Ground transport
607100 Expense Training and conferences
607200 Expense Dues and memberships
608100 Expense Gifts and donations
609100 Expense Depreciation
618900 Expense Uncategorised expense
801400 Expense Realised exchange loss
"""

SUSPENDED_ACCOUNTS: Final = ("605150",)
NO_MANUAL_ENTRY: Final = ("600999",)

# Dimension, value, description. Shared by all companies.
VALUES: Final = """
BusinessUnit 001 Home
BusinessUnit 002 Auto
BusinessUnit 003 Retail
BusinessUnit 004 Services
Department 022 Sales and marketing
Department 023 Operations
Department 024 Finance
Department 025 Information technology
Department 026 Human resources
Department 027 Research
Department 029 Mail order (closed)
CostCenter 007 Client services
CostCenter 008 Field services
CostCenter 009 Field sales
CostCenter OPS-1 Operations one
"""

SUSPENDED_VALUES: Final = (("Department", "029"),)
SUSPENDED_IN_FRRT: Final = (("Department", "026"),)

BALANCE_SHEET: Final = "Manufacturing B/S"
PROFIT_AND_LOSS: Final = "Manufacturing P&L"
STRUCTURES: Final = {
    BALANCE_SHEET: ("MainAccount", "BusinessUnit"),
    PROFIT_AND_LOSS: ("MainAccount", "BusinessUnit", "Department", "CostCenter"),
}
# Structure, criteria per segment. Travel cannot be booked without a department (of three characters: a criterion that
# only F&O itself understands); blank is fine elsewhere.
CONSTRAINTS: Final = (
    (BALANCE_SHEET, ("100000..399999", '*;""')),
    (PROFIT_AND_LOSS, ("4*;5*;600000..606299;606301..699999", '001..004;""', '*;""', '*;""')),
    (PROFIT_AND_LOSS, ("606300", '001..004;""', "???", '*;""')),
)

# Advanced rules: structure, name, criteria, and its structure with segments and constraints.
ADVANCED_RULES: Final = (
    (
        PROFIT_AND_LOSS, "Legal fees of services", {"MainAccount": "603100", "BusinessUnit": "004"},
        "Legal cost centers", ("CostCenter",), (("007;008",),),
    ),
    (
        BALANCE_SHEET, "Equipment by department", {"MainAccount": "180150"},
        "Equipment", ("Department",), (('022..027;""',),),
    ),
)  # fmt: skip
# Driving dimension and value, derived dimension and value.
DERIVED: Final = (("CostCenter", "009", "Department", "022"),)

# Main accounts that a company has suspended for itself.
SUSPENDED_ACCOUNTS_IN_FRRT: Final = ("604200",)

# Company, name, description, voucher series, new voucher rule, type.
JOURNAL_NAMES: Final = (
    ("usmf", "BREX", "Brex card spend", "BRX", "BalanceSheet", "Daily"),
    ("usmf", "BREX1V", "Brex, one voucher", "B1V", "OneVoucher", "Daily"),
    ("usmf", "GenJrn", "General journal", "GNJ", "BalanceSheet", "Daily"),
    ("usmf", "Treasury", "Treasury's own", "TRS", "BalanceSheet", "Daily"),
    ("usmf", "APInvoice", "AP Invoice", "API", "BalanceSheet", "VendInvoiceRegister"),
    ("usmf", "VendPay", "Vendor payments", "VPM", "BalanceSheet", "Payment"),
    ("frrt", "BREX", "Dépenses Brex", "FBX", "BalanceSheet", "Daily"),
    ("frrt", "APInvoice", "Factures fournisseurs", "FPI", "BalanceSheet", "VendInvoiceRegister"),
    ("frrt", "VendPay", "Règlements fournisseurs", "FPM", "BalanceSheet", "Payment"),
)

# Code, name, symbol, general rounding.
CURRENCIES: Final = (
    ("USD", "US Dollar", "$", "0.01"),
    ("EUR", "Euro", "€", "0.01"),
    ("GBP", "Pound Sterling", "£", "0.01"),
    ("JPY", "Japanese Yen", "¥", "1"),
    ("KWD", "Kuwaiti Dinar", "KD", "0.001"),
)

# From, to, rate per 100 units.
RATES: Final = (
    ("EUR", "USD", "110"),
    ("GBP", "USD", "127.5"),
    ("JPY", "USD", "0.67"),
    ("KWD", "USD", "325.8"),
    ("USD", "EUR", "90.909"),
    ("GBP", "EUR", "115.9"),
    ("JPY", "EUR", "0.61"),
    ("KWD", "EUR", "296.18"),
)

PRIVATE_JOURNALS: Final = {"Treasury": "Treasurers"}  # journal name → user group

# Company, account, name.
VENDORS: Final = (
    ("usmf", "1001", "Acme Office Supplies"),
    ("usmf", "1002", "Lande Packaging Supplies"),
    ("usmf", "1003", "Ade Supply Company"),
    ("usmf", "1004", "Contoso Chemicals (stopped)"),
    ("usmf", "US-101", "Fabrikam Electronics"),
    ("frrt", "FR-001", "Papeterie Lefebvre"),
)

BANKS: Final = (
    ("usmf", "USMF OPER", "Operating account", "USD"),
    ("usmf", "USMF EUR", "Euro account", "EUR"),
    ("usmf", "USMF OLD", "Former operating account", "USD"),
    ("frrt", "FRRT OPER", "Compte courant", "EUR"),
)

STOPPED_VENDORS: Final = ("1004",)
CLOSED_BANKS: Final = ("USMF OLD",)
