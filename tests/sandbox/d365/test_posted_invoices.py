"""Posting what vendors are owed and paid: transactions, invoice numbers used once, invoices settled."""

from decimal import Decimal
from typing import Any

import pytest

from sandbox.d365 import CannotPost, Ledger
from tests.sandbox.d365.caller import LINES, Caller, Json, a_line
from tests.sandbox.d365.paying import (
    INVOICE_LINES,
    INVOICES,
    PAYMENT_LINES,
    POSTED,
    invoice_line,
    journal,
    made,
    payment_journal,
    payment_line,
    refused,
)

SETTLED = "VendorPaymentJournalLineSettledInvoices"


def posted(caller: Caller, ledger: Ledger, **values: Any) -> str:
    """A posted invoice journal with one line; its number."""
    number = journal(caller)
    made(caller, INVOICE_LINES, invoice_line(number, **values))
    ledger.post_journal(number)
    return number


def shown(row: Json, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_a_posted_invoice_is_a_transaction_of_its_vendor(f_and_o: Caller, ledger: Ledger) -> None:
    number = posted(f_and_o, ledger)
    (row,) = f_and_o.rows(f"{POSTED}?$filter=AccountNum eq '1001' and Invoice eq 'a-1'")
    names = ("Voucher", "JournalNum", "AmountCur", "AmountMST", "CurrencyCode", "TransType", "dataAreaId")
    assert shown(row, *names) == ("API0000001", number, -150, -150, "USD", "Vend", "usmf")
    dates = ("2026-11-03T12:00:00Z", "2026-12-02T12:00:00Z", "2026-11-02T12:00:00Z")
    assert shown(row, "TransDate", "DueDate", "DocumentDate") == dates
    assert shown(row, "DocumentNum", "Txt", "SettleAmountCur") == ("BXAAAAAAAAAAAAAAAAAA", "Paper", 0)
    (invoice,) = f_and_o.rows(f"{INVOICES}?$filter=InvoiceId eq 'A-1'")
    names = ("InvoiceAccount", "LedgerVoucher", "InvoiceAmount", "InvoiceDate", "CurrencyCode")
    assert shown(invoice, *names) == ("1001", "API0000001", 150, "2026-11-02T12:00:00Z", "USD")


def test_whether_an_invoice_journal_makes_an_invoice_row_too_is_a_switch(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(journals_make_invoices=False)
    posted(f_and_o, ledger)
    assert f_and_o.rows(INVOICES) == []
    assert len(f_and_o.rows(POSTED)) == 1


def test_amounts_in_another_currency_stand_in_both(f_and_o: Caller, ledger: Ledger) -> None:
    posted(f_and_o, ledger, Currency="EUR", Credit=Decimal("10.01"))
    (row,) = f_and_o.rows(POSTED)
    assert shown(row, "AmountCur", "AmountMST") == (Decimal("-10.01"), Decimal("-11.01"))


def test_a_general_journal_moves_vendors_accounts_too(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    vendor = {"OffsetAccountType": "Vend", "OffsetAccountDisplayValue": "1001"}
    f_and_o.line(number, **vendor)
    ledger.post_journal(number)
    (row,) = f_and_o.rows(POSTED)
    assert shown(row, "AccountNum", "AmountCur", "Invoice") == ("1001", Decimal("-12.5"), "")


@pytest.mark.parametrize(
    ("policy", "day", "taken"),
    [
        ("NoDuplicate", "2027-03-01", False),
        ("NoDuplicateInYear", "2026-03-05", False),
        ("NoDuplicateInYear", "2027-03-01", True),
        ("AcceptDuplicate", "2026-11-03", True),
        ("WarnDuplicate", "2026-11-03", True),
    ],
)
def test_whether_an_invoice_number_is_used_again_is_decided_at_posting(
    f_and_o: Caller, ledger: Ledger, policy: str, day: str, taken: bool
) -> None:
    ledger.set(reuse_invoice=policy)
    posted(f_and_o, ledger)
    number = journal(f_and_o)
    day = day.replace("2026-03", "2026-05")
    made(f_and_o, INVOICE_LINES, invoice_line(number, Invoice="a-1", Date=day))  # saved, whatever the parameter says
    if taken:
        ledger.post_journal(number)
        assert len(f_and_o.rows(POSTED)) == 2
        return
    with pytest.raises(CannotPost, match="Invoice number a-1 is already used in voucher API0000001, date 2026-11-03"):
        ledger.post_journal(number)
    assert len(f_and_o.rows(POSTED)) == 1


def test_another_vendor_may_use_the_same_number(f_and_o: Caller, ledger: Ledger) -> None:
    posted(f_and_o, ledger)
    posted(f_and_o, ledger, AccountDisplayValue="1002")
    assert [row["AccountNum"] for row in f_and_o.rows(POSTED)] == ["1001", "1002"]


def test_two_vouchers_of_one_journal_cannot_have_the_same_number(f_and_o: Caller, ledger: Ledger) -> None:
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    with pytest.raises(CannotPost, match="stands in another voucher"):
        ledger.post_journal(number)
    moved = ledger.post_journal(number, transfer_errors=True)
    assert moved is not None
    assert len(f_and_o.rows(POSTED)) == 1
    assert [line["JournalBatchNumber"] for line in f_and_o.rows(INVOICE_LINES)] == [number, moved]


def test_a_vendors_line_of_an_invoice_journal_needs_a_number_to_be_posted(f_and_o: Caller, ledger: Ledger) -> None:
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number, Invoice=""))
    with pytest.raises(CannotPost, match="Invoice number must be filled in"):
        ledger.post_journal(number)
    ledger.set(invoice_number_needed=False)
    ledger.post_journal(number)
    assert len(f_and_o.rows(POSTED)) == 1


def test_a_payment_settles_the_invoice_it_marks(f_and_o: Caller, ledger: Ledger) -> None:
    posted(f_and_o, ledger)
    number = payment_journal(f_and_o)
    made(f_and_o, PAYMENT_LINES, payment_line(number, DebitAmount=100))
    (mark,) = f_and_o.rows(SETTLED)
    names = ("JournalBatchNumber", "JournalLineNumber", "InvoiceNumber", "InvoiceCompany", "invoiceAccount")
    assert shown(mark, *names) == (number, 1, "A-1", "usmf", "1001")
    assert shown(mark, "SettlementAmountInInvoiceCurrency", "InvoiceDueDate") == (100, "2026-12-02T12:00:00Z")
    ledger.post_journal(number)
    invoice, payment = f_and_o.rows(POSTED)
    assert shown(invoice, "AmountCur", "SettleAmountCur", "Closed") == (-150, -100, "1900-01-01T12:00:00Z")
    names = ("AmountCur", "SettleAmountCur", "Closed", "TransType", "Invoice", "PaymReference")
    assert shown(payment, *names) == (100, 100, "2026-11-05T12:00:00Z", "Payment", "", "BXBBBBBBBBBBBBBBBBBB")
    rest = payment_journal(f_and_o)
    made(f_and_o, PAYMENT_LINES, payment_line(rest, DebitAmount=50))
    ledger.post_journal(rest)
    assert f_and_o.rows(POSTED)[0]["Closed"] == "2026-11-05T12:00:00Z"
    assert "Open vendor transactions" in refused(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o)))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"MarkedInvoice": "A-2"}, "The value 'A-2' in field 'Marked invoice' is not found in the related table"),
        ({"AccountDisplayValue": "1002"}, "The value 'A-1' in field 'Marked invoice' is not found"),
        ({"AccountType": "Bank", "AccountDisplayValue": "USMF OPER"}, "Only lines with a vendor account"),
        ({"MarkedInvoiceCompany": "frrt"}, "Settlement of another company's invoices"),
    ],
    ids=str,
)
def test_a_mark_must_name_an_open_invoice_of_the_vendor(
    f_and_o: Caller, ledger: Ledger, wrong: Json, told: str
) -> None:
    posted(f_and_o, ledger)
    assert told in refused(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o), **wrong))


