"""Bills as vendor invoices: number, dates, lines, journal name; payments that settle them; card spend as an invoice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.master import JournalName, MasterData, Period
from connector.domain.reference import reference
from connector.domain.treatments import TREATMENTS
from tests.mapping.building import FORMAT, codes, entry, field, gl, line, posting, problems, record

ROLES: dict[str, Any] = {
    "card_liability": {"account": "200130"},
    "accounts_payable": {"type": "Vend", "account": "V-1"},
    "reimbursements_payable": {"type": "Vend"},
    "clearing": {"account": "110190"},
    "cash": {"type": "Bank", "account": "BANK"},
}
NAMES = (
    JournalName("BREX", type="Daily"),
    JournalName("INV", type="PurchaseLedger"),
    JournalName("PAY", type="Payment"),
)


Row = tuple[str, str, str, str]


def known(*names: JournalName) -> MasterData:
    return MasterData(
        ledger_format=FORMAT, default_format=FORMAT[1:],
        journal_names={"usmf": {one.name.casefold(): one for one in names or NAMES}},
    )  # fmt: skip


def settings(**more: Any) -> Posting:
    return posting(**({"approved_types": sorted(TREATMENTS), "accounts": ROLES} | more))


def bill(*lines: dict[str, Any], amount: str = "10", **more: Any) -> Any:
    shown = lines or (line("10", gl("605140")),)
    told: dict[str, Any] = {
        "kind": "BILL_EXPENSE",
        "invoice_number": "INV-7",
        "vendor": {"id": "v", "name": "Fabrikam"},
    }
    return record(amount, *shown, **(told | {"due_at": "2026-12-05T00:00:00Z"} | more))


def made(of: Any, *rows: Row, names: tuple[JournalName, ...] = NAMES, **more: Any) -> Entry:
    return entry(of, *rows, settings=settings(**more), known=known(*names))


def refused(
    of: Any, *rows: tuple[str, str, str, str], names: tuple[JournalName, ...] = NAMES, **more: Any
) -> list[str]:
    return codes(of, *rows, settings=settings(**more), known=known(*names))


def form(kind: str, **more: Any) -> dict[str, Any]:
    return {"treatments": {kind: more}}


def test_a_bill_is_an_invoice_with_the_vendor_as_the_account() -> None:
    planned = made(bill())
    assert (planned.form, planned.journal_name) == ("invoice_journal", "INV")
    [only] = planned.lines
    assert (only.account.type, only.offset and only.offset.display) == ("Vend", "605140--")
    assert (only.debit, only.credit) == (0, Decimal(10))
    assert planned.invoice is not None
    assert (planned.invoice.vendor, planned.invoice.number) == ("V-1", "INV-7")
    assert (planned.invoice.dated, planned.invoice.due) == (date(2026, 11, 5), date(2026, 12, 5))
    assert planned.invoice.description == "Fabrikam"


def test_of_several_lines_the_vendor_is_the_last() -> None:
    planned = made(bill(line("7", gl("605140")), line("3", gl("606300"))))
    assert [one.account.type for one in planned.lines] == ["Ledger", "Ledger", "Vend"]
    assert planned.lines[-1].credit == Decimal(10)


def test_the_tax_groups_of_a_single_line_stay_on_it() -> None:
    tax = {"field": "VAT", "codes": {"20%": {"sales_tax_group": "GB", "item_sales_tax_group": "FULL"}}}
    [only] = made(bill(line("10", gl("605140"), field("VAT", "20%"))), tax=tax).lines
    assert (only.account.type, only.sales_tax_group, only.item_sales_tax_group) == ("Vend", "GB", "FULL")


def test_a_bill_that_comes_to_a_credit_debits_the_vendor_and_says_so() -> None:
    planned = made(bill(line("4", gl("605140")), line("14", gl("606300"), side="CREDIT")))
    vendor = planned.lines[-1]
    assert (vendor.account.type, vendor.debit) == ("Vend", Decimal(10))
    assert "A credit note: the coded lines come to a credit." in planned.notes


def test_in_a_general_journal_a_bill_that_comes_to_a_credit_is_held() -> None:
    general = form("BILL_EXPENSE", form="general_journal")
    assert refused(bill(line("10", gl("605140"), side="CREDIT")), **general) == ["RECORD-DIRECTION"]


def test_a_bill_without_a_number_is_held_or_takes_its_reference() -> None:
    assert refused(bill(invoice_number=" \u200b")) == ["MAP-INVOICE-NUMBER-MISSING"]
    planned = made(bill(invoice_number=None), bills={"number_missing": "reference"})
    assert planned.invoice is not None
    assert planned.invoice.number == reference("accr_1", 0, "entry")


def test_a_number_longer_than_f_and_o_keeps_is_held_and_told_how_long_it_is() -> None:
    long = bill(invoice_number="N" * 21)
    [problem] = problems(long, settings=settings(), known=known())
    assert problem.code == "MAP-INVOICE-NUMBER-LONG"
    assert "21 characters, and F&O is taken to keep 20" in problem.sentence
    assert made(long, bills={"number_length": 25}).invoice is not None
    assert made(bill(invoice_number="N" * 20)).invoice is not None


def test_a_number_is_cleaned_of_what_nobody_sees() -> None:
    planned = made(bill(invoice_number="INV\u200b\n 7"))
    assert planned.invoice is not None
    assert planned.invoice.number == "INV 7"


@pytest.mark.parametrize(
    ("due", "day"),
    [("2026-12-05", date(2026, 12, 5)), ("2026-12-05T06:30:00Z", date(2026, 12, 4)), ("9999-99-99", None), ("", None)],
)
def test_a_due_date_is_the_local_one_and_left_out_where_it_cannot_be_read(due: str, day: date | None) -> None:
    planned = made(bill(due_at=due))
    assert planned.invoice is not None
    assert planned.invoice.due == day
    assert any("cannot be read" in note for note in planned.notes) is (due == "9999-99-99")


def test_the_invoice_keeps_its_date_where_the_entry_moves_to_an_open_period() -> None:
    shut = Period("11", date(2026, 11, 1), date(2026, 11, 30), "Open", (("Vend", "None"),))
    later = Period("12", date(2026, 12, 1), date(2026, 12, 31))
    master = MasterData(ledger_format=FORMAT, journal_names=known().journal_names, periods={"usmf": (shut, later)})
    planned = entry(bill(), settings=settings(closed_period="first_open_day"), known=master)
    assert planned.date == date(2026, 12, 1)
    assert planned.invoice is not None
    assert planned.invoice.dated == date(2026, 11, 5)


def test_a_named_journal_name_must_be_of_the_type_of_its_form() -> None:
    assert refused(bill(), **form("BILL_EXPENSE", journal_name="BREX")) == ["MAP-JOURNAL-TYPE"]
    assert refused(bill(), **form("BILL_EXPENSE", journal_name="NOPE")) == ["MAP-JOURNAL-UNKNOWN"]
    expense = record("10", line("10", gl("605140")))
    [problem] = problems(expense, settings=settings(journal_name="PAY"), known=known())
    assert problem.code == "MAP-JOURNAL-TYPE"
    assert "a general journal needs one of type Daily" in problem.sentence
    assert "there are: BREX" in problem.fix


def test_several_journal_names_of_a_type_or_none_are_not_guessed_between() -> None:
    other = (*NAMES, JournalName("INV2", type="PurchaseLedger"))
    [problem] = problems(bill(), settings=settings(), known=known(*other))
    assert problem.code == "MAP-JOURNAL-MISSING"
    assert "(there are: INV, INV2)" in problem.sentence
    assert refused(bill(), names=NAMES[:1]) == ["MAP-JOURNAL-MISSING"]
    assert made(bill(), names=(*NAMES[:1], JournalName("REG", type="VendInvoiceRegister"))).journal_name == "REG"


def test_a_pending_invoice_has_no_journal() -> None:
    planned = made(bill(), names=NAMES[:1], **form("BILL_EXPENSE", form="pending_invoice"))
    assert (planned.form, planned.journal_name) == ("pending_invoice", "")
    assert planned.invoice is not None


def test_where_bills_are_not_owed_to_a_vendor_account_there_is_no_invoice() -> None:
    planned = made(bill(), accounts=ROLES | {"accounts_payable": {"account": "200100"}})
    assert (planned.form, planned.journal_name, planned.invoice) == ("general_journal", "BREX", None)
    assert any("no vendor account" in note for note in planned.notes)
    other = made(bill(), **form("BILL_EXPENSE", credit="clearing"))
    assert (other.form, other.lines[0].offset and other.lines[0].offset.display) == ("general_journal", "110190--")


def payment(**more: Any) -> Any:
    return bill(line("10"), line("10", side="CREDIT"), **({"kind": "BILL_EXPENSE_PAYMENT"} | more))


def test_a_payment_in_a_general_journal_says_that_it_settles_nothing() -> None:
    planned = made(payment())
    assert (planned.form, planned.invoice, planned.journal_name) == ("general_journal", None, "BREX")
    assert any("not settled against its invoice" in note for note in planned.notes)


def test_a_payment_in_a_payment_journal_settles_the_invoice_it_names() -> None:
    planned = made(payment(), **form("BILL_EXPENSE_PAYMENT", form="payment_journal"))
    assert (planned.form, planned.journal_name) == ("payment_journal", "PAY")
    assert planned.invoice is not None
    assert (planned.invoice.vendor, planned.invoice.number) == ("V-1", "INV-7")
    [only] = planned.lines
    assert (only.account.type, only.debit) == ("Vend", Decimal(10))


@pytest.mark.parametrize("number", [None, "N" * 30])
def test_a_payment_that_names_no_invoice_is_written_unsettled_and_says_so(number: str | None) -> None:
    planned = made(payment(invoice_number=number), **form("BILL_EXPENSE_PAYMENT", form="payment_journal"))
    assert (planned.form, planned.invoice) == ("payment_journal", None)
    assert any("is not settled" in note for note in planned.notes)


CARD = {"form": "invoice_journal", "credit": "accounts_payable"}


def card(**more: Any) -> Any:
    return record("10", line("10", gl("605140")), **({"vendor": {"id": "m", "name": "Delta"}} | more))


def test_card_spend_as_an_invoice_takes_the_reference_for_its_number() -> None:
    planned = made(card(), **form("CARD_EXPENSE_POST", **CARD))
    assert (planned.form, planned.journal_name, planned.linked) == ("invoice_journal", "INV", None)
    assert planned.invoice is not None
    assert (planned.invoice.number, planned.invoice.due) == (reference("accr_1", 0, "entry"), None)


def test_what_clears_it_is_a_second_entry_in_the_general_journal() -> None:
    planned = made(card(), **form("CARD_EXPENSE_POST", **CARD, cleared_by="card_liability", journal_name="INV"))
    second = planned.linked
    assert second is not None
    assert (second.record_id, second.form, second.invoice) == ("accr_1/linked", "general_journal", None)
    assert (second.journal_name, second.date, second.legal_entity) == ("BREX", planned.date, planned.legal_entity)
    [only] = second.lines
    assert (only.account.display, only.debit, only.offset and only.offset.display) == (r"V\-1", 10, "200130--")


def test_a_refund_s_invoice_is_cleared_the_other_way_round() -> None:
    treated = {"form": "pending_invoice", "debit": "accounts_payable", "cleared_by": "clearing"}
    refund = record("10", line("10", gl("605140"), side="CREDIT"), kind="CARD_EXPENSE_REFUND")
    planned = made(refund, **form("CARD_EXPENSE_REFUND", **treated))
    assert planned.lines[0].debit == Decimal(10)
    assert planned.linked is not None
    [only] = planned.linked.lines
    assert (only.account.type, only.credit, only.offset and only.offset.display) == ("Vend", 10, "110190--")


def test_what_clears_it_needs_its_account_and_an_open_period_for_it() -> None:
    short = {role: one for role, one in ROLES.items() if role != "clearing"}
    assert refused(card(), accounts=short, **form("CARD_EXPENSE_POST", **CARD, cleared_by="clearing")) == [
        "MAP-ROLE-MISSING"
    ]


def expense(**more: Any) -> Any:
    person = {"id": "u1", "first_name": "Ada", "last_name": "Lovelace"}
    return record("10", line("10", gl("605140")), kind="REIMBURSEMENT_EXPENSE_APPROVAL", user=person, **more)


@pytest.mark.parametrize("value", ["u1", " ada LOVELACE "])
def test_an_employee_is_the_vendor_that_a_mapping_makes_of_them(value: str) -> None:
    planned = made(expense(), ("user", value, "Vendor", "E-42"))
    assert planned.form == "general_journal"
    assert planned.lines[0].offset is not None
    assert planned.lines[0].offset.display == r"E\-42"
    as_invoice = made(expense(), ("user", value, "Vendor", "E-42"),
                      **form("REIMBURSEMENT_EXPENSE_APPROVAL", form="invoice_journal"))  # fmt: skip
    assert as_invoice.invoice is not None
    assert as_invoice.invoice.vendor == "E-42"


def test_an_employee_without_a_mapping_is_held_unless_there_is_a_vendor_for_all() -> None:
    [problem] = problems(expense(), settings=settings(), known=known())
    assert problem.code == "MAP-EMPLOYEE-VENDOR"
    assert "user,Ada Lovelace,Vendor,<account>" in problem.fix
    everybody = ROLES | {"reimbursements_payable": {"type": "Vend", "account": "STAFF"}}
    assert made(expense(), accounts=everybody).lines[0].offset is not None


def test_two_vendors_for_one_employee_are_not_chosen_between() -> None:
    rows = (("user", "u1", "Vendor", "E-42"), ("user", "Ada Lovelace", "Vendor", "E-43"))
    assert refused(expense(), *rows) == ["MAP-VALUES-CONFLICT"]


def test_a_mapped_vendor_is_looked_up_like_any() -> None:
    master = MasterData(ledger_format=FORMAT, vendors={"usmf": {}})
    assert codes(expense(), ("user", "u1", "Vendor", "E-42"), settings=settings(), known=master) == [
        "MAP-PARTY-UNKNOWN"
    ]


def test_a_bill_s_vendor_may_be_mapped_too() -> None:
    planned = made(bill(), ("vendor", "Fabrikam", "Vendor", "F-9"))
    assert planned.invoice is not None
    assert planned.invoice.vendor == "F-9"
    assert planned.lines[0].why[-1] == 'Vend F-9: mapping vendor = "Fabrikam"'


def test_a_vendor_row_is_no_dimension_unless_f_and_o_has_one_of_that_name() -> None:
    rows = (("vendor", "Fabrikam", "Vendor", "F-9"),)
    assert "Vendor F-9" not in str(made(bill(), *rows).lines[0].why)
    master = MasterData(ledger_format=("MainAccount", "Vendor"), journal_names=known().journal_names)
    planned = entry(bill(), *rows, settings=settings(), known=master)
    assert planned.lines[0].offset is not None
    assert planned.lines[0].offset.display == r"605140-F\-9"


@pytest.mark.parametrize("status", ["CANCELLED", "voided", "DRAFT"])
def test_a_withdrawn_bill_waits(status: str) -> None:
    assert refused(bill(status=status, source_type="BILL")) == ["TREATMENT-WITHDRAWN"]
