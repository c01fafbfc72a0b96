"""The runner with stand-in processes: what it restarts, in which order it stops, and that nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.embedded.runner import procfile

ROOT = Path(__file__).parents[2]

RUN = """
import os, signal, sys
from pathlib import Path
from connector.embedded.runner import Runner
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.default_int_handler)
commands = dict(word.split("=", 1) for word in sys.argv[1:])
sys.exit(Runner(commands, folder=Path.cwd(), environ=os.environ, pause=0).run())
"""

# Tells that it is up, its process id and, when it is asked to end, that it was asked.
POLITE = """exec python -c '
import os, signal, sys
def end(number, frame):
    print("asked by", signal.Signals(number).name, flush=True); sys.exit(0)
signal.signal(signal.SIGTERM, end); signal.signal(signal.SIGINT, end)
os.write(1, b"up %d\\n" % os.getpid())
while True: signal.pause()'"""
STUBBORN = """exec python -c '
import os, signal
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
os.write(1, b"up %d\\n" % os.getpid())
while True: signal.pause()'"""


class Run:
    """A runner in a process of its own, and what it has written so far."""

    def __init__(self, folder: Path, **commands: str) -> None:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, *(f"{name}={line}" for name, line in commands.items())],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": path},
        )

    def until(self, *wanted: str) -> list[str]:
        """Read until each of these was seen on a line (name and text); the lines that had one of them."""
        assert self.process.stdout is not None
        missing, found = set(wanted), []
        while missing:
            line = self.process.stdout.readline()
            assert line, f"ended without {missing}: {self.lines}"
            self.lines.append(line.split(" ", 1)[1].strip())
            matching = {text for text in missing if text in self.lines[-1]}
            missing -= matching
            found += [self.lines[-1]] if matching else []
        return found

    def rest(self) -> list[str]:
        """The lines until its end."""
        assert self.process.stdout is not None
        return [line.split(" ", 1)[1].strip() for line in self.process.stdout]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.communicate()


def gone(pid: int) -> bool:
    """Dead, whether or not somebody has noticed yet (a zombie)."""
    shown = subprocess.run(["/bin/ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return not shown.stdout.strip() or shown.stdout.startswith("Z")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    running: list[Run] = []

    def start(**commands: str) -> Run:
        running.append(Run(tmp_path, **commands))
        return running[-1]

    yield start
    for one in running:
        one.end()


def test_the_output_of_all_goes_to_one_log_with_their_names(run: Callable[..., Run]) -> None:
    one = run(web=POLITE, worker=POLITE)
    assert sorted(line.split(" ")[0] for line in one.until("web    | up", "worker | up")) == ["web", "worker"]


def test_they_are_stopped_in_order_each_after_the_one_before_and_the_worker_by_interrupt(
    run: Callable[..., Run],
) -> None:
    one = run(web=POLITE, beat=POLITE, worker=POLITE)
    one.until("web    | up", "beat   | up", "worker | up")
    one.process.send_signal(signal.SIGINT)
    assert one.rest() == [
        "web    | asked by SIGTERM",
        "web    | stopped",
        "beat   | asked by SIGTERM",
        "beat   | stopped",
        "worker | asked by SIGINT",
        "worker | stopped",
    ]
    assert one.process.wait() == 0


def test_one_that_crashes_is_started_again_and_the_others_go_on(run: Callable[..., Run]) -> None:
    one = run(web=POLITE, worker=POLITE)
    (line,) = (line for line in one.until("worker | up", "web    | up") if "worker" in line)
    os.kill(int(line.split()[-1]), signal.SIGKILL)
    one.until("worker | ended with code -9; starting it again")
    one.until("worker | up")
    assert not [line for line in one.lines if "web    | ended" in line]


def test_what_a_crashed_one_leaves_behind_is_ended_before_it_is_started_again(run: Callable[..., Run]) -> None:
    one = run(web=f"({POLITE}) & {POLITE}")
    one.until("web | up")
    one.until("web | up")
    pids = [int(line.split()[-1]) for line in one.lines]
    leader = next(pid for pid in pids if os.getpgid(pid) == pid)
    os.kill(leader, signal.SIGKILL)
    one.until("web | ended with code -9")
    assert [pid for pid in pids if not gone(pid)] == []


def test_one_that_cannot_run_ends_all_with_a_sentence(run: Callable[..., Run]) -> None:
    one = run(web=POLITE, worker="exec false")
    assert "worker | ended 5 times in a row (last with code 1): giving up" in one.rest()
    assert one.process.wait() == 1


def test_a_second_interrupt_kills_what_does_not_stop(run: Callable[..., Run]) -> None:
    one = run(web=STUBBORN, worker=POLITE)
    one.until("web    | up", "worker | up")
    one.process.send_signal(signal.SIGINT)
    one.until("web    | no")
    one.process.send_signal(signal.SIGINT)
    one.until("web    | stopped", "worker | stopped")
    assert one.process.wait() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_nothing_outlives_a_killed_runner(run: Callable[..., Run]) -> None:
    one = run(web=STUBBORN, worker=POLITE)
    one.until("web    | up", "worker | up")
    one.process.kill()
    pids = [int(line.split()[-1]) for line in one.lines]
    deadline = time.monotonic() + 10
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline, f"some of {pids} live on"
        time.sleep(0.02)


def test_a_procfile_is_read_line_by_line() -> None:
    text = "# nothing\nweb: exec gunicorn a:b --bind 0.0.0.0:$PORT\n\nworker:   exec celery  worker\n"
    assert procfile(text) == {
        "web": "exec gunicorn a:b --bind 0.0.0.0:$PORT",
        "worker": "exec celery  worker",
    }
