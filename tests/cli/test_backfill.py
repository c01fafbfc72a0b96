import pytest

from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, stages_of


def test_it_counts_what_is_new_and_what_is_known(cli: Cli, connection: Connection, spend: Spending) -> None:
    ids = {spend.expense(), spend.refund()}

    first = cli.json("backfill", "acme", "--since", "2025-01-01")
    second = cli.json("backfill", "acme", "--since", "2025-01-01")

    assert first == {"seen": 2, "new": 2, "known": 0, "without_id": 0}
    assert second == {"seen": 2, "new": 0, "known": 2, "without_id": 0}
    assert set(stages_of(cli)) == ids
    assert cli.woken == [connection.id, connection.id]


def test_it_takes_in_only_the_days_that_were_asked_for(cli: Cli, connection: Connection, spend: Spending) -> None:
    spend.expense(erp_posting_date="2025-03-31T23:59:59Z")
    inside = spend.expense(erp_posting_date="2025-04-30T23:59:59Z")
    spend.expense(erp_posting_date="2025-05-01T00:00:00Z")

    assert cli("backfill", "acme", "--since", "2025-04-01", "--until", "2025-04-30").exit_code == 0

    assert set(stages_of(cli)) == {inside}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--since", "01/02/2026"],
        ["--since", "2026-02-30"],
        ["--since", "2026-02-01", "--until", "tomorrow"],
        ["--since", "2026-02-02", "--until", "2026-02-01"],
    ],
)
def test_a_wrong_date_is_wrong_usage(cli: Cli, connection: Connection, options: list[str]) -> None:
    result = cli("backfill", "acme", *options)

    assert (result.exit_code, result.stdout) == (2, "")


def test_a_paused_connection_is_refused_with_its_reason(cli: Cli, connection: Connection, spend: Spending) -> None:
    spend.expense()
    cli("pause", "acme", "--reason", "month-end close")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert (result.exit_code, stages_of(cli)) == (1, {})
    assert "month-end close" in result.stderr
    assert "connector resume acme" in result.stderr


def test_a_refused_token_pauses_the_connection_and_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.revoke_token()

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "paused" in result.stderr
    assert "connector ping" in result.stderr
    assert cli.json("connections", "list")[0]["state"] == "paused"


def test_where_brex_asks_to_wait_it_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "throttle", retry_after=120)

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "connector status" in result.stderr
    waits = cli.json("status", "acme")["connections"][0]["waits"]
    assert list(waits) == ["brex"]


def test_where_brex_is_not_reached_it_says_so(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "refuse")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert result.exit_code == 1
    assert "api.brex.com was not reached" in result.stderr


def test_a_strange_answer_is_told_with_its_trace(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3", "malformed_after")

    result = cli("backfill", "acme", "--since", "2025-01-01")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Brex answered 200" in result.stderr
