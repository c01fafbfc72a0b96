"""Brings .venv to what the lock says; a few milliseconds when it is there already. Run by script/bootstrap.

Standard library only: it runs before anything is installed. Where packages come from (index, mirror,
certificate, proxy) is the machine's pip configuration; nothing else of that configuration is let in.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
PYTHON = VENV / "bin" / "python"
INCLUDED_IN = {"embedded": "test"}  # what the second installs holds everything of the first

# The pip variables that say how to reach an index; others (PIP_USER, PIP_TARGET …) would install elsewhere or
# else.
REACHING = {
    f"PIP_{name}"
    for name in (
        "INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CERT", "CLIENT_CERT", "TRUSTED_HOST",
        "PROXY", "TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "CACHE_DIR", "NO_CACHE_DIR", "CONFIG_FILE",
        "KEYRING_PROVIDER",
    )
}  # fmt: skip
PROXIES = {"http_proxy", "https_proxy", "all_proxy", "pip_proxy"}


def main(which: str) -> int:
    lock = ROOT / "requirements" / f"{which}.txt"
    if not lock.exists():
        return fail(f"There is no {lock}: use script/bootstrap embedded or script/bootstrap test.")
    with one_at_a_time():
        wanted = fingerprint(lock)
        stamp = read_stamp()
        if stamp.get(which) == wanted or stamp.get(f"{INCLUDED_IN.get(which)} for {which}") == wanted:
            return 0
        tell("Installing the locked packages into .venv (the first time takes about 20 seconds)")
        if not usable(stamp) and make_venv() != 0:
            return fail("The virtual environment could not be made (see above).")
        if not install(lock):
            return fail("The packages could not be installed (see above): pip must reach a package index.")
        write_stamp(which)
    return 0


def fingerprint(lock: Path) -> str:
    """Changes with the lock, with what is installed of the project itself, and with the Python."""
    parts = [lock.read_bytes(), (ROOT / "setup.cfg").read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    parts.append(repr((sys.version_info[:2], sys.implementation.name)).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp() -> dict[str, str]:
    """What was installed; nothing where the folder was moved since (its scripts name the old place)."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if stamp.get("root") == str(ROOT) and PYTHON.exists() else {}


def write_stamp(which: str) -> None:
    """Only now is it installed; an installation that was broken off is done again."""
    stamp = {"root": str(ROOT), which: fingerprint(ROOT / "requirements" / f"{which}.txt")}
    for smaller, larger in INCLUDED_IN.items():
        if larger == which:
            stamp[f"{which} for {smaller}"] = fingerprint(ROOT / "requirements" / f"{smaller}.txt")
    new = STAMP.with_suffix(".new")
    new.write_text(json.dumps(stamp), encoding="utf-8")
    new.replace(STAMP)


def usable(stamp: dict[str, str]) -> bool:
    """Whether the environment we run in is .venv itself, at the place where it was made, with a pip."""
    inside = Path(sys.prefix).resolve() == VENV and bool(stamp)
    return (
        inside
        and subprocess.run(
            [PYTHON, "-I", "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
        == 0
    )


def make_venv() -> int:
    base = (
        getattr(sys, "_base_executable", None) or sys.executable
    )  # we may run from the .venv that is to be remade
    return subprocess.run(
        [base, "-I", "-m", "venv", "--clear", VENV], stdout=sys.stderr, check=False
    ).returncode


def install(lock: Path) -> bool:
    """The lock with its hashes, wheels only; then the project itself, which stays where it is."""
    environ = {k: v for k, v in os.environ.items() if k in REACHING or not k.startswith(("PIP_", "PYTHON"))}
    environ["PIP_ROOT_USER_ACTION"] = "ignore"
    packages = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    project = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)]
    if not pip(packages, environ):
        alone = {k: v for k, v in environ.items() if k.lower() not in PROXIES} | {"NETRC": os.devnull}
        if alone.keys() - {"NETRC"} == environ.keys() and not netrc_exists():
            return False
        tell("That failed; trying once more without the environment's proxy and without .netrc")
        if not pip(packages, alone):
            return False
    return pip(project, environ)


def pip(arguments: list[str], environ: dict[str, str]) -> bool:
    options = ["-qq", "--no-input", "--disable-pip-version-check", "--no-user", "--progress-bar", "off"]
    command = [str(PYTHON), "-I", "-m", "pip", "install", *options, *arguments]
    done = subprocess.run(
        command, env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
    )
    return done.returncode == 0


def netrc_exists() -> bool:
    return "NETRC" in os.environ or Path("~/.netrc").expanduser().exists()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two scripts started together install once. The lock is on the folder: no file is left in the way."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(text: str) -> int:
    tell(text)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
