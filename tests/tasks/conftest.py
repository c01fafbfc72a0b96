"""The real broker, and a real worker in a thread whose tasks run against the test's runtime."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Condition

import pytest
import structlog
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from redis import Redis

from connector.embedded.testing import valkey_url
from connector.pipeline import intake
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from sandbox.population import Case, populate
from sandbox.world import World
from tasks import base
from tasks.app import app
from tests.conftest import KEY

LONGEST = 60.0  # seconds; only a test that fails takes as long

Working = Callable[[], AbstractContextManager["Watch"]]


def own_valkey() -> str:
    """Each process of a test run has a database of its own in the one Valkey."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return valkey_url(1 + int(worker.removeprefix("gw")) % 15)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, database_url: str) -> dict[str, str]:
    """What a process of the product reads."""
    given = {"DATABASE_URL": database_url, "REDIS_URL": own_valkey(), "CONNECTOR_SECRET_KEYS": KEY}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture
def broker(environment: dict[str, str]) -> Iterator[Redis]:
    with Redis.from_url(environment["REDIS_URL"]) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def logs_put_back() -> Iterator[None]:
    """A worker in this process sets up its logs; afterwards they are as they were."""
    root, configuration = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configuration)


@pytest.fixture
def as_a_worker_does(broker: Redis, runtime: Runtime, logs_put_back: None) -> Iterator[None]:
    """Tasks called here use the test's runtime."""
    with base.using(runtime):
        yield


class Watch:
    """Waits for what tasks bring about: looks again each time that one has ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []
        self._condition = Condition()

    def note(self, task: object = None, **_: object) -> None:
        with self._condition:
            self.ended.append(getattr(task, "name", ""))
            self._condition.notify_all()

    def until(self, happened: Callable[[], bool]) -> None:
        with self._condition:
            assert self._condition.wait_for(happened, LONGEST), f"not within {LONGEST} s; ended: {self.ended}"


@pytest.fixture
def worker(as_a_worker_does: None) -> Working:
    @contextmanager
    def working() -> Iterator[Watch]:
        watch = Watch()
        task_postrun.connect(watch.note)
        try:
            with start_worker(app, perform_ping_check=False, queues=list(app.conf.task_queues)):
                yield watch
        finally:
            task_postrun.disconnect(watch.note)

    return working


@pytest.fixture
def cases(runtime: Runtime, connection: Connection, world: World) -> list[Case]:
    """Records that are ready in Brex and that we have heard of."""
    made = populate(60, world.clock())
    for case in made:
        world.brex.add_record(case.record, ready=False)
    ids = [case.record["id"] for case in made]
    world.brex.export(ids)
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, ids, actor="test", source="webhook")
    return made


@pytest.fixture
def at_the_end(runtime: Runtime, connection: Connection, cases: list[Case]) -> Callable[[], bool]:
    """Whether every record has come to the end that it must come to."""
    ends = {case.record["id"]: "acknowledged" if case.end == "written" else "held" for case in cases}

    def reached() -> bool:
        with runtime.database.begin() as tx:
            return {row["record_id"]: row["stage"] for row in views.listing(tx, connection.id)} == ends

    return reached
