"""`connector backup` and `restore` on the embedded database, and what a restored one does before it posts."""

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.embedded import backup, state, testing
from connector.embedded.services import Embedded
from connector.pipeline import recover, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import connections, install
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.conftest import migrate, store_connection
from tests.pipeline.helpers import announce, assert_books, run_chain, spend, stages_of

ROOT = Path(__file__).parents[2]


def test_a_dump_taken_mid_run_and_restored_doubles_nothing_and_loses_nothing(
    runtime: Runtime, connection: Connection, world: World, tmp_path: Path, database_url: str
) -> None:
    ids, file = spend(world, *[1] * 40), tmp_path / "mid.dump"
    announce(runtime, connection, ids[:10])
    run_chain(runtime, connection)
    announce(runtime, connection, ids[10:20])
    for stage in (StageName.FETCH, StageName.MAP):
        stages.run(runtime, stage, connection.id, seconds=60)

    backup.dump(database_url, file)
    announce(runtime, connection, ids[20:30])
    run_chain(runtime, connection)  # what the backup knows nothing of
    runtime.database.dispose()
    backup.restore(database_url, file)

    announce(runtime, connection, ids)
    run_chain(runtime, connection)
    with runtime.database.begin() as tx:
        paused = connections.by_id(tx, connection.id)
    assert paused is not None
    assert (paused.active, "`connector recover acme`" in paused.state_reason) == (False, True)
    assert len(world.d365.lines()) == 30

    assert recover.run(runtime, paused).found == 30
    run_chain(runtime, paused, times=3)
    assert_books(world, ids)
    assert set(stages_of(runtime, paused).values()) == {"acknowledged"}


def test_a_backup_is_for_its_owner_alone(runtime: Runtime, database_url: str, tmp_path: Path) -> None:
    backup.dump(database_url, tmp_path / "one.dump")
    assert stat.S_IMODE((tmp_path / "one.dump").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["one.dump"]


def test_a_database_in_use_is_not_replaced(
    runtime: Runtime, connection: Connection, database_url: str, tmp_path: Path
) -> None:
    backup.dump(database_url, tmp_path / "one.dump")
    with runtime.database.begin(), pytest.raises(backup.BackupError, match="stop script/server"):
        backup.restore(database_url, tmp_path / "one.dump")


def test_a_file_of_no_use_changes_nothing(
    runtime: Runtime, connection: Connection, database_url: str, tmp_path: Path
) -> None:
    damaged, foreign = tmp_path / "damaged.dump", tmp_path / "foreign.dump"
    backup.dump(database_url, damaged)
    damaged.write_bytes(damaged.read_bytes()[:-3000])
    with testing.fresh_database() as empty:
        backup.dump(empty, foreign)
    runtime.database.dispose()

    with pytest.raises(backup.BackupError, match="nothing was changed"):
        backup.restore(database_url, damaged)
    with pytest.raises(backup.BackupError, match="no backup of the connector's database"):
        backup.restore(database_url, foreign)

    with runtime.database.begin() as tx:
        assert [one.active for one in connections.everyone(tx)] == [True]
        assert install.check(tx)


def test_a_database_that_is_not_embedded_is_left_to_its_host(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:s3cret@db.example.com/connector")
    for command in ("backup", "restore"):
        result = cli(command, str(tmp_path / "one.dump"))
        assert result.exit_code == 1
        assert "its host's own tools" in result.stderr
        assert "s3cret" not in result.output


def test_a_file_or_a_home_that_is_not_there_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONNECTOR_HOME", str(tmp_path / "nowhere"))
    assert "There is no database in" in cli("backup", str(tmp_path / "one.dump")).stderr
    assert "There is no file" in cli("restore", str(tmp_path / "none.dump"), "--yes").stderr


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder).resolve() / "var"


def connector(home: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "connector.cli.main", *args],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "CONNECTOR_HOME": str(home)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.sockets
def test_the_commands_on_a_home_of_their_own(home: Path, runtime: Runtime, world: World) -> None:
    file = home.parent / "one.dump"
    embedded = Embedded(home, valkey=False)
    embedded.start()
    try:
        assert embedded.postgres is not None
        migrate(embedded.postgres.url())
        database = Database(embedded.postgres.url())
        store_connection(Runtime(database, runtime.vault, runtime.outbound), world)
        database.dispose()
        made = connector(home, "backup", str(file))
        while_running = connector(home, "restore", str(file), "--yes")
    finally:
        embedded.stop()
    assert made.returncode == 0, made.stderr
    assert str(state.keys_file(home)) in made.stderr
    assert (while_running.returncode, while_running.stdout) == (1, "")
    assert "stop script/server" in while_running.stderr
    assert connector(home, "restore", str(file)).returncode == 1  # nobody said yes

    restored = connector(home, "restore", str(file), "--yes")

    assert restored.returncode == 0, restored.stderr
    assert "connector recover acme" in restored.stdout
    with backup.running(home, alone=True) as url:
        database = Database(url)
        with database.begin() as tx:
            found = connections.by_name(tx, "acme")
        database.dispose()
    assert found is not None
    assert (found.active, "may be behind its ledger" in found.state_reason) == (False, True)
