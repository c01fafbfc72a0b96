"""`script/server`'s program with a Procfile of stand-ins: what it starts, says, refuses and leaves."""

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector import settings
from connector.embedded import state

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.sockets

WEB = """
import http.server, os
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer((os.environ["WEB_HOST"], int(os.environ["PORT"])), Ready).serve_forever()
"""
IDLE = "import json, os, signal; json.dump(dict(os.environ), open('environ.json', 'w')); signal.pause()"


@pytest.fixture
def project() -> Iterator[Path]:
    """A folder with a Procfile, where every account can go."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o711)
        (folder / "web.py").write_text(WEB)
        (folder / "idle.py").write_text(IDLE)
        (folder / "Procfile").write_text(
            "release: exec sh -c 'echo migrated'\nweb: exec python web.py\nworker: exec python idle.py\n"
            "beat: exec sleep 1000\n"
        )
        yield folder


class Server:
    def __init__(self, project: Path, **environ: str) -> None:
        """With next to no environment, as after `env -i`."""
        self.home = Path(environ.get("CONNECTOR_HOME", project / "var"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "connector.embedded"],
            cwd=project,
            env={"PYTHONPATH": str(ROOT), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> dict[str, Any]:
        """What server.json says, once it is this server's (a killed one leaves its own behind)."""
        deadline = time.monotonic() + 60
        while (found := state.read(self.home / "server.json")).get("pid") != self.process.pid:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return found

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Its exit code, output and errors."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


@pytest.fixture
def serve(project: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(**environ: str) -> Server:
        servers.append(Server(project, **environ))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.end()


def status(url: str) -> int:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return int(answer.status)


def test_it_starts_everything_says_where_and_ends_cleanly(serve: Callable[..., Server], project: Path) -> None:
    server = serve()
    ready = server.ready()
    assert ready["pid"] == server.process.pid
    assert status(f"{ready['url']}/health/ready") == 200
    settings.load({"CONNECTOR_HOME": str(project / "var")})
    code, out, err = server.end(signal.SIGINT)
    assert (code, err) == (0, "")
    assert "migrated" in out
    assert f"Listening on {ready['url']}" in out
    assert not (project / "var/server.json").exists()
    assert not (project / "var/services.json").exists()


def test_the_processes_get_an_absolute_home_and_no_proxy_for_this_machine(
    serve: Callable[..., Server], project: Path
) -> None:
    server = serve(HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="intranet")
    server.ready()
    environ = json.loads((project / "environ.json").read_text())
    assert environ["CONNECTOR_HOME"] == str(project / "var")
    assert environ["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    assert environ["WEB_HOST"] == "127.0.0.1"
    assert not {"DATABASE_URL", "REDIS_URL"} & environ.keys()


def test_a_second_one_is_refused_in_one_sentence_and_the_first_goes_on(serve: Callable[..., Server]) -> None:
    first = serve()
    url = first.ready()["url"]
    code, out, err = serve().end(signal.SIGCONT)
    assert (code, out) == (1, "")
    assert err.startswith("The services of ")
    assert err.count("\n") == 1
    assert first.ready()["url"] == url
    assert status(f"{url}/health/ready") == 200


def test_a_killed_one_leaves_nothing_that_blocks_the_next(serve: Callable[..., Server]) -> None:
    killed = serve()
    killed.ready()
    killed.end(signal.SIGKILL)
    assert status(f"{serve().ready()['url']}/health/ready") == 200


def test_a_port_that_is_taken_is_avoided(serve: Callable[..., Server]) -> None:
    first, second = serve(), None
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)
        taken = first.ready()["url"]
        second = serve(CONNECTOR_HOME=home)
        assert second.ready()["url"] != taken
        second.end()


def test_a_port_that_was_asked_for_and_is_taken_is_refused(serve: Callable[..., Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = serve(PORT=str(port)).end(signal.SIGCONT)
    assert (code, err) == (1, f"PORT {port} is taken by another program: choose another, or unset PORT.\n")


def test_a_wrong_setting_stops_it_before_anything_is_migrated(serve: Callable[..., Server]) -> None:
    code, out, err = serve(CONNECTOR_QUIET_SECONDS="soon").end(signal.SIGCONT)
    assert (code, out) == (1, "")
    assert err.startswith("CONNECTOR_QUIET_SECONDS must be a number of seconds")


def test_a_migration_that_fails_stops_it(serve: Callable[..., Server], project: Path) -> None:
    procfile = project / "Procfile"
    procfile.write_text(procfile.read_text().replace("echo migrated", "exit 3"))
    code, _, err = serve().end(signal.SIGCONT)
    assert (code, err) == (1, "The migration failed (see above); nothing was started.\n")
