"""An entry as rows of LedgerJournalLines. Pure.

Facts (Microsoft, LedgerJournalLine entity; live connectors): F&O assigns LineNumber and refuses it when sent,
and assigns Voucher by the journal name's rule. What is left out may be filled in from the journal name's or
the main account's defaults, so what means "nothing" is sent as "". Dimensions of a Ledger account are part of
its string.
"""

from typing import Any, Final

from connector.domain.entry import Account, Entry, EntryLine

TEXT_LENGTH: Final = 60

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
)


def journal_lines(entry: Entry, reference: str) -> list[dict[str, Any]]:
    """The rows in the entry's order, without JournalBatchNumber. Amounts are Decimal, in major units."""
    return [_line(entry, line, reference) for line in entry.lines]


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
    }


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
