from datetime import date, timedelta

import pytest

from connector.domain import jsonio
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Work
from tests.pipeline.helpers import change, scalar


def of(cli: Cli, kind: str) -> dict[str, object]:
    return next(one for one in cli.json("credentials", "list", "acme") if one["credential"] == kind)


def test_the_list_says_when_each_was_good_and_never_a_secret(
    cli: Cli, connection: Connection, taken_in: Work, world: World
) -> None:
    assert of(cli, "brex.token")["used_at"] is None
    taken_in()
    assert of(cli, "brex.token")["used_at"] is not None
    shown = cli("credentials", "list", "acme").output
    assert "d365.client_secret" in shown
    for secret in (world.brex.token, world.brex.webhook_secret(), world.connection()["d365"]["client_secret"]):
        assert secret not in shown


def test_an_end_that_is_told_is_kept_and_warned_of(cli: Cli, runtime: Runtime, connection: Connection) -> None:
    today: date = scalar(runtime.database, "SELECT CAST(now() AT TIME ZONE 'UTC' AS date)")
    soon = today + timedelta(days=13)

    result = cli("credentials", "expires", "acme", "--d365", soon.isoformat())

    assert (result.exit_code, f"ends on {soon}" in result.stdout) == (0, True)
    assert "in 13 days" in result.stdout
    assert of(cli, "d365.client_secret")["expires_on"] == soon.isoformat()
    assert any("in 13 days" in one for one in cli.json("status", "acme")["connections"][0]["warnings"])
    assert f"expires on {soon}" in cli("status", "acme").stdout


@pytest.mark.parametrize("options", [[], ["--d365", "31.12.2026"]])
def test_a_wrong_date_is_wrong_usage(cli: Cli, connection: Connection, options: list[str]) -> None:
    assert cli("credentials", "expires", "acme", *options).exit_code == 2


def test_a_new_secret_forgets_its_end_and_an_unchanged_one_keeps_it(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    cli("credentials", "expires", "acme", "--d365", "2027-05-31")
    change(runtime.database, "UPDATE credentials SET used_at = now() WHERE kind = 'brex.token'")
    file = world.connection("acme")

    assert cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(file)).exit_code == 0
    assert of(cli, "d365.client_secret")["expires_on"] == "2027-05-31"
    assert of(cli, "brex.token")["used_at"] is not None

    file["d365"]["client_secret"] = "another secret"
    file["brex"]["token"] = world.brex.new_token()
    assert cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(file)).exit_code == 0
    assert of(cli, "d365.client_secret")["expires_on"] is None
    assert of(cli, "brex.token")["used_at"] is None
