"""Everything twice, at once, late and in any order: nothing is doubled, nothing is lost."""

from collections.abc import Callable, Iterator
from random import Random
from threading import Barrier, Thread

import pytest

from connector.outbound.session import Outbound
from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import views
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.guard import NoCallsInTransactions
from tests.pipeline.helpers import (
    HEADER,
    RECORDS,
    REPORT,
    SEND,
    announce,
    assert_all_done,
    let_pass,
    poll,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    story,
)

SIZES = (1, 1, 2, 1, 5, 1) * 10


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Its parameter, if any, is the seed of its faults."""
    world = World(seed=getattr(request, "param", 0))
    yield world
    world.close()


@pytest.fixture
def workers(database_url: str, vault: Vault, world: World) -> Iterator[list[Runtime]]:
    """Four worker processes' worth of runtimes: each its own pool, session and clients."""
    databases = [Database(database_url) for _ in range(4)]
    yield [
        Runtime(database, vault, Outbound(adapter=NoCallsInTransactions(world.adapter())), quiet_seconds=0)
        for database in databases
    ]
    for database in databases:
        database.dispose()


def at_once(*calls: Callable[[], object]) -> None:
    """Run the calls in threads that start together; raises what any of them raised."""
    barrier, raised = Barrier(len(calls)), list[BaseException]()

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            call()
        except BaseException as error:
            raised.append(error)

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_two_workers_share_the_work(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    for _ in range(3):
        at_once(*(lambda worker=worker: run_chain(worker, connection) for worker in workers[:2]))
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == 1
    assert [len(story(runtime, connection, one)) for one in ids] == [6] * len(ids)


def test_four_workers_in_every_stage_at_once(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    for _ in range(4):
        at_once(
            *(
                lambda worker=worker, stage=stage: stages.run(worker, stage, connection.id, seconds=60)
                for worker, stage in zip(workers, stages.CHAIN, strict=True)
            )
        )
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("world", range(5), indirect=True)
def test_four_workers_while_everything_goes_wrong_now_and_then(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *SIZES, days=4)
    chaos(world)
    for number in range(12):
        announce(runtime, connection, ids[number * 5 : number * 5 + 15])
        at_once(*(lambda worker=worker: run_chain(worker, connection) for worker in workers))
        world.faults.release()
        let_pass(runtime.database, 47)
    world.faults.clear()
    run_until_quiet(runtime, connection, most=80)
    assert_all_done(runtime, connection, world, ids)


def chaos(world: World) -> None:
    """A good third of all requests fail, in every way; what lands late does so within its deadline."""
    for match in (SEND, HEADER):
        for kind in ("reset_before", "reset_after", "truncate_after", "malformed_after", "throttle", "late"):
            world.faults.add("d365", match, kind, times=None, chance=0.08)
    for kind in ("reset_before", "status_before", "throttle", "truncate_after"):
        world.faults.add("d365", "GET /data/LedgerJournal", kind, times=None, chance=0.08)
    for kind in ("reset_before", "reset_after", "status_after", "malformed_after", "throttle", "late"):
        world.faults.add("brex", REPORT, kind, times=None, chance=0.08)
    for kind in ("reset_before", "status_before", "malformed_after"):
        world.faults.add("brex", RECORDS, kind, times=None, chance=0.05)


def test_webhooks_polls_and_chains_race(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *SIZES)
    for part in (ids[:20], ids[10:50], ids):
        at_once(
            lambda part=part: announce(workers[0], connection, part),
            lambda part=part: announce(workers[1], connection, reversed(part)),
            lambda: poll(workers[2], connection),
            lambda: run_chain(workers[3], connection),
            lambda: run_chain(runtime, connection),
        )
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert all(story(runtime, connection, one).count("heard of for the first time") == 1 for one in ids)


def test_people_retry_and_skip_while_workers_work(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "reset_after", times=2)
    world.faults.add("brex", REPORT, "reset_after", times=1)
    for _ in range(6):
        at_once(
            *(lambda worker=worker: run_chain(worker, connection, 2) for worker in workers[:2]),
            lambda: people.retry(workers[2], connection, actor="dana"),
            lambda: people.retry(workers[3], connection, actor="wei", record_ids=list(reversed(ids))),
        )
        let_pass(runtime.database, 30)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_a_skip_and_a_send_never_both_win(
    workers: list[Runtime], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    at_once(
        lambda: run_chain(workers[0], connection),
        *(
            lambda part=part: people.skip(workers[1], connection, actor="dana", reason="by hand", record_ids=[part])
            for part in ids[::6]
        ),
    )
    run_until_quiet(runtime, connection)
    with runtime.database.begin() as tx:
        skipped = {row["record_id"] for row in views.listing(tx, connection.id, stage="skipped")}
    assert skipped <= set(ids[::6])
    assert_all_done(runtime, connection, world, [one for one in ids if one not in skipped])


@pytest.mark.parametrize("order", [tuple(reversed(stages.CHAIN)), "random 1", "random 2", "random 3"])
def test_stages_in_any_order(order: object, runtime: Runtime, connection: Connection, world: World) -> None:
    random = Random(str(order))
    ids = spend(world, *SIZES[:12])
    announce(runtime, connection, ids)
    world.faults.add("d365", SEND, "reset_after")
    for _ in range(12):
        names = list(order) if isinstance(order, tuple) else random.choices(stages.CHAIN, k=5)
        for name in names:
            stages.run(runtime, StageName(name), connection.id, seconds=60)
            announce(runtime, connection, random.sample(ids, 3))
        let_pass(runtime.database, 20)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_word_and_wishes_repeated_in_every_stage_change_nothing_in_the_end(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *SIZES[:12])
    for name in stages.CHAIN:
        for _ in range(2):
            announce(runtime, connection, [*ids, *ids])
            poll(runtime, connection)
            people.retry(runtime, connection, actor="dana")
            stages.run(runtime, name, connection.id, seconds=60)
            stages.run(runtime, name, connection.id, seconds=60)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert scalar(runtime.database, "SELECT count(*) FROM records") == len(ids)
