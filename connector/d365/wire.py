"""An entry as rows of a journal, under the names of LedgerJournalLines (`forms` has those of the others). Pure.

Facts (Microsoft, LedgerJournalLine entity; live connectors): F&O assigns LineNumber and refuses it when sent,
and assigns Voucher by the journal name's rule. What is left out may be filled in from the journal name's or
the main account's defaults, so what means "nothing" is sent as "". Dimensions of a Ledger account are part of
its string.
"""

from typing import Any, Final

from connector.domain.entry import Account, Entry, EntryLine

TEXT_LENGTH: Final = 60


def journal_lines(entry: Entry, reference: str) -> list[dict[str, Any]]:
    """The rows in the entry's order, without JournalBatchNumber. Amounts are Decimal, in major units.

    In an invoice journal the vendor's line carries the invoice, in a payment journal the one that it settles.
    """
    beyond = {"invoice_journal": _invoice, "payment_journal": _marked}.get(entry.form, _nothing)
    return [{**_line(entry, line, reference), **beyond(entry, line)} for line in entry.lines]


def _line(entry: Entry, line: EntryLine, reference: str) -> dict[str, Any]:
    return {
        "dataAreaId": entry.legal_entity,
        "AccountType": line.account.type,
        "AccountDisplayValue": line.account.display,
        "DefaultDimensionDisplayValue": _default_dimensions(line.account),
        **_offset(line.offset, entry.legal_entity),
        "DebitAmount": line.debit,
        "CreditAmount": line.credit,
        "CurrencyCode": entry.currency,
        "TransDate": f"{entry.date.isoformat()}T12:00:00Z",  # F&O keeps dates at noon UTC
        "Text": cut(line.text),
        "Document": reference,
        "SalesTaxGroup": line.sales_tax_group,
        "ItemSalesTaxGroup": line.item_sales_tax_group,
        "SalesTaxCode": "",
        **_tag(line),
    }


def _tag(line: EntryLine) -> dict[str, str]:
    """On both sides of a line with an offset, as each becomes a transaction of its own; nothing where none is set."""
    if not line.financial_tag:
        return {}
    beside = {} if line.offset is None else {"OffsetFinTagDisplayValue": line.financial_tag}
    return {"FinTagDisplayValue": line.financial_tag, **beside}


def _nothing(entry: Entry, line: EntryLine) -> dict[str, str]:  # noqa: ARG001 - as its neighbours
    return {}


def _invoice(entry: Entry, line: EntryLine) -> dict[str, str]:
    """A date that is not there is left out: "" is no date, and F&O has its terms of payment for the due date."""
    if entry.invoice is None or not _on_vendor(line):
        return {"Invoice": ""}
    dates = {"InvoiceDate": entry.invoice.dated, "DueDate": entry.invoice.due}
    return {
        "Invoice": entry.invoice.number,
        **{name: f"{day.isoformat()}T12:00:00Z" for name, day in dates.items() if day is not None},
    }


def _marked(entry: Entry, line: EntryLine) -> dict[str, str]:
    """Without an invoice to settle nothing is said of one."""
    if entry.invoice is None or not _on_vendor(line):
        return {}
    return {"MarkedInvoice": entry.invoice.number, "MarkedInvoiceCompany": entry.legal_entity}


def _on_vendor(line: EntryLine) -> bool:
    return line.account.type == "Vend" or (line.offset is not None and line.offset.type == "Vend")


def _offset(offset: Account | None, legal_entity: str) -> dict[str, str]:
    """Without an offset the type is still sent: Ledger is what F&O keeps there, and a journal name's default
    offset of another type would otherwise take its place. The entity supports no other company's offset.
    """
    if offset is None:
        return {
            "OffsetAccountType": "Ledger",
            "OffsetAccountDisplayValue": "",
            "OffsetDefaultDimensionDisplayValue": "",
        }
    return {
        "OffsetAccountType": offset.type,
        "OffsetAccountDisplayValue": offset.display,
        "OffsetDefaultDimensionDisplayValue": _default_dimensions(offset),
        "OffsetCompany": legal_entity,
    }


def _default_dimensions(account: Account) -> str:
    return "" if account.type == "Ledger" else account.default_dimensions


def cut(text: str) -> str:
    """At most 60 UTF-16 units, as F&O counts, no character split; no blanks at the end, which F&O drops."""
    while len(text.encode("utf-16-le", "replace")) > 2 * TEXT_LENGTH:
        text = text[:-1] if len(text) <= TEXT_LENGTH else text[:TEXT_LENGTH]
    return text.rstrip()
