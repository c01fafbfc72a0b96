"""The master data that tests begin with are those which the product itself would read of their world."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from connector.pipeline import refresh
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.master import Found
from sandbox.world import World
from tests.conftest import store_connection

VALUE = {"FinancialDimension": "Department", "LegalEntityId": "", "DimensionValue": "099"}
SETS = "SELECT entity_set, unread, version, untold FROM master_sets WHERE connection_id = :id ORDER BY entity_set"
ROWS = (
    "SELECT entity_set, key, row, row_hash, active, last_seen FROM master_rows WHERE connection_id = :id "
    "ORDER BY entity_set, key"
)
STATE = "SELECT rules_version, state, refreshed_at IS NOT NULL FROM connections WHERE id = :id"


def asked(runtime: Runtime, connection: Connection, *statements: str) -> list[list[Any]]:
    with runtime.database.begin() as tx:
        return [list(tx.execute(text(statement), {"id": connection.id})) for statement in statements]


def test_they_are_what_a_first_reading_keeps(runtime: Runtime, world: World) -> None:
    reads = store_connection(runtime, world, "reads", read=False)
    assert asked(runtime, reads, SETS, ROWS) == [[], []]
    refresh.run(runtime, reads)
    found = asked(runtime, reads, SETS, ROWS, STATE)
    assert found == asked(runtime, store_connection(runtime, world, "given"), SETS, ROWS, STATE)
    assert len(found[0]) == len(refresh.SETS)


def test_a_reading_finds_nothing_new_changed_or_gone(runtime: Runtime, world: World, connection: Connection) -> None:
    outcome = refresh.run(runtime, connection)
    assert outcome.found == dict.fromkeys(refresh.SETS, Found())
    assert not outcome.replanned
    assert outcome.unread == {}


@pytest.mark.first_reading
def test_a_test_of_the_first_reading_begins_without(runtime: Runtime, connection: Connection) -> None:
    assert asked(runtime, connection, SETS, ROWS) == [[], []]


CHANGES: dict[str, Callable[[World], object]] = {
    "a row more": lambda world: world.d365.add("FinancialDimensionValues", **VALUE),
    "a row gone": lambda world: world.d365.remove("Currencies", CurrencyCode="JPY"),
    "another page size": lambda world: world.d365.set(page_size=3),
    "a refusal": lambda world: world.faults.add("d365", "GET /data/TaxGroups", "status_before", code=403),
    "no token": lambda world: world.faults.add("entra", "POST /", "status_before", code=500),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_where_the_world_changes_before_anyone_asks_the_first_reading_is_still_to_come(
    runtime: Runtime, world: World, connection: Connection, change: Callable[[World], object]
) -> None:
    never = store_connection(runtime, world, "never", read=False)
    change(world)
    assert asked(runtime, connection, SETS, ROWS, STATE) == asked(runtime, never, SETS, ROWS, STATE)
    assert (connection.refreshed_at, connection.rules_version) == (never.refreshed_at, never.rules_version)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_where_the_world_has_changed_they_are_not_given(
    runtime: Runtime, world: World, change: Callable[[World], object]
) -> None:
    change(world)
    assert asked(runtime, store_connection(runtime, world), SETS, ROWS) == [[], []]


def test_after_f_and_o_was_asked_they_stay_until_the_next_reading(
    runtime: Runtime, world: World, connection: Connection
) -> None:
    refresh.run(runtime, connection)
    world.d365.add("FinancialDimensionValues", **VALUE)
    assert len(asked(runtime, connection, SETS)[0]) == len(refresh.SETS)
    assert refresh.run(runtime, connection).found["FinancialDimensionValues"].new == 1
