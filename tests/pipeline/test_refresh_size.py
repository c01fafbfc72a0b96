"""Very many dimension values: statements and rows held at a time stay few, and planning looks none of them up
in the database."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from connector.domain import jsonio
from connector.pipeline import lookups, map, refresh, stages  # noqa: A004 - the stage's own name
from connector.pipeline.runtime import Runtime
from connector.store import connections, master, records
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.store.master import Found
from sandbox.world import World
from tests.pipeline.helpers import spend_and_announce
from tests.pipeline.test_statements import counted
from tests.sizes import size

pytestmark = pytest.mark.first_reading  # each begins with a connection that has read nothing
MANY, SOME = size(20_000, 100_000), 6_000
VALUES = "FinancialDimensionValues"


def values(first: int, count: int) -> dict[str, dict[str, Any]]:
    return {
        jsonio.dumps(["CostCenter", "", f"{number:06}"]): {
            "FinancialDimension": "CostCenter", "LegalEntityId": "", "DimensionValue": f"{number:06}",
            "IsSuspended": "No", "ActiveFrom": "1900-01-01T12:00:00Z", "ActiveTo": "1900-01-01T12:00:00Z",
            "IsBlockedForManualEntry": "No", "Description": f"Cost center {number}",
        }
        for number in range(first, first + count)
    }  # fmt: skip


def read(database: Database, connection: Connection, count: int) -> Found:
    """As a reading keeps what F&O's pages bring."""
    reading, found = uuid4().hex, Found()
    with database.begin() as tx:
        started = records.now(tx)
    for first in range(0, count, refresh.AT_ONCE):
        some = values(first, min(refresh.AT_ONCE, count - first))
        with database.begin() as tx:
            found += master.put(tx, connection.id, VALUES, some, reading=reading, started=started)
    with database.begin() as tx:
        return found + master.complete(tx, connection.id, VALUES, reading=reading, started=started)


def bumped(runtime: Runtime, connection: Connection) -> Connection:
    with runtime.database.begin() as tx:
        connections.bump_rules(tx, connection.id)
        found = connections.by_id(tx, connection.id)
    assert found is not None
    return found


@pytest.fixture
def large(runtime: Runtime, connection: Connection) -> Connection:
    """The demo's master data with cost centers of thousands."""
    refresh.run(runtime, connection)
    read(runtime.database, connection, SOME)
    return bumped(runtime, connection)


def test_reading_costs_a_statement_or_two_for_two_thousand_rows(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    chunks = MANY // refresh.AT_ONCE
    with counted(runtime, world) as first:
        assert read(runtime.database, connection, MANY) == Found(new=MANY, matters=True)
    assert first.statements <= 2 * chunks + 10
    with counted(runtime, world) as again:
        assert read(runtime.database, connection, MANY) == Found()
    assert again.statements <= chunks + 10
    with counted(runtime, world) as fewer:
        assert read(runtime.database, connection, SOME) == Found(gone=MANY - SOME, matters=True)
    assert fewer.statements <= SOME // refresh.AT_ONCE + 10


def test_what_mapping_needs_is_prepared_once_for_as_long_as_no_row_changes(
    runtime: Runtime, large: Connection, world: World
) -> None:
    with counted(runtime, world) as cost:
        first = map.rules_of(runtime.database, large).master
    assert cost.statements <= 12
    assert len(first.values["CostCenter"]) == SOME
    with counted(runtime, world) as cost:
        assert map.rules_of(runtime.database, large).master is first
    assert cost.statements == 0
    again = bumped(runtime, large)
    with counted(runtime, world) as cost:
        assert map.rules_of(runtime.database, again).master is first
    assert cost.statements <= 5
    read(runtime.database, large, SOME - 1)
    assert len(map.rules_of(runtime.database, bumped(runtime, large)).master.values["CostCenter"]) == SOME - 1


def test_planning_reads_no_master_data_per_record(runtime: Runtime, large: Connection, world: World) -> None:
    fetched = []

    def count(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        if "master_rows" in statement:
            fetched.append(statement)

    spend_and_announce(runtime, large, world, *[1] * 50)
    map.rules_of(runtime.database, large)
    event.listen(runtime.database.engine, "before_cursor_execute", count)
    try:
        for stage in (stages.StageName.FETCH, stages.StageName.MAP):
            stages.run(runtime, stage, large.id, seconds=60)
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", count)
    assert fetched == []


def test_rows_come_out_of_the_database_a_few_at_a_time(runtime: Runtime, large: Connection) -> None:
    """The first row is there while the others still are in the database."""
    with runtime.database.begin() as tx:
        incoming = master.rows(tx, large.id, [VALUES])
        assert next(incoming)[0] == VALUES
        assert "CostCenter" in lookups.read(tx, large.id).values
        assert sum(1 for _ in incoming) == SOME - 1
