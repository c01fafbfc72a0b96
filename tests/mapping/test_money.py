"""In which amount and currency a record is booked, and what F&O must know for it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.connection import Posting
from connector.domain.entry import Account
from connector.domain.master import Ledger, MasterData, Rate
from connector.domain.money import digits
from connector.mapping.allocation import allocate
from tests.mapping.building import PAYMENT, codes, entry, gl, line, master, posting, problems, record

BILLING = posting(amounts="billing_amount")


def money(amount: str, currency: str = "USD") -> dict[str, Any]:
    return {"amount": Decimal(amount), "currency": currency}


def abroad(*billing: str, **more: Any) -> Any:
    """Two lines of 4 and 6 EUR, billed in USD."""
    amounts = zip(("4", "6"), billing, strict=True)
    lines = [line(euro, gl("605140"), currency="EUR", billing_amount=money(usd)) for euro, usd in amounts]
    return record("10", *lines, line("10", side="CREDIT", currency="EUR"), currency="EUR", **more)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("USD", 2), ("JPY", 0), ("KWD", 3), ("kwd", 3), ("ISK", 0), ("UYI", 0), ("CLF", 4), ("XXX", 2), ("MGA", 2)],
)
def test_decimals_are_the_currencys(currency: str, decimals: int) -> None:
    assert digits(currency) == decimals


# The billing amount


def test_the_amount_is_booked_unless_the_connection_says_otherwise() -> None:
    booked = entry(abroad("4.40", "6.61"))
    assert (booked.currency, booked.lines[-1].credit) == ("EUR", 10)


def test_by_setting_the_billing_amounts_are_booked_and_their_sum_balances_them() -> None:
    booked = entry(abroad("4.40", "6.61", billing_amount=money("-11.01")), settings=BILLING)
    assert booked.currency == "USD"
    assert [str(one.debit or one.credit) for one in booked.lines] == ["4.40", "6.61", "11.01"]


@pytest.mark.parametrize("missing", [None, money("0"), money("-4.40"), money("4.401")])
def test_a_coded_line_without_a_usable_billing_amount_is_held(missing: Any) -> None:
    lines = (
        line("4", gl("605140"), currency="EUR", billing_amount=missing),
        line("6", gl("605140"), currency="EUR", billing_amount=money("6.61")),
    )
    [problem] = problems(record("10", *lines, currency="EUR"), settings=BILLING)
    assert (problem.code, problem.subject) == ("MAP-BILLING-AMOUNT", "line 1")


def test_billing_amounts_that_do_not_come_to_the_records_are_held() -> None:
    [problem] = problems(abroad("4.40", "6.61", billing_amount=money("11.02")), settings=BILLING)
    assert problem.values["reason"] == (
        "the billing amounts of the coded lines come to 11.01 USD, the record's is 11.02 USD"
    )


def test_billing_amounts_in_two_currencies_are_held() -> None:
    lines = (
        line("4", gl("605140"), billing_amount=money("4")),
        line("6", gl("605140"), billing_amount=money("6", "GBP")),
    )
    assert codes(record("10", *lines), settings=BILLING) == ["RECORD-CURRENCIES"]


def test_a_record_without_coded_lines_has_nothing_but_its_amount() -> None:
    assert entry(record("10", kind=PAYMENT), settings=BILLING).lines[0].debit == 10


def test_a_billing_amount_that_cannot_be_read_does_not_matter_to_others() -> None:
    assert entry(record("10", line("10", gl("605140")), billing_amount={"amount": "?"})).lines


# The role's currency, and the rate


def in_euro(setting: dict[str, Any]) -> Posting:
    return posting(accounts={"card_liability": {"account": "200130"} | setting})


def test_a_role_kept_in_another_currency_is_held_with_the_setting_to_add() -> None:
    euro = record("10", line("10", gl("605140"), currency="EUR"), currency="EUR")
    assert entry(euro, settings=in_euro({})).currency == "EUR"
    assert entry(euro, settings=in_euro({"currency": "eur"})).currency == "EUR"
    [problem] = problems(euro, settings=in_euro({"currency": "USD"}))
    assert problem.code == "MAP-ROLE-CURRENCY"
    assert "posting.entities.usmf.currencies.EUR.card_liability" in problem.fix


def test_an_account_of_the_records_own_currency_takes_it() -> None:
    euro = record("10", line("10", gl("605140"), currency="EUR"), currency="EUR")
    own = {"usmf": {"currencies": {"EUR": {"card_liability": {"account": "200135", "currency": "EUR"}}}}}
    settings = posting(accounts={"card_liability": {"account": "200130", "currency": "USD"}}, entities=own)
    assert entry(euro, settings=settings).lines[0].offset == Account("Ledger", "200135--")


def books(rates: Any, **ledger: str) -> MasterData:
    return master(ledgers={"usmf": Ledger("usmf", "Shared", **({"currency": "USD", "rate_type": "D"} | ledger))},
                  rates=rates)  # fmt: skip


EURO = record("10", line("10", gl("605140"), currency="EUR"), currency="EUR")
IN_FORCE = Rate(date(2026, 11, 1), None)


@pytest.mark.parametrize(
    "rates",
    [
        {("D", "EUR", "USD"): (IN_FORCE,)},
        {("D", "USD", "EUR"): (Rate(None, date(2026, 11, 1)), IN_FORCE)},
        None,
    ],
)
def test_a_rate_on_the_day_either_way_round_is_enough(rates: Any) -> None:
    assert entry(EURO, known=books(rates)).currency == "EUR"


@pytest.mark.parametrize(
    "rates",
    [
        {},
        {("D", "EUR", "USD"): (Rate(date(2026, 11, 6), None),)},
        {("D", "EUR", "USD"): (Rate(None, date(2026, 11, 4)),)},
        {("Budget", "EUR", "USD"): (IN_FORCE,), ("D", "GBP", "USD"): (IN_FORCE,)},
    ],
)
def test_a_missing_rate_is_held(rates: Any) -> None:
    [problem] = problems(EURO, known=books(rates))
    assert problem.sentence == ("F&O has no exchange rate between EUR and USD, the currency of usmf, on 2026-11-05.")


def test_no_rate_is_needed_in_the_ledgers_own_currency_or_where_its_rate_type_is_unknown() -> None:
    assert entry(EURO, known=books({}, currency="EUR"))
    assert entry(EURO, known=books({}, rate_type=""))


# Sharing out


weights = st.lists(st.decimals(0, 1000, places=4), min_size=1, max_size=8).filter(any)


@given(st.integers(0, 10**13), weights, st.sampled_from([0, 2, 3]))
def test_no_cent_is_lost_and_none_is_far_from_its_share(units: int, shares: list[Decimal], decimals: int) -> None:
    amount, unit = Decimal(units).scaleb(-decimals), Decimal(1).scaleb(-decimals)
    got = allocate(amount, shares, decimals)
    assert sum(got) == amount
    for one, weight in zip(got, shares, strict=True):
        assert one == round(one, decimals) >= 0
        assert abs(one - amount * weight / sum(shares)) < unit


def test_the_largest_remainder_gets_the_cent_and_of_equals_the_first() -> None:
    thirds = allocate(Decimal("0.02"), [Decimal(1)] * 3, 2)
    assert [str(one) for one in thirds] == ["0.01", "0.01", "0.00"]
    assert allocate(Decimal(10), [Decimal(100), Decimal(20)], 2) == [Decimal("8.33"), Decimal("1.67")]
