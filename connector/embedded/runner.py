"""Runs the Procfile's processes on one machine: one log, crashed ones started again, stopped in order.

Not honcho, which ends everything when one process ends, signals all whole groups at once (cutting the
worker's tasks off), and leaves its children behind when it is killed itself.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from connector.embedded.process import die_with_parent

KILL_WAIT = 25  # seconds a process may take to end: the worker's soft shutdown takes up to 15
SOON = 10  # seconds; a process that ends sooner than that …
PATIENCE = 5  # … this often in a row will not do better the next time
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# To the main process alone. Celery finishes its running tasks on SIGINT and ends at once when it has none;
# its SIGTERM, remapped for a platform that signals every process, always waits out the soft shutdown.
STOP_SIGNALS = {"worker": signal.SIGINT}


@dataclass(slots=True)
class _Process:
    name: str
    line: str
    running: subprocess.Popen[bytes] | None = None
    started: float = 0
    failures: int = 0
    again_at: float = 0
    reader: threading.Thread | None = field(default=None, repr=False)


def procfile(text: str) -> dict[str, str]:
    """Process type → command line, in the file's order."""
    lines = (re.match(r"([A-Za-z0-9_-]+):\s*(\S.*)", line) for line in text.splitlines())
    return {match[1]: match[2] for match in lines if match}


class Runner:
    def __init__(
        self,
        commands: Mapping[str, str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        tick: Callable[[], object] = lambda: None,
        pause: float = 1,
        out: TextIO = sys.stdout,
    ) -> None:
        """`commands` are stopped in their order. `tick` is called twice a second, in the main thread;
        `pause`: seconds before a crashed one is started again."""
        self._processes = [_Process(name, line) for name, line in commands.items()]
        self._folder, self._environ, self._out = folder, dict(environ), out
        self._tick, self._pause = tick, pause
        self._width = max((len(name) for name in commands), default=0)
        self._writing = threading.Lock()

    def run(self) -> int:
        """Until Ctrl-C (KeyboardInterrupt): 0; or until a process keeps failing: 1. Nothing is left running.

        Call it from the main thread: on Linux the processes are killed when the thread that started them
        ends.
        """
        try:
            for process in self._processes:
                self._start(process)
            while all(self._look_after(process) for process in self._processes):
                self._tick()
                time.sleep(0.5)
        except KeyboardInterrupt:
            return 0
        finally:
            self._stop()
        return 1

    def say(self, name: str, text: str) -> None:
        """One line of the common log. A terminal that has gone is no reason to fail."""
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._out.write(f"{time.strftime('%H:%M:%S')} {name.ljust(self._width)} | {text}\n")
            self._out.flush()

    def _start(self, process: _Process) -> None:
        process.started = time.monotonic()
        process.running = subprocess.Popen(
            ["/bin/sh", "-c", process.line],
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509  there is no other way to ask for it
        )
        process.reader = threading.Thread(target=self._relay, args=(process.name, process.running), daemon=True)
        process.reader.start()

    def _relay(self, name: str, running: subprocess.Popen[bytes]) -> None:
        assert running.stdout is not None  # noqa: S101  asked for above
        with running.stdout as output:
            for line in output:
                self.say(name, line.decode("utf-8", "replace").rstrip())

    def _look_after(self, process: _Process) -> bool:
        """Start it again where it has ended; False when that has become pointless."""
        now = time.monotonic()
        if process.running is not None and process.running.poll() is not None:
            code = process.running.returncode
            self._end_group(process)
            process.failures = process.failures + 1 if now - process.started < SOON else 1
            if process.failures >= PATIENCE:
                self.say(process.name, f"ended {PATIENCE} times in a row (last with code {code}): giving up")
                return False
            self.say(process.name, f"ended with code {code}; starting it again")
            process.running, process.again_at = None, now + self._pause
        elif process.running is None and now >= process.again_at:
            self._start(process)
        return True

    def _stop(self) -> None:
        """One after the other, in order; a second Ctrl-C kills what is left."""
        patience = [float(KILL_WAIT)]
        before = {number: signal.signal(number, lambda *_: patience.insert(0, 0.0)) for number in STOPPING}
        for process in self._processes:
            if process.running is not None:
                self._end(process.running, STOP_SIGNALS.get(process.name, signal.SIGTERM), patience)
                self._end_group(process)
                self.say(process.name, "stopped")
        for number, handler in before.items():
            signal.signal(number, handler)

    def _end(self, running: subprocess.Popen[bytes], gently: signal.Signals, patience: list[float]) -> None:
        """Ask once and wait, as long as the first of `patience` says (it may change meanwhile)."""
        asked = time.monotonic()
        if running.poll() is None:
            running.send_signal(gently)
        while running.poll() is None and time.monotonic() - asked < patience[0]:
            time.sleep(0.05)

    def _end_group(self, process: _Process) -> None:
        """Kill what is left of a process and its children, and read its last words."""
        if process.running is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.running.pid, signal.SIGKILL)
        process.running.wait()
        if process.reader is not None:
            process.reader.join(timeout=2)
        process.running = None


def run_once(line: str, *, folder: Path, environ: Mapping[str, str]) -> int:
    """Run one line of the Procfile (the release) to its end, its output being ours."""
    command: Sequence[str] = ["/bin/sh", "-c", line]
    return subprocess.run(command, cwd=folder, env=dict(environ), stdin=subprocess.DEVNULL, check=False).returncode
