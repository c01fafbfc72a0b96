"""The small private files of a home (CONNECTOR_HOME): passwords, keys, and what runs there now.

Every file is readable by its owner only. Standard library alone: production imports this through the
settings.
"""

import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SURROUNDINGS = ("CONNECTOR_TRUSTED_HOSTS", "REQUESTS_CA_BUNDLE", "CONNECTOR_QUIET_SECONDS")


def write_private(path: Path, text: str) -> None:
    """Put the file there whole or not at all, for the owner's eyes only (0600)."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def kept(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; made and kept the first time."""
    if not path.exists():
        write_private(path, make() + "\n")
    return path.read_text(encoding="utf-8").strip()


def password(home: Path, service: str) -> str:
    return kept(home / f"{service}.password", lambda: secrets.token_urlsafe(24))


def keys_file(home: Path) -> Path:
    return home / "secret-keys"


def secret_keys(home: Path) -> list[str]:
    """The keys that encrypt stored credentials, one a line; none where no server ever ran for this home."""
    try:
        return keys_file(home).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return []


def services_file(home: Path) -> Path:
    return home / "services.json"


def announce(home: Path, urls: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Say where the services are that this process runs, and with which outbound settings it does."""
    surroundings = {name: environ[name] for name in SURROUNDINGS if environ.get(name, "").strip()}
    write(services_file(home), {"pid": os.getpid(), "urls": dict(urls), "surroundings": surroundings})


def running(home: Path) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL of the embedded services.

    The file may have outlived its supervisor (SIGKILL). While that lives, a service that does not answer is
    being started again: its address is right, and whoever asks may wait. Otherwise only what answers counts.
    """
    found = read(services_file(home))
    urls: dict[str, str] = found.get("urls", {})
    return {name: url for name, url in urls.items() if _lives(found["pid"]) or _answers(url)}


def surroundings(home: Path) -> dict[str, str]:
    """The outbound settings with which the home's server runs: a command beside it must see the same world."""
    found: dict[str, str] = read(services_file(home)).get("surroundings", {})
    return found if running(home) else {}


def read(path: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is none (yet)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def write(path: Path, data: Mapping[str, Any]) -> None:
    write_private(path, json.dumps(data, indent=1) + "\n")


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        return False
    return True
