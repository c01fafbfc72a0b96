"""Two connections that know records of the same ids."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import announce

IDS = ["accr_1", "accr_2", "accr_3"]
Sql = Callable[..., list[Any]]


@pytest.fixture
def sql(database: Database) -> Sql:
    """One statement in a transaction of its own, and its rows."""

    def run(statement: str, **params: Any) -> list[Any]:
        with database.begin() as tx:
            found = tx.execute(text(statement), params)
            return list(found.all()) if found.returns_rows else []

    return run


@pytest.fixture
def other(request: pytest.FixtureRequest, runtime: Runtime, world: World) -> Connection:
    first_reading = request.node.get_closest_marker("first_reading") is not None
    return store_connection(runtime, world, "other", read=not first_reading)


@pytest.fixture
def both(runtime: Runtime, connection: Connection, other: Connection) -> tuple[Connection, Connection]:
    for one in (connection, other):
        announce(runtime, one, IDS)
    return connection, other


def pks(database: Database, connection: Connection) -> list[int]:
    """The keys of the connection's records, oldest first."""
    with database.begin() as tx:
        return [row.id for row in views.ids(tx, connection.id)]


def intent(record_pk: int, reference: str = "REF1", kind: str = "entry", **changes: Any) -> dict[str, Any]:
    """A write as `writes.intend` takes it."""
    return {
        "record_pk": record_pk, "epoch": 0, "kind": kind, "reference": reference, "intent": [{"DebitAmount": 1}],
        "intent_hash": "", "lines": 2, "legal_entity": "usmf", "journal_name": "BREX", "period": "2026-11-20",
    } | changes  # fmt: skip
