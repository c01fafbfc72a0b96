"""`connector fields`: F&O's accounts and dimensions in Brex, through the front door."""

import pytest

from connector.domain import connection as files
from connector.domain import jsonio
from connector.pipeline.runtime import Runtime
from connector.store import connections, sql
from connector.store.connections import Connection
from sandbox.spend import CREDIT, DEBIT
from sandbox.world import World
from tests.cli.conftest import Cli, Spending
from tests.cli.pushing import ALL, MEALS, Json, choices, diffs, field, nothing_to_change, push, store, values, writes
from tests.pipeline.helpers import change, scalar
from tests.sizes import size


@pytest.fixture
def pushing(runtime: Runtime, world: World) -> Connection:
    """A connection that opts in to accounts and two dimensions."""
    return store(runtime, world, ALL)


def test_nothing_is_pushed_unless_it_is_asked_for(cli: Cli, connection: Connection, world: World) -> None:
    for command in ("diff", "push"):
        result = cli("fields", command, "acme")
        assert (result.exit_code, writes(world)) == (1, [])
        assert "set brex.push in the connection file" in result.stderr


def test_a_diff_shows_what_would_change_and_changes_nothing(cli: Cli, pushing: Connection, world: World) -> None:
    result = cli("fields", "diff", "acme", columns=100)

    assert result.exit_code == 0, result.output
    assert "no field yet" in result.stdout
    assert "create  606100 Meals and entertainment" in result.stdout or "more" in result.stdout
    assert writes(world) == []
    assert diffs(cli)["BusinessUnit"]["create"] == 4


def test_a_push_asks_first(cli: Cli, pushing: Connection, world: World) -> None:
    assert cli("fields", "push", "acme", stdin="n\n").exit_code == 1
    assert writes(world) == []

    result = cli("fields", "push", "acme", stdin="y\n")
    assert result.exit_code == 0, result.output
    assert "changes made in Brex" in result.stdout
    assert nothing_to_change(cli)


def test_what_f_and_o_has_can_be_chosen_in_brex(cli: Cli, pushing: Connection, world: World) -> None:
    assert push(cli)["refused"] == []

    accounts = choices(world)
    assert accounts["606100"] == "606100 Meals and entertainment"
    # Suspended, not for manual entry, and a total: none of them could be posted to.
    assert {"605150", "600999", "199999"}.isdisjoint(accounts)
    assert choices(world, "BusinessUnit") == {"001": "001 Home", "002": "002 Auto", "003": "003 Retail",
                                              "004": "004 Services"}  # fmt: skip
    assert "029" not in choices(world, "Department")
    assert {one["group"] for one in world.brex.fields.all()} == {"ERP"}
    assert nothing_to_change(cli)
    assert push(cli) == {"changed": 0, "refused": [], "unknown": 0}


def test_what_was_pushed_is_understood_without_any_mapping(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime, spend: Spending
) -> None:
    push(cli)
    coded = []
    for remote_id, chosen in (("GL_ACCOUNT", "605140"), ("BusinessUnit", "003"), ("Department", "027")):
        made, value = (
            field(world, remote_id),
            next(one for one in values(world, remote_id) if one["remote_id"] == chosen),
        )
        coded.append({
            "brex_field_id": made["brex_id"], "remote_field_id": made["remote_id"],
            "brex_field_value_id": value["brex_id"], "remote_field_value_id": value["remote_id"],
        })  # fmt: skip
    record_id = spend.expense()
    line = world.brex.records.one(record_id, single_entry=False)["line_items"]
    world.brex.edit(record_id, line_items=[line[0] | {"accounting_field_values": coded}, line[1]])
    assert (line[0]["type"], line[1]["type"]) == (DEBIT, CREDIT)

    shown = cli("preview", "acme", record_id, columns=200)

    assert shown.exit_code == 0, shown.output
    assert "605140-003-027-" in shown.stdout


def test_changes_in_f_and_o_follow_and_nothing_is_deleted(cli: Cli, pushing: Connection, world: World) -> None:
    push(cli)
    before = {one["remote_id"]: one["brex_id"] for one in values(world)}
    world.d365.change("MainAccounts", MEALS, Name="Meals, drinks")
    key = {"ChartOfAccounts": "Shared", "MainAccountId": "606400"}
    world.d365.change("MainAccounts", key, IsSuspended="Yes")
    world.d365.add("FinancialDimensionValues", FinancialDimension="BusinessUnit", DimensionValue="005",
                   Description="Café Zürich ß – 東京")  # fmt: skip
    assert cli("refresh", "acme").exit_code == 0
    told = diffs(cli)
    assert (told["GL_ACCOUNT"]["rename"], told["GL_ACCOUNT"]["disable"], told["BusinessUnit"]["create"]) == (1, 1, 1)

    assert push(cli)["changed"] == 3
    assert choices(world)["606100"] == "606100 Meals, drinks"
    assert "606400" not in choices(world)
    assert choices(world, "BusinessUnit")["005"] == "005 Cafe Zurich ss - ??"

    world.d365.change("MainAccounts", key, IsSuspended="No")
    cli("refresh", "acme")
    assert diffs(cli)["GL_ACCOUNT"]["enable"] == 1
    push(cli)
    assert choices(world)["606400"] == "606400 Ground transport"
    assert {one["remote_id"]: one["brex_id"] for one in values(world)} == before
    assert nothing_to_change(cli)


