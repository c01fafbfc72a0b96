"""Main account and dimensions of coded lines, and why."""

from typing import Any

import pytest

from connector.domain.master import DimensionValue, Ledger, MainAccount, MasterData, Structure
from connector.mapping.mappings import Mappings
from connector.mapping.plan import plan
from tests.golden.cases import main_account
from tests.mapping.building import (
    FORMAT,
    codes,
    displays,
    entry,
    field,
    gl,
    line,
    master,
    posting,
    problems,
    record,
)

TRAVEL = field("GL Account", "Travel", "605140", remote_field="GL_ACCOUNT")
SALES = field("Team", "Sales")
PUSHED = field("Dep", "Sales", "022", remote_field="DEPARTMENT")
ENGINEER = {"user": {"id": "cuuser_1", "first_name": "Ada", "last_name": "King", "department_name": "Engineering"}}


def one(*fields: dict[str, Any], **more: Any) -> Any:
    return record("10", line("10", *fields), **more)


@pytest.mark.parametrize("name", ["GL Account", " gl account ", "ef_GL Account", "gl_account"])
@pytest.mark.parametrize("value", ["Travel", "TRAVEL ", "efo_Travel", "605140"])
def test_a_mapping_matches_id_remote_id_or_name_trimmed_and_case_blind(name: str, value: str) -> None:
    assert displays(entry(one(TRAVEL), (name, value, "mainaccount", "606300"))) == ["606300--"]


def test_the_mapping_goes_before_the_remote_id_and_says_so() -> None:
    mapped = entry(one(TRAVEL), ("GL Account", "Travel", "MainAccount", "606300"))
    assert mapped.lines[0].why[0] == 'MainAccount 606300: mapping GL Account = "Travel"'
    carried = entry(one(TRAVEL), ("GL Account", "Other", "MainAccount", "606300"))
    assert carried.lines[0].why[0] == 'MainAccount 605140: remote id of GL Account = "Travel"'


def test_any_field_of_the_line_may_be_mapped_to_the_main_account() -> None:
    assert displays(entry(one(SALES), ("team", "sales", "MainAccount", "606300"))) == ["606300--"]


def test_a_field_pushed_as_main_account_carries_it() -> None:
    assert displays(entry(one(field("Ledger", "Meals", "606300", remote_field="MainAccount")))) == ["606300--"]


@pytest.mark.parametrize("name", ["GL Account", "Main account", "General Ledger Account"])
def test_an_account_field_that_nothing_maps_is_named_with_the_row_to_add(name: str) -> None:
    [problem] = problems(one(field(name, "7500 Other G&A")))
    assert problem.code == "MAP-ACCOUNT-UNMAPPED"
    assert problem.fix == f"Add a line to the mappings: {name},7500 Other G&A,MainAccount,<account>."


def test_a_field_mapped_to_main_accounts_for_other_values_only_is_unmapped() -> None:
    assert codes(one(SALES), ("Team", "Marketing", "MainAccount", "606300")) == ["MAP-ACCOUNT-UNMAPPED"]


def test_a_line_without_an_account_field_lacks_its_account() -> None:
    assert codes(one(SALES)) == ["MAP-ACCOUNT-MISSING"]


def test_the_records_attributes_do_not_give_a_main_account() -> None:
    rows = ("department", "engineering", "MainAccount", "606300")
    assert codes(one(SALES, **ENGINEER), rows) == ["MAP-ACCOUNT-MISSING"]


def test_two_mapped_accounts_for_one_line_are_held_with_both() -> None:
    rows = ("Team", "Sales", "MainAccount", "606300"), ("GL Account", "Travel", "MainAccount", "605140")
    [problem] = problems(one(TRAVEL, SALES), *rows)
    assert problem.code == "MAP-VALUES-CONFLICT"
    assert problem.values["values"] == ('605140 (mapping GL Account = "Travel"), 606300 (mapping Team = "Sales")')


def test_two_fields_mapped_to_the_same_value_agree() -> None:
    rows = ("Team", "Sales", "MainAccount", "605140"), ("GL Account", "Travel", "MainAccount", "605140")
    assert displays(entry(one(TRAVEL, SALES), *rows)) == ["605140--"]


