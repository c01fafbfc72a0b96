"""The explorer itself, on workers so small that every end is known beforehand."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.interleavings.explore import Explorer
from tests.interleavings.states import States
from tests.interleavings.stepping import Stage, Stepped
from tests.pipeline.helpers import scalar

READ = "SELECT strikes FROM pacing WHERE side = 'd365'"
WRITE = "UPDATE pacing SET strikes = :to WHERE side = 'd365'"


@pytest.fixture
def stage(database_url: str, connection: Connection) -> Iterator[Stage]:
    stage = Stage(database_url, frozenset({"pacing"}))
    stage.workers += [Stepped(f"worker {number}", stage, Database(database_url)) for number in range(2)]
    yield stage
    stage.end()
    for worker in stage.workers:
        worker.database.dispose()


def in_two_transactions(database: Database) -> None:
    found = scalar(database, READ)
    with database.begin() as tx:
        tx.execute(text(WRITE), {"to": found + 1})


def in_one_transaction(database: Database) -> None:
    with database.begin() as tx:
        found = tx.execute(text(f"{READ} FOR UPDATE")).scalar() or 0
        tx.execute(text(WRITE), {"to": found + 1})


def sums(stage: Stage, database: Database, url: str, world: World, count: Callable[[Database], None]) -> list[int]:
    """What two that count one each come to, over all schedules; last, how often one waited for the other's lock."""
    came_to: set[int] = set()
    states = States(url, world)
    calls = [lambda worker=worker: count(worker.database) for worker in stage.workers]

    def judge() -> str:
        came_to.add(scalar(database, READ))
        return ""

    found = Explorer(stage, states, calls, lambda: None, judge).run()
    states.end()
    assert found.failures == []
    return [*sorted(came_to), found.waits]


def test_it_finds_an_update_that_is_lost(stage: Stage, database: Database, database_url: str, world: World) -> None:
    assert sums(stage, database, database_url, world, in_two_transactions)[:2] == [1, 2]


def test_it_lets_the_holder_of_a_lock_go_on(stage: Stage, database: Database, database_url: str, world: World) -> None:
    came_to, waits = sums(stage, database, database_url, world, in_one_transaction)
    assert came_to == 2
    assert waits > 0


def test_an_exception_in_a_worker_is_told_with_the_steps_before_it(
    stage: Stage, database_url: str, world: World
) -> None:
    def fails() -> None:
        in_two_transactions(stage.workers[0].database)
        raise RuntimeError("on purpose")

    states = States(database_url, world)
    found = Explorer(stage, states, [fails, lambda: None], lambda: None, str).run()
    states.end()
    assert "on purpose" in found.failures[0]
    assert "worker 0 commit" in found.failures[0]