def test_an_account_that_our_company_has_closed_cannot_be_chosen(cli: Cli, pushing: Connection, world: World) -> None:
    own = {"ChartOfAccounts": "Shared", "MainAccountId": "606100"}
    world.d365.add("MainAccountLegalEntities", LegalEntityId="FRRT", **own, IsSuspended="Yes")
    push(cli)
    assert "606100" in choices(world)

    world.d365.add("MainAccountLegalEntities", LegalEntityId="USMF", **own, IsSuspended="Yes")
    cli("refresh", "acme")
    push(cli)
    assert "606100" not in choices(world)


def test_what_people_made_in_brex_is_left_alone(cli: Cli, pushing: Connection, world: World) -> None:
    ours = world.brex.add_field("Ledger account", remote_id="GL_ACCOUNT")
    own = world.brex.fields.add_value(ours, "Ask finance")["brex_id"]
    doubled = world.brex.fields.add_value(ours, "606100 Meals and entertainment", "606100")["brex_id"]
    push(cli)

    assert field(world)["name"] == "Ledger account"  # a field's name is Brex's people's
    there = {one["brex_id"]: one for one in values(world)}
    assert not there[own]["is_disabled"]
    assert not there[doubled]["is_disabled"]
    assert nothing_to_change(cli)


def test_a_field_of_another_group_is_left_alone(cli: Cli, pushing: Connection, world: World) -> None:
    world.brex.add_field("Business unit", "ACCOUNTING", "BusinessUnit")
    result = cli("fields", "push", "acme", "--yes")

    assert (result.exit_code, writes(world)) == (1, [])
    assert "in the group ACCOUNTING, not ERP" in result.stderr


def test_a_field_that_was_disabled_can_be_chosen_from_again(cli: Cli, pushing: Connection, world: World) -> None:
    push(cli)
    world.brex.fields.update(field(world)["brex_id"], {"is_disabled": True})

    assert "the field is enabled again" in cli("fields", "diff", "acme").stdout
    assert push(cli)["changed"] == 1
    assert not field(world)["is_disabled"]


def test_a_value_that_brex_cannot_take_is_left_out_and_told(cli: Cli, pushing: Connection, world: World) -> None:
    world.d365.add("FinancialDimensionValues", FinancialDimension="Department", DimensionValue="Zürich")
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 0, result.output
    assert "1 value of Department left out, as Brex takes ASCII only: Zürich" in result.stderr
    assert diffs(cli)["Department"]["left_out"] == ["Zürich"]


def test_a_dimension_that_f_and_o_does_not_have_is_named(cli: Cli, runtime: Runtime, world: World) -> None:
    store(runtime, world, {"dimensions": ["Departement"]})
    result = cli("fields", "diff", "acme")

    assert result.exit_code == 1
    assert "no values of the dimension Departement (brex.push.dimensions)" in result.stderr
    assert "Department" in result.stderr


def test_where_f_and_o_shows_nothing_at_all_nothing_is_disabled(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime
) -> None:
    push(cli)
    before = choices(world)
    change(runtime.database, "UPDATE master_rows SET active = false WHERE entity_set = 'MainAccounts'")
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 1
    assert "F&O shows nothing that could be chosen for GL Account" in result.stderr
    assert choices(world) == before


def test_what_brex_refuses_is_told_alone_and_the_rest_goes_on(cli: Cli, pushing: Connection, world: World) -> None:
    """A name that somebody has used in Brex already, where Brex wants names to be unique."""
    world.brex.options.set(unique_values=True)
    ours = world.brex.add_field("GL Account", remote_id="GL_ACCOUNT")
    world.brex.fields.add_value(ours, "606100 Meals and Entertainment")

    told = push(cli, code=1)

    assert [one["remote_id"] for one in told["refused"]] == ["606100"]
    assert "value already exists" in told["refused"][0]["reason"]
    assert diffs(cli)["GL_ACCOUNT"]["create"] == 1
    assert len(choices(world)) > 40


