"""Starting and stopping one server process: own session, own account, and no life without its parent."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from connector.embedded.account import Account

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10 * 2**20


def start(
    command: Sequence[str],
    *,
    account: Account | None,
    log: IO[bytes],
    last_signal: signal.Signals,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that Ctrl-C reaches only the supervisor.

    On Linux it gets `last_signal` when the supervisor dies, however that dies. The kernel sends it when the
    starting *thread* ends: call this from the main thread, or from one that lives as long.
    """
    who: dict[str, Any] = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    server: subprocess.Popen[bytes] = subprocess.Popen(
        list(command),
        stdin=stdin,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,
        preexec_fn=die_with_parent(last_signal),  # noqa: PLW1509  there is no other way to ask for it
        **who,
    )
    return server


def die_with_parent(last_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child runs between fork and exec, after it changed its account (that would clear the wish)."""
    if sys.platform != "linux":
        return None  # there the next start stops what is left over
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def wish() -> None:
        prctl(PR_SET_PDEATHSIG, int(last_signal), 0, 0, 0)
        if os.getppid() != parent:  # it died before the wish was heard
            os._exit(1)

    return wish


def stop(process: subprocess.Popen[bytes], gently: signal.Signals, seconds: float) -> None:
    """Ask, wait, and only then kill."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def open_log(home: Path, name: str) -> IO[bytes]:
    """The server's log in the home, appended to; the one before is kept once it has grown large."""
    folder = home / "log"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}.log"
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def free_port(wanted: int | None = None) -> int:
    """The port wanted on 127.0.0.1 if nobody listens there, else any free one."""
    if wanted and not _answers(wanted):  # macOS lets one bind beside a listener on all addresses
        with contextlib.suppress(OSError):
            return _bound(wanted)
    return _bound(0)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _bound(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        found: int = probe.getsockname()[1]
        return found


def runs_with(pid: int, argument: str) -> bool:
    """Whether a process of this id lives and was started with this argument: ids are used again."""
    if sys.platform == "linux":
        try:
            return argument.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return argument in listed.stdout


def ask(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have gone meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
