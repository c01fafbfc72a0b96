"""ping's later rungs in F&O: account roles, today's period, and how account strings are written."""

from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.cli.test_ping import rungs, states
from tests.cli.test_ping_d365 import journal_names
from tests.conftest import store_connection


def roles(cli: Cli, code: int = 1) -> list[str]:
    return [one["sentence"] for one in cli.json("ping", "acme", code=code) if one["rung"] == "account roles"]


def ledger(account: str) -> dict[str, Any]:
    return {"card_liability": {"type": "Ledger", "account": account}}


def test_an_account_that_does_not_exist_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, accounts=ledger("999999"))

    assert roles(cli) == ["card_liability: main account 999999 in usmf does not exist in the chart Shared"]


def test_a_suspended_account_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, accounts=ledger("605150"))

    assert roles(cli) == ["card_liability: main account 605150 in usmf is suspended"]


def test_an_account_that_takes_no_manual_entry_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, accounts=ledger("600999"))

    assert roles(cli) == ["card_liability: main account 600999 in usmf does not allow manual entry"]


def test_an_account_that_has_ended_is_red(cli: Cli, connection: Connection, world: World) -> None:
    key = {"ChartOfAccounts": "Shared", "MainAccountId": "200130"}
    world.d365.change("MainAccounts", key, ActiveTo="2020-12-31T12:00:00Z")

    assert roles(cli) == ["card_liability: main account 200130 in usmf is not active today"]


def test_a_companys_own_settings_of_an_account_count(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, accounts=ledger("605100"))
    key = {"MainAccountId": "605100", "ChartOfAccounts": "Shared", "LegalEntityId": "USMF"}
    world.d365.change("MainAccountLegalEntities", key, DoNotAllowManualEntry="Yes", FixedDimensionsDisplayValue="001--")

    assert roles(cli) == [
        "card_liability: main account 605100 in usmf does not allow manual entry",
        "card_liability: main account 605100 in usmf has fixed dimensions (001--), which replace ours",
    ]


def test_a_bank_account_that_is_not_there_or_not_active_is_red(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    key = {"dataAreaId": "usmf", "BankAccountId": "USMF OPER"}
    world.d365.change("BankAccounts", key, BankAccountStatus="InactiveForNewTransactions")
    assert roles(cli) == ["cash: bank account USMF OPER in usmf is not active (InactiveForNewTransactions)"]

    world.d365.remove("BankAccounts", **key)
    assert roles(cli) == ["cash: bank account USMF OPER in usmf does not exist"]


def test_roles_of_one_entity_and_currency_are_looked_at_there(cli: Cli, runtime: Runtime, world: World) -> None:
    entities = {"frrt": {"accounts": {"cash": {"type": "Bank", "account": "FRRT OPER"}}, "currencies": {
        "EUR": {"cash": {"type": "Bank", "account": "FRRT EUR"}}}}}  # fmt: skip
    store_connection(runtime, world, entities=entities)

    assert roles(cli)[1:] == ["cash in EUR: bank account FRRT EUR in frrt does not exist"]


def test_a_connection_without_account_roles_is_amber(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, accounts={})

    assert roles(cli, code=0) == ["no account role is set for usmf"]


# -- the period and the formats


def set_period(world: World, **values: str) -> str:
    """Today's period of usmf with these values; its name."""
    today = world.clock()
    name = f"Period {today.month}"
    key = {"LedgerName": "USMF", "Calendar": "Fiscal", "YearName": str(today.year), "PeriodName": name}
    world.d365.change("LedgerFiscalPeriods", key, **values)
    return f"{name} of {today.year} in usmf"


@pytest.fixture
def in_utc(runtime: Runtime, world: World) -> Connection:
    """A company whose day is the test's."""
    return store_connection(runtime, world, time_zone="UTC")


@pytest.mark.parametrize(
    ("values", "state", "words"),
    [
        ({"PeriodStatus": "Closed"}, "red", "is closed: what is dated today is held"),
        ({"PeriodStatus": "OnHold"}, "red", "is on hold: what is dated today is held"),
        ({"LedgerAccessLevel": "None"}, "red", "is open, but not for the general ledger"),
        ({"LedgerAccessLevel": "User", "LedgerUserGroupInfo": "GL"}, "amber", "is open for the user group GL only"),
    ],
)
def test_a_period_that_is_not_open_to_us_is_told(
    cli: Cli, in_utc: Connection, world: World, values: dict[str, str], state: str, words: str
) -> None:
    named = set_period(world, **values)
    found = rungs(cli, code=1 if state == "red" else 0)

    assert (found["F&O period"]["state"], found["F&O period"]["sentence"]) == (state, f"{named} {words}")


def test_a_day_without_a_period_is_red(cli: Cli, in_utc: Connection, world: World) -> None:
    for row in world.d365.rows("FiscalPeriods"):
        keys = ("Calendar", "FiscalYear", "StartDate", "EndDate", "PeriodName")
        world.d365.remove("FiscalPeriods", **{key: row[key] for key in keys})

    assert rungs(cli, code=1)["F&O period"]["sentence"].startswith("no period of usmf has the day ")


def test_without_an_active_ledger_format_it_is_red(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.set_format("ledger", None)
    found = rungs(cli, code=1)

    assert found["F&O ledger format"]["sentence"] == "none is active, so no account string can be built"
    assert "integrating applications" in found["F&O ledger format"]["fix"]


def test_without_an_active_default_format_it_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.set_format("default", None)

    assert states(cli)["F&O default format"] == "amber"


def test_without_the_default_format_that_a_role_needs_it_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    bank = {"type": "Bank", "account": "USMF OPER", "dimensions": {"BusinessUnit": "001"}}
    store_connection(runtime, world, accounts={"cash": bank})
    world.d365.set_format("default", None)

    assert rungs(cli, code=1)["F&O default format"]["sentence"] == "none is active, but cash has dimensions"


def test_the_format_is_shown_with_the_environments_delimiter(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.set_delimiter("Bar")

    assert rungs(cli)["F&O ledger format"]["sentence"].startswith("MainAccount|BusinessUnit|Department")


def test_a_journal_name_that_f_and_o_would_take_as_a_pattern_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, journal_name="BR*")

    assert journal_names(cli, code=1)[0]["sentence"] == "BR* cannot be asked for: F&O takes * as a pattern"


def test_a_value_that_cannot_be_asked_for_breaks_nothing(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.change("Ledgers", {"LegalEntityId": "USMF"}, FiscalCalendar="F*")
    found = rungs(cli)

    assert found["F&O period"]["state"] == "amber"
    assert found["F&O period"]["sentence"].startswith("cannot be read: Calendar cannot be compared")


def test_an_answer_that_is_no_odata_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/JournalNames", "malformed_after", times=None, body="<html>")

    assert rungs(cli)["F&O journal name"]["sentence"] == "cannot be read: F&O answered 200 without a JSON object"


def test_the_journal_names_of_single_types_are_looked_at_too(cli: Cli, runtime: Runtime, world: World) -> None:
    treatments = {"CARD_PAYMENT": {"journal_name": "NOWHERE"}, "CARD_EXPENSE_POST": {"journal_name": "GenJrn"}}
    store_connection(runtime, world, treatments=treatments)

    told = [one["sentence"] for one in journal_names(cli, code=1)]

    assert any("NOWHERE" in sentence for sentence in told)
