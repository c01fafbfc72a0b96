"""A worker killed by SIGKILL at every named point: whoever comes next finds out, and each entry stands once."""

import signal
from collections.abc import Iterator
from threading import Thread

import pytest

from connector.domain.reference import reference
from connector.outbound.session import Outbound
from connector.pipeline import people
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.conftest import store_connection
from tests.guard import NoCallsInTransactions
from tests.pipeline import crash_points
from tests.pipeline.crash_points import REMOVAL, REVERSING, Cell, Left, Place, When, cells
from tests.pipeline.helpers import (
    announce,
    change,
    let_pass,
    poll,
    run_until_quiet,
    scalar,
    spend,
    stages_of,
    story,
)
from tests.pipeline.processes import PATIENCE, Doors, Worker, Workers
from tests.pipeline.trails import assert_done, assert_reversed

pytestmark = pytest.mark.sockets

SIZES = (1, 2)
TAKEN_BACK = (REMOVAL, REVERSING)
SENDING = (
    "SELECT count(*) FROM batches b JOIN writes w ON w.batch_id = b.id AND w.kind = 'entry' WHERE b.status = 'sending'"
)


@pytest.fixture
def world(doors: Doors) -> Iterator[World]:
    world = doors.open()
    yield world
    world.close()


@pytest.fixture
def runtime(database: Database, vault: Vault, world: World, doors: Doors) -> Runtime:
    """Whoever comes after the worker that was killed."""
    outbound = Outbound(adapter=NoCallsInTransactions(world.adapter()), trusted_hosts=frozenset(doors.hosts))
    return Runtime(database, vault, outbound, quiet_seconds=0)


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return store_connection(runtime, world)


def test_a_worker_that_nobody_kills_does_all_of_it(
    runtime: Runtime, connection: Connection, world: World, doors: Doors, forks: Workers, database_url: str
) -> None:
    ids = spend(world, *SIZES)
    announce(runtime, connection, ids)
    assert forks.run(Worker(), doors.job(database_url, connection.id)) == 0
    assert_done(runtime, connection, world, ids)


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: cell.name)
def test_killed(
    cell: Cell,
    runtime: Runtime,
    connection: Connection,
    world: World,
    doors: Doors,
    forks: Workers,
    database_url: str,
) -> None:
    ids = spend(world, *SIZES)
    job = doors.job(database_url, connection.id, does=cell.does, records=ids)
    if cell.does == "webhook":
        body, headers = world.brex.signed_webhook(ids, "msg_1")
        job |= {"body": body.decode(), "headers": headers}
    elif cell.does != "poll":
        announce(runtime, connection, ids)
    if cell.effect in TAKEN_BACK:
        done_before(cell, runtime, connection, world, ids)
    worker = Worker()
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
    if cell.does == "webhook" or (cell.does, cell.when) == ("reverse", When.BEFORE):
        # Brex got no answer and delivers again, by the same id; a person asks again.
        assert forks.run(Worker(), job | {"place": ""}) == 0
    elif cell.does == "poll":
        change(runtime.database, "UPDATE connections SET poll_until = now()")
        assert poll(runtime, connection) is not None
    run_until_quiet(runtime, connection)
    if cell.effect in TAKEN_BACK:
        assert_reversed(runtime, connection, world, ids, by_an_entry=cell.effect == REVERSING)
        return
    assert_done(runtime, connection, world, ids)
    for told in (story(runtime, connection, one) for one in ids):
        assert "no answer before the deadline: uncertain" in told or not in_flight
        assert any(why.startswith("found in the ledger") for why in told) == (in_flight and cell.left.entries)
        assert any(why.startswith("sent again") for why in told) == (in_flight and not cell.left.entries)


def done_before(cell: Cell, runtime: Runtime, connection: Connection, world: World, ids: list[str]) -> None:
    """Written, acknowledged, for a reversing entry posted, and to be taken back."""
    run_until_quiet(runtime, connection)
    if cell.effect == REVERSING:
        world.d365.post_journal(world.d365.headers()[0]["JournalBatchNumber"])
    if cell.does != "reverse":
        people.reverse(runtime, connection, actor="person:dana", reason="booked twice", record_ids=ids)


def left(runtime: Runtime, connection: Connection, world: World, ids: list[str]) -> Left:
    """What stands now, of all of the records alike."""
    shown = stages_of(runtime, connection)
    (stage,) = {shown.get(one, "") for one in ids}
    (exported,) = {world.brex.statuses()[one] == "EXPORTED" for one in ids}
    (entries,) = {bool(world.d365.lines(document=reference(one, 0, "entry"))) for one in ids}
    (reversing,) = {bool(world.d365.lines(document=reference(one, 0, "reversal"))) for one in ids}
    return Left(stage, len(world.d365.headers()), entries, exported, reversing)


def test_killed_while_f_and_o_is_in_the_middle_of_the_batch(
    runtime: Runtime, connection: Connection, world: World, doors: Doors, forks: Workers, database_url: str
) -> None:
    ids = spend(world, 1, 2, 5, 1)
    announce(runtime, connection, ids)
    worker = Worker()
    world.d365.before_each_changeset(lambda position: worker.kill() if position == 2 else None)
    assert forks.run(worker, doors.job(database_url, connection.id)) == -signal.SIGKILL
    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


def test_killed_by_somebody_else_while_it_waits_for_a_row(
    runtime: Runtime, connection: Connection, world: World, doors: Doors, forks: Workers, database_url: str
) -> None:
    """It holds F&O's answer and cannot store it yet."""
    ids = spend(world, *SIZES)
    announce(runtime, connection, ids)
    worker = Worker()
    with runtime.database.engine.connect() as session:

        def hold() -> None:
            session.exec_driver_sql("SELECT id FROM batches WHERE status = 'sending' FOR UPDATE")
            waiting.start()

        waiting = Thread(target=lambda: kill_when_it_waits(runtime.database, worker))
        doors.at("POST /data/$batch", after=True, stop=hold)
        assert forks.run(worker, doors.job(database_url, connection.id)) == -signal.SIGKILL
        waiting.join()
        session.rollback()
    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


def kill_when_it_waits(database: Database, worker: Worker) -> None:
    """Once a session waits for a row; where it ends without, the test sees how it ended."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not worker.ended.wait(0.02):
        if scalar(database, waiting):
            worker.kill()


def test_the_page_of_the_matrix_is_current() -> None:
    assert crash_points.PAGE.read_text(encoding="utf-8") == crash_points.page()