def test_a_dimension_comes_from_a_mapped_field_before_the_records_attributes() -> None:
    rows = ("Team", "Sales", "Department", "022"), ("department", "Engineering", "Department", "023")
    assert displays(entry(one(TRAVEL, SALES, **ENGINEER), *rows)) == ["605140-022-"]
    assert displays(entry(one(TRAVEL, **ENGINEER), *rows)) == ["605140-023-"]


@pytest.mark.parametrize("name", ["user", "department", "location", "vendor"])
@pytest.mark.parametrize("by", ["id", "name"])
def test_each_attribute_of_the_record_can_give_a_dimension(name: str, by: str) -> None:
    user = {
        "id": "u1",
        "first_name": "Ada",
        "last_name": "King",
        "department_name": "Eng",
        "location_name": "Rome",
    }
    values = {
        "user": {"id": "u1", "name": "ada king"},
        "department": {"id": "eng", "name": "eng"},
        "location": {"id": "rome", "name": "rome"},
        "vendor": {"id": "pmch_1", "name": "delta"},
    }
    of = one(TRAVEL, user=user, vendor={"id": "pmch_1", "name": "Delta"})
    assert displays(entry(of, (name, values[name][by], "department", "022"))) == ["605140-022-"]


def test_a_remote_id_fills_the_segment_its_field_names_case_blind() -> None:
    booked = entry(one(TRAVEL, PUSHED))
    assert displays(booked) == ["605140-022-"]
    assert booked.lines[0].why[1] == 'Department 022: remote id of Dep = "Sales"'


def test_a_mapped_attribute_goes_before_a_remote_id_that_nothing_maps() -> None:
    carried = field("CC", "Seven", "007", remote_field="CostCenter")
    row = ("department", "engineering", "CostCenter", "008")
    assert displays(entry(one(TRAVEL, carried, **ENGINEER), row)) == ["605140--008"]


def test_rows_for_an_attribute_do_not_overrule_the_lines_own_field_of_that_name() -> None:
    row = ("department", "engineering", "Department", "023")
    assert displays(entry(one(TRAVEL, PUSHED, **ENGINEER), row)) == ["605140-022-"]


def test_an_attribute_does_not_stand_in_for_a_field_whose_value_is_unmapped() -> None:
    rows = ("Team", "Marketing", "Department", "022"), ("department", "Engineering", "Department", "023")
    [problem] = problems(one(TRAVEL, SALES, **ENGINEER), *rows)
    assert (problem.code, problem.values["field"], problem.values["value"]) == (
        "MAP-VALUE-UNMAPPED",
        "Team",
        "Sales",
    )


def test_a_department_without_a_row_is_an_oversight() -> None:
    assert codes(one(TRAVEL, **ENGINEER), ("department", "Sales", "Department", "022")) == ["MAP-VALUE-UNMAPPED"]


@pytest.mark.parametrize("name", ["user", "vendor"])
def test_a_user_or_vendor_without_a_row_is_not_concerned_by_the_rows_of_others(name: str) -> None:
    of = one(TRAVEL, **ENGINEER, vendor={"id": "pmch_1", "name": "Delta"})
    assert displays(entry(of, (name, "somebody else", "Department", "022"))) == ["605140--"]


def test_two_attributes_that_disagree_are_held() -> None:
    rows = ("user", "Ada King", "Department", "022"), ("department", "Engineering", "Department", "023")
    assert codes(one(TRAVEL, **ENGINEER), *rows) == ["MAP-VALUES-CONFLICT"]


def test_a_field_nobody_maps_is_ignored_with_a_note() -> None:
    booked = entry(one(TRAVEL, field("Trip", "Rome", "R1", remote_field="Trip")))
    assert booked.notes == ('Line 1: Trip = "Rome" is not used: no mapping takes it.',)


def test_a_mapped_dimension_that_the_format_lacks_is_held() -> None:
    [problem] = problems(one(TRAVEL, SALES), ("Team", "Sales", "Project", "P1"))
    assert problem.sentence == "The active ledger dimension format has no segment Project (line 1)."


def test_a_dimension_that_the_accounts_structure_lacks_is_left_blank_with_a_note() -> None:
    cost_center = field("CC", "Seven", "007", remote_field="CostCenter")
    booked = entry(one(gl("110110"), PUSHED, cost_center), known=master())
    assert displays(booked) == ["110110-022-"]
    assert booked.notes == ("Line 1: CostCenter 007 is left blank: the account structure B/S has no CostCenter.",)


