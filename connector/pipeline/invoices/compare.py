"""A pending vendor invoice as F&O shows it, beside what was intended. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from connector.pipeline.invoices.accounts import Formats

Row = Mapping[str, Any]

# What makes a header ours. F&O may cut the description and fills in much else; these it must keep as sent.
_HEADER: Final = (
    "InvoiceAccount", "InvoiceNumber", "InvoiceDate", "Date", "DueDate", "Currency", "ImportedAmount",
    "DocumentNumber",
)  # fmt: skip
_LINE: Final = ("NetAmount", "Currency", "SalesTaxGroup", "ItemSalesTax")
_DATES: Final = frozenset({"InvoiceDate", "Date", "DueDate"})
_AMOUNTS: Final = frozenset({"ImportedAmount", "NetAmount"})
_LONGEST: Final = 200
_MOST_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """One pending invoice that carries our reference, judged. `number`: its HeaderReference.

    `differences`: of the header, in words. `missing`: which lines of the intent are not there, by position.
    `strange`: lines that are there and none of ours, in words.
    """

    number: str
    on_hold: bool
    differences: tuple[str, ...] = ()
    missing: tuple[int, ...] = ()
    strange: tuple[str, ...] = ()
    lines: int = 0
    row: Row = field(default_factory=dict)
    line_numbers: tuple[Any, ...] = ()
    worth: Decimal = Decimal(0)  # of its lines, as F&O shows them

    @property
    def altered(self) -> tuple[str, ...]:
        return (*self.differences, *self.strange)


def judge(intent: Mapping[str, Any], header: Row, lines: Sequence[Row], formats: Formats) -> Shown:
    missing, left = [], list(lines)
    for position, sent in enumerate(intent["lines"]):
        found = next((row for row in left if _same_line(sent, row, formats)), None)
        if found is None:
            missing.append(position)
        else:
            left.remove(found)
    return Shown(
        str(header.get("HeaderReference")),
        on_hold=str(header.get("IsOnHold")) == "Yes",
        differences=tuple(_differing(_HEADER, intent["header"], header))[:_MOST_TOLD],
        missing=tuple(missing),
        strange=tuple(_told(row) for row in left)[:_MOST_TOLD],
        lines=len(lines),
        row=header,
        line_numbers=tuple(row.get("InvoiceLineNumber") for row in lines),
        worth=sum((_normal("NetAmount", _shown("NetAmount", row)) or Decimal(0) for row in lines), Decimal(0)),
    )


def _same_line(sent: Row, row: Row, formats: Formats) -> bool:
    return not _differing(_LINE, sent, row) and formats.combination(sent) == formats.combination(row)


def _differing(names: Sequence[str], sent: Row, row: Row) -> list[str]:
    told = []
    for name in names:
        if name not in sent:
            continue
        shown = _shown(name, row)
        if _normal(name, sent[name]) != _normal(name, shown):
            told.append(f'{name} sent "{sent[name]}", F&O has "{str(shown)[:_LONGEST]}"')
    return told


def _shown(name: str, row: Row) -> Any:
    """NetAmount is without charges and tax; where F&O does not show it, Amount is all there is."""
    if name == "NetAmount" and row.get(name) is None:
        return row.get("Amount")
    return row.get(name)


def _normal(name: str, value: Any) -> Any:
    if name in _AMOUNTS:
        return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    text = "" if value is None else str(value).strip().casefold()
    return text[:10] if name in _DATES else text


def _told(row: Row) -> str:
    amount, account = _shown("NetAmount", row), row.get("MainAccountDisplayValue")
    if own := row.get("DimensionDisplayValue"):
        account = f"{account} ({own})"
    return f"line {row.get('InvoiceLineNumber')} of {amount} on {account}"[:_LONGEST]


def total(intent: Mapping[str, Any]) -> Decimal:
    return Decimal(intent["header"]["ImportedAmount"])
