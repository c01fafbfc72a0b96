"""Two linked entries of a record of two companies: each balances, and what is owed is owed once on either side."""

from collections import defaultdict
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.domain.entry import Entry, from_json
from connector.domain.problems import Problem
from tests.golden import cases

DUE_FROM, DUE_TO = "130100", "250500"
TWO = "card-expense-post-two-companies"


def record_of(shares: list[tuple[Decimal, str]], kind: str = "CARD_EXPENSE_POST") -> dict[str, Any]:
    """The golden case with these lines: amount, and the company it names ("" for none)."""
    case = deepcopy(cases.load_type(TWO))
    record = case["record"]
    coded, entity = record["line_items"][0], record["line_items"][1]["accounting_field_values"][-1]
    side, other = ("CREDIT", "DEBIT") if kind.endswith("REFUND") else ("DEBIT", "CREDIT")
    lines = []
    for amount, company in shares:
        own = [*coded["accounting_field_values"], *([entity | {"remote_field_value_id": company}] if company else [])]
        direction = side if amount > 0 else other
        money = {"amount": abs(amount), "currency": "USD"}
        lines.append(coded | {"type": direction, "amount": money, "accounting_field_values": own})
    total = {"amount": sum((amount for amount, _ in shares), Decimal(0)), "currency": "USD"}
    offset = {"id": "o", "type": other, "amount": total, "memo": None, "accounting_field_values": []}
    credits_ = [line for line in lines if line["type"] == other]
    record |= {"type": kind, "amount": total, "line_items": [*lines] if credits_ else [*lines, offset]}
    return case


def owed(entry: Entry) -> dict[str, Decimal]:
    """Debits less credits by main account."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in entry.lines:
        found[line.account.display.partition("-")[0]] += line.debit - line.credit
        if line.offset is not None:
            found[line.offset.display.partition("-")[0]] -= line.debit - line.credit
    return found


def planned(case: dict[str, Any]) -> Entry:
    entry = cases.planned(case)
    assert isinstance(entry, Entry), entry
    return entry


def codes(case: dict[str, Any]) -> list[str]:
    found = cases.planned(case)
    assert isinstance(found, list)
    return [one.code for one in found]


amounts = st.decimals(min_value="0.01", max_value="99999.99", places=2)
companies = st.sampled_from(["", "usmf", "demf", "DEMF"])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(amounts, companies), min_size=1, max_size=6),
    st.sampled_from(["CARD_EXPENSE_POST", "CARD_EXPENSE_REFUND"]),
    st.sampled_from(cases.BALANCING),
)
def test_both_balance_and_what_is_owed_sums_to_zero(
    shares: list[tuple[Decimal, str]], kind: str, balancing: str
) -> None:
    case = record_of(shares, kind)
    case["settings"] |= {"balancing": balancing}
    entry = planned(case)
    theirs = sum((amount for amount, company in shares if company.lower() == "demf"), Decimal(0))
    assert (entry.linked is not None) == (theirs > 0)
    assert entry.legal_entity == "usmf"
    assert from_json(entry.as_json()) == entry
    assert sum(owed(entry).values()) == 0
    if entry.linked is not None:
        assert entry.linked.legal_entity == "demf"
        assert sum(owed(entry.linked).values()) == 0
        assert abs(owed(entry)[DUE_FROM]) == theirs
        assert owed(entry)[DUE_FROM] + owed(entry.linked)[DUE_TO] == 0


def test_three_companies_are_held_in_plain_words() -> None:
    case = record_of([(Decimal(5), "demf"), (Decimal(5), "frrt")])
    case["settings"]["entities"] |= {"frrt": {}}
    found = cases.planned(case)
    assert isinstance(found, list)
    assert "RECORD-ENTITIES-APART" in [one.code for one in found]
    assert "besides usmf, which carries the other side, its lines belong to demf, frrt" in found[0].sentence


def test_what_one_company_bears_must_be_worth_something() -> None:
    case = record_of([(Decimal(9), "usmf"), (Decimal(-2), "demf")])
    assert "RECORD-ENTITIES-APART" in codes(case)


def test_without_the_setting_two_companies_are_held() -> None:
    case = record_of([(Decimal(5), ""), (Decimal(5), "demf")])
    case["settings"] |= {"intercompany": "hold"}
    assert codes(case) == ["RECORD-ENTITIES"]


def test_a_company_nobody_knows_is_told_by_name() -> None:
    assert "MAP-ENTITY-UNKNOWN" in codes(record_of([(Decimal(5), "nowhere")]))


@pytest.mark.parametrize("company", ["usmf", "demf"])
def test_the_accounts_may_depend_on_the_other_company(company: str) -> None:
    case = record_of([(Decimal(5), "demf")])
    role, other = ("due_from", "demf") if company == "usmf" else ("due_to", "usmf")
    own = case["settings"]["entities"].get(company, {})
    case["settings"]["entities"] |= {company: own | {"counterparts": {other: {role: {"account": "110190"}}}}}
    entry = planned(case)
    assert entry.linked is not None
    assert "110190" in owed(entry if company == "usmf" else entry.linked)


def test_what_the_record_itself_says_is_the_company_that_pays() -> None:
    case = record_of([(Decimal(5), "usmf")])
    case["mappings"] = [*case["mappings"], ["location", "Seattle", "LegalEntity", "demf"]]
    entry = planned(case)
    assert entry.linked is not None
    assert (entry.legal_entity, entry.linked.legal_entity) == ("demf", "usmf")


def test_a_problem_of_either_company_holds_the_whole_record() -> None:
    case = record_of([(Decimal(5), "demf")])
    case["settings"]["accounts"] = {**case["settings"]["accounts"], "due_to": {"account": "999999"}}
    found = cases.planned(case)
    assert isinstance(found, list)
    assert all(isinstance(one, Problem) for one in found)
