"""PostgreSQL and Valkey of our own: real ones, started in a folder of the test."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from connector import settings
from connector.embedded import state
from connector.embedded.errors import AlreadyRunning, CannotStart
from connector.embedded.services import Embedded

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
pytestmark = pytest.mark.sockets
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
as_root = pytest.mark.skipif(not AS_ROOT, reason="only root starts the servers as another account")

SUPERVISOR = """
import sys, signal
from pathlib import Path
from connector.embedded.services import Embedded
{before}
services = Embedded(Path(sys.argv[1]), elsewhere=Path(sys.argv[2]))
services.start()
print("started", flush=True)
signal.pause()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """Not there yet, and where every account can go: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder).resolve() / "var"


@pytest.fixture
def elsewhere(home: Path) -> Path:
    folder = home.parent / "lib"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture
def embedded(home: Path, elsewhere: Path) -> Iterator[Embedded]:
    services = Embedded(home, elsewhere=elsewhere)
    services.start()
    yield services
    services.stop()


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def ping(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        return bool(client.ping())


def processes(home: Path, elsewhere: Path) -> list[int]:
    """PostgreSQL's and Valkey's process ids, as they tell them."""
    with redis.Redis.from_url(loaded(home).redis_url) as client:
        return [int(postmaster_file(home, elsewhere).read_text().split()[0]), client.info()["process_id"]]


def postmaster_file(home: Path, elsewhere: Path) -> Path:
    data = next(path.parent for folder in (home, elsewhere) for path in folder.glob("**/global/pg_control"))
    return data.parent / "postmaster.pid"


def loaded(home: Path) -> settings.Settings:
    return settings.load({"CONNECTOR_HOME": str(home)})


def supervisor(home: Path, elsewhere: Path, before: str = "") -> subprocess.Popen[str]:
    """Another process that has started the services of this home."""
    command = [sys.executable, "-c", SUPERVISOR.format(before=before), str(home), str(elsewhere)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    return process


def end(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
    process.communicate()


def test_both_answer_where_the_settings_say(embedded: Embedded, home: Path) -> None:
    found = loaded(home)
    assert query(found.database_url, "SELECT datcollate, current_setting('TimeZone') FROM pg_database WHERE "
                 "datname = current_database()") == [("C", "UTC")]  # fmt: skip
    assert ping(found.redis_url)


def test_rows_outlive_a_clean_stop(home: Path, elsewhere: Path) -> None:
    for statement in ("CREATE TABLE kept (a int)", "INSERT INTO kept VALUES (1)", "SELECT a FROM kept"):
        services = Embedded(home, elsewhere=elsewhere)
        services.start()
        try:
            rows = query(loaded(home).database_url, statement)
        finally:
            services.stop()
    assert rows == [(1,)]


def test_after_a_stop_the_settings_find_nothing(embedded: Embedded, home: Path) -> None:
    embedded.stop()
    with pytest.raises(settings.BadSettings, match="no embedded service runs"):
        loaded(home)


def test_killed_servers_are_mended_on_the_same_ports_and_lose_no_row(
    embedded: Embedded, home: Path, elsewhere: Path
) -> None:
    before = loaded(home)
    query(before.database_url, "CREATE TABLE kept AS SELECT 1 AS a")
    for process in processes(home, elsewhere):
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)  # it is gone; reaping it is the supervisor's
    assert embedded.mend() == ["PostgreSQL", "Valkey"]
    assert loaded(home) == before
    assert query(before.database_url, "SELECT a FROM kept") == [(1,)]
    assert ping(before.redis_url)
    assert embedded.mend() == []


@on_linux
def test_a_killed_supervisor_takes_its_servers_along_and_the_next_start_is_clean(home: Path, elsewhere: Path) -> None:
    killed = supervisor(home, elsewhere)
    query(loaded(home).database_url, "CREATE TABLE kept AS SELECT 1 AS a")
    end(killed, signal.SIGKILL)
    services = Embedded(home, elsewhere=elsewhere)
    services.start()
    try:
        assert query(loaded(home).database_url, "SELECT a FROM kept") == [(1,)]
    finally:
        services.stop()


def test_servers_that_outlived_their_supervisor_are_ended_by_the_next_start(home: Path, elsewhere: Path) -> None:
    killed = supervisor(home, elsewhere, before='sys.platform = "another"')  # no parent-death signal there
    left = loaded(home)
    query(left.database_url, "CREATE TABLE kept AS SELECT 1 AS a")
    end(killed, signal.SIGKILL)
    assert ping(left.redis_url)
    assert query(left.database_url, "SELECT 1") == [(1,)]
    services = Embedded(home, elsewhere=elsewhere)
    services.start()
    try:
        assert query(loaded(home).database_url, "SELECT a FROM kept") == [(1,)]
        assert services.postgres is not None
        assert services.valkey is not None
        assert services.postgres.alive()
        assert services.valkey.alive()
    finally:
        services.stop()
    with pytest.raises(redis.ConnectionError):
        ping(left.redis_url)


def test_a_lock_file_whose_process_id_is_someone_elses_by_now_does_not_block(home: Path, elsewhere: Path) -> None:
    services = Embedded(home, elsewhere=elsewhere)
    services.start()
    services.stop()
    lock = postmaster_file(home, elsewhere)
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n0\n5432\n\n127.0.0.1\n")
    services.start()
    services.stop()


def test_a_second_start_is_refused_and_disturbs_nothing(home: Path, elsewhere: Path) -> None:
    first = supervisor(home, elsewhere)
    second = Embedded(home, elsewhere=elsewhere)
    with pytest.raises(AlreadyRunning, match=f"run by another process already .process {first.pid}."):
        second.start()
    second.stop()
    assert ping(loaded(home).redis_url)
    end(first, signal.SIGINT)
    second.start()
    second.stop()


def test_nobody_else_can_read_a_secret(embedded: Embedded, home: Path) -> None:
    private = [path for path in home.iterdir() if path.is_file() and path.name != "lock"]
    assert {"postgres.password", "valkey.password", "secret-keys", "services.json"} <= {path.name for path in private}
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}


@on_linux
def test_no_password_is_among_the_arguments_or_in_the_logs(embedded: Embedded, home: Path, elsewhere: Path) -> None:
    secrets = {(home / f"{name}.password").read_text().strip() for name in ("postgres", "valkey")}
    with pytest.raises(psycopg2.errors.UniqueViolation):
        query(loaded(home).database_url, "CREATE TABLE t (a text UNIQUE); INSERT INTO t VALUES ('hush'), ('hush')")
    arguments = [Path(f"/proc/{pid}/cmdline").read_text() for pid in processes(home, elsewhere)]
    logs = [path.read_text() for path in (home / "log").iterdir()]
    assert len(arguments) == 2
    assert any("duplicate key" in text for text in logs)
    assert not [text for text in arguments + logs for secret in (*secrets, "hush") if secret in text]


def test_strangers_on_this_machine_are_not_let_in(embedded: Embedded, home: Path) -> None:
    password = (home / "postgres.password").read_text().strip()
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        query(loaded(home).database_url.replace(password, "guess"), "SELECT 1")
    with pytest.raises(redis.AuthenticationError):
        ping(loaded(home).redis_url.replace((home / "valkey.password").read_text().strip(), "guess"))


def test_only_the_service_that_is_wanted_is_started(home: Path, elsewhere: Path) -> None:
    services = Embedded(home, elsewhere=elsewhere, postgres=False)
    services.start()
    try:
        assert list(state.running(home)) == ["REDIS_URL"]
        assert not (home / "secret-keys").exists()
    finally:
        services.stop()


def test_data_of_a_postgres_that_is_no_longer_installed_are_not_passed_over(home: Path, elsewhere: Path) -> None:
    home.mkdir(mode=0o711)
    (home / "postgres-99").mkdir()
    with pytest.raises(CannotStart, match="postgres-99 was made by PostgreSQL 99"):
        Embedded(home, elsewhere=elsewhere).start()


def test_a_lost_password_is_said_at_once(home: Path, elsewhere: Path) -> None:
    services = Embedded(home, elsewhere=elsewhere, valkey=False)
    services.start()
    services.stop()
    (home / "postgres.password").unlink()
    with pytest.raises(CannotStart, match=r"postgres\.password is not what its data were made with"):
        services.start()
    assert not postmaster_file(home, elsewhere).exists()


@as_root
def test_under_a_closed_home_the_data_lie_elsewhere_and_nothing_is_opened(home: Path, elsewhere: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    services = Embedded(closed / "var", elsewhere=elsewhere)
    for _ in range(2):
        services.start()
        assert ping(loaded(closed / "var").redis_url)
        services.stop()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    (place,) = elsewhere.iterdir()
    assert json.loads((closed / "var/place.json").read_text())["place"] == str(place)
    assert list(place.glob("postgres-*/PG_VERSION"))


@as_root
def test_a_new_home_at_an_old_path_does_not_take_over_the_data_of_the_old_one(home: Path, elsewhere: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    for name in ("first", "second"):
        services = Embedded(closed / "var", elsewhere=elsewhere, valkey=False)
        services.start()
        services.stop()
        (closed / "var").rename(closed / name)
    assert len(list(elsewhere.iterdir())) == 2


@as_root
def test_a_copied_home_does_not_share_the_data_and_a_moved_one_keeps_them(home: Path, elsewhere: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(mode=0o700)
    services = Embedded(closed / "var", elsewhere=elsewhere, valkey=False)
    services.start()
    services.stop()
    subprocess.run(["/bin/cp", "-r", closed / "var", closed / "copy"], check=True)
    (closed / "var").rename(closed / "moved")
    (closed / "var").symlink_to(closed / "moved")  # the old path still leads to the first home
    copy = Embedded(closed / "copy", elsewhere=elsewhere, valkey=False)
    copy.start()
    copy.stop()
    assert len(list(elsewhere.iterdir())) == 2
