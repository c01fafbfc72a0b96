"""No work before the schema is there; on a newer one this release runs on."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from celery.signals import worker_ready
from redis import Redis
from sqlalchemy import text
from structlog.testing import capture_logs

from connector.domain import jsonio
from connector.embedded.runner import procfile
from connector.embedded.testing import fresh_database
from connector.store import schema
from connector.store.engine import Database
from tasks import signals
from tasks.app import app
from tests.conftest import KEY, migrate
from tests.tasks.conftest import own_valkey

ROOT = Path(__file__).parents[2]


def never() -> None:
    raise AssertionError("it waits")


def set_revision(database: Database, revision: str) -> None:
    with database.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_the_schema_of_this_release_is_current(database: Database) -> None:
    assert (schema.state(database), schema.found(database)) == (schema.State.CURRENT, schema.known()[-1])
    schema.wait(database, never)


def test_on_a_schema_of_a_later_release_it_runs_on(database: Database) -> None:
    set_revision(database, "9999")
    assert schema.state(database) is schema.State.NEWER
    schema.wait(database, never)


def test_on_an_older_schema_it_waits_for_the_migration_and_says_so_once() -> None:
    with fresh_database() as url:
        database, waits = Database(url), 0

        def migrated_at_last() -> None:
            nonlocal waits
            waits += 1
            assert schema.state(database) is schema.State.OLDER
            if waits == 3:
                migrate(url)

        with capture_logs() as logs:
            schema.wait(database, migrated_at_last)
        database.dispose()
    assert waits == 3
    assert [entry["reason"] for entry in logs] == ["the schema is older than this release; run `alembic upgrade head`"]


def test_it_waits_for_a_database_that_is_away() -> None:
    away = Database("postgresql+psycopg2://connector:s3cret@127.0.0.1:1/connector")

    class EnoughError(Exception):
        pass

    def enough() -> None:
        raise EnoughError

    with capture_logs() as logs, pytest.raises(EnoughError):
        schema.wait(away, enough)
    assert [entry["reason"] for entry in logs] == ["the database does not answer"]
    assert "s3cret" not in repr(logs)


def test_bad_settings_end_a_worker_with_a_sentence(monkeypatch: pytest.MonkeyPatch, logs_put_back: None) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:s3cret@host/x")
    with pytest.raises(SystemExit, match="DATABASE_URL is not a PostgreSQL URL") as end:
        signals._wait_for_schema()
    assert "s3cret" not in str(end.value)


def test_a_worker_that_is_ready_has_the_sweep_made_without_waiting_for_beat(broker: Redis) -> None:
    worker_ready.send(sender=type("Consumer", (), {"app": app})())
    waiting = [jsonio.loads(message) for message in broker.lrange("schedule", 0, -1)]
    assert [message["headers"]["task"] for message in waiting] == ["tasks.schedule.sweep"]


@pytest.fixture
def unmigrated() -> Iterator[str]:
    with fresh_database() as url:
        yield url


@pytest.mark.sockets
def test_a_worker_as_the_procfile_starts_it_waits_then_answers_and_ends_when_told_to(
    unmigrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = procfile((ROOT / "Procfile").read_text(encoding="utf-8"))["worker"]
    line = re.sub(r"\$\{WORKER_CONCURRENCY.*?\}\}", "1", line).replace("celery ", f"{sys.executable} -m celery ", 1)
    given = {"DATABASE_URL": unmigrated, "REDIS_URL": own_valkey(), "CONNECTOR_SECRET_KEYS": KEY}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with Redis.from_url(own_valkey()) as broker:
        broker.flushdb()
    process = subprocess.Popen(
        ["/bin/sh", "-c", line], cwd=ROOT, env=os.environ | given, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        assert b"older than this release" in line_of(process, b"waiting for the database")
        migrate(unmigrated)
        assert answer_of_a_worker() == [{"ok": "pong"}]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def line_of(process: subprocess.Popen[bytes], words: bytes) -> bytes:
    """The first line on its stderr that holds these words."""
    assert process.stderr is not None
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(next, (line for line in process.stderr if words in line))
        try:
            return reading.result(timeout=60)
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)  # ends the reading
            raise


def answer_of_a_worker() -> list[Any]:
    """Asked until it has started; each question waits for its answer."""
    for _ in range(60):
        if found := app.control.ping(timeout=1):
            return [answer for one in found for answer in one.values()]
    return []
