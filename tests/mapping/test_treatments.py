"""What each record type becomes, by the table and by the connection's settings."""

from typing import Any

import pytest

from connector.domain.connection import Posting
from connector.domain.entry import Entry
from connector.domain.treatments import TREATMENTS, treatment_of
from connector.mapping.plan import Skip
from tests.mapping.building import codes, entry, gl, line, planned, posting, problems, record

ROLES: dict[str, Any] = {
    "card_liability": {"account": "LIABILITY"},
    "accounts_payable": {"type": "Vend", "account": "VENDOR"},
    "reimbursements_payable": {"account": "PAYABLE"},
    "clearing": {"account": "CLEARING"},
    "cash": {"type": "Bank", "account": "BANK"},
    "rewards": {"account": "REWARDS"},
}
PAYOUT = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYOUT"
PAYIN = "REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_PAYIN"


BILLS = {"BILL_EXPENSE": {"journal_name": "BREXINV"}}


def settings(**more: Any) -> Posting:
    return posting(**({"approved_types": sorted(TREATMENTS), "accounts": ROLES, "treatments": BILLS} | more))


def of(kind: str, **more: Any) -> Any:
    """A record of this type, worth 10, coded on the side its treatment asks for; Brex's own other line beside it."""
    basis = "cash" if kind.endswith("EXPENSE_POST") and kind.startswith("REIMB") else "accrual"
    treatment = treatment_of(kind, settings(reimbursements=basis))
    side = (treatment.coded_side if treatment else None) or "DEBIT"
    other = "CREDIT" if side == "DEBIT" else "DEBIT"
    coding = [gl("605140")] if treatment and treatment.coded_side else []
    more = {"invoice_number": "INV-7"} | more if kind.startswith("BILL") else more
    return record("10", line("10", *coding, side=side), line("10", side=other), kind=kind, **more)


def booked(kind: str, **more: Any) -> tuple[str, str]:
    """The account debited, the account credited."""
    [only] = entry(of(kind), settings=settings(**more)).lines
    assert only.offset is not None
    sides = [only.account.display, only.offset.display]
    debit, credit = sides if only.debit else reversed(sides)
    return debit.rstrip("-"), credit.rstrip("-")


CODED = "605140"


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        ("CARD_EXPENSE_POST", CODED, "LIABILITY"),
        ("CARD_EXPENSE_REFUND", "LIABILITY", CODED),
        ("CARD_EXPENSE_REPAYMENT", "CLEARING", CODED),
        ("CARD_PAYMENT", "LIABILITY", "BANK"),
        ("CARD_PAYMENT_REFUND", "BANK", "LIABILITY"),
        ("REWARD_REDEMPTION", "LIABILITY", "REWARDS"),
        ("REIMBURSEMENT_EXPENSE_APPROVAL", CODED, "PAYABLE"),
        (PAYOUT, "PAYABLE", "CLEARING"),
        (f"{PAYOUT}_REVERSAL", "CLEARING", "PAYABLE"),
        (PAYIN, "CLEARING", "BANK"),
        ("REIMBURSEMENT_EXPENSE_MONEY_MOVEMENT_REFUND", "BANK", "CLEARING"),
        ("REIMBURSEMENT_EXPENSE_REPAYMENT", "CLEARING", CODED),
        ("BILL_EXPENSE", CODED, "VENDOR"),
        ("BILL_EXPENSE_PAYMENT", "VENDOR", "CLEARING"),
        ("BILL_MONEY_MOVEMENT_PAYIN", "CLEARING", "BANK"),
    ],
)
def test_each_type_is_booked_by_the_table(kind: str, debit: str, credit: str) -> None:
    assert booked(kind) == (debit, credit)


def test_on_the_cash_basis_an_expense_is_booked_when_it_is_paid_out() -> None:
    assert booked("REIMBURSEMENT_EXPENSE_POST", reimbursements="cash") == (CODED, "CLEARING")
    for kind in ("REIMBURSEMENT_EXPENSE_APPROVAL", PAYOUT):
        answer = planned(of(kind), settings=settings(reimbursements="cash"))
        assert isinstance(answer, Skip)
        assert "cash basis" in answer.reason
    [problem] = problems(of(f"{PAYOUT}_REVERSAL"), settings=settings(reimbursements="cash"))
    assert problem.code == "TREATMENT-HELD"


