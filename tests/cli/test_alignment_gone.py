"""A vendor that was created here and that somebody deleted since may be created again, and nothing twice."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.aligning import JOE, aligned, change_vendor, in_brex, named, writes
from tests.cli.conftest import Cli


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return aligned(runtime, world)


@pytest.fixture
def in_fo(cli: Cli) -> Callable[..., Any]:
    return lambda *more: cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes", *more)


def delete(world: World, account: str) -> None:
    tables = world.d365.environment.tables
    row = tables.get("VendorsV2", dataAreaId="usmf", VendorAccountNumber=account)
    assert row is not None
    tables.delete(row)


def test_one_that_was_deleted_in_f_and_o_is_told_and_created_again_on_wish(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World
) -> None:
    assert in_fo().exit_code == 0
    [first] = named(world)
    delete(world, first)
    cli("refresh", "acme")
    assert f"vendor {first} is gone from F&O" in cli("vendors", "explain", "acme", JOE).stdout

    assert in_fo().exit_code == 0

    [second] = named(world)
    assert second != first
    assert [one["outcome"] for one in cli.json("vendors", "created", "acme")] == ["written", "gone"]
    assert f"Today: {second} (created in F&O" in cli("vendors", "explain", "acme", JOE).stdout


def test_one_that_was_only_renamed_in_f_and_o_is_there_and_not_created_again(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World
) -> None:
    in_fo()
    [account] = named(world)
    change_vendor(world, account, VendorOrganizationName="Quite Another Name")
    cli("refresh", "acme")
    assert in_fo().exit_code == 0
    assert (named(world), writes(cli)) == ([], [("written", False, 1)])


def test_one_that_was_deleted_in_brex_is_created_again_on_wish(
    cli: Cli, connection: Connection, world: World
) -> None:
    create = ("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    assert cli(*create).exit_code == 0
    [made] = world.brex.vendors.all()
    world.store.delete("brex_vendor", made["id"])
    assert cli(*create).exit_code == 0
    assert in_brex(world, "Acme Office Supplies") == 1
    assert [one["outcome"] for one in cli.json("vendors", "created", "acme")] == ["written", "gone"]
