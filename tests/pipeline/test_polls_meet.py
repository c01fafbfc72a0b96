"""Polls that meet other workers, other polls, and pages that shift while they are read."""

from threading import Event, Thread

from connector.pipeline import poll as polling
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    RECORDS,
    after_answer,
    announce,
    assert_all_done,
    change,
    expense,
    poll,
    rows,
    run_until_quiet,
    scalar,
    spend,
)


def test_of_two_workers_at_the_same_moment_one_has_the_turn(runtime: Runtime, connection: Connection) -> None:
    """The second asks while the first has not committed yet, and waits for what it decides."""
    got: list[bool] = []
    asking = Event()

    def second() -> None:
        asking.set()
        with runtime.database.begin() as tx:
            got.append(connections.claim_poll(tx, connection.id, 3600))

    worker = Thread(target=second)
    with runtime.database.begin() as tx:
        got.append(connections.claim_poll(tx, connection.id, 3600))
        worker.start()
        assert asking.wait(30)
    worker.join(30)
    assert got == [True, False]


def test_a_poll_that_is_due_again_waits_for_the_one_that_still_runs(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """As after `connector resume`, which asks for a poll at once."""
    ids = spend(world, 1)
    meanwhile: list[object] = []

    def another_worker() -> None:
        change(runtime.database, "UPDATE connections SET next_poll_at = now()")
        meanwhile.append(polling.run(runtime, connection))

    after_answer(world, "brex", RECORDS, another_worker)
    assert poll(runtime, connection) == polling.Counts(seen=1, new=1)
    assert meanwhile == [None]
    assert polling.run(runtime, connection) is not None  # it was only put off
    assert list(rows(runtime, connection)) == ids


def test_a_poll_whose_worker_died_does_not_block_the_next_for_long(runtime: Runtime, connection: Connection) -> None:
    with runtime.database.begin() as tx:
        assert connections.claim_poll(tx, connection.id, 3600)
    assert poll(runtime, connection) is None
    lease = scalar(runtime.database, "SELECT CAST(extract(epoch FROM poll_until - now()) AS integer) FROM connections")
    assert 300 < lease <= connections.POLL_LEASE_SECONDS  # no task outlives it
    change(runtime.database, "UPDATE connections SET poll_until = now()")
    assert poll(runtime, connection) is not None


def test_a_record_that_slips_over_a_page_boundary_is_found_by_the_next_poll(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """One of the first page leaves the queue while it is read, and all behind it move up by one."""
    ids = spend(world, *[1] * 502)
    after_answer(world, "brex", RECORDS, lambda: world.brex.pull_back(ids[0]))
    assert poll(runtime, connection) == polling.Counts(seen=501, new=501)
    assert set(ids) - set(rows(runtime, connection)) == {ids[500]}

    assert poll(runtime, connection) == polling.Counts(seen=501, new=1, known=500)
    assert set(rows(runtime, connection)) == set(ids)


def test_a_record_that_is_shown_on_two_pages_is_taken_once(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """A new one arrives in front while the first page is read, and all behind it move down by one."""
    world.brex.options.set(newest_first=True)
    ids = spend(world, *[1] * 501)
    late: list[str] = []
    after_answer(world, "brex", RECORDS, lambda: late.append(world.brex.add_record(expense(Maker(9), world))))
    assert poll(runtime, connection) == polling.Counts(seen=502, new=501, known=1)
    assert set(rows(runtime, connection)) == set(ids)
    assert poll(runtime, connection) == polling.Counts(seen=502, new=1, known=501)
    assert set(rows(runtime, connection)) == {*ids, *late}


def test_what_is_acknowledged_while_the_queue_is_read_is_neither_lost_nor_done_twice(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *[1] * 505)
    half = ids[:20]
    change_over = [False]

    def the_chain_works() -> None:
        announce(runtime, connection, half)
        run_until_quiet(runtime, connection)
        change_over[0] = all(world.brex.statuses()[one] == "EXPORTED" for one in half)

    after_answer(world, "brex", RECORDS, the_chain_works)
    poll(runtime, connection)
    assert change_over == [True]
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
