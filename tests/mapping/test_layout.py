"""The shapes of an entry: one line with its offset, one balancing line, or one for each coded line."""

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.entry import MOST_LINES, Entry
from connector.domain.record import parse
from sandbox.d365.vouchers import NOTHING_YET, after
from tests.golden.cases import load
from tests.mapping.building import PAYMENT, REFUND, codes, entry, field, gl, line, posting, record

DEP_22 = field("Dep", "Sales", "022", remote_field="Department")
DEP_23 = field("Dep", "Other", "023", remote_field="Department")
SPLIT = line("4", gl("605140"), DEP_22), line("6", gl("606300"), DEP_23)
INHERIT: dict[str, Any] = {"card_liability": {"account": "200130", "inherit": ["Department"]}}


def sides(of: Entry) -> list[tuple[str, int]]:
    """Each line's account and its amount, credits negative; a line with an offset shows it too."""
    return [
        (f"{line.account.display}{f' / {line.offset.display}' if line.offset else ''}", int(line.debit - line.credit))
        for line in of.lines
    ]


def test_a_single_coded_line_carries_its_offset_unless_a_balancing_line_is_wanted() -> None:
    one = record("10", line("10", gl("605140")))
    for balancing in ("offset", "each"):
        assert sides(entry(one, settings=posting(balancing=balancing))) == [("605140-- / 200130--", 10)]
    assert sides(entry(one, settings=posting(balancing="one"))) == [("605140--", 10), ("200130--", -10)]


@pytest.mark.parametrize("balancing", ["offset", "one"])
def test_several_coded_lines_are_balanced_by_one(balancing: str) -> None:
    assert sides(entry(record("10", *SPLIT), settings=posting(balancing=balancing))) == [
        ("605140-022-", 4), ("606300-023-", 6), ("200130--", -10),
    ]  # fmt: skip


def test_each_coded_line_may_have_a_balancing_line_with_its_own_text_and_dimensions() -> None:
    of = record("10", *(one | {"memo": memo} for one, memo in zip(SPLIT, ("Lunch", "Taxi"), strict=True)))
    booked = entry(of, settings=posting(balancing="each", accounts=INHERIT))
    assert sides(booked) == [
        ("605140-022-", 4), ("606300-023-", 6), ("200130-022-", -4), ("200130-023-", -6),
    ]  # fmt: skip
    assert [one.text for one in booked.lines] == ["Lunch", "Taxi", "Lunch", "Taxi"]
    assert booked.notes == ()


@pytest.mark.parametrize("balancing", ["offset", "one", "each"])
def test_debits_and_credits_together_are_balanced_by_one_line(balancing: str) -> None:
    """A balancing line for each would make more of the entry than the record is worth."""
    lines = line("5", gl("401100"), side="CREDIT"), line("25", gl("605140"))
    booked = entry(record("20", *lines), settings=posting(balancing=balancing))
    assert sides(booked) == [("605140--", 25), ("401100--", -5), ("200130--", -20)]
    told = [note for note in booked.notes if "debits and credits" in note]
    assert len(told) == (balancing == "each")


@pytest.mark.parametrize("kind", ["Bank", "Vend"])
def test_a_vendor_or_bank_account_balances_all_lines_at_once_and_says_so(kind: str) -> None:
    settings = posting(balancing="each", accounts={"card_liability": {"type": kind, "account": "B"}})
    booked = entry(record("10", *SPLIT), settings=settings)
    assert len(booked.lines) == 3
    [note] = booked.notes
    assert note.endswith(f"one balancing line for all coded lines, as a voucher takes one {kind} account.")


@pytest.mark.parametrize("balancing", ["offset", "one", "each"])
def test_two_account_roles_share_one_line_in_every_shape(balancing: str) -> None:
    assert sides(entry(record("10", kind=PAYMENT), settings=posting(balancing=balancing))) == [
        ("200130-- / USMF OPER", 10)
    ]


def test_a_types_own_shape_goes_before_the_connections() -> None:
    settings = posting(balancing="one", treatments={REFUND: {"balancing": "offset"}})
    refund = record("10", line("10", gl("605140"), side="CREDIT"), kind=REFUND)
    assert len(entry(refund, settings=settings).lines) == 1
    assert len(entry(record("10", line("10", gl("605140"))), settings=settings).lines) == 2


def test_an_entry_that_no_journal_could_take_is_held() -> None:
    most = [line("1", gl("605140")) for _ in range(MOST_LINES)]
    assert codes(record(str(MOST_LINES), *most)) == ["MAP-LINES-MANY"]
    assert len(entry(record(str(MOST_LINES - 1), *most[:-1])).lines) == MOST_LINES
    assert codes(record("500", *most[:500]), settings=posting(balancing="each")) == ["MAP-LINES-MANY"]


@pytest.mark.parametrize("balancing", ["offset", "one", "each"])
@pytest.mark.parametrize(("rate", "currency"), [("1.0973", "EUR"), ("0.0067", "JPY")])
def test_a_split_of_100_in_a_foreign_currency_stays_in_one_voucher(balancing: str, rate: str, currency: str) -> None:
    """F&O converts line by line: the pennies differ, and it absorbs them. Where a voucher ends is decided by the
    running balance in the currency of the record."""
    case = load("split-of-100")
    body = case["record"] | {"amount": case["record"]["amount"] | {"currency": currency}}
    body["line_items"] = [
        one | {"amount": {"amount": amount_of(one, currency), "currency": currency}} for one in body["line_items"]
    ]
    body["amount"]["amount"] = body["line_items"][-1]["amount"]["amount"] = sum(
        one["amount"]["amount"] for one in body["line_items"][:-1]
    )
    booked = entry(parse(body), settings=posting(balancing=balancing))
    state, ends = NOTHING_YET, []
    for one in booked.lines:
        shown = {"CurrencyCode": currency, "OffsetAccountDisplayValue": ""}
        state = after(state, shown | {"DebitAmount": one.debit, "CreditAmount": one.credit})
        ends.append(state["complete"])
    assert ends.index(True) == len(booked.lines) - 1
    converted = [round((one.debit - one.credit) * Decimal(rate), 2) for one in booked.lines]
    assert abs(sum(converted)) <= Decimal("0.005") * len(converted)


def amount_of(one: dict[str, Any], currency: str) -> Decimal:
    amount = Decimal(one["amount"]["amount"])
    return amount if currency == "EUR" else amount.to_integral_value()
