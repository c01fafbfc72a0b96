"""Every task there is, twice at the same moment, round after round in an order of chance, and two beats."""

import inspect
from random import Random

import pytest
from celery import Task
from redis import Redis

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tasks import schedule
from tasks.app import app
from tests.pipeline.helpers import (
    REPORT,
    SEND,
    change,
    let_pass,
    rows,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
)
from tests.pipeline.test_twice import at_once
from tests.pipeline.trails import assert_done
from tests.tasks.conftest import Working

SIZES = (1, 2, 1, 5, 1, 1)


def our_tasks() -> list[Task]:
    app.loader.import_default_modules()
    return [task for name, task in sorted(app.tasks.items()) if name.startswith("tasks.")]


def run(task: Task, connection: Connection) -> None:
    """As a worker does it: ids are all that a task is given."""
    task(*[connection.id for _ in inspect.signature(task.run).parameters])


def test_the_list_of_tasks_is_whole() -> None:
    names = {task.name for task in our_tasks()}
    assert {f"tasks.chain.{stage}" for stage in ("fetch", "map", "post", "acknowledge")} < names
    assert {"tasks.schedule.sweep", "tasks.schedule.poll", "tasks.schedule.refresh", "tasks.schedule.watch"} < names


@pytest.mark.parametrize("seed", range(3))
def test_every_task_twice_at_once_and_out_of_order(
    seed: int, as_a_worker_does: None, runtime: Runtime, connection: Connection, world: World
) -> None:
    random = Random(seed)
    ids = spend(world, *SIZES)
    world.faults.add("d365", SEND, "reset_after")
    world.faults.add("brex", REPORT, "reset_after")
    for _ in range(4):
        change(runtime.database, "UPDATE connections SET next_poll_at = now(), next_refresh_at = now()")
        change(runtime.database, "UPDATE journals SET watch_at = now()")
        tasks = our_tasks()
        random.shuffle(tasks)
        for task in tasks:
            at_once(lambda: run(task, connection), lambda: run(task, connection))  # noqa: B023 - done before the next
        let_pass(runtime.database, 60)
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


def test_all_tasks_at_the_same_moment(
    as_a_worker_does: None, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    for _ in range(3):
        change(runtime.database, "UPDATE connections SET next_poll_at = now()")
        at_once(*(lambda task=task: run(task, connection) for task in our_tasks()))
        let_pass(runtime.database, 60)
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


@pytest.mark.sockets
def test_two_beats_tick_at_the_same_moment(
    worker: Working, broker: Redis, runtime: Runtime, connection: Connection, world: World
) -> None:
    """Everything is woken twice; each turn is taken once."""
    ids = spend(world, *SIZES)
    at_once(schedule.sweep, schedule.sweep)
    assert broker.llen("schedule") >= 2  # two polls at least wait, for one turn

    def done() -> bool:
        return [row["stage"] for row in rows(runtime, connection).values()] == ["acknowledged"] * len(ids)

    with worker() as watch:
        at_once(schedule.sweep.delay, schedule.sweep.delay)
        watch.until(lambda: done() and watch.ended.count("tasks.schedule.poll") >= 2)
    assert_done(runtime, connection, world, ids)
    asked = [seen.path for seen in world.traffic.latest if seen.system == "brex" and "READY_FOR_EXPORT" in seen.path]
    assert len(asked) == len(set(asked)), "the queue was read twice"
    assert scalar(runtime.database, "SELECT max(times_heard) FROM records") == 1
