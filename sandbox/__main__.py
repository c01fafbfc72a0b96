"""`python -m sandbox --home DIR [--port-base N]`: the stand-ins over TLS on 127.0.0.1, until SIGTERM.

DIR keeps the certificate authority (ca.pem), the state and sandbox.json, which is written once all is ready.
"""

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.serving import Server, listen
from sandbox.tls import authority, server_context
from sandbox.world import World

SYSTEMS = ("brex", "brex_v1", "entra", "d365", "control", "receipts")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder for certificates and state")
    parser.add_argument("--port-base", type=int, default=18440, help="first port to try (default: 18440)")
    options = parser.parse_args()
    home: Path = options.home.resolve()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (home / "lock").open("a+", encoding="ascii")
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with this process, whatever becomes of it
    except OSError:
        sys.stderr.write(f"The stand-ins of {home} run already, or are still stopping: wait, or take another folder.\n")
        return 1

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    listeners = {
        system: listen([*ports, options.port_base + index])
        for index, (system, ports) in enumerate(_former_ports(home).items())
    }
    urls = {system: f"https://127.0.0.1:{listener.getsockname()[1]}" for system, listener in listeners.items()}
    ca, ca_path = authority(home)
    context = server_context(ca)
    world = World(str(home / "state.sqlite"), urls=urls)
    world.brex.ca = str(ca_path)
    servers = [Server(listener, world.apps[system], context) for system, listener in listeners.items()]
    for server in servers:
        server.start()

    about = urls | {
        "ca": str(ca_path),
        "trusted_hosts": ",".join(url.removeprefix("https://") for url in urls.values()),
        "pid": str(os.getpid()),
    }
    _write(home / "sandbox.json", json.dumps(about, indent=1))
    print(json.dumps(about), flush=True)  # noqa: T201 - this is a command
    stop.wait()
    for server in servers:
        server.stop()
    world.close()
    return 0


def _former_ports(home: Path) -> dict[str, list[int]]:
    """Per system the port of the last run, so that stored connections stay good. The old file goes: it would
    look as if we were ready."""
    path = home / "sandbox.json"
    ports: dict[str, list[int]] = {system: [] for system in SYSTEMS}
    try:
        former = json.loads(path.read_text())
        path.unlink()
        for system in SYSTEMS:
            ports[system] = [int(former[system].rpartition(":")[2])]
    except (OSError, ValueError, KeyError, AttributeError):
        pass
    return ports


def _write(path: Path, text: str) -> None:
    """Whole or not at all, for those who wait for it."""
    draft = path.with_suffix(".new")
    draft.write_text(text + "\n")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
