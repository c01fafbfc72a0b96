"""PostgreSQL restarted, or away, at the worst moments: the task fails or does not, and done again it is done right."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from connector.embedded import account, testing
from connector.embedded.postgres import Postgres
from connector.outbound.session import Outbound
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.conftest import migrate, store_connection
from tests.guard import NoCallsInTransactions
from tests.pipeline.crash_points import REMOVAL, REVERSING, Cell, Place, When, cells
from tests.pipeline.helpers import (
    HEADER,
    RECORDS,
    REPORT,
    SEND,
    after_answer,
    let_pass,
    run_until_quiet,
    spend_and_announce,
)
from tests.pipeline.trails import assert_done
from tests.pipeline.worker import watch_commits

SIZES = (1, 2)
TAKEN_BACK = (REMOVAL, REVERSING)
COMMITS = [cell for cell in cells()
           if cell.hook.place is Place.COMMIT and cell.does == "chain" and cell.effect not in TAKEN_BACK]  # fmt: skip
SYSTEMS = {RECORDS: "brex", HEADER: "d365", SEND: "d365", REPORT: "brex"}


def run_all(runtime: Runtime, connection: Connection) -> list[str]:
    """The chain as tasks run it: one that fails keeps no other from running. What failed."""
    failed = []
    for stage in stages.CHAIN:
        try:
            stages.run(runtime, stage, connection.id, seconds=60)
        except SQLAlchemyError:
            failed.append(str(stage))
    return failed


@pytest.mark.parametrize("cell", COMMITS, ids=lambda cell: cell.name)
def test_every_session_dropped_at_a_commit(cell: Cell, runtime: Runtime, connection: Connection, world: World) -> None:
    """Before: the transaction is lost, and the task with it. After: it is kept, and nobody was told."""
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    dropped: list[Place] = []

    def reached(place: Place, when: When, text: str) -> None:
        if not dropped and when == cell.when and cell.hook.fits(text):
            dropped.append(place)
            drop_sessions(runtime.database)

    watch_commits(runtime.database.engine, reached)
    failed = run_all(runtime, connection)
    assert len(dropped) == 1
    assert len(failed) == (1 if cell.when is When.BEFORE else 0)
    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


def drop_sessions(database: Database) -> None:
    with testing.session() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database.engine.url.database,)
        )


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A PostgreSQL of this test's own."""
    folder = Path(tempfile.mkdtemp(prefix="connector-tests-"))
    folder.chmod(0o711)  # as root the server runs as `nobody`, who must get in
    server = Postgres(
        home=folder, place=folder, account=account.server_account(), password=secrets.token_urlsafe(24), port=None,
        durable=False,
    )  # fmt: skip
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def served(server: Postgres, vault: Vault, world: World) -> Iterator[Runtime]:
    url = server.url("postgres")
    migrate(url)
    database = Database(url)
    yield Runtime(database, vault, Outbound(adapter=NoCallsInTransactions(world.adapter())), quiet_seconds=0)
    database.dispose()


@pytest.mark.sockets
def test_postgres_restarted_while_each_kind_of_call_is_under_way_and_away_for_a_while(
    server: Postgres, served: Runtime, world: World
) -> None:
    connection = store_connection(served, world)
    ids = spend_and_announce(served, connection, world, *SIZES)

    def restart() -> None:
        server.stop()
        server.start()

    for match in (RECORDS, HEADER, REPORT):
        after_answer(world, SYSTEMS[match], match, restart)
    after_answer(world, SYSTEMS[SEND], SEND, server.stop)

    assert run_all(served, connection) == ["post", "acknowledge"]  # there is no database to be asked
    assert run_all(served, connection) == list(stages.CHAIN)
    server.start()
    let_pass(served.database, 120)
    run_until_quiet(served, connection)
    assert_done(served, connection, world, ids)
