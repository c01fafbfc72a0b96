"""`connector refresh`: what was read, and what of it is new, changed and gone."""

import pytest

from connector.pipeline.sets import SETS
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, stages_of

pytestmark = pytest.mark.first_reading  # each begins with a connection that has read nothing
ACCOUNT = {"ChartOfAccounts": "Shared", "MainAccountId": "602100"}


def test_it_counts_what_is_new_changed_and_gone(cli: Cli, connection: Connection, world: World) -> None:
    first = cli.json("refresh", "acme")
    assert (set(first["read"]), first["not_read"], first["replanned"]) == (set(SETS), [], True)
    assert first["changes"]["Ledgers"] == {"new": 2, "changed": 0, "gone": 0}
    world.d365.change("MainAccounts", ACCOUNT, IsSuspended="Yes")
    second = cli.json("refresh", "acme")
    assert second["changes"]["MainAccounts"] == {"new": 0, "changed": 1, "gone": 0}


def test_it_shows_a_table_and_says_when_held_records_are_planned_again(
    cli: Cli, connection: Connection, world: World
) -> None:
    result = cli("refresh", "acme")
    assert result.exit_code == 0
    [row] = [line for line in result.stdout.splitlines() if line.startswith("Ledgers ")]
    assert row.split() == ["Ledgers", "2", "2"]
    assert result.stdout.splitlines()[-1] == (
        "Something that plans depend on has changed: held records are planned again."
    )
    assert "planned again" not in cli("refresh", "acme").stdout


def test_a_set_that_f_and_o_does_not_give_is_said_and_stops_nothing(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.faults.add("d365", "GET /data/ExchangeRates", "status_before", code=404, body="")
    result = cli("refresh", "acme")
    assert result.exit_code == 0
    assert "ExchangeRates could not be read (F&O answered 404" in result.stderr
    assert "FiscalPeriods" in result.stdout


def test_a_held_record_goes_on_after_a_refresh(
    cli: Cli, connection: Connection, world: World, spend: Spending, taken_in: Work, work: Work
) -> None:
    world.d365.change("Currencies", {"CurrencyCode": "USD"}, CurrencyCode="USX")
    one = spend.expense()
    taken_in()
    shown = cli("record", "acme", one).stdout
    assert "MAP-CURRENCY-UNKNOWN: F&O has no currency USD." in shown
    assert "More: docs/problems.md#map-currency-unknown" in shown
    world.d365.change("Currencies", {"CurrencyCode": "USX"}, CurrencyCode="USD")
    cli("refresh", "acme")
    work()
    assert stages_of(cli) == {one: "acknowledged"}
