"""What tests of `connector fields` share: a connection that pushes, and what then stands in Brex."""

from collections import Counter
from typing import Any

from connector.domain import connection as files
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli

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
