"""The journals' own names for one and the same things: pure, and against F&O's metadata."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.d365 import forms
from connector.d365.wire import journal_lines
from connector.domain.entry import Account, Entry, EntryLine, Invoice
from sandbox.d365.schema import SETS

REFERENCE = "BXAAAAAAAAAAAAAAAA22"
VENDOR, EXPENSE, BANK = Account("Vend", "US\\-101"), Account("Ledger", "606100-001--"), Account("Bank", "USMF OPER")
INVOICE = Invoice("US-101", "INV-7", date(2026, 11, 3), date(2026, 12, 3))
BILL = Entry(
    "accr_1", "BILL_EXPENSE", "usmf", "APInvoice", date(2026, 11, 5), "USD",
    (
        EntryLine(EXPENSE, Decimal("60.00"), Decimal(0), "Desks"),
        EntryLine(EXPENSE, Decimal("40.00"), Decimal(0), "Lamps"),
        EntryLine(VENDOR, Decimal(0), Decimal("100.00"), "Oak & Co"),
    ),
    form="invoice_journal", invoice=INVOICE,
)  # fmt: skip
PAYMENT = replace(
    BILL, record_type="BILL_EXPENSE_PAYMENT", form="payment_journal", journal_name="VendPay",
    lines=(EntryLine(VENDOR, Decimal("100.00"), Decimal(0), "Oak & Co", offset=BANK),),
)  # fmt: skip


def sent(entry: Entry) -> list[dict[str, Any]]:
    return forms.sets_of(entry.form).theirs(journal_lines(entry, REFERENCE))


@pytest.mark.parametrize("form", forms.FORMS)
def test_every_name_is_one_of_the_metadata(form: str) -> None:
    sets = forms.sets_of(form)
    assert {sets.name(name) for name in sets.fields} <= SETS[sets.lines].properties.keys()
    assert {"dataAreaId", "JournalBatchNumber", "JournalName", "Description", "IsPosted"} <= (
        SETS[sets.headers].properties.keys()
    )
    assert SETS[sets.lines].keys == ("dataAreaId", "JournalBatchNumber", "LineNumber")


@pytest.mark.parametrize("form", forms.FORMS)
def test_what_goes_out_comes_back(form: str) -> None:
    sets = forms.sets_of(form)
    row = {name: name for name in sets.fields} | {"@odata.etag": "W/1"}
    assert sets.canonical(sets.theirs([row])[0]) == row


def test_all_that_is_sent_is_read_back() -> None:
    tagged = [
        replace(one, lines=tuple(replace(line, financial_tag="a|b") for line in one.lines)) for one in (BILL, PAYMENT)
    ]
    for entry in (BILL, PAYMENT, *tagged):
        sets = forms.sets_of(entry.form)
        assert {name for row in sent(entry) for name in row} <= {sets.name(name) for name in sets.fields}


def test_a_form_that_is_no_journal_is_no_journal() -> None:
    with pytest.raises(ValueError, match="pending_invoice is no journal"):
        forms.sets_of("pending_invoice")


def test_a_bill_in_an_invoice_journal() -> None:
    first, _, vendor = sent(BILL)
    assert vendor == {
        "dataAreaId": "usmf",
        "AccountType": "Vend",
        "AccountDisplayValue": "US\\-101",
        "DefaultDimensionDisplayValue": "",
        "OffsetAccountType": "Ledger",
        "OffsetAccountDisplayValue": "",
        "OffsetDefaultDimensionDisplayValue": "",
        "Debit": Decimal(0),
        "Credit": Decimal("100.00"),
        "Currency": "USD",
        "Date": "2026-11-05T12:00:00Z",
        "Description": "Oak & Co",
        "Document": REFERENCE,
        "SalesTaxGroup": "",
        "ItemSalesTaxGroup": "",
        "SalesTaxCode": "",
        "Invoice": "INV-7",
        "InvoiceDate": "2026-11-03T12:00:00Z",
        "DueDate": "2026-12-03T12:00:00Z",
    }
    assert first["Invoice"] == ""
    assert not {"InvoiceDate", "DueDate"} & first.keys()


def test_a_due_date_that_nobody_named_is_left_to_the_terms_of_payment() -> None:
    *_, vendor = sent(replace(BILL, invoice=replace(INVOICE, due=None)))
    assert "DueDate" not in vendor


def test_a_vendor_line_with_an_offset_carries_the_invoice() -> None:
    line = EntryLine(VENDOR, Decimal(0), Decimal("100.00"), "Oak & Co", offset=EXPENSE)
    (row,) = sent(replace(BILL, lines=(line,)))
    assert (row["Invoice"], row["OffsetAccountDisplayValue"]) == ("INV-7", EXPENSE.display)


def test_a_payment_marks_its_invoice_and_is_known_by_its_payment_reference() -> None:
    assert sent(PAYMENT) == [
        {
            "dataAreaId": "usmf",
            "AccountType": "Vend",
            "AccountDisplayValue": "US\\-101",
            "DefaultDimensionsForAccountDisplayValue": "",
            "OffsetAccountType": "Bank",
            "OffsetAccountDisplayValue": "USMF OPER",
            "DefaultDimensionsForOffsetAccountDisplayValue": "",
            "OffsetCompany": "usmf",
            "DebitAmount": Decimal("100.00"),
            "CreditAmount": Decimal(0),
            "CurrencyCode": "USD",
            "TransactionDate": "2026-11-05T12:00:00Z",
            "TransactionText": "Oak & Co",
            "PaymentReference": REFERENCE,
            "TaxGroup": "",
            "TaxItemGroup": "",
            "MarkedInvoice": "INV-7",
            "MarkedInvoiceCompany": "usmf",
        }
    ]


def test_a_payment_of_no_known_invoice_marks_none() -> None:
    (row,) = sent(replace(PAYMENT, invoice=None))
    assert not {"MarkedInvoice", "MarkedInvoiceCompany"} & row.keys()


def test_a_general_journal_says_nothing_of_invoices() -> None:
    rows = sent(replace(BILL, form="general_journal"))
    assert not any(name.startswith(("Invoice", "Due", "Marked")) for row in rows for name in row)


def test_a_line_seen_through_two_sets_is_one_line_as_it_was_seen_first() -> None:
    first = {"dataAreaId": "usmf", "JournalBatchNumber": "J1", "LineNumber": Decimal("1.0"), "Invoice": "INV-7"}
    again = {"dataAreaId": "USMF", "JournalBatchNumber": "J1", "LineNumber": 1}
    other = {"dataAreaId": "usmf", "JournalBatchNumber": "J1", "LineNumber": 2}
    strange = {"dataAreaId": "usmf", "JournalBatchNumber": "J1", "LineNumber": None}
    assert forms.once([first, again, other, strange, strange]) == [first, other, strange, strange]
