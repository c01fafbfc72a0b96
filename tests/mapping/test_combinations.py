"""Structures, advanced rules and derived dimensions: what is told before F&O tells it."""

from datetime import date
from typing import Any

import pytest

from connector.domain.master import AdvancedRule, Constraint, DimensionValue, Ledger, MainAccount, MasterData, Structure
from connector.domain.problems import PROBLEMS
from connector.mapping.mappings import Mappings
from connector.mapping.plan import plan
from tests.mapping.building import codes, displays, entry, field, gl, line, posting, problems, record

FORMAT = ("MainAccount", "Department", "CostCenter", "Project")


def department(value: str) -> dict[str, Any]:
    return field("Department", value, value, remote_field="Department")


def cost_center(value: str) -> dict[str, Any]:
    return field("CostCenter", value, value, remote_field="CostCenter")


def project(value: str) -> dict[str, Any]:
    return field("Project", value, value, remote_field="Project")


def structure(*rows: tuple[str, ...], rules: tuple[AdvancedRule, ...] = (), **days: date) -> Structure:
    """One with MainAccount, Department and CostCenter; each row has their criteria."""
    constraints = tuple(Constraint(row, **days) for row in rows)
    return Structure("P&L", FORMAT[:3], tuple(row[0] for row in rows), constraints, rules)


def master(own: Structure, **more: Any) -> MasterData:
    balance = Structure("B/S", ("MainAccount",), ("1*;2*",), (Constraint(("1*;2*",)),))
    known: dict[str, Any] = {
        "ledger_format": FORMAT,
        "ledgers": {"usmf": Ledger("usmf", "Shared", "USD", (own, balance))},
        "accounts": {"Shared": {one: MainAccount(one) for one in ("200130", "605140", "606300", "801400")}},
    }
    return MasterData(**(known | more))


def one(*fields: dict[str, Any], account: str = "605140") -> Any:
    return record("10", line("10", gl(account), *fields))


ANY = ("6*", '*;""', '*;""')


def test_a_combination_that_a_row_takes_is_booked() -> None:
    known = master(structure(("6*", "022", '""'), ("6*", "023", "*")))
    assert displays(entry(one(department("023"), cost_center("007")), known=known)) == ["605140-023-007-"]
    assert displays(entry(one(department("022")), known=known)) == ["605140-022--"]


def test_a_combination_that_no_row_takes_is_told_with_what_the_nearest_allows() -> None:
    known = master(structure(("6*", "022", '""'), ("6*", "023", "007")))
    [problem] = problems(one(department("023"), cost_center("008")), known=known)
    assert problem.code == "MAP-COMBINATION"
    assert problem.sentence == (
        "Main account 605140 with CostCenter 008 (allowed: 007) (line 1) is not allowed by the account structure P&L."
    )


def test_a_blank_that_no_row_allows_is_told_as_such_and_cannot_be_passed_over() -> None:
    known = master(structure(("6*", "*", "007"), ("6*", "*", "008")))
    found = problems(one(), known=known)
    assert [(problem.code, problem.values["dimension"]) for problem in found] == [
        ("MAP-VALUE-BLANK", "CostCenter"), ("MAP-VALUE-BLANK", "Department"),
    ]  # fmt: skip
    assert not PROBLEMS["MAP-VALUE-BLANK"].anyway


def test_a_person_may_pass_over_a_mismatch_but_nothing_else() -> None:
    known = master(structure(("6*", "022", '*;""')))
    of, accepted = one(department("029")), frozenset({"MAP-COMBINATION", "MAP-VALUE-BLANK"})
    booked = plan(of, posting(), Mappings(), known, frozenset(), accepted)
    assert not isinstance(booked, list)
    blank = plan(one(), posting(), Mappings(), known, frozenset(), accepted)
    assert isinstance(blank, list)
    assert [problem.code for problem in blank] == ["MAP-VALUE-BLANK"]


@pytest.mark.parametrize("criterion", ["02?", '"022"', "A..Z"])
def test_what_cannot_be_read_for_certain_is_left_to_f_and_o(criterion: str) -> None:
    known = master(structure(("6*", criterion, '*;""')))
    assert displays(entry(one(department("0-9")), known=known)) == [r"605140-0\-9--"]


def test_an_account_whose_structure_cannot_be_told_is_left_to_f_and_o() -> None:
    known = master(structure(("60514?", "022", '*;""')))
    assert displays(entry(one(department("029")), known=known)) == ["605140-029--"]


def test_an_account_of_no_structure_is_told_unless_accepted() -> None:
    known = master(structure(ANY))
    assert codes(one(department("022"), account="801400"), known=known) == ["MAP-STRUCTURE-NONE"]
    accepted = frozenset({"MAP-STRUCTURE-NONE"})
    booked = plan(one(department("022"), account="801400"), posting(), Mappings(), known, frozenset(), accepted)
    assert displays(booked) == ["801400-022--"]  # type: ignore[arg-type]


