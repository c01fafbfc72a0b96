"""`connector fields`: F&O's accounts and dimensions in Brex, through the front door and however it is broken off."""

from collections import Counter
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from connector.domain import connection as files
from connector.domain import jsonio
from connector.outbound.session import Outbound
from connector.pipeline.push.look import client
from connector.pipeline.push.push import Busy, Push
from connector.pipeline.runtime import Runtime
from connector.store import connections, sql
from connector.store.connections import Connection
from sandbox.spend import CREDIT, DEBIT
from sandbox.world import World
from tests.cli.conftest import Cli, Spending
from tests.pipeline.helpers import change, scalar

Json = dict[str, Any]
ALL = {"accounts": True, "dimensions": ["businessunit", "Department"]}
MEALS = {"ChartOfAccounts": "Shared", "MainAccountId": "606100"}


def store(runtime: Runtime, world: World, push: Json) -> Connection:
    made = world.brex.integrations.create({"vendor": "OURS", "vendor_account_id": "one"})
    data = world.connection("acme")
    data["brex"] |= {"integration_id": made["id"], "push": push}
    with runtime.database.begin() as tx:
        stored = connections.by_id(tx, connections.add(tx, runtime.vault, files.read(data)))
    assert stored is not None
    return stored


@pytest.fixture
def pushing(runtime: Runtime, world: World) -> Connection:
    """A connection that opts in to accounts and two dimensions."""
    return store(runtime, world, ALL)


def field(world: World, remote_id: str = "GL_ACCOUNT") -> Json:
    found = [one for one in world.brex.fields.all() if one["remote_id"] == remote_id]
    assert len(found) == 1, found
    return found[0]


def values(world: World, remote_id: str = "GL_ACCOUNT") -> list[Json]:
    return list(world.brex.fields.all_values(field(world, remote_id)["brex_id"]))


def choices(world: World, remote_id: str = "GL_ACCOUNT") -> dict[str, str]:
    """What people can choose: remote id → what they see. Fails where one stands there twice."""
    there = [one for one in values(world, remote_id) if not one["is_disabled"]]
    assert max(Counter(one["remote_id"] for one in there if one["remote_id"]).values(), default=1) == 1
    return {one["remote_id"]: one["value"] for one in there}


def diffs(cli: Cli) -> dict[str, Json]:
    return {one["field"]: one for one in cli.json("fields", "diff", "acme")}


def nothing_to_change(cli: Cli) -> bool:
    kinds = ("create", "rename", "enable", "disable")
    return all(one["in_brex"] and not any(one[kind] for kind in kinds) for one in diffs(cli).values())


def push(cli: Cli, code: int = 0) -> Json:
    found: Json = cli.json("fields", "push", "acme", "--yes", code=code)
    return found


def writes(world: World) -> list[str]:
    return [f"{one.method} {one.path}" for one in world.traffic.latest
            if one.path.startswith("/v1/fields") and one.method != "GET"]  # fmt: skip


# -- what is pushed


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


# -- what Brex refuses


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


# -- broken off


LOST = ["reset_after", "reset_before", "truncate_after", "malformed_after", "status_after"]
OPTIONS: dict[str, Json] = {"truncate_after": {"bytes": 20}, "malformed_after": {"body": "{}"}, "status_after": {
    "code": 502}}  # fmt: skip


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("match", ["POST /v1/fields", "POST /values", "PUT /values"])
def test_a_lost_answer_is_looked_for_and_nothing_stands_there_twice(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime, kind: str, match: str
) -> None:
    if match.startswith("PUT"):
        push(cli)
        world.d365.change("MainAccounts", MEALS, Name="Renamed")
        cli("refresh", "acme")
    world.faults.add("brex", match, kind, **OPTIONS.get(kind, {}))

    assert push(cli)["unknown"] == 0
    assert world.faults.pending() == []
    assert nothing_to_change(cli)
    assert len(values(world)) == len(choices(world))
    keys = scalar(runtime.database, "SELECT count(DISTINCT key) - count(*) FROM field_writes")
    assert (keys, scalar(runtime.database, "SELECT count(*) FROM field_writes WHERE outcome <> 'written'")) == (0, 0)
    assert scalar(runtime.database, "SELECT count(*) FROM field_writes WHERE body IS NOT NULL") == 0


def test_a_write_that_lands_late_stands_there_once(cli: Cli, pushing: Connection, world: World) -> None:
    """Sent again under the same key: whichever comes second is a duplicate to Brex."""
    world.faults.add("brex", "POST /values", "late")
    assert push(cli)["unknown"] == 0
    assert world.faults.release() == 1

    assert nothing_to_change(cli)
    assert len(values(world)) == len(choices(world))


def test_an_answer_that_is_lost_again_and_again_is_told_as_unknown(cli: Cli, pushing: Connection, world: World) -> None:
    world.faults.add("brex", "POST /values", "reset_before", times=None)
    assert push(cli, code=1)["unknown"] == 3

    world.faults.clear()
    assert push(cli)["unknown"] == 0
    assert nothing_to_change(cli)


class Killed(BaseException):
    """As a signal would end the process, wherever it is."""


