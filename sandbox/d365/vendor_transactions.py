"""What posting leaves with the vendors: a transaction for each vendor's side, and what settles what.

Facts: VendTransBiEntities (AccountNum, Invoice, Voucher, AmountCur, TransDate …) and VendInvoiceJourBiEntities
(InvoiceId, LedgerVoucher …) are how posted invoices are read back (metadata). An invoice is a negative AmountCur, as it
is a credit (general knowledge of F&O's tables).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.d365 import forms, reuse, settlement
from sandbox.d365.environment import Environment
from sandbox.d365.schema import NO_DATE, folded, tidy
from sandbox.d365.tables import Row

SET: Final = settlement.SET
INVOICES: Final = "VendInvoiceJourBiEntities"
_FIRST: Final = 5637144576

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """The vendor's side of one line. `amount`: transaction currency, major units, a debit is positive."""

    account: str
    amount: Decimal
    own: Decimal  # the same in the accounting currency


def sides(line: Row) -> Iterator[Side]:
    """Of a line with an offset, the amount stands on both sides, turned round on the offset's."""
    own, rate = line.values, Decimal(line.values["ExchRate"] or 100) / 100
    amount = Decimal(own["DebitAmount"]) - Decimal(own["CreditAmount"])
    for side, sign in (("account", 1), ("offset", -1)):
        kept = line.hidden[side]
        if kept and kept["type"] == "Vend":
            yield Side(kept["number"], sign * amount, (sign * amount * rate).quantize(Decimal("0.01")))


def fault(environment: Environment, lines: list[Row], before: list[Row]) -> str:
    """What posting a voucher's lines finds wrong with their invoices. `before`: lines of the journal's earlier
    vouchers, which would be posted with them. Empty where nothing is."""
    taken = {_invoice_of(line) for line in before} - {None}
    for line in lines:
        told = _used(environment, line, taken) or _closed(environment, line)
        if told:
            return told
    return ""


def _used(environment: Environment, line: Row, taken: set[tuple[str, str, str] | None]) -> str:
    found = _invoice_of(line)
    if found is None:
        needed = forms.of(line) is forms.INVOICE and environment.switches.invoice_number_needed
        return "Invoice number must be filled in on the vendor's line." if needed and any(sides(line)) else ""
    number, day = line.values["Invoice"], line.values["TransDate"]
    told = reuse.told(environment, found[0], found[1], number, day)
    if not told and found in taken and environment.switches.reuse_invoice.startswith("No"):
        return f"Invoice number {number} stands in another voucher of this journal."
    return told


def _closed(environment: Environment, line: Row) -> str:
    marked, side = line.hidden.get("extra", {}).get("MarkedInvoice", ""), next(sides(line), None)
    if not marked or side is None:
        return ""
    found = settlement.open_invoice(environment, line.values["dataAreaId"], side.account, marked)
    return "" if found else f"Invoice {marked} is not open any more."


def book(environment: Environment, header: Row, lines: list[Row], moment: datetime) -> None:
    """A transaction for each vendor's side of a posted journal, and the settlement of what was marked."""
    form = forms.of(header)
    for line in lines:
        for side in sides(line):
            values = _of_line(line, side, "Payment" if form is forms.PAYMENT else "Vend")
            row = add(environment, values, moment)
            marked = line.hidden.get("extra", {}).get("MarkedInvoice", "")
            found = marked and settlement.open_invoice(environment, line.values["dataAreaId"], side.account, marked)
            if found:
                settlement.settle(environment, row, found)
            if form is forms.INVOICE and values["Invoice"] and environment.switches.journals_make_invoices:
                _invoice_journal(environment, values, line.hidden.get("extra", {}), moment)


def add(environment: Environment, values: Values, moment: datetime) -> Row:
    number = _FIRST + environment.store.next("d365.VendTrans.RecId") - 1
    always = {
        "SourceKey": number,
        "SysDataAreaId": values["dataAreaId"],
        "SysRecVersion": 1,
        "Approved": "Yes",
        "PostingProfile": "GEN",
        "Closed": NO_DATE,
        "CreatedOn": _stamp(moment),
    }
    return environment.tables.insert(SET, always | values)


def add_invoice(environment: Environment, values: Values, moment: datetime) -> Row:
    number = _FIRST + environment.store.next("d365.VendInvoiceJour.RecId") - 1
    always = {
        "SourceKey": number,
        "SysDataAreaId": values["dataAreaId"],
        "SysRecVersion": 1,
        "PostingProfile": "GEN",
        "CreatedOn": _stamp(moment),
    }
    return environment.tables.insert(INVOICES, always | values)


def _of_line(line: Row, side: Side, kind: str) -> Values:
    own = line.values
    return {
        "dataAreaId": own["dataAreaId"],
        "AccountNum": side.account,
        "Invoice": own["Invoice"] if forms.of(line) is not forms.PAYMENT else "",
        "Voucher": own["Voucher"],
        "JournalNum": own["JournalBatchNumber"],
        "TransDate": own["TransDate"],
        "DueDate": own["DueDate"],
        "DocumentNum": own["Document"],
        "DocumentDate": line.hidden.get("extra", {}).get("InvoiceDate", own["DocumentDate"]),
        "PaymReference": own["PaymentReference"],
        "Txt": own["Text"],
        "CurrencyCode": own["CurrencyCode"],
        "ExchRate": own["ExchRate"],
        "AmountCur": tidy(side.amount),
        "AmountMST": tidy(side.own),
        "TransType": kind,
    }


def _invoice_journal(environment: Environment, transaction: Values, extra: Values, moment: datetime) -> None:
    add_invoice(
        environment,
        {
            "dataAreaId": transaction["dataAreaId"],
            "InvoiceId": transaction["Invoice"],
            "InvoiceAccount": transaction["AccountNum"],
            "OrderAccount": transaction["AccountNum"],
            "InvoiceDate": extra.get("InvoiceDate", transaction["TransDate"]),
            "DueDate": transaction["DueDate"],
            "DocumentNum": transaction["DocumentNum"],
            "Description": transaction["Txt"],
            "LedgerVoucher": transaction["Voucher"],
            "CurrencyCode": transaction["CurrencyCode"],
            "InvoiceAmount": -transaction["AmountCur"],
            "InvoiceAmountMST": -transaction["AmountMST"],
        },
        moment,
    )


def _invoice_of(line: Row) -> tuple[str, str, str] | None:
    """Company, vendor and invoice number of a vendor's line that is an invoice."""
    number = line.values["Invoice"]
    side = next(sides(line), None)
    if not number or side is None:
        return None
    return line.values["dataAreaId"], side.account, str(folded(number))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
