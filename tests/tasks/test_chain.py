"""Wake-ups through the real broker to a real worker: they do the work, and losing them loses nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from celery.signals import task_postrun
from redis import Redis

from connector.pipeline import stages
from connector.store.connections import Connection
from sandbox.population import Case
from sandbox.world import World
from tasks import schedule
from tasks.app import app
from tasks.wake import wake
from tests.tasks.conftest import Working

pytestmark = pytest.mark.sockets
AtTheEnd = Callable[[], bool]


def test_a_wake_up_runs_the_chain_to_the_end(
    worker: Working, connection: Connection, cases: list[Case], at_the_end: AtTheEnd
) -> None:
    assert wake(app, connection.id)
    with worker() as watch:
        watch.until(at_the_end)
    assert watch.ended[:4] == [f"tasks.chain.{stage}" for stage in ("fetch", "map", "post", "acknowledge")]


def test_two_wake_ups_do_the_work_once(
    worker: Working, connection: Connection, cases: list[Case], at_the_end: AtTheEnd, world: World
) -> None:
    for _ in range(3):
        wake(app, connection.id)
    with worker() as watch:
        watch.until(lambda: at_the_end() and watch.ended.count("tasks.chain.acknowledge") >= 3)
    references = [line["Document"] for line in world.d365.lines()]
    entries = [case for case in cases if case.end == "written"]
    assert len(set(references)) == len(entries)
    assert len(world.brex.reported()) == len(entries)


def test_a_flushed_broker_loses_nothing(
    worker: Working, broker: Redis, connection: Connection, cases: list[Case], at_the_end: AtTheEnd
) -> None:
    wake(app, connection.id)
    assert broker.llen("pipeline") == 1
    broker.flushdb()
    with worker() as watch:
        schedule.sweep.delay()
        watch.until(at_the_end)


def test_a_broker_flushed_after_every_stage_loses_nothing(
    worker: Working, broker: Redis, connection: Connection, cases: list[Case], at_the_end: AtTheEnd, world: World
) -> None:
    """Each stage's wake-up for the next one is thrown away once, and with it all else that the broker held."""
    flushed: list[str] = []

    def flush(task: Any = None, **_: Any) -> None:
        if task.name.startswith("tasks.chain.") and task.name not in flushed:
            flushed.append(task.name)
            broker.flushdb()

    task_postrun.connect(flush)
    try:
        with worker() as watch:
            for stage in stages.CHAIN:
                schedule.sweep.delay()
                watch.until(lambda name=f"tasks.chain.{stage}": name in flushed)  # type: ignore[misc]
            schedule.sweep.delay()
            watch.until(at_the_end)
    finally:
        task_postrun.disconnect(flush)
    assert len(world.brex.reported()) == len([case for case in cases if case.end == "written"])


def test_a_task_that_fails_stops_neither_the_worker_nor_the_work(
    worker: Working, connection: Connection, cases: list[Case], at_the_end: AtTheEnd
) -> None:
    with worker() as watch:
        app.send_task("tasks.chain.fetch", args=["not an id"])
        watch.until(lambda: len(watch.ended) == 1)
        wake(app, connection.id)
        watch.until(at_the_end)