def test_of_the_two_views_of_a_reimbursement_just_one_books_the_expense() -> None:
    views = "REIMBURSEMENT_EXPENSE_APPROVAL", "REIMBURSEMENT_EXPENSE_POST"
    for basis in ("accrual", "cash"):
        answers = [planned(of(kind), settings=settings(reimbursements=basis)) for kind in views]
        assert sorted(type(answer) for answer in answers if not isinstance(answer, Entry)) == [Skip]


@pytest.mark.parametrize("kind", ["INVOICE", "INVOICE_PAYMENT", "SOMETHING_NEW"])
def test_a_type_without_a_treatment_is_held_by_its_name(kind: str) -> None:
    [problem] = problems(of(kind), settings=settings())
    assert (problem.code, problem.values["type"]) == ("TREATMENT-UNKNOWN", kind)


@pytest.mark.parametrize("kind", [kind for kind in TREATMENTS if kind != "CARD_EXPENSE_POST"])
def test_only_the_recorded_type_posts_without_approval(kind: str) -> None:
    answer = planned(of(kind), settings=settings(approved_types=[], bills_paid_by_card="bill_payment"))
    waits = isinstance(answer, list) and answer[0].code in ("TREATMENT-UNCONFIRMED", "TREATMENT-UNKNOWN")
    assert waits or isinstance(answer, Skip)


def test_the_settings_of_a_type_go_before_the_table() -> None:
    own = {"REWARD_REDEMPTION": {"debit": "cash"}, "CARD_PAYMENT": {"credit": "clearing", "journal_name": "PAY"}}
    assert booked("REWARD_REDEMPTION", treatments=own) == ("BANK", "REWARDS")
    paid = entry(of("CARD_PAYMENT"), settings=settings(treatments=own))
    assert (paid.lines[0].offset.display if paid.lines[0].offset else "", paid.journal_name) == ("CLEARING--", "PAY")


def test_a_type_may_be_skipped_or_held_with_a_reason() -> None:
    own = {
        "REWARD_REDEMPTION": {"treatment": "skip", "reason": "Keyed by hand."},
        "CARD_PAYMENT": {"treatment": "hold", "reason": "the bank statement books it"},
    }
    assert planned(of("REWARD_REDEMPTION"), settings=settings(treatments=own)) == Skip("Keyed by hand.")
    [problem] = problems(of("CARD_PAYMENT"), settings=settings(treatments=own))
    assert problem.sentence == (
        "Records of type CARD_PAYMENT are held on this connection: the bank statement books it."
    )


def test_an_invoice_may_be_made_an_entry() -> None:
    own = {"INVOICE": {"treatment": "entry", "debit": "clearing", "credit": "rewards"}}
    assert booked("INVOICE", treatments=own) == ("CLEARING", "REWARDS")


def test_journal_name_period_and_text_are_the_types_own() -> None:
    own = {"CARD_EXPENSE_REFUND": {"journal_name": "BREXR", "journal_period": "month", "text": "Refund {record}"}}
    refund = entry(of("CARD_EXPENSE_REFUND"), settings=settings(treatments=own))
    assert (refund.journal_name, refund.journal_period, refund.lines[0].text) == ("BREXR", "month", "Refund accr_1")
    expense = entry(of("CARD_EXPENSE_POST"), settings=settings(treatments=own, journal_period="week"))
    assert (expense.journal_name, expense.journal_period) == ("BREX", "week")


def test_a_bill_without_a_vendor_account_says_what_to_give() -> None:
    accounts = ROLES | {"accounts_payable": {"type": "Vend"}}
    for kind in ("BILL_EXPENSE", "BILL_EXPENSE_PAYMENT"):
        bill = of(kind, vendor={"id": "v1", "name": "Fabrikam"})
        [problem] = problems(bill, settings=settings(accounts=accounts))
        assert problem.sentence == "No vendor account in usmf is known for Fabrikam (F&O's vendors are not known)."
        assert "posting.accounts.accounts_payable" in problem.fix


