"""A worker killed by SIGKILL at the worst moments: whoever comes next finds out, and each entry stands once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import text

from connector.outbound.session import Outbound
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.middleware import TRANSPORT
from sandbox.serving import Server, listen
from sandbox.tls import authority, server_context
from sandbox.world import World
from tests.conftest import ROOT, store_connection
from tests.guard import NoCallsInTransactions
from tests.pipeline.helpers import (
    HEADER,
    RECORDS,
    REPORT,
    SEND,
    announce,
    assert_all_done,
    let_pass,
    run_until_quiet,
    scalar,
    spend,
    story,
)

pytestmark = pytest.mark.sockets

SYSTEMS = ("brex", "brex_v1", "entra", "d365")
SIZES = (1, 2, 5, 1)
# Longer than a worker needs for anything; only a test that fails waits for it.
PATIENCE = 60.0


class Doors:
    """The stand-ins behind real sockets. At one request, once, `stop` is called: before it is carried out or after."""

    def __init__(self, folder: Path) -> None:
        self.listeners = {system: listen([]) for system in SYSTEMS}
        urls = {system: f"https://127.0.0.1:{one.getsockname()[1]}" for system, one in self.listeners.items()}
        self.world = World(urls=urls)
        ca, path = authority(folder)
        context = server_context(ca)
        self.ca = str(path)
        self.hosts = ",".join(url.removeprefix("https://") for url in urls.values())
        self.match, self.done, self.stop = "", False, Event().set
        self.servers = [Server(one, self._watched(self.world.apps[system]), context)
                        for system, one in self.listeners.items()]  # fmt: skip
        for server in self.servers:
            server.start()

    def at(self, match: str, *, done: bool, stop: Callable[[], object]) -> None:
        self.match, self.done, self.stop = match, done, stop

    def _watched(self, app: Any) -> Any:
        def watched(environ: dict[str, Any], start_response: Any) -> Any:
            method, _, part = self.match.partition(" ")
            if not self.match or environ["REQUEST_METHOD"] != method or part not in environ["PATH_INFO"]:
                return app(environ, start_response)
            self.match = ""
            if not self.done:
                self.stop()
                environ[TRANSPORT].cut()
            answer = app(environ, start_response)
            self.stop()
            return answer

        return watched

    def close(self) -> None:
        for server in self.servers:
            server.stop()
        for listener in self.listeners.values():
            listener.close()
        self.world.close()


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    doors = Doors(tmp_path)
    yield doors
    doors.close()


@pytest.fixture
def world(doors: Doors) -> World:
    return doors.world


@pytest.fixture
def runtime(database: Database, vault: Vault, world: World, doors: Doors) -> Runtime:
    """Whoever comes after the worker that was killed."""
    outbound = Outbound(adapter=NoCallsInTransactions(world.adapter()), trusted_hosts=frozenset(doors.hosts.split(",")))
    return Runtime(database, vault, outbound, quiet_seconds=0)


class Worker:
    """A process that runs the chain once."""

    def __init__(self, database_url: str, doors: Doors, connection: Connection) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.pipeline.worker",
            database_url,
            doors.ca,
            doors.hosts,
            str(connection.id),
        ]
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)


@pytest.fixture
def start(database_url: str, doors: Doors) -> Iterator[Callable[[Connection], Worker]]:
    started: list[Worker] = []

    def begin(connection: Connection) -> Worker:
        started.append(Worker(database_url, doors, connection))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()


def ready(runtime: Runtime, connection: Connection, world: World) -> list[str]:
    ids = spend(world, *SIZES)
    announce(runtime, connection, ids)
    return ids


def test_a_worker_that_nobody_kills_does_all_of_it(
    runtime: Runtime, world: World, start: Callable[[Connection], Worker]
) -> None:
    connection = store_connection(runtime, world)
    ids = ready(runtime, connection, world)
    assert start(connection).process.wait(PATIENCE) == 0
    assert_all_done(runtime, connection, world, ids)


POINTS = {
    "asking Brex": (RECORDS, False),
    "having asked Brex": (RECORDS, True),
    "reading master data": ("GET /data/MainAccounts", True),
    "opening a journal": (HEADER, False),
    "having opened a journal": (HEADER, True),
    "sending": (SEND, False),
    "having sent": (SEND, True),
    "reporting": (REPORT, False),
    "having reported": (REPORT, True),
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_while(
    point: str, runtime: Runtime, world: World, doors: Doors, start: Callable[[Connection], Worker]
) -> None:
    """Before the request has any effect, or after the effect and before its answer."""
    match, done = POINTS[point]
    connection = store_connection(runtime, world)
    ids = ready(runtime, connection, world)
    workers: list[Worker] = []
    started = Event()

    def kill() -> None:
        started.wait(PATIENCE)
        workers[0].kill()

    doors.at(match, done=done, stop=kill)
    workers.append(start(connection))
    started.set()
    assert workers[0].process.wait(PATIENCE) == -signal.SIGKILL
    recover(runtime, connection, world, ids)
    if match == SEND:
        told = story(runtime, connection, ids[0])
        assert "no answer before the deadline: uncertain" in told
        assert any(why.startswith("found in the ledger" if done else "sent again") for why in told)


@pytest.mark.parametrize("match", [HEADER, SEND, REPORT])
def test_killed_with_the_answer_in_its_hands(
    match: str, runtime: Runtime, world: World, doors: Doors, start: Callable[[Connection], Worker]
) -> None:
    """It has read the answer and cannot store it: somebody else holds the batch's row until it is dead."""
    connection = store_connection(runtime, world)
    ids = ready(runtime, connection, world)
    with runtime.database.engine.connect() as session:
        doors.at(
            match,
            done=True,
            stop=lambda: session.execute(text("SELECT id FROM batches WHERE status = 'sending' FOR UPDATE")),
        )
        worker = start(connection)
        wait_until_it_waits(runtime.database, worker)
        worker.kill()
        session.rollback()
    assert worker.process.returncode == -signal.SIGKILL
    assert scalar(runtime.database, "SELECT count(*) FROM batches WHERE status = 'sending'") == 1
    recover(runtime, connection, world, ids)


def wait_until_it_waits(database: Database, worker: Worker) -> None:
    """Until a session of the worker waits for a row; at the latest it ends by itself."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    pause = Event()
    while not scalar(database, waiting):
        assert worker.process.poll() is None, "it ended without waiting"
        pause.wait(0.02)


def test_killed_while_f_and_o_is_in_the_middle_of_the_batch(
    runtime: Runtime, world: World, start: Callable[[Connection], Worker]
) -> None:
    connection = store_connection(runtime, world)
    ids = ready(runtime, connection, world)
    workers: list[Worker] = []
    started = Event()

    def kill(position: int) -> None:
        started.wait(PATIENCE)
        if position == 2:
            workers[0].kill()

    world.d365.before_each_changeset(kill)
    workers.append(start(connection))
    started.set()
    assert workers[0].process.wait(PATIENCE) == -signal.SIGKILL
    recover(runtime, connection, world, ids)


def recover(runtime: Runtime, connection: Connection, world: World, ids: list[str]) -> None:
    """Whoever comes next finishes it, once the deadlines have passed."""
    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert scalar(runtime.database, "SELECT count(*) FROM batches WHERE status IN ('sending', 'uncertain')") == 0