def test_a_row_counts_on_its_days_only() -> None:
    strict = structure(("6*", "022", '*;""'), active_to=date(2026, 10, 31))
    assert displays(entry(one(department("029")), known=master(strict))) == ["605140-029--"]
    strict = structure(("6*", "022", '*;""'), active_from=date(2026, 11, 1))
    assert codes(one(department("029")), known=master(strict)) == ["MAP-COMBINATION"]


def rule(criteria: dict[str, str], *rows: tuple[str, ...], segments: tuple[str, ...]) -> AdvancedRule:
    own = Structure("Extra", segments, (), tuple(Constraint(row) for row in rows))
    return AdvancedRule("Travel", tuple(criteria.items()), (own,))


TRAVEL = rule({"MainAccount": "606300", "Department": "022"}, ("P*",), segments=("Project",))


def test_an_advanced_rule_asks_for_a_value_where_it_applies() -> None:
    known = master(structure(ANY, rules=(TRAVEL,)))
    [problem] = problems(one(department("022"), account="606300"), known=known)
    assert (problem.code, problem.values["by"]) == ("MAP-VALUE-BLANK", "advanced rule Travel")
    assert displays(entry(one(department("023"), account="606300"), known=known)) == ["606300-023--"]
    assert displays(entry(one(department("022")), known=known)) == ["605140-022--"]


def test_an_advanced_rule_adds_its_segment_where_it_applies_and_nowhere_else() -> None:
    known = master(structure(ANY, rules=(TRAVEL,)))
    assert displays(entry(one(department("022"), project("P1"), account="606300"), known=known)) == ["606300-022--P1"]
    other = entry(one(department("023"), project("P1"), account="606300"), known=known)
    assert displays(other) == ["606300-023--"]
    assert "Line 1: Project P1 is left blank: no rule of the account structure P&L asks for it." in other.notes


def test_what_an_advanced_rule_does_not_allow_may_be_passed_over() -> None:
    known = master(structure(ANY, rules=(TRAVEL,)))
    [problem] = problems(one(department("022"), project("X1"), account="606300"), known=known)
    assert (problem.code, PROBLEMS[problem.code].anyway) == ("MAP-RULE-MISMATCH", True)


def test_a_derived_dimension_is_filled_in_where_blank_and_said() -> None:
    derived = {("CostCenter", "009"): {"Department": "022"}}
    booked = entry(one(cost_center("009")), known=master(structure(ANY), derived=derived))
    assert displays(booked) == ["605140-022-009-"]
    assert "Line 1: Department 022: derived from CostCenter 009 by F&O's derived dimensions." in booked.notes


def test_a_value_that_contradicts_what_is_derived_is_told() -> None:
    derived = {("CostCenter", "009"): {"Department": "022"}}
    [problem] = problems(one(cost_center("009"), department("023")), known=master(structure(ANY), derived=derived))
    assert problem.code == "MAP-DERIVED-CONFLICT"
    assert problem.sentence == "Department 023 (line 1) is not what F&O derives from CostCenter 009: 022."


def test_the_main_account_may_derive_too_and_what_is_derived_is_checked() -> None:
    derived = {("MainAccount", "605140"): {"Department": "029"}}
    values = {"Department": {"029": DimensionValue("029", suspended=True)}}
    known = master(structure(ANY), derived=derived, values=values)
    assert codes(one(), known=known) == ["MAP-VALUE-SUSPENDED"]


def test_a_dimension_that_the_account_lacks_is_not_derived() -> None:
    derived = {("Department", "022"): {"Project": "P1"}}
    assert displays(entry(one(department("022")), known=master(structure(ANY), derived=derived))) == ["605140-022--"]


def test_a_company_may_suspend_an_account_or_a_value_for_itself() -> None:
    own = {("Shared", "usmf"): {"605140": MainAccount("605140", suspended=True, manual_entry=False)}}
    assert codes(one(), known=master(structure(ANY), own_accounts=own)) == [
        "MAP-ACCOUNT-MANUAL", "MAP-ACCOUNT-SUSPENDED",
    ]  # fmt: skip
    values = {"Department": {"022": DimensionValue("022")}}
    for entity, told in (("usmf", ["MAP-VALUE-SUSPENDED"]), ("frrt", [])):
        overrides = {("Department", entity): {"022": DimensionValue("022", suspended=True)}}
        known = master(structure(ANY), values=values, overrides=overrides)
        answer = plan(one(department("022")), posting(), Mappings(), known, frozenset())
        assert ([problem.code for problem in answer] if isinstance(answer, list) else []) == told


def test_a_value_of_another_company_does_not_exist_for_this_one() -> None:
    values: dict[str, Any] = {"Department": {}}
    for entity, told in (("usmf", []), ("frrt", ["MAP-VALUE-UNKNOWN"])):
        known = master(
            structure(ANY), values=values, own_values={("Department", entity): {"022": DimensionValue("022")}}
        )
        answer = plan(one(department("022")), posting(), Mappings(), known, frozenset())
        assert ([problem.code for problem in answer] if isinstance(answer, list) else []) == told
