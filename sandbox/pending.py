"""Pending vendor invoices of the connector's, and posted ones, in plain data: the part of `sandbox.books` about them.

Amounts are Decimal, major units, without their sign: a credit note's are negative in F&O.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Json = dict[str, Any]
_MARK: Final = re.compile(r"\((BX[A-Z2-7]{18}/[^\s)]+)\)")  # by which the connector finds its attachments again


@dataclass(frozen=True, slots=True)
class Invoice:
    """`number`: its HeaderReference, empty once it is posted; then it has a `voucher`. `lines`: what they come to, None
    where there are none, or none to be seen any more."""

    number: str
    document: str
    currency: str
    total: Decimal
    lines: Decimal | None
    on_hold: bool
    voucher: str = ""

    @property
    def told(self) -> str:
        return f"posted invoice {self.voucher}" if self.voucher else f"pending invoice {self.number}"

    def fault(self, worth: Collection[tuple[str, Decimal]]) -> str:
        """Why it is not one whole invoice; empty where it is, or is still in the making: on hold, without lines."""
        if not self.voucher and self.lines is None:
            return "" if self.on_hold else f"{self.told} is off hold without lines"
        if not self.voucher and self.lines != self.total:
            return f"the lines of {self.told} come to {self.lines}, its header to {self.total}"
        if worth and (self.currency, self.total) not in worth:
            wanted = " or ".join(f"{amount} {code}" for code, amount in sorted(worth))
            return f"{self.told} comes to {self.total} {self.currency}, not {wanted}"
        return ""


def invoices(
    headers: Sequence[Mapping[str, Any]], posted: Sequence[Mapping[str, Any]], journals: Collection[tuple[str, str]]
) -> Iterator[Invoice]:
    """`headers`: the pending ones as OData shows them, with their rows in `lines`. `posted`: rows of
    VendInvoiceJourBiEntities. `journals`: (company, voucher) of journals' lines, which make posted invoices, too."""
    for one in headers:
        lines = [Decimal(line["NetAmount"]) for line in one["lines"]]
        total, on_hold = abs(Decimal(one["ImportedAmount"])), one["IsOnHold"] == "Yes"
        sums = abs(sum(lines, Decimal(0))) if lines else None
        yield Invoice(str(one["HeaderReference"]), str(one["DocumentNumber"]), one["Currency"], total, sums, on_hold)
    for one in posted:
        voucher = str(one["LedgerVoucher"])
        if (str(one["dataAreaId"]).lower(), voucher) not in journals:
            total = abs(Decimal(one["InvoiceAmount"]))
            yield Invoice(
                "", str(one["DocumentNum"]), one["CurrencyCode"], total, total, on_hold=False, voucher=voucher
            )


def attached_twice(documents: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Receipts that stand more than once at one invoice: their reference, and a sentence."""
    times: dict[tuple[str, str, str], int] = {}
    for one in documents:
        for mark in _MARK.findall(str(one["Notes"])):
            key = (str(one["dataAreaId"]).lower(), str(one["HeaderReference"]), mark)
            times[key] = times.get(key, 0) + 1
    for (_, header, mark), count in times.items():
        if count > 1:
            document, _, receipt = mark.partition("/")
            yield document, f"receipt {receipt} is attached to {header} {count} times"