def test_a_dimension_that_the_structure_lacks_makes_no_problem_even_where_it_is_unmapped() -> None:
    rows = ("CC", "Eight", "CostCenter", "008")
    assert displays(entry(one(gl("110110"), field("CC", "Seven")), rows, known=master())) == ["110110--"]


def test_an_account_that_no_structure_takes_keeps_its_dimensions() -> None:
    known = master(ledgers={"usmf": Ledger("usmf", "Shared", "USD", (Structure("B/S", FORMAT[:1], ("2*",)),))})
    assert codes(one(TRAVEL, PUSHED), known=known) == ["MAP-STRUCTURE-NONE"]
    accepted = frozenset({"MAP-STRUCTURE-NONE"})
    booked = plan(one(TRAVEL, PUSHED), posting(), Mappings(), known, frozenset(), accepted)
    assert displays(booked) == ["605140-022-"]  # type: ignore[arg-type]


def test_without_a_known_format_a_bare_account_can_be_written() -> None:
    assert displays(entry(one(gl("60-1")), known=MasterData())) == [r"60\-1"]


def test_without_a_known_format_dimensions_cannot() -> None:
    [problem] = problems(one(TRAVEL, SALES), ("Team", "Sales", "Department", "022"), known=MasterData())
    assert (problem.code, problem.values["format"]) == ("MAP-FORMAT-MISSING", "ledger dimension format")


def test_without_a_known_format_a_remote_id_of_a_known_dimension_is_not_dropped() -> None:
    known = MasterData(values={"Department": {"022": DimensionValue("022")}})
    assert codes(one(TRAVEL, PUSHED), known=known) == ["MAP-FORMAT-MISSING"]


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (None, "MAP-ACCOUNT-UNKNOWN"),
        ({"suspended": True}, "MAP-ACCOUNT-SUSPENDED"),
        ({"active_from": "2026-11-06"}, "MAP-ACCOUNT-SUSPENDED"),
        ({"active_to": "2026-11-04"}, "MAP-ACCOUNT-SUSPENDED"),
        ({"manual_entry": False}, "MAP-ACCOUNT-MANUAL"),
    ],
)
def test_an_account_that_cannot_be_posted_to_is_held(account: dict[str, Any] | None, code: str) -> None:
    chart = {"200130": MainAccount("200130")} | (
        {"605140": main_account({"id": "605140"} | account)} if account is not None else {}
    )
    assert codes(one(TRAVEL), known=master(accounts={"Shared": chart})) == [code]


def test_an_account_is_usable_on_its_first_and_last_day() -> None:
    day = {"active_from": "2026-11-05", "active_to": "2026-11-05"}
    chart = {"200130": MainAccount("200130"), "605140": main_account({"id": "605140"} | day)}
    assert displays(entry(one(TRAVEL), known=master(accounts={"Shared": chart}))) == ["605140--"]


@pytest.mark.parametrize("known", [{"accounts": None}, {"accounts": {}}, {"ledgers": None}, {"ledgers": {}}])
def test_what_could_not_be_read_is_not_checked(known: dict[str, Any]) -> None:
    assert displays(entry(one(gl("699999")), known=master(**known))) == ["699999--"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "MAP-VALUE-UNKNOWN"),
        (DimensionValue("022", suspended=True), "MAP-VALUE-SUSPENDED"),
        (DimensionValue("022", blocked=True), "MAP-VALUE-SUSPENDED"),
    ],
)
def test_a_dimension_value_that_cannot_be_used_is_held(value: DimensionValue | None, code: str) -> None:
    values = {"department": {"022": value} if value else {}}
    assert codes(one(TRAVEL, PUSHED), known=master(values=values)) == [code]


def test_all_problems_are_told_at_once_in_the_records_order_then_by_code() -> None:
    lines = line("1", field("GL Account", "Travel"), PUSHED), line("2"), line("3", gl("699999"))
    found = problems(record("7", *lines), known=master(values={"Department": {}}), settings=posting(accounts={}))
    assert [(problem.subject, problem.code) for problem in found] == [
        ("the record", "MAP-ROLE-MISSING"),
        ("the record", "RECORD-UNBALANCED"),
        ("line 1", "MAP-ACCOUNT-UNMAPPED"),
        ("line 1", "MAP-VALUE-UNKNOWN"),
        ("line 2", "MAP-ACCOUNT-MISSING"),
        ("line 3", "MAP-ACCOUNT-UNKNOWN"),
    ]
