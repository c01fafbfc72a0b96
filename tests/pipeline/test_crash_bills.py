"""A worker killed by SIGKILL while bills go into an invoice journal, or are taken out of it again."""

import signal

import pytest

from connector.pipeline import people
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.crash_points import BILL_REMOVAL, Cell, Place, When, bills
from tests.pipeline.helpers import announce, let_pass, run_until_quiet, scalar, stages_of, story
from tests.pipeline.payables import assert_booked, invoice_lines, shown
from tests.pipeline.payables import bills as billed
from tests.pipeline.processes import PATIENCE, Doors, Worker, Workers
from tests.pipeline.test_crash import SENDING, SIZES, connection, left, runtime, world  # noqa: F401 - fixtures
from tests.pipeline.trails import assert_settled

pytestmark = pytest.mark.sockets


@pytest.mark.parametrize("cell", bills(), ids=lambda cell: cell.name)
def test_killed(
    cell: Cell,
    runtime: Runtime,  # noqa: F811 - the fixtures
    connection: Connection,  # noqa: F811
    world: World,  # noqa: F811
    doors: Doors,
    forks: Workers,
    database_url: str,
) -> None:
    ids = billed(world, *SIZES)
    announce(runtime, connection, ids)
    if cell.effect == BILL_REMOVAL:
        run_until_quiet(runtime, connection)
        people.reverse(runtime, connection, actor="person:dana", reason="booked twice", record_ids=ids)
    job, worker = doors.job(database_url, connection.id, does=cell.does, records=ids), Worker()
    if cell.hook.place is Place.EFFECT:
        doors.at(cell.hook.marks[0], after=cell.when is When.AFTER, stop=worker.kill)
    else:
        job |= {"place": cell.hook.place, "marks": cell.hook.marks, "when": cell.when}
        if cell.hook.place is Place.BYTES:
            doors.expect(cell.hook.marks[0])
    assert forks.run(worker, job) == -signal.SIGKILL
    if (cell.hook.place, cell.when) == (Place.BYTES, When.AFTER):
        assert doors.done.wait(PATIENCE), "what it sent never arrived"
    assert left(runtime, connection, world, ids) == cell.left
    in_flight = scalar(runtime.database, SENDING) > 0

    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    assert len(shown(world, "VendInvoiceJournalHeaders")) == len(world.d365.headers()) == 1
    if cell.effect == BILL_REMOVAL:
        assert set(stages_of(runtime, connection).values()) == {"reversed"}
        assert [line for one in ids for line in invoice_lines(world, one)] == []
        assert_settled(runtime, connection, world)
        return
    assert_booked(runtime, connection, world, ids)
    for told in (story(runtime, connection, one) for one in ids):
        assert any(why.startswith("found in the ledger") for why in told) == (in_flight and cell.left.entries)
        assert any(why.startswith("sent again") for why in told) == (in_flight and not cell.left.entries)
