"""The processes of a chaos run: which there are, and how each is killed. Who starts them again is the product.

`script/server` runs as anywhere, and so do its children. They are found by their parents and command lines, as an
operator would find them.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.operator import Failed, Services

GONE_SECONDS = 60.0


class Cluster(Services):
    def kill(self, what: str, pick: float) -> bool:
        """Kill one of `chaos_plan.KILLS` by SIGKILL (PostgreSQL by an immediate shutdown, which is no cleaner).

        False where it is not there just now, as in the second before it is started again. "everything" is only killed:
        `again` starts it.
        """
        return self._everything() if what == "everything" else self._one(what, pick)

    def again(self) -> None:
        """Start the server that was killed, with whatever it left behind."""
        assert self._about is not None  # noqa: S101 - started before
        self._serve(self._about)

    @property
    def operator(self) -> Any:
        assert self._operator is not None  # noqa: S101 - started before
        return self._operator

    def alive(self) -> bool:
        return all(process.poll() is None for _, process in self._processes)

    def _server(self) -> "tuple[str, subprocess.Popen[bytes]]":
        return next(one for one in self._processes if one[0] == "server")

    def _one(self, what: str, pick: float) -> bool:
        found = _family(self._server()[1].pid)
        if what == "task":
            tasks = [pid for pid, _ in _children(found.get("worker", 0))]
            return bool(tasks) and _send(tasks[int(pick * len(tasks))], signal.SIGKILL)
        if what not in found:
            return False
        if what == "postgres":
            return _send(found[what], signal.SIGQUIT)
        if what in ("worker", "web") and pick < 0.5:
            # The main process alone: its children work on until somebody notices.
            return _send(found[what], signal.SIGKILL)
        return _send_group(found[what]) if what != "valkey" else _send(found[what], signal.SIGKILL)

    def _everything(self) -> bool:
        """At one moment: the supervisor and all that it runs."""
        one = self._server()
        found = _family(one[1].pid)
        one[1].kill()
        for name, pid in found.items():
            if name == "postgres":
                _send(pid, signal.SIGQUIT)
            else:
                _send_group(pid)
        one[1].wait()
        self._processes.remove(one)
        end = time.monotonic() + GONE_SECONDS
        while {pid for pid, *_ in _processes()} & set(found.values()):
            if time.monotonic() > end:
                raise Failed("something outlived its own kill")
            time.sleep(0.05)
        return True


def _family(server: int) -> dict[str, int]:
    """What the server runs, by name: its process id. A process just started may not be there yet."""
    found = {}
    for pid, command in _children(server):
        words = command.split()
        program = Path(words[0]).name if words else ""
        if program.startswith("postgres"):
            found["postgres"] = pid
        elif "valkey" in program or "redis" in program:
            found["valkey"] = pid
        elif "webhooks.wsgi:app" in words:
            found["web"] = pid
        elif "tasks.app" in words:
            found["beat" if "beat" in words else "worker"] = pid
    return found


def _children(parent: int) -> list[tuple[int, str]]:
    return [(pid, command) for pid, above, command in _processes() if above == parent]


def _processes() -> Iterator[tuple[int, int, str]]:
    """Process id, parent, command line of all that live: from /proc where there is one, else from ps."""
    if sys.platform == "linux":
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                state, above = (place / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                if state != "Z":
                    yield int(place.name), int(above), command
        return
    words = ["/bin/ps", "-axww", "-o", "pid=,ppid=,stat=,command="]
    for line in subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines():
        row = line.split(None, 3)
        if len(row) == 4 and not row[2].startswith("Z"):
            yield int(row[0]), int(row[1]), row[3]


def _send(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _send_group(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
        return True
    return False
