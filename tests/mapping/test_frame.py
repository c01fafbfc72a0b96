"""Periods, currencies, journal names, and the vendor or bank account on the other side."""

from datetime import date
from typing import Any

import pytest

from connector.domain.entry import Entry
from connector.domain.master import JournalName, MasterData, Party, Period
from tests.mapping.building import ROLES, codes, entry, field, gl, line, planned, posting, problems, record

NOVEMBER = Period("Period 11 of 2026", date(2026, 11, 1), date(2026, 11, 30))


def known(*periods: Period, **more: Any) -> MasterData:
    return MasterData(
        ledger_format=("MainAccount", "Department"), default_format=("Department",),
        **({"periods": {"usmf": periods}} | more),
    )  # fmt: skip


def year(**states: Any) -> tuple[Period, ...]:
    """October to December; `november`: status and access of that period, and so on."""
    months = {"october": (10, 31), "november": (11, 30), "december": (12, 31)}
    return tuple(
        Period(f"Period {month} of 2026", date(2026, month, 1), date(2026, month, last), *states.get(name, ()))
        for name, (month, last) in months.items()
    )


def expense() -> Any:
    return record("10", line("10", gl("605140")))


def payment() -> Any:
    return record("10", line("10"), line("10", side="CREDIT"), kind="CARD_PAYMENT")


def test_an_open_period_changes_nothing() -> None:
    booked = entry(expense(), known=known(*year()))
    assert (booked.date, booked.notes) == (date(2026, 11, 5), ())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (("Closed",), "closed"),
        (("OnHold",), "on hold"),
        (("Open", (("Ledger", "None"),)), "not open for Ledger"),
    ],
)
def test_a_shut_period_holds_and_is_named(state: Any, words: str) -> None:
    [problem] = problems(expense(), known=known(*year(november=state)))
    assert problem.code == "MAP-PERIOD-CLOSED"
    assert problem.sentence == f"The date 2026-11-05 lies in Period 11 of 2026 of usmf, which is {words}."


@pytest.mark.parametrize("state", [("Open", (("Ledger", "User"),)), ("Open", (("Vend", "None"), ("Bank", "None")))])
def test_a_user_group_s_period_and_another_module_s_are_left_to_f_and_o(state: Any) -> None:
    assert entry(expense(), known=known(*year(november=state))).date == date(2026, 11, 5)


def test_a_bank_s_period_concerns_what_goes_to_a_bank_account() -> None:
    shut = known(*year(november=("Open", (("Bank", "None"),))))
    assert codes(payment(), known=shut) == ["MAP-PERIOD-CLOSED"]


def test_by_setting_the_entry_moves_to_the_first_open_day_and_says_so() -> None:
    later = posting(closed_period="first_open_day")
    booked = entry(expense(), settings=later, known=known(*year(november=("OnHold",))))
    assert booked.date == date(2026, 12, 1)
    [note] = booked.notes
    assert note == (
        "Dated 2026-12-01 instead of 2026-11-05, as Period 11 of 2026 is on hold: "
        "the first open day of Period 12 of 2026."
    )


def test_it_does_not_move_backwards_nor_into_a_period_shut_for_a_module_concerned() -> None:
    later = posting(closed_period="first_open_day")
    shut = known(*year(november=("Closed",), december=("Open", (("Bank", "None"),))))
    assert codes(payment(), settings=later, known=shut) == ["MAP-PERIOD-CLOSED"]
    assert entry(expense(), settings=later, known=shut).date == date(2026, 12, 1)


def test_a_day_without_a_period_is_told() -> None:
    assert codes(expense(), known=known(*year()[:1])) == ["MAP-PERIOD-MISSING"]


@pytest.mark.parametrize("periods", [None, {}, {"frrt": (NOVEMBER,)}, {"usmf": ()}])
def test_unknown_periods_are_not_checked(periods: Any) -> None:
    assert entry(expense(), known=known(periods=periods)).date == date(2026, 11, 5)


def test_a_currency_that_f_and_o_lacks_is_told() -> None:
    assert codes(expense(), known=known(currencies=frozenset({"EUR"}))) == ["MAP-CURRENCY-UNKNOWN"]
    assert isinstance(planned(expense(), known=known(currencies=frozenset({"USD"}))), Entry)


def test_a_journal_name_must_exist_in_the_company() -> None:
    names = {"usmf": {"genjrn": JournalName("GenJrn")}, "frrt": {"brex": JournalName("BREX")}}
    [problem] = problems(expense(), known=known(journal_names=names))
    assert problem.sentence == "usmf has no journal name BREX."
    assert entry(expense(), settings=posting(journal_name="GENJRN"), known=known(journal_names=names))


def test_a_private_journal_name_is_said_and_left_to_f_and_o() -> None:
    names = {"usmf": {"brex": JournalName("BREX", "Treasurers")}}
    assert entry(expense(), known=known(journal_names=names)).notes == (
        "journal name BREX is private to the user group Treasurers.",
    )


@pytest.mark.parametrize(
    ("banks", "told"),
    [
        ({"usmf": {"usmf oper": Party("USMF OPER")}}, []),
        ({"usmf": {}}, ["MAP-PARTY-UNKNOWN"]),
        ({"frrt": {"usmf oper": Party("USMF OPER")}}, ["MAP-PARTY-UNKNOWN"]),
        ({"usmf": {"usmf oper": Party("USMF OPER", hold="InactiveForAllTransactions")}}, ["MAP-PARTY-STOPPED"]),
        (None, []),
    ],
)
def test_a_bank_account_must_be_there_and_in_use(banks: Any, told: list[str]) -> None:
    answer = planned(payment(), known=known(banks=banks))
    assert ([problem.code for problem in answer] if isinstance(answer, list) else []) == told


def test_a_vendor_on_the_other_side_must_be_there_and_not_on_hold() -> None:
    roles = ROLES | {"card_liability": {"type": "Vend", "account": "V-1", "dimensions": {"Department": "022"}}}
    settings = posting(accounts=roles)
    vendors = {"usmf": {"v-1": Party("V-1", hold="All")}}
    [problem] = problems(expense(), settings=settings, known=known(vendors=vendors))
    assert problem.sentence == "Vendor V-1 (the account role card_liability) is stopped in usmf (All)."
    booked = entry(expense(), settings=settings, known=known(vendors={"usmf": {"v-1": Party("V-1")}}))
    offset = booked.lines[0].offset
    assert offset is not None
    assert (offset.display, offset.default_dimensions) == (r"V\-1", "022")


def test_all_problems_come_at_once() -> None:
    shut = known(*year(november=("Closed",)), currencies=frozenset({"EUR"}), journal_names={"usmf": {}})
    assert set(codes(record("10", line("10", field("Team", "Sales"))), known=shut)) == {
        "MAP-ACCOUNT-MISSING", "MAP-CURRENCY-UNKNOWN", "MAP-JOURNAL-UNKNOWN", "MAP-PERIOD-CLOSED",
    }  # fmt: skip
