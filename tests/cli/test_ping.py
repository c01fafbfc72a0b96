from typing import Any

from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import CLIENT_ID, World
from tests.cli.conftest import Cli
from tests.conftest import store_connection


def rungs(cli: Cli, code: int = 0, name: str = "acme") -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["side"], one["rung"]): one for one in cli.json("ping", name, code=code)}


def states(cli: Cli, code: int = 0) -> dict[str, str]:
    return {f"{side} {rung}": one["state"] for (side, rung), one in rungs(cli, code).items()}


def test_every_step_of_a_good_connection_is_ok(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    found = states(cli)

    assert set(found.values()) == {"ok"}
    assert list(found)[:3] == ["Brex reachable", "Brex token", "Brex records"]
    with runtime.database.begin() as tx:
        seen = connections.by_id(tx, connection.id)
    assert seen is not None
    assert seen.company_id == world.brex.company_id


def test_a_revoked_token_fails_and_the_other_side_is_tried_all_the_same(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.brex.revoke_token()

    found = states(cli, code=1)

    assert (found["Brex reachable"], found["Brex token"], found["Brex records"]) == ("ok", "failed", "failed")
    assert found["F&O ledger format"] == "ok"
    assert world.brex.token not in cli("ping", "acme").output


def test_a_token_that_may_not_name_its_company_is_a_warning(cli: Cli, runtime: Runtime, world: World) -> None:
    world.brex.token = world.brex.new_token("accounting.record.read", "accounting.record.write")
    store_connection(runtime, world)

    found = rungs(cli)

    assert found["Brex", "token"]["state"] == "warning"
    assert "companies.readonly" in found["Brex", "token"]["fix"]
    assert found["Brex", "records"]["state"] == "ok"


def test_where_brex_is_not_reached_the_rest_of_it_is_skipped(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /", "refuse", times=None)

    found = states(cli, code=1)

    assert (found["Brex reachable"], found["Brex token"], found["Brex records"]) == ("failed", "skipped", "skipped")


def test_an_expired_client_secret_is_told_in_plain_words(cli: Cli, connection: Connection, world: World) -> None:
    world.entra.expire_secret(CLIENT_ID)

    found = rungs(cli, code=1)

    assert found["F&O", "token"]["state"] == "failed"
    assert "expired" in found["F&O", "token"]["sentence"]
    assert {found["F&O", rung]["state"] for rung in ("environment", "legal entity", "journal name")} == {"skipped"}


def test_an_environment_that_does_not_know_the_application_fails(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.remove("SysAADClients", AADClientId=CLIENT_ID)
    world.d365.register_client("another")

    found = rungs(cli, code=1)

    assert (found["F&O", "token"]["state"], found["F&O", "environment"]["state"]) == ("ok", "failed")
    assert "Microsoft Entra ID applications" in found["F&O", "environment"]["sentence"]


def test_a_legal_entity_that_is_not_there_fails(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, legal_entity="zzzz")

    found = rungs(cli, code=1)

    assert found["F&O", "legal entity"]["state"] == "failed"
    assert found["F&O", "journal name"]["state"] == "skipped"


def test_a_missing_set_of_legal_entities_is_no_failure(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/LegalEntities", "status_before", times=None, code=404, body="")

    assert states(cli)["F&O legal entity"] == "ok"


def test_every_legal_entity_of_the_settings_is_looked_at(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, entities={"frrt": {"journal_name": "BREXFR"}})

    told = [one for one in cli.json("ping", "acme", code=1) if one["rung"] == "journal name"]

    assert [one["state"] for one in told] == ["ok", "failed"]
    assert "BREXFR in frrt" in told[1]["sentence"]


def test_a_journal_name_with_one_voucher_is_a_warning_with_what_to_do(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")

    found = rungs(cli)

    assert found["F&O", "journal name"]["state"] == "warning"
    assert "In connection with balance" in found["F&O", "journal name"]["fix"]


def test_without_an_active_ledger_format_it_fails(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.set_format("ledger", None)

    assert states(cli, code=1)["F&O ledger format"] == "failed"


def test_a_paused_connection_can_be_pinged_and_stays_paused(cli: Cli, connection: Connection, world: World) -> None:
    cli("pause", "acme", "--reason", "waiting for a token")
    world.brex.revoke_token()

    assert states(cli, code=1)["Brex token"] == "failed"
    assert cli.json("connections", "list")[0]["state_reason"] == "waiting for a token"


def test_a_failed_ping_pauses_nothing(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.revoke_token()
    assert cli("ping", "acme").exit_code == 1

    assert cli.json("connections", "list")[0]["state"] == "active"


def test_two_connections_for_one_company_are_noticed(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    rungs(cli)
    store_connection(runtime, world, name="twin")

    found = rungs(cli, name="twin")

    assert found["Brex", "company"]["state"] == "warning"
    assert "acme" in found["Brex", "company"]["sentence"]


def test_a_token_of_another_company_fails(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    with runtime.database.begin() as tx:
        connections.saw_company(tx, connection.id, "cuacc_of_somebody_else")

    found = rungs(cli, code=1)

    assert found["Brex", "company"]["state"] == "failed"
    assert "cuacc_of_somebody_else" in found["Brex", "company"]["sentence"]
