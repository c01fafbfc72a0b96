"""`connector ping` on vendors and transfers: the scopes, the sets, and the vendor that an account role names."""

from typing import Any

import pytest

from connector.domain.connection import read
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.brex.transfers import ACCOUNT
from sandbox.world import World
from tests.cli.aligning import aligned, change_vendor
from tests.cli.conftest import Cli
from tests.cli.test_ping import rungs
from tests.conftest import store_connection


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return aligned(runtime, world)


def named(runtime: Runtime, world: World, account: str) -> None:
    payable = {"accounts_payable": {"type": "Vend", "account": account}}
    store_connection(runtime, world, accounts=world.connection("acme")["posting"]["accounts"] | payable)


def test_a_role_that_names_no_vendor_leaves_it_to_matching(cli: Cli, connection: Connection) -> None:
    found = rungs(cli)
    assert found["F&O vendors"]["sentence"] == (
        "VendorsV3 of usmf can be read; the vendor of accounts_payable is matched by name"
    )
    assert found["Brex vendors"]["sentence"].startswith("vendors.readonly is there")


def test_an_environment_with_the_older_set_alone_is_well(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/VendorsV3", "status_before", code=404, body="", times=None)
    assert rungs(cli)["F&O vendors"]["sentence"].startswith("VendorsV2 of usmf can be read")


def test_sets_that_are_both_closed_are_told_with_the_right_to_grant(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.faults.add("d365", "GET /data/Vendors", "status_before", code=403, body="", times=None)
    found = rungs(cli)["F&O vendors"]
    assert (found["state"], "Read on the data entity Vendors" in found["fix"]) == ("amber", True)


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        ({"OnHoldStatus": "All"}, "red", "accounts_payable: vendor 1002 in usmf is on hold (All)"),
        ({"IsOneTimeVendor": "Yes"}, "amber", "accounts_payable: vendor 1002 in usmf is a one-time vendor"),
        ({}, "green", "VendorsV3 of usmf can be read; 1002 can be used"),
    ],
)
def test_the_vendor_that_a_role_names_must_be_usable(
    cli: Cli, runtime: Runtime, world: World, change: dict[str, str], state: str, words: str
) -> None:
    named(runtime, world, "1002")
    change_vendor(world, "1002", **change)
    found = rungs(cli, code=1 if state == "red" else 0)["F&O vendors"]
    assert (found["state"], found["sentence"]) == (state, words)


def test_a_vendor_that_does_not_exist_is_told(cli: Cli, runtime: Runtime, world: World) -> None:
    named(runtime, world, "9999")
    assert rungs(cli, code=1)["F&O vendors"]["sentence"] == "accounts_payable: vendor 9999 in usmf does not exist"


def test_a_token_without_the_scope_for_vendors_is_told_with_what_it_costs(
    cli: Cli, connection: Connection, world: World
) -> None:
    doc = world.store.get("brex_token", world.brex.token)
    assert doc is not None
    world.store.put("brex_token", world.brex.token, doc | {"scopes": [s for s in doc["scopes"] if "vendors" not in s]})
    found = rungs(cli)["Brex vendors"]
    assert (found["state"], "vendors.readonly" in found["fix"]) == ("amber", True)
    assert "merchants go by their names alone" in found["sentence"]


@pytest.mark.parametrize(("scopes", "state"), [(("transfers", "transfers.readonly"), "green"), ((), "red")])
def test_the_token_for_transfers_is_tried_where_they_are_on(
    cli: Cli, runtime: Runtime, world: World, scopes: tuple[str, ...], state: str
) -> None:
    data: dict[str, Any] = world.connection("acme")
    token = world.brex.new_token(*scopes)
    data["brex"] |= {"transfers_token": token, "transfers": {"account_id": ACCOUNT, "daily_limits": {"USD": 10}}}
    with runtime.database.begin() as tx:
        connections.add(tx, runtime.vault, read(data))
    assert rungs(cli, code=1 if state == "red" else 0)["Brex transfers"]["state"] == state
