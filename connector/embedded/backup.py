"""Backup and restore of the embedded database, by the pg_dump and pg_restore that come with it.

A backup is PostgreSQL's own custom format: a snapshot, taken while everything goes on. It holds the credentials as the
database does, encrypted: without the home's `secret-keys` they cannot be read.
"""

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from connector.embedded import state
from connector.embedded.binaries import postgres_programs
from connector.embedded.errors import EmbeddedError
from connector.embedded.services import Embedded


class BackupError(EmbeddedError):
    """Nothing was made or changed; the message says why."""


@contextmanager
def running(home: Path, *, alone: bool) -> Iterator[str]:
    """The URL of the home's database; started where it does not run, and then stopped again.

    `alone`: refuse where the home's services run. Raises `AlreadyRunning`, `CannotStart`, `NotInstalled`.
    """
    found = state.running(home).get("DATABASE_URL")
    if found is not None and not alone:
        yield found
        return
    embedded = Embedded(home, valkey=False)
    embedded.start()
    try:
        if embedded.postgres is None:
            raise BackupError("there is no embedded database")
        yield embedded.postgres.url()
    finally:
        embedded.stop()


def dump(url: str, file: Path) -> None:
    """Write the whole database to a file, readable by its owner only. Raises `BackupError`."""
    new = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _run("pg_dump", url, _name(url), "--format=custom", "--no-owner", "--no-privileges", f"--file={new}")
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Put the file's contents in the place of the database, whole or not at all. Raises `BackupError`.

    They are restored beside it under another name first: a file that is of no use changes nothing. Refused while
    anybody has a session in the database.
    """
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    name, beside, before = _name(url), f"restoring_{secrets.token_hex(4)}", f"before_{secrets.token_hex(4)}"
    with _admin(url) as cursor:
        _refuse_if_used(cursor, name)
        cursor.execute(f"CREATE DATABASE {beside} TEMPLATE template0")
        try:
            _run("pg_restore", url, beside, "--exit-on-error", "--single-transaction", "--no-owner",
                 "--no-privileges", str(file))  # fmt: skip
            _refuse_if_not_ours(url, beside, file)
            _refuse_if_used(cursor, name)
            cursor.execute(f"ALTER DATABASE {name} RENAME TO {before}")
            cursor.execute(f"ALTER DATABASE {beside} RENAME TO {name}")
        except BaseException:
            cursor.execute(f"DROP DATABASE IF EXISTS {beside} WITH (FORCE)")
            raise
        cursor.execute(f"DROP DATABASE IF EXISTS {before} WITH (FORCE)")


def _refuse_if_used(cursor: "psycopg2.extensions.cursor", name: str) -> None:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
                   (name,))  # fmt: skip
    row = cursor.fetchone()
    if row is not None and row[0]:
        raise BackupError("The database is in use: stop script/server (web, worker and beat) before a restore.")


def _refuse_if_not_ours(url: str, name: str, file: Path) -> None:
    with closing(_connect(url, name)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL AND to_regclass('records') IS NOT NULL")
        row = cursor.fetchone()
    if row is None or not row[0]:
        raise BackupError(f"{file} is no backup of the connector's database.")


def _run(program: str, url: str, database: str, *words: str) -> None:
    parts = urlsplit(url)
    command = [
        str(_program(program, url)), f"--host={parts.hostname}", f"--port={parts.port}", f"--username={parts.username}",
        "--no-password", f"--dbname={database}", *words,
    ]  # fmt: skip
    environ = {"PATH": os.defpath, "LC_ALL": "C", "PGPASSWORD": parts.password or ""}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().split("\n")[0].removeprefix(f"{program}: ").removeprefix("error: ")
        raise BackupError(f"{program} did not succeed, and nothing was changed: {said}.")


def _program(name: str, url: str) -> Path:
    """That of the server's own version. Raises `NotInstalled`, `BackupError`."""
    with closing(_connect(url, "postgres")) as connection:
        major = connection.server_version // 10_000
    for programs in postgres_programs():
        if programs.major == major and programs.program(name).exists():
            return programs.program(name)
    raise BackupError(f"There is no {name} {major} here: make backups with PostgreSQL's own tools.")


@contextmanager
def _admin(url: str) -> Iterator["psycopg2.extensions.cursor"]:
    with closing(_connect(url, "postgres")) as connection:
        connection.autocommit = True  # CREATE DATABASE refuses a transaction
        with connection.cursor() as cursor:
            yield cursor


def _connect(url: str, database: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(urlunsplit(urlsplit(url)._replace(scheme="postgresql", path=f"/{database}")))


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