# A bill that was paid by card arrives as two records.

CARD_PAYMENT = "BILL_EXPENSE_CARD_PAYMENT"
SIGNS: list[dict[str, Any]] = [{"invoice_number": "INV-7"}, {"due_at": "2026-12-01"}, {"source_type": "BILL"}]


@pytest.mark.parametrize("sign", SIGNS)
def test_while_nothing_is_said_neither_record_of_a_bill_paid_by_card_is_booked(sign: dict[str, Any]) -> None:
    assert codes(of(CARD_PAYMENT), settings=settings()) == ["TREATMENT-TWICE"]
    assert codes(of("CARD_EXPENSE_POST", **sign), settings=settings()) == ["TREATMENT-TWICE"]


@pytest.mark.parametrize("sign", SIGNS)
def test_where_the_bills_payment_is_booked_its_card_expense_is_not(sign: dict[str, Any]) -> None:
    chosen = settings(bills_paid_by_card="bill_payment")
    assert booked(CARD_PAYMENT, bills_paid_by_card="bill_payment") == ("VENDOR", "LIABILITY")
    answer = planned(of("CARD_EXPENSE_POST", **sign), settings=chosen)
    assert isinstance(answer, Skip)
    assert "BILL_EXPENSE_CARD_PAYMENT" in answer.reason


def test_by_way_of_clearing_the_card_liability_is_credited_by_the_card_expense_alone() -> None:
    chosen = settings(bills_paid_by_card="clearing")
    assert booked(CARD_PAYMENT, bills_paid_by_card="clearing") == ("VENDOR", "CLEARING")
    assert isinstance(planned(of("CARD_EXPENSE_POST", invoice_number="INV-7"), settings=chosen), Entry)


@pytest.mark.parametrize(
    ("own", "skipped"),
    [
        ({"treatment": "entry", "credit": "card_liability"}, True),
        ({"credit": "cash"}, False),
        ({"treatment": "skip", "reason": "The card expense books it."}, False),
    ],
)
def test_what_the_settings_say_of_the_bills_payment_decides_its_card_expense(
    own: dict[str, Any], skipped: bool
) -> None:
    answer = planned(of("CARD_EXPENSE_POST", invoice_number="7"), settings=settings(treatments={CARD_PAYMENT: own}))
    assert isinstance(answer, Skip if skipped else Entry)


def test_an_ordinary_card_expense_is_booked_whatever_is_said_of_bills() -> None:
    for choice in ("hold", "bill_payment", "clearing"):
        assert isinstance(planned(of("CARD_EXPENSE_POST"), settings=settings(bills_paid_by_card=choice)), Entry)


# Others that would be booked twice.


@pytest.mark.parametrize("kind", ["BILL_EXPENSE_PAYMENT", CARD_PAYMENT])
def test_a_bill_paid_outside_brex_is_held(kind: str) -> None:
    bill = of(kind, status="paid_externally")
    [problem] = problems(bill, settings=settings(bills_paid_by_card="bill_payment"))
    assert (problem.code, problem.values) == ("TREATMENT-PAID-ELSEWHERE", {"status": "paid_externally"})


@pytest.mark.parametrize("kind", [PAYIN, "BILL_MONEY_MOVEMENT_PAYIN"])
def test_a_pay_in_is_one_sum_whatever_its_lines_carry(kind: str) -> None:
    of_two = record("10", line("4", gl("605140")), line("6", gl("606300")), line("10", side="CREDIT"), kind=kind)
    [only] = entry(of_two, settings=settings()).lines
    assert (only.account.display, only.debit) == ("CLEARING--", 10)


@pytest.mark.parametrize("kind", TREATMENTS)
def test_what_lies_before_the_start_date_is_never_booked(kind: str) -> None:
    answer = planned(of(kind), settings=settings(start_date="2026-11-06", bills_paid_by_card="clearing"))
    assert not isinstance(answer, Entry)
