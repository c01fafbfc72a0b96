"""Pending vendor invoices in a reconciliation, before and after they are posted, and when they are not as they were."""

from datetime import timedelta
from decimal import Decimal

import pytest

from connector.d365.errors import Refused
from connector.pipeline import reconcile
from connector.pipeline.balance import Result
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.invoices.helpers import bill, connected, do

NUMBER = "USMF-VI0000001"


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return connected(runtime, world)


def reconciled(runtime: Runtime, connection: Connection, world: World) -> Result:
    today = world.clock().date()
    return reconcile.run(runtime, connection, today - timedelta(days=5), today + timedelta(days=1))


@pytest.mark.parametrize("posted", [False, True])
def test_it_is_counted_by_its_lines_and_once_posted_by_its_amount(
    posted: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    bill(world, "100.25", "20.25")
    do(runtime, connection)
    if posted:
        world.d365.payables.post(NUMBER)
    result = reconciled(runtime, connection, world)
    assert result.clean
    assert dict(result.ledger) == dict(result.planned) == {("usmf", "USD"): Decimal("120.50")}


def test_one_that_is_gone_or_otherwise_is_told(runtime: Runtime, connection: Connection, world: World) -> None:
    for number in (1, 2, 3):
        bill(world, seed=number, number=f"INV-{number}")
    do(runtime, connection)
    first, second, _ = (one["HeaderReference"] for one in world.d365.payables.invoices())
    world.d365.payables.delete(first)
    world.d365.payables.delete_line(second)
    result = reconciled(runtime, connection, world)
    assert sorted((one.kind, one.journal) for one in result.findings) == [("altered", second), ("missing", first)]
    assert result.difference == Decimal("241.00")


def test_it_says_that_it_stands_twice(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", "POST /data/VendorInvoiceHeaders", "late")
    bill(world)
    do(runtime, connection)
    world.faults.release()
    assert [one.kind for one in reconciled(runtime, connection, world).findings] == ["doubled"]


def test_where_they_cannot_be_read_it_does_not_go_through_and_pauses_nothing(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill(world)
    do(runtime, connection)
    world.faults.add("d365", "GET /data/VendorInvoice", "status_before", code=403, body="", times=None)
    with pytest.raises(Refused):
        reconciled(runtime, connection, world)
    found = runtime.connection(connection.id)
    assert found is not None
    assert found.state == "active"
