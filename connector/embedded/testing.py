"""PostgreSQL and Valkey for a test run: one of each for all its processes, and a fresh database in about 40 ms.

In tests/conftest.py, so that the servers start once, before pytest-xdist makes its processes (which inherit the
environment), and end with the run:

    def pytest_configure(config):
        if not hasattr(config, "workerinput"):
            config.stash[SERVERS] = testing.start_servers()

    def pytest_unconfigure(config):
        if SERVERS in config.stash:
            config.stash[SERVERS].stop()

    @pytest.fixture
    def database_url():
        with testing.fresh_database(migrate) as url:
            yield url
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from connector.embedded import account
from connector.embedded.postgres import Postgres
from connector.embedded.valkey import Valkey

POSTGRES = "CONNECTOR_TEST_POSTGRES"
VALKEY = "CONNECTOR_TEST_VALKEY"
LOCK = 7_305_210  # any number; the advisory lock under which the template is made


class Servers:
    """A PostgreSQL that never waits for a disk, a Valkey, and the folder that they leave nothing of."""

    def __init__(self) -> None:
        """Made by `start_servers`."""
        whom = account.server_account()
        self._folder = Path(tempfile.mkdtemp(prefix="connector-tests-"))
        self._folder.chmod(0o711)  # as root the servers run as `nobody`, who must get in
        password = secrets.token_urlsafe(24)
        self.postgres = Postgres(
            home=self._folder, place=self._folder, account=whom, password=password, port=None, durable=False
        )
        self.valkey = Valkey(home=self._folder, place=self._folder, account=whom, password=password, port=None)

    def start(self) -> None:
        try:
            self.postgres.start()
            self.valkey.start()
        except BaseException:
            self.stop()
            raise
        os.environ[POSTGRES] = self.postgres.url("postgres")
        os.environ[VALKEY] = self.valkey.url()

    def stop(self) -> None:
        os.environ.pop(POSTGRES, None)
        os.environ.pop(VALKEY, None)
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def start_servers() -> Servers:
    """Start both, and let every process started from now on find them. End them with `stop()`."""
    servers = Servers()
    servers.start()
    return servers


def postgres_url(database: str = "postgres") -> str:
    """`postgresql+psycopg2://` URL of a database on the run's server. KeyError where `start_servers` was not called."""
    return urlunsplit(urlsplit(os.environ[POSTGRES])._replace(path=f"/{database}"))


def valkey_url(database: int = 0) -> str:
    """`redis://` URL of one of the 16 databases of the run's Valkey; let each xdist process keep to its own."""
    return urlunsplit(urlsplit(os.environ[VALKEY])._replace(path=f"/{database}"))


@contextlib.contextmanager
def fresh_database(prepare: Callable[[str], object] | None = None) -> Iterator[str]:
    """The URL of a new database, dropped afterwards, whoever is still in it.

    `prepare`, a function of a module, gets the URL of an empty database, fills it (migrations) and leaves no
    session open; this happens once for the whole run, every later database is a copy. Without it the database
    is empty.
    """
    source = "template0" if prepare is None else template(prepare)
    name = f"test_{secrets.token_hex(8)}"
    run(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
    try:
        yield postgres_url(name)
    finally:
        run(f"DROP DATABASE {name} WITH (FORCE)")


def template(prepare: Callable[[str], object]) -> str:
    """The name of the template; made by the first process that comes, the others wait. A half-made one is made anew."""
    source = f"{prepare.__module__}.{prepare.__qualname__}"
    name = f"template_{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    with session() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK,))  # given back when this session ends
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if cursor.fetchone() is None:
            making = f"{name}_making"
            cursor.execute(f"DROP DATABASE IF EXISTS {making} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {making} TEMPLATE template0")
            prepare(postgres_url(making))
            cursor.execute(f"ALTER DATABASE {making} RENAME TO {name}")
    return name


def run(statement: str) -> None:
    """One that is about databases, not about what is in them."""
    with session() as cursor:
        cursor.execute(statement)


@contextlib.contextmanager
def session(database: str = "postgres") -> "Iterator[psycopg2.extensions.cursor]":
    """Every statement is a transaction of its own: CREATE DATABASE refuses to be part of one."""
    connection = psycopg2.connect(postgres_url(database).replace("+psycopg2", "", 1))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()
