"""Which lines are booked, on which side, and which records do not add up."""

from decimal import Decimal

import pytest

from connector.domain.entry import Account, Entry
from connector.mapping.plan import Skip
from tests.mapping.building import (
    PAYMENT,
    REFUND,
    codes,
    displays,
    entry,
    field,
    gl,
    line,
    planned,
    problems,
    record,
)


def sides(of: Entry) -> list[tuple[str, Decimal, Decimal]]:
    return [(line.account.display, line.debit, line.credit) for line in of.lines]


def test_one_coded_line_becomes_one_line_with_the_role_as_offset() -> None:
    [only] = entry(record("10.50", line("10.50", gl("605140")))).lines
    assert (only.account, only.offset) == (Account("Ledger", "605140--"), Account("Ledger", "200130--"))
    assert (str(only.debit), str(only.credit)) == ("10.50", "0")


def test_brexs_own_offset_line_is_not_booked() -> None:
    assert len(entry(record("10", line("10", gl("605140")), line("10", side="CREDIT"))).lines) == 1


def test_several_coded_lines_become_lines_without_offset_and_the_balancing_one_last() -> None:
    booked = entry(record("30", line("10", gl("605140")), line("20", gl("606300"))))
    assert sides(booked) == [("605140--", 10, 0), ("606300--", 20, 0), ("200130--", 0, 30)]
    assert all(line.offset is None for line in booked.lines)


def test_a_coded_line_of_the_other_side_is_booked_in_its_own_direction() -> None:
    lines = line("5", gl("401100"), side="CREDIT"), line("25", gl("605140"))
    assert sides(entry(record("20", *lines))) == [
        ("605140--", 25, 0),
        ("401100--", 0, 5),
        ("200130--", 0, 20),
    ]


def test_a_refund_begins_with_its_credits() -> None:
    lines = line("4", gl("401100")), line("25", gl("605140"), side="CREDIT")
    booked = entry(record("21", *lines, kind=REFUND))
    assert sides(booked) == [("605140--", 0, 25), ("401100--", 4, 0), ("200130--", 21, 0)]


def test_the_sign_of_the_records_amount_does_not_matter() -> None:
    assert sides(entry(record("-42", line("42", gl("605140"), side="CREDIT"), kind=REFUND))) == [("605140--", 0, 42)]


def test_a_refund_coded_on_a_debit_line_is_held() -> None:
    [problem] = problems(record("42", line("42", gl("605140")), kind=REFUND))
    assert problem.sentence == "A CARD_EXPENSE_REFUND should have CREDIT lines, not DEBIT (line 1)."


def test_where_all_coding_is_on_the_wrong_side_the_blank_lines_are_brexs_offset() -> None:
    lines = line("42", gl("605140")), line("42", side="CREDIT")
    assert codes(record("42", *lines, kind=REFUND)) == ["RECORD-DIRECTION"]


@pytest.mark.parametrize("kind", [REFUND, PAYMENT, "CARD_EXPENSE_POST"])
def test_a_direction_nobody_knows_is_held(kind: str) -> None:
    assert "RECORD-DIRECTION" in codes(record("42", line("42", gl("605140"), side="SIDEWAYS"), kind=kind))


def test_a_line_of_the_coded_side_without_any_field_lacks_its_account() -> None:
    [problem] = problems(record("42", line("42")))
    assert (problem.code, problem.subject) == ("MAP-ACCOUNT-MISSING", "line 1")


def test_a_field_left_open_is_no_coding() -> None:
    open_field = field("GL Account", None, remote_field="GL_ACCOUNT")
    assert codes(record("42", line("42", open_field))) == ["MAP-ACCOUNT-MISSING"]
    assert len(entry(record("42", line("42", gl("605140")), line("42", open_field, side="CREDIT"))).lines) == 1


def test_a_record_without_a_coded_line_is_held() -> None:
    assert codes(record("42")) == ["RECORD-NO-LINES"]
    assert codes(record("42", line("42", side="CREDIT"))) == ["RECORD-NO-LINES"]