class Doors(BaseAdapter):
    """Ends the process at the nth change of fields: before it leaves, or before its answer is read."""

    def __init__(self, inner: BaseAdapter, at: int, when: str) -> None:
        super().__init__()
        self._inner, self._left, self._when = inner, at, when

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        counts = request.method != "GET" and "/v1/fields" in (request.url or "")
        self._left -= counts
        if counts and self._left == 0 and self._when == "before":
            raise Killed
        answer = self._inner.send(request, *args, **kwargs)
        if counts and self._left == 0:
            raise Killed
        return answer

    def close(self) -> None:
        self._inner.close()


# The changes of a first push: three fields, and the values of each.
STEPS = [(number, when) for number in range(1, 7) for when in ("before", "after")]


def test_killed_at_any_change_it_goes_on_and_everything_stands_there_once(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime
) -> None:
    for number, when in STEPS:
        for one in world.brex.fields.all():
            world.brex.store.delete("brex_field", one["brex_id"])
        outbound, runtime.outbound = runtime.outbound, Outbound(adapter=Doors(world.adapter(), number, when))
        with pytest.raises(Killed):
            cli("fields", "push", "acme", "--yes")
        runtime.outbound = outbound

        assert push(cli)["unknown"] == 0
        assert nothing_to_change(cli), (number, when)
        for remote_id in ("GL_ACCOUNT", "BusinessUnit", "Department"):
            assert len(values(world, remote_id)) == len(choices(world, remote_id)) > 0
        change(runtime.database, "DELETE FROM field_writes")


def test_ctrl_c_says_how_far_it_came(cli: Cli, pushing: Connection, world: World, runtime: Runtime) -> None:
    class Stopped(Doors):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            try:
                return super().send(request, *args, **kwargs)
            except Killed:
                raise KeyboardInterrupt from None

    outbound, runtime.outbound = runtime.outbound, Outbound(adapter=Stopped(world.adapter(), 2, "before"))
    result = cli("fields", "push", "acme", "--yes")
    runtime.outbound = outbound

    assert result.exit_code == 130
    assert "Stopped after 1 change; the same command goes on." in result.stderr
    push(cli)
    assert nothing_to_change(cli)


def test_throttling_ends_it_with_a_sentence_and_nothing_is_lost(cli: Cli, pushing: Connection, world: World) -> None:
    world.faults.add("brex", "POST /values", "throttle", retry_after=30)
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 1
    assert "Broken off after 1 change; the same command goes on." in result.stderr
    push(cli)
    assert nothing_to_change(cli)


def test_one_push_at_a_time(cli: Cli, pushing: Connection, world: World, runtime: Runtime) -> None:
    change(
        runtime.database,
        "INSERT INTO field_pushes (connection_id, worker, claimed_until) "
        "SELECT id, 'another', now() + interval '1 minute' FROM connections",
    )
    result = cli("fields", "push", "acme", "--yes")
    assert (result.exit_code, writes(world)) == (1, [])
    assert "Another push of acme is under way" in result.stderr

    change(runtime.database, "UPDATE field_pushes SET claimed_until = now()")
    push(cli)
    assert scalar(runtime.database, "SELECT count(*) FROM field_pushes") == 0


def test_whoever_thinks_long_before_saying_yes_has_brex_read_again(
    pushing: Connection, world: World, runtime: Runtime
) -> None:
    slow, quick = (Push(runtime, pushing, client(runtime, pushing)) for _ in range(2))
    with slow.turn():
        found = slow.survey()
        change(runtime.database, "UPDATE field_pushes SET claimed_until = now()")
        with quick.turn():
            quick.run()
            with pytest.raises(Busy):
                slow.run(found)
        assert slow.run(found).changed == 0
    assert len(values(world)) == len(choices(world))


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


# -- many


def many(runtime: Runtime, number: int) -> None:
    """So many more accounts in F&O, as if they had been read."""
    change(
        runtime.database,
        "INSERT INTO master_rows (connection_id, entity_set, key, row, row_hash) SELECT c.id, 'MainAccounts', "
        "'many' || n, jsonb_build_object('ChartOfAccounts', 'Shared', 'MainAccountId', 'X' || n, 'Name', 'Account'), "
        f"'x' FROM connections c, generate_series(1, {number}) n",
    )


def test_a_hundred_thousand_values_take_a_call_for_each_thousand(cli: Cli, runtime: Runtime, world: World) -> None:
    store(runtime, world, {"accounts": True})
    assert cli("refresh", "acme").exit_code == 0
    world.brex.options.set(requests_per_minute=None)
    own = diffs(cli)["GL_ACCOUNT"]["create"]
    many(runtime, 100_000)

    assert push(cli)["changed"] == 100_000 + own + 1

    calls = world.brex.fields.calls
    assert [method for method, _ in calls] == ["POST"] * 101
    assert sum(number for _, number in calls) == 100_000 + own
    assert max(number for _, number in calls) == 1000
    before = world.requests["brex"] + world.requests.get("brex_v1", 0)
    assert nothing_to_change(cli)
    # The fields, and a page for each thousand.
    assert world.requests["brex"] + world.requests.get("brex_v1", 0) - before == 1 + 101


# -- ping, and the connection file


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
