"""Accounting records and the card transactions that were booked before: each pair once, and doubt is told."""

from datetime import date
from decimal import Decimal

from connector.domain.twins import Booked, Shown, Verdict, pair

DAY = date(2026, 11, 20)


SPENT = "CARD_EXPENSE_POST"


def booked(name: str, expense: str = "e1", kind: str = SPENT, amount: str = "10", day: date = DAY) -> Booked:
    return Booked(name, expense, kind, Decimal(amount), "USD", day)


def shown(name: str, expense: str = "e1", kind: str = SPENT, amount: str = "10", day: date = DAY) -> Shown:
    return Shown(name, expense, kind, Decimal(amount), "USD", day)


def verdicts(records: list[Shown], of: list[Booked], taken: tuple[str, ...] = ()) -> list[Verdict]:
    return [one.verdict for one in pair(records, of, taken).values()]


def test_the_same_expense_type_and_amount_is_the_same_spend() -> None:
    made = pair([shown("a1")], [booked("t1"), booked("t2", "e2")])["a1"]
    assert (made.verdict, [one.record_id for one in made.twins]) == (Verdict.BOOKED, ["t1"])


def test_another_expense_is_another_spend_however_alike() -> None:
    assert verdicts([shown("a1", "e9")], [booked("t1")]) == [Verdict.NEW]


def test_several_transactions_of_one_expense_may_be_one_record() -> None:
    assert verdicts([shown("a1", amount="30")], [booked("t1"), booked("t2", amount="20")]) == [Verdict.BOOKED]


def test_each_transaction_is_paired_once() -> None:
    assert verdicts([shown("a1"), shown("a2")], [booked("t1")]) == [Verdict.BOOKED, Verdict.UNSURE]
    assert verdicts([shown("a1"), shown("a2")], [booked("t1"), booked("t2")]) == [Verdict.BOOKED] * 2
    assert verdicts([shown("a1")], [booked("t1")], taken=("t1",)) == [Verdict.UNSURE]


def test_another_amount_of_the_same_expense_is_for_a_person() -> None:
    assert verdicts([shown("a1", amount="11")], [booked("t1")]) == [Verdict.UNSURE]


def test_the_refund_of_an_expense_is_not_its_purchase() -> None:
    refund = "CARD_EXPENSE_REFUND"
    assert verdicts([shown("a1", kind=refund, amount="4")], [booked("t1")]) == [Verdict.NEW]


def test_a_payment_names_no_expense_and_is_compared_by_amount_and_time() -> None:
    paid = booked("t1", "", "CARD_PAYMENT")
    assert verdicts([shown("a1", "", "CARD_PAYMENT")], [paid]) == [Verdict.UNSURE]
    assert verdicts([shown("a1", "", "CARD_PAYMENT", day=date(2026, 12, 20))], [paid]) == [Verdict.NEW]
    assert verdicts([shown("a1", "", "CARD_PAYMENT", amount="11")], [paid]) == [Verdict.NEW]


def test_a_refund_that_names_another_expense_is_for_a_person() -> None:
    refund = "CARD_EXPENSE_REFUND"
    assert verdicts([shown("a1", "e9", refund)], [booked("t1", "e1", refund)]) == [Verdict.UNSURE]
