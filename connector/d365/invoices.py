"""A pending vendor invoice in F&O's own words: a header, and its lines. Pure.

Facts (Microsoft, vendor invoice header and line entities; public clients): F&O numbers the header (HeaderReference) and
shows the number in its answer; a line names it and has a number of its own, which its creator gives. InvoiceNumber,
InvoiceAccount and Currency are required. A header without lines can be picked up by accounts payable: it is on hold
until it is whole. ImportedAmount is the total as the sender has it. Public clients send a line's amount twice, as
Amount and NetAmount.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from connector.d365.wire import cut
from connector.domain.entry import Account, Entry, EntryLine

HEADERS: Final = "VendorInvoiceHeaders"
LINES: Final = "VendorInvoiceLines"
POSTED: Final = "VendInvoiceJourBiEntities"
ATTACHMENTS: Final = "VendorInvoiceDocumentAttachments"

HOLD, RELEASED = "Yes", "No"

# What is read back.
HEADER_FIELDS: Final = (
    "dataAreaId", "HeaderReference", "DocumentNumber", "InvoiceAccount", "VendorAccount", "InvoiceNumber",
    "InvoiceDate", "Date", "DueDate", "Currency", "ImportedAmount", "InvoiceDescription", "IsOnHold",
    "VendorInvoiceReviewStatus",
)  # fmt: skip
LINE_FIELDS: Final = (
    "dataAreaId", "HeaderReference", "InvoiceLineNumber", "MainAccountDisplayValue", "DimensionDisplayValue",
    "NetAmount", "Amount", "Currency", "LineDescription", "SalesTaxGroup", "ItemSalesTax",
)  # fmt: skip
POSTED_FIELDS: Final = (
    "dataAreaId", "InvoiceId", "InvoiceAccount", "DocumentNum", "LedgerVoucher", "InvoiceAmount", "CurrencyCode",
    "InvoiceDate",
)  # fmt: skip
ATTACHMENT_FIELDS: Final = ("dataAreaId", "HeaderReference", "FileName", "Name", "Notes")


# A line's account → MainAccountDisplayValue and DimensionDisplayValue.
Split = Callable[[Account], tuple[str, str]]


def pending_invoice(entry: Entry, reference: str, split: Split) -> dict[str, Any]:
    """`header` and `lines` as they are sent, the lines without HeaderReference. Amounts are Decimal, in major units.

    What stands on the vendor in the entry is the invoice itself; every other side of its lines is one line. Raises
    ValueError for an entry without an invoice.
    """
    if entry.invoice is None:
        raise ValueError("an entry without an invoice cannot be a pending vendor invoice")
    lines = [
        _line(number, entry, split, *part)
        for number, part in enumerate((part for line in entry.lines for part in _parts(line)), start=1)
    ]
    due = entry.invoice.due
    header = {
        "dataAreaId": entry.legal_entity,
        "InvoiceAccount": entry.invoice.vendor,
        "VendorAccount": entry.invoice.vendor,
        "InvoiceNumber": entry.invoice.number,
        "InvoiceDate": _noon(entry.invoice.dated.isoformat()),
        "Date": _noon(entry.date.isoformat()),
        **({} if due is None else {"DueDate": _noon(due.isoformat())}),
        "Currency": entry.currency,
        "InvoiceDescription": cut(entry.invoice.description),
        "DocumentNumber": reference,
        "ImportedAmount": sum((line["NetAmount"] for line in lines), Decimal(0)),
        "IsOnHold": HOLD,
    }
    return {"header": header, "lines": lines}


def _parts(line: EntryLine) -> list[tuple[EntryLine, Account, Decimal]]:
    """What a line of the entry puts on accounts other than the vendor: debits positive."""
    worth = line.debit - line.credit
    sides = [(line.account, worth)] if line.offset is None else [(line.account, worth), (line.offset, -worth)]
    return [(line, account, amount) for account, amount in sides if account.type != "Vend"]


def _line(
    number: int, entry: Entry, split: Split, line: EntryLine, account: Account, amount: Decimal
) -> dict[str, Any]:
    main_account, dimensions = split(account)
    return {
        "dataAreaId": entry.legal_entity,
        "InvoiceLineNumber": number,
        "MainAccountDisplayValue": main_account,
        "DimensionDisplayValue": dimensions,
        "Amount": amount,
        "NetAmount": amount,
        "Currency": entry.currency,
        "LineDescription": cut(line.text),
        "SalesTaxGroup": line.sales_tax_group,
        "ItemSalesTax": line.item_sales_tax_group,
    }


def numbered(intent: Mapping[str, Any], header_reference: str, positions: tuple[int, ...]) -> list[dict[str, Any]]:
    """The lines at these positions of the intent, as they are sent under a header."""
    return [{**intent["lines"][position], "HeaderReference": header_reference} for position in positions]


def _noon(day: str) -> str:
    return f"{day}T12:00:00Z"  # F&O keeps dates at noon UTC
