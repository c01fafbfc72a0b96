"""Vendors where F&O serves, or shows our user, one of its two sets of them alone."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.aligning import IN_FO, JOE, aligned, named, writes
from tests.cli.conftest import Cli


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return aligned(runtime, world)


@pytest.fixture
def in_fo(cli: Cli) -> Callable[..., Any]:
    return lambda *more: cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes", *more)


@pytest.mark.parametrize("missing", ["VendorsV2", "VendorsV3"])
@pytest.mark.parametrize("code", [404, 403])
def test_either_set_of_vendors_is_enough_to_compare_and_to_create(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World, missing: str, code: int
) -> None:
    for method in ("GET", "POST"):
        world.faults.add("d365", f"{method} /data/{missing}", "status_before", code=code, body="", times=None)
    world.brex.vendors.add("Acme Office Supplies")
    rows = cli.json("vendors", "align", "acme")
    assert [one["status"] for one in rows if one["brex"]] == ["matched"]
    assert in_fo().exit_code == 0
    assert len(named(world)) == 1
    assert cli.json("connections", "list")[0]["state"] == "active"


def test_without_the_right_to_create_it_is_told_and_the_connection_goes_on(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World
) -> None:
    world.faults.add("d365", IN_FO, "status_before", code=403, body="")
    result = in_fo()
    assert result.exit_code == 1
    assert "lacks Create on the data entity VendorsV3" in result.stderr
    assert (writes(cli), named(world)) == ([("refused", False, 1)], [])
    assert cli.json("connections", "list")[0]["state"] == "active"
