"""What changed in Brex after it was written, and bills, as people meet them."""

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work
from tests.pipeline.helpers import poll, run_until_quiet


@pytest.fixture
def changed(cli: Cli, runtime: Runtime, connection: Connection, spend: Spending, taken_in: Work, world: World) -> str:
    """Of two written records one that has another memo now."""
    one, _ = spend.expense(memo="lunch"), spend.expense()
    taken_in()
    world.brex.edit(one, memo="dinner")
    poll(runtime, connection)
    return one


def test_it_is_told_by_status_listed_and_explained(cli: Cli, changed: str) -> None:
    (warning,) = cli.json("status", "acme")["connections"][0]["warnings"]
    assert "1 record changed in Brex" in warning
    assert [one["record_id"] for one in cli.json("records", "acme", "--changed")] == [changed]
    assert "memo: lunch → dinner" in cli("records", "acme", "--changed").stdout
    shown = cli("record", "acme", changed).stdout
    assert "memo: lunch → dinner" in shown
    assert "connector settle" in shown


def test_once_settled_it_is_no_longer_listed_and_the_reason_is_kept(cli: Cli, changed: str) -> None:
    result = cli("settle", "acme", changed, "--reason", "corrected in F&O")

    assert (result.exit_code, result.stdout) == (0, "1 record settled.\n")
    assert cli.json("records", "acme", "--changed") == []
    assert cli.json("status", "acme")["connections"][0]["warnings"] == []
    found = cli.json("record", "acme", changed)
    assert found["events"][-1]["why"] == "the change in Brex was seen to: corrected in F&O"
    assert found["events"][-1]["actor"].startswith("person")
    assert "Seen to: corrected in F&O" in cli("record", "acme", changed).stdout


def test_settling_what_is_not_changed_is_refused_and_an_empty_reason_wrong_usage(cli: Cli, changed: str) -> None:
    assert cli("settle", "acme", changed, "--reason", " ").exit_code == 2
    result = cli("settle", "acme", "accr_nowhere", "naïve", "--reason", "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "accr_nowhere, naïve" in result.stderr
    assert "--changed" in result.stderr


def test_bills_do_not_drown_the_list(
    cli: Cli, runtime: Runtime, connection: Connection, spend: Spending, world: World
) -> None:
    bills = [spend.expense(type="BILL_MONEY_MOVEMENT_PAYIN", source_type="BILL") for _ in range(3)]
    card = spend.unmapped()
    poll(runtime, connection)
    run_until_quiet(runtime, connection)

    result = cli("records", "acme", "--stage", "held")

    assert card in result.stdout
    assert not any(one in result.stdout for one in bills)
    assert "3 bills held, not listed: `connector records acme --problem TREATMENT-UNCONFIRMED`" in result.stderr
    assert {one["record_id"] for one in cli.json("records", "acme")} == {*bills, card}
    asked_for = cli("records", "acme", "--problem", "TREATMENT-UNCONFIRMED").stdout
    assert all(one in asked_for for one in bills)
