"""Advanced rules, derived dimensions, days of constraints, and a company's own settings, in F&O's own words."""

from typing import Any

import pytest

from sandbox.d365 import Ledger
from sandbox.d365.rules import WHICH
from tests.sandbox.d365.caller import Caller


def refused(f_and_o: Caller, account: str, **values: Any) -> str:
    return f_and_o.refused(f_and_o.journal(), AccountDisplayValue=account, **values)


def shown(f_and_o: Caller, account: str) -> str:
    return str(f_and_o.line(f_and_o.journal(), AccountDisplayValue=account)["AccountDisplayValue"])


def test_an_advanced_rule_asks_for_a_value_where_it_applies(f_and_o: Caller) -> None:
    told = refused(f_and_o, "603100-004--")
    assert "Blank isn't allowed for CostCenter for the combination." in told
    assert f"{WHICH} Legal cost centers." in told
    assert shown(f_and_o, "603100-004--007") == "603100-004--007"
    assert shown(f_and_o, "603100-003--") == "603100-003--"


def test_an_advanced_rule_refuses_a_value_that_its_structure_does_not_have(f_and_o: Caller) -> None:
    assert "CostCenter is not an allowed value in combination" in refused(f_and_o, r"603100-004--OPS\-1")


def test_an_advanced_rule_adds_a_segment_for_its_account_alone(f_and_o: Caller) -> None:
    assert shown(f_and_o, "180150-001-022-") == "180150-001-022-"
    assert "022 isn't a valid dimension value in account structure." in refused(f_and_o, "180100-001-022-")


def test_a_draft_of_a_rule_and_one_of_budget_planning_count_for_nothing(f_and_o: Caller, ledger: Ledger) -> None:
    key = {"AccountStructure": "Manufacturing P&L", "AdvancedRuleName": "Legal fees of services", "Status": "Active"}
    ledger.change("AdvancedRules", key, RuleType="BudgetPlanning")
    assert shown(f_and_o, "603100-004--") == "603100-004--"


def test_a_derived_dimension_is_filled_in_where_blank_and_demanded_otherwise(f_and_o: Caller) -> None:
    assert shown(f_and_o, "605140-001--009") == "605140-001-022-009"
    told = refused(f_and_o, "605140-001-023-009")
    assert "The Department dimension with value 023 isn't allowed due to derived dimension rules." in told
    assert "The allowed value should be 022." in told


def test_a_constraint_counts_on_its_days(f_and_o: Caller, ledger: Ledger) -> None:
    strict = {"AccountStructure": "Manufacturing P&L", "Status": "Active", "Position": 3}
    ledger.change("AccountStructureConstraints", strict, ActiveTo="2026-10-31T12:00:00Z")
    assert "606300 isn't a valid dimension value in account structure." in refused(f_and_o, "606300-001-022-")
    assert f_and_o.line(f_and_o.journal(), AccountDisplayValue="606300-001-022-", TransDate="2026-10-31")


def test_a_company_has_suspended_an_account_for_itself(f_and_o: Caller) -> None:
    french = {"dataAreaId": "frrt", "AccountDisplayValue": "604200-001--", "CurrencyCode": "EUR"}
    assert "MainAccount is suspended." in f_and_o.refused(f_and_o.journal(company="frrt"), **french)
    assert shown(f_and_o, "604200-001--") == "604200-001--"


@pytest.mark.parametrize("day", ["2026-01-15", "2026-02-15", "2026-03-15"])
def test_a_period_that_is_closed_on_hold_or_not_open_for_the_ledger_takes_nothing(
    f_and_o: Caller, ledger: Ledger, day: str
) -> None:
    ledger.set(closed_period_at_insert=True)
    assert f"Fiscal period for {day} is not open." in refused(f_and_o, "605140-001--", TransDate=day)
    assert f_and_o.line(f_and_o.journal(), TransDate="2026-04-15")
