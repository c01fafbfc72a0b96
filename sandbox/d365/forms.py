"""The kinds of journals that have entity sets of their own, over the one store of journals and lines.

Facts: general, vendor invoice and vendor payment journals are rows of the same two tables (LedgerJournalTable,
LedgerJournalTrans); which a journal is, its name's Type says (LedgerJournalType: Daily, VendInvoiceRegister = "Vendor
invoice recording", Payment = "Vendor disbursement"; Microsoft, LedgerJournalType). Each entity set has its own names
for the same columns (metadata); what only one of them has is kept beside the common columns, under "extra".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.d365.errors import Refusal
from sandbox.d365.schema import SETS
from sandbox.d365.tables import Row

HEADERS: Final = "LedgerJournalHeaders"
LINES: Final = "LedgerJournalLines"

Values = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """`named`: the set's own names for columns of LedgerJournalLines. `account_type`: what a line is about where it
    does not say (own reading of the forms). `numbered`: it takes a LineNumber that is sent."""

    name: str
    headers: str
    lines: str
    type: str
    account_type: str
    numbered: bool = False
    named: Mapping[str, str] = field(default_factory=dict)

    def common(self, prop: str) -> str:
        """The name in LedgerJournalLines of a property of this set."""
        return self.named.get(prop, prop)

    def own(self, common: str) -> str:
        """The name in this set of a property of LedgerJournalLines."""
        return next((prop for prop, name in self.named.items() if name == common), common)


GENERAL: Final = Form("general_journal", HEADERS, LINES, "Daily", "Ledger")
INVOICE: Final = Form(
    "invoice_journal", "VendInvoiceJournalHeaders", "VendInvoiceJournalLines", "VendInvoiceRegister", "Vend",
    numbered=True,  # fact: recorded
    named={
        "Debit": "DebitAmount", "Credit": "CreditAmount", "Currency": "CurrencyCode", "Date": "TransDate",
        "Description": "Text", "OffsetTransactionText": "OffsetText", "MethodOfPayment": "PaymentMethod",
        "PaymId": "PaymentId", "IsWithholdingTaxCalculate": "IsWithholdingCalculationEnabled",
    },
)  # fmt: skip
PAYMENT: Final = Form(
    "payment_journal", "VendorPaymentJournalHeaders", "VendorPaymentJournalLines", "Payment", "Vend",
    named={
        "TransactionDate": "TransDate", "TransactionText": "Text", "OffsetTransactionText": "OffsetText",
        "DefaultDimensionsForAccountDisplayValue": "DefaultDimensionDisplayValue",
        "DefaultDimensionsForOffsetAccountDisplayValue": "OffsetDefaultDimensionDisplayValue",
        "TaxGroup": "SalesTaxGroup", "TaxItemGroup": "ItemSalesTaxGroup", "PaymentMethodName": "PaymentMethod",
        "ExchangeRate": "ExchRate", "SecondaryExchangeRate": "ExchRateSecond",
        "CalculateWithholdingTax": "IsWithholdingCalculationEnabled",
    },
)  # fmt: skip

EVERY: Final = (GENERAL, INVOICE, PAYMENT)
OF_HEADERS: Final = {form.headers: form for form in EVERY}
OF_LINES: Final = {form.lines: form for form in EVERY}
_NAMED: Final = {form.name: form for form in EVERY}


def of(row: Row) -> Form:
    """The kind of a journal or of a line."""
    return _NAMED[row.hidden.get("form", GENERAL.name)]


def taken_apart(name: str, values: Values) -> tuple[Values, Values]:
    """What a client gave of a set: the common columns under their common names, and what only this set has."""
    home = SETS[LINES if name in OF_LINES else HEADERS].properties
    named = {_common(name, prop): (prop, value) for prop, value in values.items()}
    common = {column: value for column, (_, value) in named.items() if column in home}
    return common, {prop: value for column, (prop, value) in named.items() if column not in home}


def shown(row: Row, name: str) -> Row:
    """A stored journal or line as the entity set `name` shows it."""
    if name == row.set:
        return row
    extra, values = row.hidden.get("extra", {}), {}
    for prop, blank in SETS[name].defaults.items():
        column = _common(name, prop)
        values[prop] = row.values[column] if column in row.values else extra.get(prop, blank)
    return Row(name, row.record_id, row.version, values, row.hidden)


def _common(name: str, prop: str) -> str:
    """Only lines have other names."""
    return OF_LINES[name].common(prop) if name in OF_LINES else prop


def retold(refusal: Refusal, form: Form) -> Refusal:
    """A refusal in the words of the form's own entity set. Fact: the Infolog names the entity that was written to."""
    if form is GENERAL:
        return refusal
    names = {SETS[LINES].table: SETS[form.lines].table, SETS[HEADERS].table: SETS[form.headers].table}
    pattern = "|".join(names)
    message = re.sub(
        rf"\b({pattern})\b(?:\.(\w+))?",
        lambda found: names[found[1]] + (f".{form.own(found[2])}" if found[2] else ""),
        refusal.message,
    )
    return Refusal(refusal.status, message, kind=refusal.kind, headline=refusal.headline)
