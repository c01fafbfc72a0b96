"""The command line with card transactions as a source: the file, ping and its scopes, what waits, and the cut-over."""

import re
from pathlib import Path
from typing import Any

import pytest

from connector.domain import jsonio
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox import settled
from sandbox.settled import Purse
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.pipeline.helpers import key, run_until_quiet
from tests.pipeline.test_succession import twin_of
from tests.pipeline.test_transactions import again, stored

GUIDE = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text(encoding="utf-8")
SCOPES = re.findall(
    r"`([a-z.]+)`", "".join(line.split("|")[1] for line in
    GUIDE.partition("<!-- scopes: transactions -->")[2].partition("<!-- /scopes -->")[0].splitlines() if "|" in line)
)  # fmt: skip


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return stored(runtime, world)


def given(world: World, name: str = "acme", **changes: Any) -> str:
    data = settled.connection(world, name)
    for side, part in changes.items():
        data[side] |= part
    return jsonio.dumps(data)


def rungs(cli: Cli, code: int = 0) -> dict[str, str]:
    return {one["rung"]: one["state"] for one in cli.json("ping", "acme", code=code) if one["side"] == "Brex"}


def test_a_file_of_this_source_is_taken_and_shown_again(cli: Cli, world: World) -> None:
    assert cli("connections", "add", "-", "--paused", stdin=given(world)).exit_code == 0
    brex = jsonio.loads(cli("connections", "show", "acme").stdout)["brex"]
    assert (brex["source"], brex["transactions"]["fields"], brex["transactions"]["window_days"]) == (
        "transactions", ["GL Account"], 45,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"brex": {"transactions": {"ready": "fields"}}}, "brex.transactions: fields is empty"),
        ({"brex": {"transactions": {"window_days": 30}}}, "brex.transactions: window_days must be more than"),
        ({"brex": {"transactions": {"grace": 3}}}, "brex.transactions.grace: is not a setting of a connection"),
        ({"brex": {"source": "accounting"}}, "brex.transactions: is only for source transactions"),
        ({"brex": {"follows": "old"}}, "brex.follows: is only for source accounting"),
        ({"posting": {"midnight_is_date": False}}, "posting.midnight_is_date: must be true"),
        ({"posting": {"amounts": "billing_amount"}}, "posting.amounts: must be amount"),
    ],
)
def test_what_makes_no_sense_with_it_is_refused(cli: Cli, world: World, change: dict[str, Any], told: str) -> None:
    result = cli("connections", "add", "-", stdin=given(world, **change))
    assert result.exit_code == 1
    assert told in result.stderr


def test_ping_is_green_with_the_scopes_that_the_guide_names_and_no_others(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    Purse(world.brex).spend(1230)
    with runtime.database.begin() as tx:
        token = world.brex.new_token("openid", "offline_access", *SCOPES)
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", token)
    assert rungs(cli) == dict.fromkeys(
        ("dns", "tls", "host", "token", "scopes", "company", "transactions", "expenses", "fields", "v1 host"), "green"
    )
    again(runtime, connection)
    assert {one["stage"] for one in cli.json("records", "acme")} == {"acknowledged"}
    assert cli("statement", "acme").exit_code == 1  # there is none yet: a sentence, and no refusal
    used = {seen.path for seen in world.traffic.latest if seen.system == "brex"}
    assert not any(path.startswith("/v3/") for path in used)


@pytest.mark.parametrize("scope", [one for one in SCOPES if one.startswith(("transactions.card", "expenses"))])
def test_each_scope_that_is_needed_is_missed(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, scope: str
) -> None:
    with runtime.database.begin() as tx:
        token = world.brex.new_token("openid", "offline_access", *(one for one in SCOPES if one != scope))
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", token)
    found = cli.json("ping", "acme", code=1)
    [red] = [one for one in found if one["state"] == "red"]
    assert red["fix"] == f"give the token the scope {scope}"


def test_ping_says_which_field_no_expense_has(cli: Cli, runtime: Runtime, connection: Connection, world: World) -> None:
    Purse(world.brex).spend(1230, fields=[])
    [one] = [one for one in cli.json("ping", "acme") if one["rung"] == "fields"]
    assert (one["state"], one["sentence"]) == ("amber", "no recent expense has GL Account")


def test_what_waits_is_listed_with_its_reason(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    spent = Purse(world.brex).spend(1230, bare=True)
    again(runtime, connection)
    [row] = cli.json("records", "acme", "--stage", "received")
    assert row["problems"][0]["sentence"] == "It is not booked yet: Brex shows no expense for it yet."
    assert "It waits: Brex shows no expense for it yet." in cli("preview", "acme", spent).stdout
    assert "RECORD-WAITING" in cli("records", "acme").stdout


def test_the_cut_over_from_the_front_door(cli: Cli, runtime: Runtime, world: World) -> None:
    old = stored(runtime, world, "old")
    spent = Purse(world.brex).spend(1230)
    again(runtime, old)
    twin = twin_of(world, spent, 1)
    accounting = world.connection("new")
    accounting["brex"] |= {"follows": "old"}
    assert cli("connections", "add", "-", stdin=jsonio.dumps(accounting)).exit_code == 0
    assert "waits for `connector cut-over old new`" in cli("status", columns=200).stdout
    told = cli("cut-over", "old", "new")
    assert (told.exit_code, told.stdout.splitlines()) == (
        0,
        [
            "old has ended; 0 records of it are left to new.",
            "Ready in Brex: 1 record that old booked (skipped), 0 new.",
            "Nothing stands in F&O twice.",
        ],
    )
    assert cli("backfill", "new", "--since", "2025-01-01").exit_code == 0
    with runtime.database.begin() as tx:
        found = connections.by_name(tx, "new")
    assert found is not None
    run_until_quiet(runtime, found)
    [row] = cli.json("records", "new")
    assert (row["record_id"], row["stage"]) == (twin, "skipped")
    assert {line["Document"] for line in world.d365.lines()} == {key(spent)}
    refused = cli("resume", "old")
    assert (refused.exit_code, refused.stderr.strip()) == (1, "old has ended: new goes on in its place.")
    assert cli.json("cut-over", "old", "new") == {"left": 0, "booked": 1, "new": 0, "unsure": {}, "doubled": []}


def test_what_follows_another_cannot_forget_it(cli: Cli, runtime: Runtime, world: World) -> None:
    stored(runtime, world, "old")
    accounting = world.connection("new")
    accounting["brex"] |= {"follows": "old"}
    assert cli("connections", "add", "-", stdin=jsonio.dumps(accounting)).exit_code == 0
    assert cli("cut-over", "old", "new").exit_code == 0
    accounting["brex"].pop("follows")
    refused = cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(accounting))
    assert refused.exit_code == 1
    assert "brex.follows cannot change" in refused.stderr


def test_a_cut_over_of_strangers_is_refused(cli: Cli, runtime: Runtime, world: World, connection: Connection) -> None:
    assert cli("connections", "add", "-", stdin=jsonio.dumps(world.connection("new"))).exit_code == 0
    refused = cli("cut-over", "acme", "new")
    assert refused.exit_code == 1
    assert 'new does not follow acme: say "follows": "acme" under brex in its file.' in refused.stderr