def test_zero_lines_are_dropped() -> None:
    booked = entry(record("10", line("0.00"), line("10", gl("605140")), line("0", gl("999999"), side="UP")))
    assert displays(booked) == ["605140--"]


@pytest.mark.parametrize("kind", ["CARD_EXPENSE_POST", REFUND, PAYMENT])
def test_a_record_worth_nothing_is_skipped(kind: str) -> None:
    answer = planned(record("0.00", line("0"), line("0", side="CREDIT"), kind=kind))
    assert answer == Skip("The record is worth zero; there is nothing to book.")


def test_a_worthless_record_with_lines_that_are_not_is_held() -> None:
    moved = line("5", gl("605140")), line("5", gl("606300"), side="CREDIT")
    [problem] = problems(record("0", *moved))
    assert problem.values["reason"] == "the record is worth nothing, but its lines are not"


def test_coded_lines_must_come_to_the_records_amount() -> None:
    [problem] = problems(record("100", line("60", gl("605140"))))
    assert problem.values["reason"] == "the coded lines come to 60.00 USD, the record is worth 100.00 USD"


def test_where_brex_sends_offset_lines_debits_must_equal_credits() -> None:
    [problem] = problems(record("100", line("100", gl("605140")), line("99.99", side="CREDIT")))
    assert problem.values["reason"] == "debits make 100.00 USD, credits 99.99 USD"


def test_more_credits_than_debits_on_an_expense_are_held() -> None:
    lines = line("20", gl("605140")), line("50", gl("606300"), side="CREDIT")
    assert codes(record("30", *lines)) == ["RECORD-UNBALANCED"]


@pytest.mark.parametrize(("amount", "currency"), [("1.005", "USD"), ("10.5", "JPY"), ("1.2345", "KWD")])
def test_an_amount_with_too_many_decimals_is_held_by_line_and_record(amount: str, currency: str) -> None:
    [problem] = problems(record(amount, line(amount, gl("605140"), currency=currency), currency=currency))
    assert (problem.code, problem.subject, problem.values["amount"]) == (
        "RECORD-AMOUNT",
        "line 1, the record",
        amount,
    )


@pytest.mark.parametrize(
    ("amount", "currency", "shown"), [("100.5", "USD", "100.50"), ("9", "JPY", "9"), ("1", "KWD", "1.000")]
)
def test_amounts_have_exactly_their_currencys_decimals(amount: str, currency: str, shown: str) -> None:
    [only] = entry(record(amount, line(amount, gl("605140"), currency=currency), currency=currency)).lines
    assert str(only.debit) == shown


def test_lines_in_another_currency_than_the_record_are_held() -> None:
    [problem] = problems(record("10", line("10", gl("605140"), currency="EUR")))
    assert (problem.code, problem.values["currencies"]) == ("RECORD-CURRENCIES", "EUR, USD")


def test_a_card_payment_debits_the_liability_and_credits_cash() -> None:
    [only] = entry(record("-500", kind=PAYMENT)).lines
    assert (only.account, only.debit) == (Account("Ledger", "200130--"), 500)
    assert only.offset == Account("Bank", "USMF OPER", "")


@pytest.mark.parametrize("lines", [[line("500")], [line("200"), line("300"), line("500", side="CREDIT")]])
def test_a_card_payments_lines_may_agree_with_it(lines: list[dict[str, object]]) -> None:
    assert len(entry(record("500", *lines, kind=PAYMENT)).lines) == 1


def test_a_card_payments_lines_must_not_disagree_with_it() -> None:
    [problem] = problems(record("500", line("500"), line("400", side="CREDIT"), kind=PAYMENT))
    assert problem.values["reason"] == "its CREDIT lines make 400.00 USD, the record is worth 500.00 USD"


def test_the_same_problem_on_many_lines_is_told_once() -> None:
    lines = [line("1", field("GL Account", "Travel")) for _ in range(4)]
    [problem] = problems(record("5", *lines[:2], line("1", gl("605140")), *lines[2:]))
    assert (problem.code, problem.subject) == ("MAP-ACCOUNT-UNMAPPED", "lines 1–2, 4–5")
