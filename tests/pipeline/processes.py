"""Worker processes from the test's side, and the stand-ins behind real sockets that they call."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Any

from sandbox.middleware import TRANSPORT
from sandbox.serving import Server, listen
from sandbox.tls import authority, server_context
from sandbox.world import World
from tests.conftest import ROOT

SYSTEMS = ("brex", "brex_v1", "entra", "d365")
# Longer than a worker needs for anything; only a test that fails waits for it.
PATIENCE = 60.0


class Worker:
    """One forked process."""

    def __init__(self) -> None:
        self.pid = 0
        self.code: int | None = None
        self.started, self.ended = Event(), Event()

    def kill(self) -> None:
        """SIGKILL, from any thread; returns when it is dead. Nothing happens to one that has ended."""
        assert self.started.wait(PATIENCE)
        if not self.ended.is_set():
            os.kill(self.pid, signal.SIGKILL)
        assert self.ended.wait(PATIENCE)


class Workers:
    """Forks a process for each job, one at a time, from one that has imported everything."""

    def __init__(self) -> None:
        environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.pipeline.worker"], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._lock = Lock()

    def run(self, worker: Worker, job: dict[str, Any]) -> int:
        """Let it do the job; how it ended: 0, or minus the signal."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        with self._lock:
            self._parent.stdin.write(json.dumps(job) + "\n")
            self._parent.stdin.flush()
            worker.pid = json.loads(self._parent.stdout.readline())["pid"]
            worker.started.set()
            worker.code = json.loads(self._parent.stdout.readline())["ended"]
            worker.ended.set()
        return int(worker.code or 0)

    def close(self) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait(PATIENCE)
        if self._parent.stdout is not None:
            self._parent.stdout.close()


class Doors:
    """The stand-ins behind real sockets, for one world at a time.

    At one request, once, `stop` is called: before it is carried out, and then the connection is cut; or after it.
    `done` is set once that request, or another that `expect` named, has been carried out.
    """

    def __init__(self, folder: Path) -> None:
        self.listeners = {system: listen([]) for system in SYSTEMS}
        self.urls = {system: f"https://127.0.0.1:{one.getsockname()[1]}" for system, one in self.listeners.items()}
        ca, path = authority(folder)
        context = server_context(ca)
        self.ca = str(path)
        self.hosts = [url.removeprefix("https://") for url in self.urls.values()]
        self.world: World | None = None
        self._match, self._after = "", False
        self._stop: Callable[[], object] = Event().set
        self.done = Event()
        self.servers = [Server(one, self._watched(system), context) for system, one in self.listeners.items()]
        for server in self.servers:
            server.start()

    def open(self) -> World:
        """A new world behind them."""
        self._match = ""
        self.world = World(urls=self.urls)
        return self.world

    def at(self, match: str, *, after: bool, stop: Callable[[], object]) -> None:
        self._match, self._after, self._stop = match, after, stop
        self.done.clear()

    def expect(self, match: str) -> None:
        self.at(match, after=True, stop=lambda: None)

    def job(self, database: str, connection_id: int, **more: Any) -> dict[str, Any]:
        given = {"database": database, "ca": self.ca, "hosts": self.hosts, "connection": connection_id, "does": "chain"}
        return given | more

    def _watched(self, system: str) -> Any:
        def watched(environ: dict[str, Any], start_response: Any) -> Any:
            assert self.world is not None
            app = self.world.apps[system]
            method, _, part = self._match.partition(" ")
            if not self._match or environ["REQUEST_METHOD"] != method or part not in environ["PATH_INFO"]:
                return app(environ, start_response)
            self._match = ""
            if not self._after:
                self._stop()
                environ[TRANSPORT].cut()
            answer = app(environ, start_response)
            self.done.set()
            self._stop()
            return answer

        return watched

    def close(self) -> None:
        for server in self.servers:
            server.stop()
        for listener in self.listeners.values():
            listener.close()
