"""The list of calls is all there are: nothing the product asks for is missing in the matrix unnoticed."""

import inspect
from datetime import UTC, datetime
from pathlib import Path

from connector.brex.card import Card
from connector.brex.client import BrexClient
from connector.brex.fields import Fields
from connector.brex.spend import Spend
from connector.brex.transfers import Transfers
from connector.brex.v1 import V1
from connector.brex.vendors import Vendors
from connector.brex.webhooks import Webhooks
from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.pipeline import access, ping, preview, probe, recover, watch, webhooks
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.faults.calls import BY_NAME, CALLS, ELSEWHERE, ENTITY_SET, name_of
from tests.pipeline.helpers import RECORDS, REPORT, SEND, announce, let_pass, poll, run_chain, run_until_quiet, spend

CLIENTS = (BrexClient, Webhooks, Card, Fields, Vendors, Transfers, Spend, V1, D365Client, TokenSource)


def methods(client: type) -> set[str]:
    """Its public methods; a property makes no call."""
    found = inspect.getmembers(client, inspect.isfunction)
    return {f"{client.__name__}.{name}" for name, _ in found if not name.startswith("_")}


def test_every_method_of_a_client_is_named_in_the_list() -> None:
    listed = {name for call in CALLS for name in call.made_by}
    there = {name for client in CLIENTS for name in methods(client)}
    assert there - listed - set(ELSEWHERE) == set()
    assert [name for name in ELSEWHERE if name in listed or name not in there] == []


def test_a_method_without_a_row_has_tests_of_its_own() -> None:
    tests = Path(__file__).parents[1]
    assert [name for name, (why, path) in ELSEWHERE.items() if not why or not (tests / path).is_file()] == []


def test_every_name_is_used_once() -> None:
    assert len(BY_NAME) == len(CALLS)


def test_what_the_connector_asks_for_is_in_the_list_and_all_of_the_list_is_asked_for(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """A tour through all it does, with what goes wrong on the way where only that makes it ask."""
    world.brex.options.set(most_per_page=1)
    first, *_ = spend(world, 1, 3)
    world.faults.add("d365", SEND, "reset_before")
    world.faults.add("d365", "POST /data/LedgerJournalHeaders", "reset_after")
    world.faults.add("brex", REPORT, "reset_after")
    poll(runtime, connection)
    world.faults.add("brex", f"{RECORDS}?", "status_before", code=503)
    run_until_quiet(runtime, connection)
    let_pass(runtime.database, 3600)
    announce(runtime, connection, ["accr_nobody"])
    world.faults.add("brex", "GET &ids=", "status_before", code=503)
    run_chain(runtime, connection)
    poll(runtime, connection)
    probe.run(runtime, connection, datetime.now(UTC))
    with runtime.database.begin() as tx:
        tx.exec_driver_sql("UPDATE journals SET watch_at = now()")
    watch.run(runtime, connection)
    recover.run(runtime, connection)
    connection.settings["brex"]["integration_id"] = "int_1"
    ping.run(runtime, connection)
    preview.of(runtime, connection, first)
    webhooks.register(runtime, connection, "https://hooks.example.test/1")
    webhooks.register(runtime, connection, "https://hooks.example.test/2", replace=True)

    asked = {(seen.system, seen.method, seen.path): name_of(*key(seen)) for seen in world.traffic.latest}
    assert [request for request, name in asked.items() if name is None] == []
    apart = {"a period's lines"}  # reconciliation reads these; its own tests are about them
    assert set(BY_NAME) - set(asked.values()) - apart == set()


def key(seen: object) -> tuple[str, str, str]:
    return seen.system, seen.method, seen.path  # type: ignore[attr-defined]


def test_an_entity_set_is_only_one_that_the_security_role_lists(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ping.run(runtime, connection)
    sets = {
        seen.path.removeprefix("/data/").partition("?")[0]
        for seen in world.traffic.latest
        if name_of(*key(seen)) == ENTITY_SET
    }
    assert sets
    assert sets <= {one.entity_set for one in access.USED}
