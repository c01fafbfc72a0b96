"""Real PostgreSQL and Valkey for every test run, a fresh database for every test, and the sandbox in process."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from connector.domain import connection as files
from connector.embedded import testing
from connector.embedded.reuse import Databases
from connector.outbound.session import Outbound
from connector.pipeline import refresh
from connector.pipeline.runtime import Runtime
from connector.store import connections, rules
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.guard import NoCallsInTransactions
from tests.known import Known, take, take_back_where_changed

pytest.register_assert_rewrite("tests.invariants")  # before anyone imports it

ROOT = Path(__file__).parents[1]
# A Fernet key for tests; it guards nothing.
KEY = "M0wY2y2cY5lC0h7Yt1x0m0bq3oJ1n5mZ8m3m5xk0ZtY="
SERVERS = pytest.StashKey[testing.Servers]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS] = testing.start_servers()


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].stop()


def alembic_config(url: str) -> Config:
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    command.upgrade(alembic_config(url), "head")


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    with Databases(migrate) as found:
        yield found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """As if it were new; what a test does to it, the next one never sees."""
    with databases.one() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def vault() -> Vault:
    return Vault([KEY])


@pytest.fixture
def runtime(database: Database, vault: Vault, world: World) -> Runtime:
    """Everything but sockets: the product's own code against the stand-ins, called as WSGI applications."""
    outbound = Outbound(adapter=NoCallsInTransactions(world.adapter()))
    return Runtime(database, vault, outbound, quiet_seconds=0)


@pytest.fixture
def connection(request: pytest.FixtureRequest, runtime: Runtime, world: World) -> Connection:
    """The demo connection with its mappings, stored. Its master data were read, unless the test is of that."""
    first_reading = request.node.get_closest_marker("first_reading") is not None
    return store_connection(runtime, world, read=not first_reading)


def store_connection(
    runtime: Runtime, world: World, name: str = "acme", *, read: bool = True, **posting: object
) -> Connection:
    """`read`: it has had its first reading of master data, as long as the world is as worlds begin."""
    data = world.connection(name)
    data["posting"] |= posting
    file = files.read(data)
    known = master_data() if read and master_data().fits(world) else None
    with runtime.database.begin() as tx:
        connection_id = connections.add(tx, runtime.vault, file)
        rules.replace_mappings(tx, connection_id, mapping_rows())
        if known is not None:
            known.give(tx, connection_id)
        found = connections.by_id(tx, connection_id)
    assert found is not None
    if known is not None:
        take_back_where_changed(runtime.database, found, world)
    return found


def mapping_rows() -> list[rules.MappingRow]:
    lines = (ROOT / "sandbox" / "fixtures" / "mappings.csv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [tuple(line.split(",")) for line in lines if line]
    return [(row[0], row[1], row[2], row[3]) for row in rows]


@cache
def master_data() -> Known:
    """As the product's own reading leaves them. Once in each process."""
    world = World()
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        runtime = Runtime(database, Vault([KEY]), Outbound(adapter=world.adapter()), quiet_seconds=0)
        refresh.run(runtime, store_connection(runtime, world, read=False))
        with database.begin() as tx:
            known = take(tx, world)
        database.dispose()
    world.close()
    return known
