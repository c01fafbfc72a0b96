"""`connector webhooks`: one endpoint per customer, looked for before it is changed, and its secrets."""

from dataclasses import replace

import pytest

from connector.domain import connection as files
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli

URL = "https://connector.example.com/webhooks/brex/acme"
OTHER = "https://elsewhere.example.com/hooks"


@pytest.fixture
def stored(cli: Cli, connection: Connection) -> Connection:
    """The connection as it is before any webhook: without a secret."""
    with cli.context.runtime.database.begin() as tx:
        connections.sql.run(tx, "DELETE FROM credentials WHERE kind = 'brex.webhook_secret'")
    return connection


def secrets(cli: Cli, connection: Connection) -> list[str]:
    runtime = cli.context.runtime
    with runtime.database.begin() as tx:
        return connections.secrets(tx, runtime.vault, connection.id).get("brex.webhook_secret", "").split()


def calls(world: World) -> list[str]:
    return [f"{seen.method} {seen.path.partition('?')[0]}" for seen in world.traffic.latest]


def elsewhere(world: World, *events: str) -> None:
    """Another programme of the customer's has registered its endpoint."""
    world.brex.subscriptions.create({"url": OTHER, "event_types": list(events)}, "their key")


def test_it_looks_registers_and_stores_the_secret(cli: Cli, stored: Connection, world: World) -> None:
    result = cli("webhooks", "register", "acme", "--url", URL)

    assert (result.exit_code, result.stdout) == (0, f"{URL} is registered; 1 secret stored.\n")
    assert calls(world) == ["GET /v1/webhooks", "POST /v1/webhooks", "GET /v1/webhooks/secrets"]
    assert secrets(cli, stored) == [world.brex.webhook_secret()]
    assert world.brex.webhook_secret() not in result.output
    [there] = cli.json("webhooks", "list", "acme")
    assert (there["url"], there["status"]) == (URL, "ACTIVE")
    assert there["event_types"] == ["ACCOUNTING_RECORD_READY_FOR_EXPORT"]


def test_the_address_comes_from_the_public_url(cli: Cli, stored: Connection) -> None:
    cli.context = replace(cli.context, public_url="https://connector.example.com")

    assert URL in cli("webhooks", "register", "acme").stdout


def test_without_any_address_it_says_what_to_give(cli: Cli, stored: Connection, world: World) -> None:
    result = cli("webhooks", "register", "acme")

    assert result.exit_code == 1
    assert "CONNECTOR_PUBLIC_URL" in result.stderr
    assert calls(world) == []


@pytest.mark.parametrize(
    "url", ["http://connector.example.com/webhooks/brex/acme", "connector.example.com", "https://"]
)
def test_an_address_that_brex_would_not_deliver_to_is_refused(
    cli: Cli, stored: Connection, world: World, url: str
) -> None:
    result = cli("webhooks", "register", "acme", "--url", url)

    assert result.exit_code == 1
    assert "is no https URL" in result.stderr
    assert calls(world) == []


def test_an_address_that_does_not_look_like_ours_is_noted(cli: Cli, stored: Connection) -> None:
    assert "listens under /webhooks/brex/acme" in cli("webhooks", "register", "acme", "--url", OTHER).stderr


def test_registering_twice_changes_nothing(cli: Cli, stored: Connection, world: World) -> None:
    cli("webhooks", "register", "acme", "--url", URL)
    result = cli("webhooks", "register", "acme", "--url", URL)

    assert result.stdout == f"{URL} was registered already; 1 secret stored.\n"
    assert calls(world).count("POST /v1/webhooks") == 1
    assert not [call for call in calls(world) if call.startswith("PUT")]


def test_an_endpoint_that_brex_switched_off_is_switched_on_again(cli: Cli, stored: Connection, world: World) -> None:
    cli("webhooks", "register", "acme", "--url", URL)
    [there] = world.brex.subscriptions.all()
    body = {"url": URL, "event_types": ["USER_UPDATED"], "status": "INACTIVE"}
    world.brex.subscriptions.update(there["id"], body)
    result = cli("webhooks", "register", "acme", "--url", URL)

    assert "is active again" in result.stdout
    [there] = world.brex.subscriptions.all()
    assert there["status"] == "ACTIVE"
    assert there["event_types"] == ["USER_UPDATED", "ACCOUNTING_RECORD_READY_FOR_EXPORT"]


def test_somebody_elses_endpoint_is_replaced_only_after_a_question(cli: Cli, stored: Connection, world: World) -> None:
    elsewhere(world, "USER_UPDATED")
    result = cli("webhooks", "register", "acme", "--url", URL, stdin="n\n")

    assert result.exit_code == 1
    assert f"Brex delivers to {OTHER}, and has room for one endpoint only." in result.stderr
    assert world.brex.subscriptions.all()[0]["url"] == OTHER
    assert secrets(cli, stored) == []


def test_somebody_elses_endpoint_is_replaced_with_its_events_kept(cli: Cli, stored: Connection, world: World) -> None:
    elsewhere(world, "USER_UPDATED")
    result = cli("webhooks", "register", "acme", "--url", URL, "--yes")

    assert f"takes the place of {OTHER}" in result.stdout
    [there] = world.brex.subscriptions.all()
    assert (there["url"], there["event_types"]) == (URL, ["USER_UPDATED", "ACCOUNTING_RECORD_READY_FOR_EXPORT"])


def test_a_lost_answer_is_mended_by_doing_it_again(cli: Cli, stored: Connection, world: World) -> None:
    world.faults.add("brex", "POST /v1/webhooks", "reset_after")
    first = cli("webhooks", "register", "acme", "--url", URL)
    second = cli("webhooks", "register", "acme", "--url", URL)

    assert (first.exit_code, second.exit_code) == (1, 0)
    assert "was registered already" in second.stdout
    assert len(world.brex.subscriptions.all()) == 1


def test_a_list_that_is_empty_or_deaf_says_what_to_do(cli: Cli, stored: Connection, world: World) -> None:
    assert "Brex delivers nowhere yet" in cli("webhooks", "list", "acme").stdout

    elsewhere(world, "USER_UPDATED")
    result = cli("webhooks", "list", "acme")
    assert OTHER in result.stdout
    assert "None of them hears ACCOUNTING_RECORD_READY_FOR_EXPORT" in result.stderr


def test_rotate_stores_both_secrets_while_brex_rotates_and_one_afterwards(
    cli: Cli, stored: Connection, world: World
) -> None:
    old = world.brex.webhook_secret()
    new = world.brex.rotate_secret()
    during = cli("webhooks", "rotate", "acme")
    assert during.stdout == "2 secrets of Brex's stored for acme.\n"
    assert "Brex is rotating" in during.stderr
    assert sorted(secrets(cli, stored)) == sorted([old, new])

    world.brex.finish_rotation()
    after = cli("webhooks", "rotate", "acme")
    assert (after.stdout, after.stderr) == ("1 secret of Brex's stored for acme.\n", "")
    assert secrets(cli, stored) == [new]
    assert old not in during.output + after.output
    assert files.MASK in cli("connections", "show", "acme").stdout


def test_a_dead_token_is_told_and_leaves_the_secrets(cli: Cli, connection: Connection, world: World) -> None:
    before = secrets(cli, connection)
    world.brex.revoke_token()
    result = cli("webhooks", "rotate", "acme")

    assert result.exit_code == 1
    assert "Brex refused the token" in result.stderr
    assert secrets(cli, connection) == before
