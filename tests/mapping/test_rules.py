"""Rules: which line they apply to, which one wins, and their CSV file."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.csvtable import BadRows
from connector.mapping.rules import Row, RuleBook, facts_of
from connector.mapping.rulesfile import read_rules, write_rules
from tests.mapping.building import field, line, record

HEADER = "rule,on,field,operator,value,dimension,result\n"


def book(text: str) -> RuleBook:
    return RuleBook(read_rules(HEADER + text))


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadRows) as caught:
        read_rules(HEADER + text)
    return [str(mistake) for mistake in caught.value.mistakes]


def results(rules: RuleBook, **more: Any) -> dict[str, str]:
    """What the rules give the one line of a record."""
    found = record("50", line("50", field("Team", "Sales", "T-7")), **more)
    return {name: sourced.value for name, sourced in rules.results(facts_of(found, found.lines[0])).items()}


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ("merchant,equals,uber eats", {"vendor": {"id": "v1", "name": " Uber  Eats "}}),
        ("vendor,equals,V1", {"vendor": {"id": "v1", "name": "Uber"}}),
        ("merchant,contains,UBER", {"vendor": {"name": "SQ *uber trip"}}),
        ("merchant,one of,Lyft | Uber", {"vendor": {"name": "uber"}}),
        ("merchant,pattern,uber*nyc", {"vendor": {"name": "UBER trip NYC"}}),
        ("user,equals,ada lovelace", {"user": {"id": "u1", "first_name": "Ada", "last_name": "Lovelace"}}),
        ("department,equals,R&D", {"user": {"department_name": "r&d"}}),
        ("location,equals,Zürich", {"user": {"location_name": "ZÜRICH"}}),
        ("memo,contains,client dinner", {"memo": "Client   dinner with ACME"}),
        ("type,equals,card_expense_post", {}),
        ("currency,equals,usd", {}),
        ("amount,at least,50", {}),
        ("amount,at most,50.00 USD", {}),
        ("amount,equals,50", {}),
        ("Team,equals,sales", {}),
        ("ef_team,equals,t-7", {}),
    ],
)
def test_a_condition_holds(condition: str, more: dict[str, Any]) -> None:
    assert results(book(f"R,yes,{condition},MainAccount,606300\n"), **more) == {"mainaccount": "606300"}


@pytest.mark.parametrize(
    "condition",
    [
        "merchant,equals,ube",
        "merchant,contains,lyft",
        "merchant,one of,lyft|bolt",
        "merchant,pattern,ber*",
        "amount,at least,50.01",
        "amount,at most,60 EUR",
        "category,equals,travel",
        "mcc,equals,4121",
    ],
)
def test_a_condition_does_not_hold(condition: str) -> None:
    assert results(book(f"R,yes,{condition},MainAccount,606300\n"), vendor={"name": "Uber"}) == {}


def test_all_conditions_of_a_rule_must_hold() -> None:
    rules = book("R,,merchant,contains,uber,MainAccount,606300\nR,,amount,at least,100,,\n")
    assert results(rules, vendor={"name": "Uber"}) == {}


def test_for_each_dimension_the_first_rule_that_applies_wins() -> None:
    rules = book(
        "First,yes,merchant,contains,uber,MainAccount,606300\n"
        "Second,yes,merchant,contains,uber,MainAccount,1\nSecond,yes,,,,Department,022\n"
        "Third,yes,,,,Department,023\nThird,yes,,,,CostCenter,7\n"
    )
    assert results(rules, vendor={"name": "Uber"}) == {"mainaccount": "606300", "department": "022", "costcenter": "7"}
    assert results(rules) == {"department": "023", "costcenter": "7"}


def test_a_rule_that_is_off_does_not_apply() -> None:
    assert results(book("R,no,,,,MainAccount,606300\nS,on,,,,MainAccount,1\n")) == {"mainaccount": "1"}


def test_the_reason_names_the_rule_and_its_conditions() -> None:
    rules = book("Rides,yes,merchant,contains,uber,MainAccount,606300\nRides,yes,amount,at most,80,,\n")
    found = record("50", line("50"), vendor={"name": "Uber"})
    why = rules.results(facts_of(found, found.lines[0]))["mainaccount"].why
    assert why == 'rule "Rides" (merchant contains "uber" and amount at most "80")'


def skipped(rules: RuleBook, *memos: str) -> str:
    found = record("50", *(line("10", memo=memo) for memo in memos))
    return rules.skip([facts_of(found, one) for one in found.lines])


def test_a_record_is_skipped_where_a_skip_comes_first_on_every_line() -> None:
    rules = book("Keep,yes,memo,contains,keep,MainAccount,1\nPrivate,yes,memo,contains,private,Skip,paid back\n")
    assert skipped(rules, "private", "Private!") == 'paid back, by rule "Private" (memo contains "private")'
    assert skipped(rules, "private", "private, keep") == ""
    assert skipped(rules, "private", "other") == ""
    assert skipped(rules) == ""


def test_all_mistakes_are_told_with_the_rows_of_a_spreadsheet() -> None:
    text = (
        "A,maybe,merchant,contains,uber,MainAccount,1\n"
        ",yes,,,,MainAccount,1\n"
        "B,yes,merchant,like,uber,MainAccount,1\n"
        "C,yes,amount,at least,much,MainAccount,1\n"
        "D,yes,merchant,contains,,MainAccount,1\n"
        "E,yes,merchant,equals,x,MainAccount,\n"
        "F,yes,merchant,equals,x,,\n"
        "G,yes,merchant,equals,x,MainAccount,1\n"
        "g,no,,,,mainaccount,2\n"
        "H,yes,,,,Skip,because\n"
        "H,yes,,,,Department,022\n"
        "I,yes,,,,,\n"
        "J,yes,amount,contains,5,MainAccount,1\n"
    )
    assert mistakes(text) == [
        'row 2: on is "maybe"; write yes or no',
        "row 3: rule is empty: give the rule a name",
        'row 4: "like" is no operator for merchant; there are: equals, contains, one of, pattern',
        'row 5: "much" is no amount; write it like 100, 100.50 or 100.50 USD',
        "row 6: field, operator and value belong together: fill all three or none",
        "row 7: dimension and result belong together: fill both or neither",
        'row 8: the rule "F" has no result: no line has a dimension',
        'row 10: the rule "g" is yes in row 9 and no here',
        'row 10: the rule "g" has a result for MainAccount in row 9 already',
        'row 11: the rule "H" says Skip and has other results as well',
        "row 13: says neither a condition nor a result",
        'row 13: the rule "I" has no result: no line has a dimension',
        'row 14: "contains" is no operator for amount; there are: equals, at least, at most',
    ]


def test_what_is_written_reads_back() -> None:
    rows = read_rules(HEADER + 'R,,merchant,One  Of,"a, b|c",mainaccount,606300\nR,on,,,,SKIPPED,x\n')
    assert rows == [
        Row("R", "yes", "merchant", "one of", "a, b|c", "MainAccount", "606300"),
        Row("R", "yes", "", "", "", "SKIPPED", "x"),
    ]
    assert read_rules(write_rules(rows)) == rows


@given(st.text(), st.booleans())
def test_any_text_is_read_or_refused(text: str, headed: bool) -> None:
    with contextlib.suppress(BadRows):
        read_rules(HEADER + text if headed else text)


@given(st.lists(st.tuples(*[st.text(max_size=8)] * 7), max_size=6), st.text(max_size=8))
def test_rows_that_are_no_rules_never_raise(rows: list[tuple[str, ...]], memo: str) -> None:
    found = record("50", line("50", memo=memo))
    rules = RuleBook(rows)
    rules.results(facts_of(found, found.lines[0]))
    rules.skip([facts_of(found)])
