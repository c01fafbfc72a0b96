"""Many vendors on each side: a bounded number of statements, calls and names compared, and a bounded memory."""

import tracemalloc

import pytest
from sqlalchemy import event

from bench.vendor_names import Names
from connector.pipeline import refresh
from connector.pipeline.alignment import survey
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.world import World

NUMBER = 1000
MEBIBYTE = 2**20


@pytest.fixture
def statements(runtime: Runtime) -> list[str]:
    sent: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    return sent


@pytest.fixture
def crowded(runtime: Runtime, connection: Connection, world: World) -> Connection:
    vendors = Names(1).vendors(NUMBER)
    world.d365.environment.throw(page_size=500)
    with world.store.transaction():
        for number, vendor in enumerate(vendors):
            row = {"VendorAccountNumber": vendor.account, "VendorOrganizationName": vendor.name}
            email = f"{vendor.account}@example.com"
            # Every tenth is found by its name alone.
            world.d365.add("VendorsV2", dataAreaId="usmf", **row, PrimaryEmailAddress=email if number % 10 else "")
            world.brex.vendors.add(vendor.name, email)
    refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    return found


def test_a_thousand_by_a_thousand_are_compared_in_few_statements_and_little_memory(
    runtime: Runtime, crowded: Connection, world: World, statements: list[str]
) -> None:
    before = world.traffic.counts["brex"]
    assert survey.read(runtime, crowded) == NUMBER
    assert world.traffic.counts["brex"] - before == 1
    survey.compare(runtime, crowded, "usmf")
    assert len(statements) < 100

    statements.clear()
    tracemalloc.start()
    pairs = survey.compare(runtime, crowded, "usmf")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert pairs is not None
    told = survey.counts(pairs)
    assert told["matched"] + told["differing"] + told["suggested"] + told["only in Brex"] == NUMBER
    assert told["matched"] > NUMBER * 9 // 10
    assert len(statements) < 20
    assert peak < 16 * MEBIBYTE
