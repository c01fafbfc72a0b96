"""A pending vendor invoice beside its intent: what is missing, what is not ours, what is otherwise."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.d365.invoices import numbered, pending_invoice
from connector.domain.entry import Account, Entry, EntryLine, Invoice
from connector.pipeline.invoices.accounts import Formats
from connector.pipeline.invoices.compare import judge

VENDOR = Account("Vend", "US\\-101")
FIRST, SECOND = Account("Ledger", "601500-001--"), Account("Ledger", "605100-002--")
ZERO = Decimal(0)
FORMATS = Formats("-", ("MainAccount", "BusinessUnit", "Department", "CostCenter"), ("BusinessUnit", "Department"))
REFERENCE = "BXAAAAAAAAAAAAAAAAAA"


def entry(*lines: EntryLine) -> Entry:
    return Entry(
        record_id="accr_1", record_type="BILL_EXPENSE", legal_entity="usmf", journal_name="", date=date(2026, 11, 20),
        currency="USD", lines=lines, form="pending_invoice",
        invoice=Invoice("US-101", "INV-7", date(2026, 11, 18), date(2026, 12, 18), "Paper"),
    )  # fmt: skip


def debit(account: Account, amount: str) -> EntryLine:
    return EntryLine(account, Decimal(amount), ZERO, "Paper")


def bill() -> Entry:
    credit = EntryLine(VENDOR, ZERO, Decimal("30.00"), "Paper")
    return entry(debit(FIRST, "12.50"), debit(SECOND, "17.50"), credit)


def shown(intent: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    header = {**deepcopy(intent["header"]), "HeaderReference": "VI-1"}
    return header, numbered(intent, "VI-1", tuple(range(len(intent["lines"]))))


def test_the_vendor_s_side_is_the_invoice_and_the_rest_its_lines() -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    assert intent["header"] == {
        "dataAreaId": "usmf", "InvoiceAccount": "US-101", "VendorAccount": "US-101", "InvoiceNumber": "INV-7",
        "InvoiceDate": "2026-11-18T12:00:00Z", "Date": "2026-11-20T12:00:00Z", "DueDate": "2026-12-18T12:00:00Z",
        "Currency": "USD", "InvoiceDescription": "Paper", "DocumentNumber": REFERENCE,
        "ImportedAmount": Decimal("30.00"), "IsOnHold": "Yes",
    }  # fmt: skip
    assert [(line["InvoiceLineNumber"], line["NetAmount"]) for line in intent["lines"]] == [
        (1, Decimal("12.50")),
        (2, Decimal("17.50")),
    ]


def test_one_line_with_the_vendor_as_account_is_turned_round() -> None:
    line = EntryLine(VENDOR, ZERO, Decimal("9.99"), "Paper", offset=FIRST)
    intent = pending_invoice(entry(line), REFERENCE, FORMATS.split)
    assert [(row["MainAccountDisplayValue"], row["NetAmount"]) for row in intent["lines"]] == [
        ("601500", Decimal("9.99"))
    ]
    assert intent["header"]["ImportedAmount"] == Decimal("9.99")


def test_a_credit_in_a_bill_is_a_line_of_less_than_nothing() -> None:
    back = EntryLine(SECOND, ZERO, Decimal("2.00"), "Discount")
    intent = pending_invoice(
        entry(debit(FIRST, "10.00"), back, EntryLine(VENDOR, ZERO, Decimal("8.00"), "")), REFERENCE, FORMATS.split
    )
    assert [row["NetAmount"] for row in intent["lines"]] == [Decimal("10.00"), Decimal("-2.00")]
    assert intent["header"]["ImportedAmount"] == Decimal("8.00")


def test_as_it_was_sent_it_is_whole() -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    found = judge(intent, *shown(intent), FORMATS)
    assert (found.number, found.on_hold, found.missing, found.altered) == ("VI-1", True, (), ())


def test_f_and_o_may_leave_out_trailing_blanks_and_say_numbers_in_its_own_way() -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    header, lines = shown(intent)
    header |= {"ImportedAmount": 30, "Currency": "usd ", "DueDate": "2026-12-18T00:00:00Z"}
    lines[0] |= {"MainAccountDisplayValue": "601500-001", "InvoiceLineNumber": Decimal("1.0")}
    lines[1] |= {"MainAccountDisplayValue": "605100", "DimensionDisplayValue": "002"}
    assert judge(intent, header, lines, FORMATS).altered == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ImportedAmount", Decimal("30.01")),
        ("ImportedAmount", None),
        ("Currency", "EUR"),
        ("InvoiceNumber", "INV-8"),
        ("InvoiceAccount", "US-102"),
        ("DocumentNumber", ""),
        ("DueDate", "2026-12-19T12:00:00Z"),
        ("InvoiceDate", "2026-11-19T12:00:00Z"),
    ],
)
def test_a_header_that_is_otherwise_says_so(name: str, value: object) -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    header, lines = shown(intent)
    found = judge(intent, {**header, name: value}, lines, FORMATS)
    assert len(found.differences) == 1
    assert name in found.differences[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NetAmount", Decimal("12.51")),
        ("NetAmount", True),
        ("MainAccountDisplayValue", "601500-002--"),
        ("DimensionDisplayValue", "004"),
        ("Currency", "EUR"),
        ("SalesTaxGroup", "CA"),
        ("ItemSalesTax", "ALL"),
    ],
)
def test_a_line_that_is_otherwise_is_missing_and_a_stranger(name: str, value: object) -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    header, lines = shown(intent)
    found = judge(intent, header, [{**lines[0], name: value}, lines[1]], FORMATS)
    assert found.missing == (0,)
    assert len(found.strange) == 1


def test_two_equal_lines_are_two() -> None:
    twice = entry(debit(FIRST, "5.00"), debit(FIRST, "5.00"), EntryLine(VENDOR, ZERO, Decimal("10.00"), ""))
    intent = pending_invoice(twice, REFERENCE, FORMATS.split)
    header, lines = shown(intent)
    assert judge(intent, header, lines[:1], FORMATS).missing == (1,)
    assert judge(intent, header, [*lines, lines[0]], FORMATS).strange != ()


def test_where_there_is_no_net_amount_the_amount_counts() -> None:
    intent = pending_invoice(bill(), REFERENCE, FORMATS.split)
    header, lines = shown(intent)
    lines = [{**line, "Amount": line.pop("NetAmount")} for line in lines]
    assert judge(intent, header, lines, FORMATS).missing == ()


@pytest.mark.parametrize(
    ("display", "sent"),
    [
        ("601500-001--", ("601500", "001-")),
        ("601500---", ("601500", "")),
        ("601500", ("601500", "")),
        (r"60\-1500-001--", (r"60\-1500", "001-")),
        ("601500-001--C1", ("601500-001--C1", "")),  # the default format has no cost centre
    ],
)
def test_an_account_is_sent_in_two_parts_where_it_can_be(display: str, sent: tuple[str, str]) -> None:
    assert FORMATS.split(Account("Ledger", display)) == sent


def test_without_a_default_format_the_account_string_is_sent_whole() -> None:
    formats = Formats("-", ("MainAccount", "BusinessUnit"), None)
    assert formats.split(Account("Ledger", "601500-001")) == ("601500-001", "")


def test_both_ways_of_showing_an_account_are_one_combination() -> None:
    whole = {"MainAccountDisplayValue": "601500-001--", "DimensionDisplayValue": ""}
    parts = {"MainAccountDisplayValue": "601500", "DimensionDisplayValue": "001"}
    assert FORMATS.combination(whole) == FORMATS.combination(parts) == {"mainaccount": "601500", "businessunit": "001"}
    assert FORMATS.combination({**parts, "DimensionDisplayValue": "001-D2"}) != FORMATS.combination(parts)
