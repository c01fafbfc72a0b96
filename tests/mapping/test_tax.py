"""The sales tax that a coded line names: to F&O's tax groups, or to an account."""

from typing import Any

import pytest

from connector.d365.wire import journal_lines
from connector.domain.connection import Posting
from connector.domain.entry import Entry
from tests.mapping.building import codes, displays, entry, field, gl, line, master, planned, posting, problems, record

VAT = field("VAT rate", "20 %")


def taxed(**code: Any) -> Posting:
    return posting(tax={"field": "vat RATE ", "codes": {" 20 % ": code}})


GROUPS = taxed(sales_tax_group="GB", item_sales_tax_group="FULL")


def groups(of: Entry) -> list[tuple[str, str]]:
    return [(row["SalesTaxGroup"], row["ItemSalesTaxGroup"]) for row in journal_lines(of, "BX")]


def test_the_groups_stand_on_the_line_that_names_the_tax_and_on_no_other() -> None:
    booked = entry(record("10", line("4", gl("605140"), VAT), line("6", gl("606300"))), settings=GROUPS)
    assert groups(booked) == [("GB", "FULL"), ("", ""), ("", "")]
    assert 'Sales tax groups GB and FULL: tax VAT rate = "20 %"' in booked.lines[0].why
    assert booked.notes == ()


def test_a_line_with_an_offset_has_them_too() -> None:
    assert groups(entry(record("10", line("10", gl("605140"), VAT)), settings=GROUPS)) == [("GB", "FULL")]


def test_a_tax_line_goes_to_its_account_as_a_whole() -> None:
    lines = line("100", gl("605140")), line("20", VAT)
    booked = entry(record("120", *lines), settings=taxed(account="202140", dimensions={"Department": "022"}))
    assert displays(booked) == ["605140--", "202140-022-", "200130--"]
    assert booked.lines[1].why[0] == 'MainAccount 202140: tax VAT rate = "20 %"'


@pytest.mark.parametrize(
    ("amount", "net", "tax"), [("120", "100", "20"), ("10", "8.33", "1.67"), ("0.01", "0.01", None)]
)
def test_a_contained_tax_is_taken_out_of_the_line_without_losing_a_cent(amount: str, net: str, tax: str | None) -> None:
    booked = entry(record(amount, line(amount, gl("605140"), VAT)), settings=taxed(account="202140", rate=20))
    shown = [(one.account.display.rstrip("-"), float(one.debit - one.credit)) for one in booked.lines]
    if tax is None:
        assert shown == [("605140", float(net))]
    else:
        assert shown == [("605140", float(net)), ("202140", float(tax)), ("200130", -float(amount))]


@pytest.mark.parametrize("balancing", ["offset", "one", "each"])
def test_net_and_tax_of_a_split_come_to_what_the_record_is_worth(balancing: str) -> None:
    settings = taxed(account="202140", rate=20).model_copy(update={"balancing": balancing})
    lines = [line("10", gl("605140"), VAT), line("7.77", gl("606300"), VAT)]
    booked = entry(record("17.77", *lines), settings=settings)
    assert sum(one.debit - one.credit for one in booked.lines) == 0
    assert sum(one.debit for one in booked.lines) == sum(one["amount"]["amount"] for one in lines)


def test_a_tax_that_nothing_is_said_about_is_held() -> None:
    [problem] = problems(record("10", line("10", gl("605140"), field("VAT rate", "5 %"))), settings=GROUPS)
    assert (problem.sentence, problem.subject) == ('Nothing is said about the tax VAT rate = "5 %" (line 1).', "line 1")


def test_a_tax_field_left_open_names_nothing() -> None:
    assert groups(entry(record("10", line("10", gl("605140"), field("VAT rate", None))), settings=GROUPS)) == [("", "")]


def test_without_a_setting_the_field_is_like_any_other() -> None:
    booked = entry(record("10", line("10", gl("605140"), VAT)))
    assert booked.notes == ('Line 1: VAT rate = "20 %" is not used: no mapping takes it.',)


def test_the_tax_account_is_checked_like_any_other() -> None:
    of = record("10", line("10", gl("605140"), VAT))
    assert codes(of, settings=taxed(account="299999", rate=20), known=master()) == ["MAP-ACCOUNT-UNKNOWN"]


@pytest.mark.parametrize(("known", "unknown"), [(["gb"], []), ([], ["Sales tax group"]), (None, [])])
def test_the_groups_must_exist_in_the_company(known: list[str] | None, unknown: list[str]) -> None:
    here = master(tax_groups=None if known is None else {"usmf": frozenset(known)}, item_tax_groups={"usmf": {"full"}})
    answer = planned(record("10", line("10", gl("605140"), VAT)), settings=GROUPS, known=here)
    told = [problem.values["what"] for problem in answer] if isinstance(answer, list) else []
    assert told == unknown
