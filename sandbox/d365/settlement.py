"""Paying open vendor invoices: what a payment line marks, and what posting it settles.

Facts: the payment journal's line names the invoice it settles in MarkedInvoice (MarkedInvoiceCompany where it is
another company's); VendorPaymentJournalLineSettledInvoices lists it (metadata). Nobody recorded what F&O says of a
mark that fits no open invoice: own words.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from sandbox.d365 import forms
from sandbox.d365.environment import Environment
from sandbox.d365.errors import field_refused, not_found_in, row_refused
from sandbox.d365.schema import SETS, folded, tidy
from sandbox.d365.tables import Row

SET: Final = "VendTransBiEntities"
SETTLED: Final = "VendorPaymentJournalLineSettledInvoices"
TABLE: Final = "LedgerJournalLineEntity"  # `forms.retold` names the payment journal's own

Values = dict[str, Any]


def check_mark(environment: Environment, values: Values, hidden: dict[str, Any], own: Row | None = None) -> None:
    """The line's marked invoice, if it has one, is an open posted invoice of its vendor. Raises `Refusal`.

    `own` is the line itself where it is changed. Own reading: what another open line has marked cannot be marked
    again (switch `marks_are_exclusive`).
    """
    extra = hidden.get("extra", {})
    invoice = extra.get("MarkedInvoice", "")
    if not invoice:
        return
    if hidden["account"]["type"] != "Vend":
        raise row_refused(TABLE, "LedgerJournalTrans", "Only lines with a vendor account can be marked for settlement.")
    company = values["dataAreaId"]
    if folded(extra.get("MarkedInvoiceCompany") or company) != folded(company):
        raise field_refused(TABLE, "MarkedInvoiceCompany", "Settlement of another company's invoices is not set up.")
    if open_invoice(environment, company, hidden["account"]["number"], invoice) is None:
        raise field_refused(TABLE, "MarkedInvoice", not_found_in("Marked invoice", invoice, "Open vendor transactions"))
    if environment.switches.marks_are_exclusive:
        _check_exclusive(environment, company, hidden["account"]["number"], invoice, own)


def _check_exclusive(environment: Environment, company: str, account: str, invoice: str, own: Row | None) -> None:
    for row in environment.tables.rows(forms.LINES):
        other = row.hidden.get("extra", {}).get("MarkedInvoice", "")
        same = other and folded(other) == folded(invoice) and row.values["dataAreaId"] == company
        if not same or row.hidden["account"]["number"] != account or (own and own.record_id == row.record_id):
            continue
        number = row.values["JournalBatchNumber"]
        header = environment.tables.get(forms.HEADERS, dataAreaId=company, JournalBatchNumber=number)
        if header and header.values["IsPosted"] == "No":
            raise field_refused(TABLE, "MarkedInvoice", f"Invoice {invoice} is marked already in journal {number}.")


def open_invoice(environment: Environment, company: str, account: str, invoice: str) -> Row | None:
    """The vendor's posted invoice of this number on which something is still to be paid."""
    for row in environment.tables.found(SET, [("Invoice", invoice)]):
        own = row.values
        if (own["dataAreaId"], own["AccountNum"]) == (company, account) and own["AmountCur"] != own["SettleAmountCur"]:
            return row
    return None


def settle(environment: Environment, payment: Row, invoice: Row) -> None:
    """Settle as much of the one with the other as they have in common; both are VendTrans rows."""
    open_ = [abs(row.values["AmountCur"] - row.values["SettleAmountCur"]) for row in (payment, invoice)]
    amount = min(open_)
    for row, other in ((payment, invoice), (invoice, payment)):
        sign = 1 if row.values["AmountCur"] > 0 else -1
        settled = tidy(Decimal(row.values["SettleAmountCur"] + sign * amount))
        values = {
            "SettleAmountCur": settled,
            "LastSettleVoucher": other.values["Voucher"],
            "LastSettleDate": payment.values["TransDate"],
            "LastSettleCompany": payment.values["dataAreaId"],
        }
        if settled == row.values["AmountCur"]:
            values["Closed"] = payment.values["TransDate"]
        environment.tables.update(row, values)


def marks(environment: Environment) -> Iterator[Row]:
    """The rows of VendorPaymentJournalLineSettledInvoices: one for each line that has marked an invoice."""
    for line in environment.tables.rows(forms.LINES):
        invoice = line.hidden.get("extra", {}).get("MarkedInvoice", "")
        if not invoice:
            continue
        own, account = line.values, line.hidden["account"]["number"]
        found = _posted(environment, own["dataAreaId"], account, invoice)
        values = {
            "JournalLineCompany": own["dataAreaId"],
            "JournalBatchNumber": own["JournalBatchNumber"],
            "JournalLineNumber": own["LineNumber"],
            "InvoiceNumber": invoice,
            "InvoiceCompany": own["dataAreaId"],
            "SettlementAmountInInvoiceCurrency": own["DebitAmount"] - own["CreditAmount"],
            "InvoiceToPaymentCrossRate": 100,
            "invoiceAccount": account,
            "AccountDisplayValue": own["AccountDisplayValue"],
        }
        if found:
            values["InvoiceDueDate"] = found.values["DueDate"]
        yield Row(SETTLED, line.record_id, line.version, SETS[SETTLED].defaults | values)


def _posted(environment: Environment, company: str, account: str, invoice: str) -> Row | None:
    rows = environment.tables.found(SET, [("Invoice", invoice)])
    return next(
        (row for row in rows if (row.values["dataAreaId"], row.values["AccountNum"]) == (company, account)), None
    )
