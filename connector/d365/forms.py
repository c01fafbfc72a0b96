"""The journals that entries go into, each with its own entity sets and its own names for one and the same things. Pure.

Everything else in the product says what LedgerJournalLines says ("canonical" names); here is what the two others call
it. Facts: sets and properties are those of F&O's metadata. In a vendor payment journal a line has no Document and no
SalesTaxCode; its PaymentReference is text of our own there. Key and ETag have the same names everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

Row = Mapping[str, Any]

# What is read back of a line: what was sent, and what F&O assigned.
LINE_FIELDS: Final = (
    "dataAreaId",
    "JournalBatchNumber",
    "LineNumber",
    "Voucher",
    "AccountType",
    "AccountDisplayValue",
    "DefaultDimensionDisplayValue",
    "OffsetAccountType",
    "OffsetAccountDisplayValue",
    "OffsetDefaultDimensionDisplayValue",
    "OffsetCompany",
    "DebitAmount",
    "CreditAmount",
    "CurrencyCode",
    "TransDate",
    "Text",
    "Document",
    "SalesTaxGroup",
    "ItemSalesTaxGroup",
    "SalesTaxCode",
    "FinTagDisplayValue",
    "OffsetFinTagDisplayValue",
)


@dataclass(frozen=True, slots=True)
class Sets:
    """`names`: canonical name → theirs, where it is another one. `lacks`: what they have not, nor anything like it.

    `beyond`: what only they have, under names that are canonical for want of others.
    """

    headers: str
    lines: str
    names: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    beyond: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """What is read of a line, by canonical names."""
        return (*(name for name in LINE_FIELDS if name not in self.lacks), *self.beyond)

    def name(self, canonical: str) -> str:
        return self.names.get(canonical, canonical)

    def theirs(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Canonical rows as they are sent; what the set does not have is left out."""
        return [{self.name(key): value for key, value in row.items() if key not in self.lacks} for row in rows]

    def canonical(self, row: Row) -> dict[str, Any]:
        """A row as F&O shows it, under canonical names; annotations such as `@odata.etag` stay."""
        back = {theirs: name for name, theirs in self.names.items()}
        return {back.get(key, key): value for key, value in row.items()}


_GENERAL: Final = Sets("LedgerJournalHeaders", "LedgerJournalLines")
FORMS: Final[dict[str, Sets]] = {
    "general_journal": _GENERAL,
    "invoice_journal": Sets(
        "VendInvoiceJournalHeaders",
        "VendInvoiceJournalLines",
        names={
            "DebitAmount": "Debit",
            "CreditAmount": "Credit",
            "CurrencyCode": "Currency",
            "TransDate": "Date",
            "Text": "Description",
        },
        beyond=("Invoice", "InvoiceDate", "DueDate"),
    ),
    "payment_journal": Sets(
        "VendorPaymentJournalHeaders",
        "VendorPaymentJournalLines",
        names={
            "TransDate": "TransactionDate",
            "Text": "TransactionText",
            "Document": "PaymentReference",
            "DefaultDimensionDisplayValue": "DefaultDimensionsForAccountDisplayValue",
            "OffsetDefaultDimensionDisplayValue": "DefaultDimensionsForOffsetAccountDisplayValue",
            "SalesTaxGroup": "TaxGroup",
            "ItemSalesTaxGroup": "TaxItemGroup",
        },
        lacks=frozenset({"SalesTaxCode"}),
        beyond=("MarkedInvoice", "MarkedInvoiceCompany"),
    ),
}
# The general journal last: where one line is seen through two sets, the one that says more of it comes first.
IN_ORDER: Final = ("invoice_journal", "payment_journal", "general_journal")


def sets_of(form: str) -> Sets:
    """Raises ValueError for a form that is no journal."""
    if form not in FORMS:
        raise ValueError(f"{form} is no journal")
    return FORMS[form]


def once(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line once, as it was seen first. Whether one set also shows another one's journals is not documented."""
    seen: dict[tuple[object, ...], dict[str, Any]] = {}
    for place, row in enumerate(rows):
        number = row.get("LineNumber")
        numbered = isinstance(number, int | Decimal)
        key = (str(row.get("dataAreaId")).casefold(), str(row.get("JournalBatchNumber")).casefold(), number)
        seen.setdefault(key if numbered else (place,), row)
    return list(seen.values())
