"""`script/server`: everything the product needs on one machine, until Ctrl-C.

The embedded services (unless DATABASE_URL and REDIS_URL say where others are), the Procfile's release, then
its web, worker and beat. Writes CONNECTOR_HOME/server.json ({"url", "pid"}) as soon as the web process is
ready; "pid" is this program's own, while a file that a killed server left behind has another.
"""

import contextlib
import os
import signal
import sys
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from connector import settings
from connector.embedded import process, state
from connector.embedded.errors import EmbeddedError
from connector.embedded.runner import Runner, procfile, run_once
from connector.embedded.services import Embedded

FIRST_PORT = 8000
STOP_ORDER = ("web", "beat", "worker")


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    home = settings.home_of(os.environ)
    server_file = home / "server.json"
    embedded = Embedded(home, postgres=not _given("DATABASE_URL"), valkey=not _given("REDIS_URL"))
    try:
        embedded.start()
        return _serve(embedded, Path.cwd(), server_file)
    except (EmbeddedError, settings.BadSettings, OSError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        _ignore_impatience()
        embedded.stop()


def _serve(embedded: Embedded, project: Path, server_file: Path) -> int:
    server_file.unlink(missing_ok=True)
    environ = _environ(embedded.home)
    settings.load(environ)
    commands = procfile((project / "Procfile").read_text(encoding="utf-8"))
    if run_once(commands["release"], folder=project, environ=environ) != 0:
        _say("The migration failed (see above); nothing was started.")
        return 1
    serving = {name: commands[name] for name in STOP_ORDER}
    runner = Runner(serving, folder=project, environ=environ, tick=_Mender(embedded))
    url = f"http://127.0.0.1:{environ['PORT']}"
    threading.Thread(target=_announce, args=(url, runner, server_file, embedded), daemon=True).start()
    try:
        return runner.run()
    finally:
        server_file.unlink(missing_ok=True)


def _environ(home: Path) -> dict[str, str]:
    """What the processes get: the environment, an absolute home, a port, and no proxy for this machine."""
    programs = Path(sys.executable).parent
    loopback = "127.0.0.1,localhost,::1"
    no_proxy = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), loopback)))
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "CONNECTOR_HOME": str(home),
        "WEB_HOST": os.environ.get("WEB_HOST") or "127.0.0.1",
        "PORT": str(_port(os.environ)),
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _port(environ: Mapping[str, str]) -> int:
    """PORT where it is set; it must be free then. Otherwise 8000 or the next free one."""
    given = environ.get("PORT", "").strip()
    if not given:
        return next(port for port in range(FIRST_PORT, 65536) if process.free_port(port) == port)
    if given.isdecimal() and 0 < int(given) < 65536 and process.free_port(int(given)) != int(given):
        raise EmbeddedError(f"PORT {given} is taken by another program: choose another, or unset PORT.")
    return int(given) if given.isdecimal() else 0  # the settings say what is wrong with it


class _Mender:
    """The runner's tick: an embedded service that died is started again, and that is told."""

    def __init__(self, embedded: Embedded) -> None:
        self._embedded = embedded

    def __call__(self) -> None:
        for name in self._embedded.mend():
            _say(f"{name} had ended; it runs again.")


def _announce(url: str, runner: Runner, server_file: Path, embedded: Embedded) -> None:
    """Wait until the web process says that it is ready; then say where, for people and for programs."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        with contextlib.suppress(OSError), opener.open(f"{url}/health/ready", timeout=5):  # URLError is one
            break
        time.sleep(0.1)
    state.write(server_file, {"url": url, "pid": os.getpid()})
    for line in (
        f"Listening on {url}; Brex's webhooks go to {url}/webhooks/brex/NAME.",
        "Add a connection:  .venv/bin/connector connections add FILE.json   (its form: README.md)",
        f"Ctrl-C stops everything; the data stay in {' and '.join(embedded.folders())}.",
    ):
        runner.say("server", line)


def _given(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def _ignore_impatience() -> None:
    """A further Ctrl-C must not break off PostgreSQL's clean stop, which takes a moment only."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