def test_a_token_without_the_scopes_pauses_nothing(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime
) -> None:
    token = world.brex.new_token("fields.read", "field_values.read", "accounting.record.read")
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, pushing.id, "brex.token", token)
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 1
    assert "needs the scopes fields.read, fields.write, field_values.read and field_values.write" in result.stderr
    assert scalar(runtime.database, "SELECT state FROM connections") == "active"
    assert writes(world) == ["POST /v1/fields"]

    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, pushing.id, "brex.token", world.brex.token)
    push(cli)
    assert nothing_to_change(cli)


def test_an_integration_that_brex_does_not_know_is_told_in_its_words(
    cli: Cli, pushing: Connection, runtime: Runtime, world: World
) -> None:
    settings = pushing.settings | {"brex": pushing.settings["brex"] | {"integration_id": "int_none"}}
    with runtime.database.begin() as tx:
        sql.run(tx, "UPDATE connections SET settings = CAST(:s AS jsonb)", {"s": sql.one(settings)})
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 1
    assert "must reference an existing accounting integration" in result.stderr


def test_two_connections_see_nothing_of_each_other(
    cli: Cli, pushing: Connection, runtime: Runtime, world: World
) -> None:
    with runtime.database.begin() as tx:
        connections.add(tx, runtime.vault, files.read(world.connection("other")))
    push(cli)

    assert scalar(runtime.database, "SELECT count(DISTINCT connection_id) FROM brex_options") == 1
    result = cli("fields", "push", "other", "--yes")
    assert (result.exit_code, nothing_to_change(cli)) == (1, True)


def test_with_json_nobody_can_be_asked(cli: Cli, pushing: Connection, world: World) -> None:
    assert cli("fields", "push", "acme", "--json").exit_code == 2
    assert writes(world) == []


def many(runtime: Runtime, number: int) -> None:
    """So many more accounts in F&O, as if they had been read."""
    change(
        runtime.database,
        "INSERT INTO master_rows (connection_id, entity_set, key, row, row_hash) SELECT c.id, 'MainAccounts', "
        "'many' || n, jsonb_build_object('ChartOfAccounts', 'Shared', 'MainAccountId', 'X' || n, 'Name', 'Account'), "
        f"'x' FROM connections c, generate_series(1, {number}) n",
    )


MANY = size(10_000, 100_000)


def test_many_values_take_a_call_for_each_thousand(cli: Cli, runtime: Runtime, world: World) -> None:
    store(runtime, world, {"accounts": True})
    assert cli("refresh", "acme").exit_code == 0
    world.brex.options.set(requests_per_minute=None)
    own = diffs(cli)["GL_ACCOUNT"]["create"]
    many(runtime, MANY)

    assert push(cli)["changed"] == MANY + own + 1

    calls = world.brex.fields.calls
    assert [method for method, _ in calls] == ["POST"] * (MANY // 1000 + 1)
    assert sum(number for _, number in calls) == MANY + own
    assert max(number for _, number in calls) == 1000
    before = world.requests["brex"] + world.requests.get("brex_v1", 0)
    assert nothing_to_change(cli)
    # The fields, and a page for each thousand.
    assert world.requests["brex"] + world.requests.get("brex_v1", 0) - before == 1 + MANY // 1000 + 1


def test_ping_looks_at_the_scopes_only_where_fields_are_pushed(
    cli: Cli, connection: Connection, runtime: Runtime, world: World
) -> None:
    assert "fields" not in [one["rung"] for one in cli.json("ping", "acme")]


def test_ping_tells_which_fields_are_there(cli: Cli, pushing: Connection, world: World, runtime: Runtime) -> None:
    def rung() -> Json:
        return next(one for one in cli.json("ping", "acme") if one["rung"] == "fields")

    assert (rung()["state"], rung()["sentence"].partition(";")[0]) == ("green", "none of ours yet")
    push(cli)
    assert rung()["sentence"].startswith("BusinessUnit, Department, GL_ACCOUNT;")

    token = world.brex.new_token("fields.read", "accounting.record.read", "companies.readonly")
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, pushing.id, "brex.token", token)
    assert rung()["state"] == "amber"
    assert "field_values.read" in rung()["fix"]
    world.faults.add("brex", "GET /v1/fields", "status_before", times=None, code=503)
    assert rung()["sentence"].startswith("cannot be read: ")


def test_fields_without_an_integration_are_a_mistake_of_the_file(cli: Cli, world: World) -> None:
    file = world.connection("acme")
    file["brex"]["push"] = {"accounts": True}
    result = cli("connections", "add", "-", stdin=jsonio.dumps(file))

    assert result.exit_code == 1
    assert "brex.integration_id: is required for brex.push" in result.stderr
