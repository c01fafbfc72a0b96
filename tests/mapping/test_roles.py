"""The computed other side of an entry."""

from typing import Any

import pytest

from connector.domain.entry import Account
from connector.domain.master import MainAccount, MasterData
from tests.mapping.building import (
    FORMAT,
    PAYMENT,
    codes,
    entry,
    field,
    gl,
    line,
    master,
    posting,
    problems,
    record,
)

DEP_22 = field("Dep", "Sales", "022", remote_field="Department")
DEP_23 = field("Dep", "Other", "023", remote_field="Department")


def liability(**setting: Any) -> Any:
    return posting(accounts={"card_liability": setting})


def offset(setting: Any, *lines: dict[str, Any], known: MasterData | None = None) -> Account:
    of = record("10", *(lines or (line("10", gl("605140")),)))
    booked = entry(of, settings=setting, **({"known": known} if known else {}))
    return booked.lines[0].offset or booked.lines[-1].account


def test_a_ledger_role_carries_its_dimensions_in_its_string() -> None:
    assert offset(liability(account="200130", dimensions={"department": "022"})) == Account("Ledger", "200130-022-")


@pytest.mark.parametrize("kind", ["Bank", "Vend", "Cust"])
def test_another_role_has_an_escaped_number_and_a_default_string(kind: str) -> None:
    setting = liability(type=kind, account="US-101", dimensions={"CostCenter": "0-7"})
    assert offset(setting) == Account(kind, r"US\-101", r"-0\-7")


def test_another_role_without_dimensions_has_an_empty_default_string() -> None:
    assert offset(liability(type="Vend", account="BREX"), known=MasterData()) == Account("Vend", "BREX", "")


def test_default_dimensions_need_a_known_default_format() -> None:
    setting = liability(type="Vend", account="BREX", dimensions={"Department": "022"})
    [problem] = problems(
        record("10", line("10", gl("605140"))), settings=setting, known=MasterData(ledger_format=FORMAT)
    )
    assert problem.sentence.startswith("F&O shows no active default dimension format")


def test_a_role_dimension_that_the_default_format_lacks_is_held() -> None:
    setting = liability(type="Vend", account="BREX", dimensions={"Project": "P"})
    [problem] = problems(record("10", line("10", gl("605140"))), settings=setting)
    assert (problem.code, problem.subject) == ("MAP-FORMAT-LACKS", "the account role card_liability")


def test_a_role_dimension_that_its_structure_lacks_is_left_blank() -> None:
    setting = liability(account="200130", dimensions={"CostCenter": "007", "Department": "022"})
    booked = entry(record("10", line("10", gl("605140"))), settings=setting, known=master())
    assert booked.lines[0].offset == Account("Ledger", "200130-022-")
    assert booked.notes == (
        "The account role card_liability: CostCenter 007 is left blank: the account structure B/S has no CostCenter.",
    )


def test_a_role_inherits_what_all_coded_lines_agree_on() -> None:
    setting = liability(account="200130", inherit=["department"])
    lines = line("4", gl("605140"), DEP_22), line("6", gl("606300"), DEP_22)
    assert offset(setting, *lines) == Account("Ledger", "200130-022-")


@pytest.mark.parametrize(("other", "shown"), [([DEP_23], "022, 023"), ([], "blank, 022")])
def test_a_role_inherits_nothing_where_the_coded_lines_differ_and_notes_it(other: list[Any], shown: str) -> None:
    setting = liability(account="200130", inherit=["Department"])
    booked = entry(record("10", line("4", gl("605140"), DEP_22), line("6", gl("606300"), *other)), settings=setting)
    assert booked.lines[-1].account == Account("Ledger", "200130--")
    assert booked.notes == (
        f"The account role card_liability: Department is not inherited, as the coded lines differ ({shown}).",
    )


def test_a_roles_own_dimension_goes_before_an_inherited_one() -> None:
    setting = liability(account="200130", inherit=["Department"], dimensions={"Department": "099"})
    assert offset(setting, line("10", gl("605140"), DEP_22)) == Account("Ledger", "200130-099-")


def test_the_most_particular_setting_of_a_role_is_used() -> None:
    def account(*, currency: str = "USD", **entities: Any) -> str:
        of = record("10", line("10", gl("605140"), currency=currency), currency=currency)
        booked = entry(of, settings=posting(entities=entities))
        assert booked.lines[0].offset
        return booked.lines[0].offset.display

    own = {"accounts": {"card_liability": {"account": "200200"}}}
    euro = own | {"currencies": {"eur": {"card_liability": {"account": "200300"}}}}
    assert account() == "200130--"
    assert account(usmf=own) == "200200--"
    assert account(USMF=euro) == "200200--"
    assert account(usmf=euro, currency="EUR") == "200300--"


@pytest.mark.parametrize("accounts", [{}, {"card_liability": {"type": "Vend"}}])
def test_a_role_that_is_not_set_is_named_with_entity_and_currency(accounts: dict[str, Any]) -> None:
    [problem] = problems(record("10", line("10", gl("605140"))), settings=posting(accounts=accounts))
    assert problem.sentence == "The account role card_liability is not set for usmf in USD."


def test_both_roles_of_a_card_payment_are_needed() -> None:
    assert codes(record("10", kind=PAYMENT), settings=posting(accounts={})) == ["MAP-ROLE-MISSING"] * 2


def test_a_ledger_role_is_checked_like_a_coded_account() -> None:
    chart = {
        "605140": MainAccount("605140"),
        "200130": MainAccount("200130", suspended=True, manual_entry=False),
    }
    of = record("10", line("10", gl("605140")))
    found = problems(of, known=master(accounts={"Shared": chart}))
    assert [(problem.code, problem.subject) for problem in found] == [
        ("MAP-ACCOUNT-MANUAL", "the account role card_liability"),
        ("MAP-ACCOUNT-SUSPENDED", "the account role card_liability"),
    ]


def test_a_roles_dimension_values_are_checked_and_inherited_ones_only_on_their_lines() -> None:
    setting = liability(account="200130", inherit=["Department"], dimensions={"CostCenter": "1"})
    unknown = field("Dep", "New", "099", remote_field="Department")
    known = master(values={"Department": {}, "CostCenter": {}}, ledgers=None)
    found = problems(record("10", line("10", gl("605140"), unknown)), settings=setting, known=known)
    assert [(problem.sentence) for problem in found] == [
        "Department 099 (line 1) does not exist in F&O.",
        "CostCenter 1 (the account role card_liability) does not exist in F&O.",
    ]
