"""`connector ping` as a whole, and its Brex side: every step has a case in which it fails, with the sentence shown."""

from typing import Any

import pytest

from connector.outbound.session import Outbound
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending
from tests.conftest import store_connection

Rungs = dict[str, dict[str, Any]]


def rungs(cli: Cli, code: int = 0, name: str = "acme") -> Rungs:
    """Side and step → the step; of several with the same name the last."""
    return {f"{one['side']} {one['rung']}": one for one in cli.json("ping", name, code=code)}


def states(cli: Cli, code: int = 0) -> dict[str, str]:
    return {name: one["state"] for name, one in rungs(cli, code).items()}


# -- as a whole


def test_every_step_of_a_good_connection_is_green(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    found = rungs(cli)

    assert {one["state"] for one in found.values()} == {"green"}
    assert list(found) == [
        "Brex dns", "Brex tls", "Brex host", "Brex token", "Brex scopes", "Brex company", "Brex accounting api",
        "Brex queue", "Brex v1 host", "Brex vendors", "F&O entra dns", "F&O entra tls", "F&O entra host",
        "F&O token", "F&O dns", "F&O tls", "F&O host", "F&O user", "F&O legal entity", "F&O ledger",
        "F&O journal name", "F&O invoice journal", "F&O number sequences", "F&O account roles", "F&O vendors",
        "F&O period", "F&O ledger format", "F&O default format",
    ]  # fmt: skip
    assert all(one["tried"] and one["sentence"] for one in found.values())
    with runtime.database.begin() as tx:
        seen = connections.by_id(tx, connection.id)
    assert seen is not None
    assert seen.company_id == world.brex.company_id


def test_whatever_is_not_green_says_what_to_do(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.revoke_token()
    world.d365.journal_name("BREX", DetailLevel="Summary", Type="Payment")
    found = cli.json("ping", "acme", code=1)

    wanting = [one for one in found if one["state"] in ("amber", "red")]
    assert {one["state"] for one in wanting} == {"amber", "red"}
    assert all(one["fix"] for one in wanting)


def test_people_see_a_table_and_a_count(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.journal_name("BREX", DetailLevel="Summary")
    result = cli("ping", "acme", columns=120)

    assert result.exit_code == 0
    assert "amber" in result.stdout
    assert "→ set Detail level to Details (General ledger > Journal setup > Journal names)" in result.stdout
    assert "tried: JournalNames: BREX in usmf" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120
    assert "27 green, 1 amber." in result.stderr
    assert "\x1b[" not in result.output


def test_ping_only_reads(cli: Cli, connection: Connection, world: World) -> None:
    cli("ping", "acme")

    calls = [seen for seen in world.traffic.latest if seen.method != "GET"]
    assert {seen.path.rpartition("/")[2] for seen in calls} == {"token"}


def test_a_paused_connection_can_be_pinged_and_stays_paused(cli: Cli, connection: Connection, world: World) -> None:
    cli("pause", "acme", "--reason", "waiting for a token")
    world.brex.revoke_token()

    assert states(cli, code=1)["Brex token"] == "red"
    assert cli.json("connections", "list")[0]["state_reason"] == "waiting for a token"


def test_a_failed_ping_pauses_nothing(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.revoke_token()
    assert cli("ping", "acme").exit_code == 1

    assert cli.json("connections", "list")[0]["state"] == "active"


# -- the way to a host


def test_an_unknown_name_stops_at_dns(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /", "unknown_name", times=None)
    found = rungs(cli, code=1)

    assert found["Brex dns"]["state"] == "red"
    assert found["Brex dns"]["sentence"] == "api.brex.com was not reached: its name is not known"
    assert found["Brex dns"]["fix"] == "correct brex.base_url, or look at this machine's DNS"
    rest = ("tls", "host", "token", "scopes", "company", "accounting api", "queue", "v1 host")
    assert {found[f"Brex {step}"]["state"] for step in rest} == {"skipped"}
    assert found["F&O default format"]["state"] == "green"


def test_a_certificate_nobody_vouches_for_stops_at_tls(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /", "untrusted", times=None)
    found = rungs(cli, code=1)

    assert (found["F&O dns"]["state"], found["F&O tls"]["state"]) == ("green", "red")
    assert "its certificate is not trusted (self-signed certificate)" in found["F&O tls"]["sentence"]
    assert "REQUESTS_CA_BUNDLE" in found["F&O tls"]["fix"]
    assert found["F&O user"]["state"] == "skipped"


def test_a_refused_connection_stops_at_the_host(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("entra", "GET /", "refuse", times=None)
    found = rungs(cli, code=1)

    assert (found["F&O entra dns"]["state"], found["F&O entra host"]["state"]) == ("green", "red")
    assert "login.microsoftonline.com was not reached" in found["F&O entra host"]["sentence"]
    assert "firewall" in found["F&O entra host"]["fix"]
    assert (found["F&O token"]["state"], found["F&O host"]["state"]) == ("skipped", "green")


def test_a_host_that_hangs_up_is_told(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /", "reset_before", times=None)

    assert rungs(cli, code=1)["Brex host"]["sentence"] == (
        "api.brex.com gave no complete answer: the connection was reset"
    )


def test_a_gateway_that_answers_for_the_host_is_told(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /", "status_before", times=None, code=503)
    found = rungs(cli, code=1)

    assert found["Brex host"]["sentence"] == "api.brex.com answers 503"
    assert "out of order" in found["Brex host"]["fix"]


def test_a_host_that_may_not_be_called_is_told(cli: Cli, connection: Connection, world: World) -> None:
    """As where CONNECTOR_TRUSTED_HOSTS was changed after the connection was stored."""
    settings = connection.settings | {"brex": connection.settings["brex"] | {"base_url": "https://brex.example"}}
    with cli.context.runtime.database.begin() as tx:
        connections.sql.run(
            tx, "UPDATE connections SET settings = CAST(:s AS jsonb)", {"s": connections.sql.one(settings)}
        )
    found = rungs(cli, code=1)

    assert "is not a Brex, Entra ID or F&O host" in found["Brex dns"]["sentence"]
    assert "CONNECTOR_TRUSTED_HOSTS" in found["Brex dns"]["fix"]


# -- Brex


def test_a_revoked_token_is_red_and_the_other_side_is_tried_all_the_same(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.brex.revoke_token()
    found = rungs(cli, code=1)

    assert "Invalid or Revoked Token" in found["Brex token"]["sentence"]
    assert "accounting.record.read, accounting.record.write and companies.readonly" in found["Brex token"]["fix"]
    assert {found[f"Brex {step}"]["state"] for step in ("scopes", "company", "queue")} == {"skipped"}
    assert found["F&O ledger format"]["state"] == "green"
    assert world.brex.token not in cli("ping", "acme").output


def test_a_token_that_died_of_disuse_is_told_as_such(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.expire_token()

    assert "Expired token" in rungs(cli, code=1)["Brex token"]["sentence"]
    assert "no call for 30 days" in rungs(cli, code=1)["Brex token"]["sentence"]


def test_a_dead_token_without_a_word_of_brex_is_red_too(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.options.set(auth_failure="401_empty")
    world.brex.revoke_token()

    assert rungs(cli, code=1)["Brex token"]["sentence"].startswith("Brex refused the token (401)")


def test_a_throttled_token_is_asked_to_wait(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.options.set(requests_per_minute=0)

    assert rungs(cli, code=1)["Brex token"]["fix"] == "wait a minute and try again"


def test_a_token_that_may_not_name_its_company_is_amber(cli: Cli, runtime: Runtime, world: World) -> None:
    world.brex.token = world.brex.new_token("openid", "offline_access", "accounting.record.read")
    store_connection(runtime, world)
    found = rungs(cli)

    assert found["Brex scopes"]["state"] == "amber"
    assert found["Brex scopes"]["sentence"] == "the token works, but Brex refuses what needs companies.readonly"
    assert "companies.readonly" in found["Brex company"]["fix"]
    assert found["Brex accounting api"]["state"] == "green"


def test_a_token_without_the_scope_for_records_is_red(cli: Cli, runtime: Runtime, world: World) -> None:
    world.brex.token = world.brex.new_token("openid", "offline_access", "companies.readonly")
    store_connection(runtime, world)
    found = rungs(cli, code=1)

    assert found["Brex token"]["state"] == "green"
    assert found["Brex scopes"]["sentence"].endswith("accounting.record.read")
    assert found["Brex accounting api"]["state"] == "red"
    assert found["Brex queue"]["state"] == "skipped"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_account_that_is_not_admitted_is_told_how_to_ask(
    cli: Cli, connection: Connection, world: World, status: int
) -> None:
    world.brex.options.set(v3_refusal=status)
    found = rungs(cli, code=1)

    assert found["Brex company"]["state"] == "green"
    assert found["Brex accounting api"]["sentence"].startswith("v3 is refused while v2 works: ")
    assert "developer-support@brex.com" in found["Brex accounting api"]["fix"]


def test_an_accounting_api_out_of_order_is_no_question_of_admission(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.faults.add("brex", "GET /v3/accounting/records", "status_before", times=None, code=502)
    found = rungs(cli, code=1)

    assert found["Brex accounting api"]["sentence"] == "Brex is not available (502)"
    assert "developer-support" not in found["Brex accounting api"]["fix"]


def test_two_connections_for_one_company_are_noticed(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    rungs(cli)
    store_connection(runtime, world, name="twin")
    found = rungs(cli, name="twin")

    assert found["Brex company"]["state"] == "amber"
    assert found["Brex company"]["sentence"].startswith("acme reads the same Brex company")


def test_a_token_of_another_company_is_red(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    with runtime.database.begin() as tx:
        connections.saw_company(tx, connection.id, "cuacc_of_somebody_else")
    found = rungs(cli, code=1)

    assert found["Brex company"]["state"] == "red"
    assert "cuacc_of_somebody_else" in found["Brex company"]["sentence"]


def test_the_queue_is_counted(cli: Cli, connection: Connection, spend: Spending) -> None:
    for _ in range(3):
        spend.expense()

    assert rungs(cli)["Brex queue"]["sentence"] == "3 CARD and 0 REIMBURSEMENT records wait for export"


def test_a_queue_that_cannot_be_read_to_its_end_is_red(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET source_type=REIMBURSEMENT", "status_before", times=None, code=500)
    found = rungs(cli, code=1)

    assert found["Brex queue"]["sentence"] == "REIMBURSEMENT: Brex is not available (500)"


def test_without_the_older_host_v1_goes_to_the_other_one(cli: Cli, connection: Connection, world: World) -> None:
    apps = {name: app for name, app in world.apps.items() if name not in ("control", "brex_v1")}
    adapter = type(world.adapter())({world.urls[name].removeprefix("https://"): app for name, app in apps.items()})
    cli.context.runtime.outbound = Outbound(adapter=adapter)
    found = rungs(cli)

    assert found["Brex v1 host"]["state"] == "amber"
    assert found["Brex v1 host"]["sentence"] == (
        "platform.brexapis.com does not answer as it should; api.brex.com is used instead"
    )


def test_where_no_host_serves_v1_webhooks_cannot_be_managed(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v1/", "status_before", times=None, code=404, body="")
    found = rungs(cli)

    assert found["Brex v1 host"]["state"] == "amber"
    assert found["Brex v1 host"]["sentence"].startswith("webhooks cannot be managed: ")


# -- the accounting integration, where one is named


@pytest.fixture
def integrated(runtime: Runtime, world: World) -> Connection:
    stored = store_connection(runtime, world)
    settings = stored.settings | {"brex": stored.settings["brex"] | {"integration_id": "int_ours"}}
    with runtime.database.begin() as tx:
        connections.sql.run(
            tx, "UPDATE connections SET settings = CAST(:s AS jsonb)", {"s": connections.sql.one(settings)}
        )
    return stored


def test_an_integration_that_keeps_fields_is_told_but_brex_does_not_show_whose_it_is(
    cli: Cli, integrated: Connection, world: World
) -> None:
    world.brex.add_field("GL account")
    world.brex.add_field("Nickname", group="USER")
    found = rungs(cli)

    assert found["Brex integration"]["state"] == "amber"
    assert found["Brex integration"]["sentence"] == (
        "an integration keeps fields here (GL account); Brex does not show whether it is int_ours"
    )
    assert "holds the only place" in found["Brex integration"]["fix"]


def test_an_integration_without_fields_cannot_be_told(cli: Cli, integrated: Connection) -> None:
    found = rungs(cli)

    assert found["Brex integration"]["state"] == "amber"
    assert "cannot be seen without a write" in found["Brex integration"]["sentence"]


def test_fields_that_may_not_be_read_are_amber(cli: Cli, integrated: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v1/fields", "status_before", times=None, code=403, body="")
    found = rungs(cli)

    assert found["Brex integration"]["state"] == "amber"
    assert "fields.read" in found["Brex integration"]["fix"]