def test_an_invoice_that_is_not_posted_yet_cannot_be_marked(f_and_o: Caller) -> None:
    made(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o)))
    told = refused(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o)))
    assert "validateField failed on field 'VendPaymentJournalLineEntity.MarkedInvoice'" in told


def test_two_open_payments_cannot_mark_one_invoice(f_and_o: Caller, ledger: Ledger) -> None:
    posted(f_and_o, ledger)
    first = payment_journal(f_and_o)
    made(f_and_o, PAYMENT_LINES, payment_line(first, MarkedInvoiceCompany="usmf"))
    line = payment_line(payment_journal(f_and_o))
    assert f"Invoice A-1 is marked already in journal {first}." in refused(f_and_o, PAYMENT_LINES, line)
    ledger.set(marks_are_exclusive=False)
    second = str(made(f_and_o, PAYMENT_LINES, line)["JournalBatchNumber"])
    ledger.post_journal(first)
    with pytest.raises(CannotPost, match="Invoice A-1 is not open any more"):
        ledger.post_journal(second)


def test_a_marked_line_can_be_changed(f_and_o: Caller, ledger: Ledger) -> None:
    posted(f_and_o, ledger)
    number = payment_journal(f_and_o)
    made(f_and_o, PAYMENT_LINES, payment_line(number))
    line = f"{PAYMENT_LINES}(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber=1)?cross-company=true"
    assert f_and_o.call("PATCH", line, {"TransactionText": "Sooner"}).status_code == 204
    assert f_and_o.call("PATCH", line, {"MarkedInvoice": "A-2"}).status_code == 400
    assert f_and_o.rows(PAYMENT_LINES)[0]["MarkedInvoice"] == "A-1"


def test_lines_without_a_vendor_leave_no_transaction(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.call("POST", LINES, a_line(number))
    ledger.post_journal(number)
    assert f_and_o.rows(POSTED) == []
