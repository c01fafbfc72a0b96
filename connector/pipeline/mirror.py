"""Lines that cancel lines: what a reversing entry says, and whether both come to zero. Pure.

An invoice is cancelled in a journal of its own kind, by a credit note whose number is the invoice's and a suffix: F&O
may take no number of a vendor twice. A payment is cancelled in the general journal: what stands in a payment journal
may be taken for a payment to make (docs/decisions).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connector.d365.wire import cut
from connector.mapping.text import ending

Row = Mapping[str, Any]

# Fact: how long an invoice number may be is not in the metadata; twenty characters were always enough for F&O's own.
INVOICE_LENGTH: Final = 20
_REVERSAL: Final = "Reversal:"


def form_of(form: str) -> str:
    """The form of the entry that cancels one of this form."""
    return "general_journal" if form == "payment_journal" else form


# What a reversing line takes over as F&O shows it. Debit and credit change places; the rest is our own.
_KEPT: Final = (
    "dataAreaId", "AccountType", "AccountDisplayValue", "DefaultDimensionDisplayValue", "OffsetAccountType",
    "OffsetAccountDisplayValue", "OffsetDefaultDimensionDisplayValue", "OffsetCompany", "CurrencyCode",
    "SalesTaxGroup", "ItemSalesTaxGroup", "SalesTaxCode",
)  # fmt: skip
_TAGS: Final = ("FinTagDisplayValue", "OffsetFinTagDisplayValue")  # where there are any
_INVOICE: Final = ("Invoice", "InvoiceDate", "DueDate")
# All that a reversing line says.
SENT: Final = (*_KEPT, *_TAGS, "DebitAmount", "CreditAmount", "TransDate", "Text", "Document", *_INVOICE)


def mirror(
    rows: Sequence[Row], reference: str, day: date | None, *, form: str = "general_journal", epoch: int = 0
) -> list[dict[str, Any]]:
    """The reversing entry of these lines as F&O shows them, in their order; dated as they are unless `day` is given.

    What F&O shows is mirrored, not what was once sent: only so do both together come to zero. `form`: of the entry.
    """
    return [_mirrored(row, reference, day, form, epoch) for row in sorted(rows, key=_place)]


def _mirrored(row: Row, reference: str, day: date | None, form: str, epoch: int) -> dict[str, Any]:
    kept = {name: row[name] for name in _KEPT if row.get(name) is not None}
    kept |= {name: row[name] for name in _TAGS if row.get(name)}
    if not kept.get("OffsetAccountDisplayValue"):
        kept.pop("OffsetCompany", None)
    if form == "payment_journal":  # whose lines have none
        kept["SalesTaxCode"] = ""
    return {
        **kept,
        **(_credit_note(row, day, epoch) if form == "invoice_journal" else {}),
        "DebitAmount": row["CreditAmount"],
        "CreditAmount": row["DebitAmount"],
        "TransDate": f"{(day or date_of(row)).isoformat()}T12:00:00Z",
        "Text": _text(str(row.get("Text") or "")),
        "Document": reference,
    }


def _text(text: str) -> str:
    """What the line said; a link at its end stays whole or is left out, as half of one leads nowhere."""
    words, _, last = text.rstrip().rpartition(" ")
    if "://" not in last:
        return cut(f"{_REVERSAL} {text}".strip())
    return ending(f"{_REVERSAL} {words}".strip(), last, least=_REVERSAL)


def _credit_note(row: Row, day: date | None, epoch: int) -> dict[str, Any]:
    number = str(row.get("Invoice") or "")
    if not number:
        return {"Invoice": ""}
    dates = {name: str(row[name]) for name in ("InvoiceDate", "DueDate") if _is_day(row.get(name))}
    if day is not None:
        dates["InvoiceDate"] = f"{day.isoformat()}T12:00:00Z"
    return {"Invoice": credit_number(number, epoch), **dates}


def credit_number(number: str, epoch: int) -> str:
    """The number of the credit note that cancels an invoice: the same one in every attempt, another one per epoch.

    Of a number that leaves no room for the suffix the end is kept: it is what tells invoices apart.
    """
    suffix = f"-R{epoch}" if epoch else "-R"
    return number[-(INVOICE_LENGTH - len(suffix)) :] + suffix


def _is_day(value: Any) -> bool:
    """Fact: an empty date is shown as 1900-01-01 (live samples)."""
    return isinstance(value, str) and value[:4].isdecimal() and value[:4] > "1900"


def _place(row: Row) -> tuple[str, Decimal]:
    return str(row.get("JournalBatchNumber")), Decimal(row.get("LineNumber") or 0)


def date_of(row: Row) -> date:
    """The line's TransDate. Raises ValueError for one that is no date."""
    return date.fromisoformat(str(row.get("TransDate"))[:10])


def readable(row: Row) -> bool:
    """Whether amounts and date of a line are what they should be; nothing follows from one that is not."""
    try:
        date_of(row)
    except ValueError:
        return False
    return all(isinstance(row.get(name), int | Decimal) for name in ("DebitAmount", "CreditAmount"))


def on_a_vendor(rows: Sequence[Row]) -> bool:
    return any(
        row.get("AccountType") == "Vend"
        or (row.get("OffsetAccountType") == "Vend" and bool(row.get("OffsetAccountDisplayValue")))
        for row in rows
    )


def left_over(rows: Sequence[Row]) -> dict[tuple[str, str, str], Decimal]:
    """(type, account, currency) → what these lines leave on it, debits positive, major units; zeros are left out."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        worth = Decimal(row["DebitAmount"]) - Decimal(row["CreditAmount"])
        currency = str(row.get("CurrencyCode"))
        sums[str(row.get("AccountType")), str(row.get("AccountDisplayValue")), currency] += worth
        if row.get("OffsetAccountDisplayValue"):
            sums[str(row.get("OffsetAccountType")), str(row["OffsetAccountDisplayValue"]), currency] -= worth
    return {key: worth for key, worth in sums.items() if worth}
