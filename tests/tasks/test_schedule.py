"""Beat's ticks and what they start: the sweep wakes what is due, and nothing else."""

import json
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import event, text

from connector.domain import jsonio
from connector.pipeline import intake
from connector.pipeline.runtime import Runtime
from connector.store import connections, views
from connector.store.connections import Connection
from sandbox.population import populate
from sandbox.world import World
from tasks import schedule
from tests.conftest import store_connection
from tests.tasks.conftest import Working

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("as_a_worker_does")

AS_BEAT_STARTS = """
import json
from celery.apps.beat import Beat
from tasks.app import app

beat = Beat(app=app)
beat.init_loader()
entries = beat.Service(app, scheduler_cls="celery.beat:Scheduler").scheduler.schedule.values()
print(json.dumps([[entry.task, entry.schedule.seconds] for entry in entries]))
"""


def sent(broker: Redis) -> list[tuple[str, int]]:
    """What waits in the broker's queues: task and connection."""
    messages = [jsonio.loads(message) for queue in ("pipeline", "schedule") for message in broker.lrange(queue, 0, -1)]
    return sorted((one["headers"]["task"], int(one["headers"]["argsrepr"].strip("(),"))) for one in messages)


@pytest.fixture
def make(runtime: Runtime, world: World) -> Callable[[str], Connection]:
    """A connection for which nothing is due."""

    def made(name: str) -> Connection:
        connection = store_connection(runtime, world, name)
        with runtime.database.begin() as tx:
            later = "next_poll_at = now() + interval '1 hour', next_refresh_at = now() + interval '1 hour'"
            tx.execute(text(f"UPDATE connections SET {later} WHERE id = {connection.id}"))
        return connection

    return made


def hear(runtime: Runtime, connection: Connection, record_id: str = "accr_1") -> None:
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, [record_id], actor="test", source="webhook")


def two_ready(world: World) -> None:
    for case in [case for case in populate(60, world.clock()) if case.end == "written"][:2]:
        world.brex.add_record(case.record)


def test_beat_knows_its_ticks_when_it_starts(environment: dict[str, str]) -> None:
    """In a process of its own: beat reads its schedule before it imports a task."""
    done = subprocess.run(
        [sys.executable, "-c", AS_BEAT_STARTS], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert ["tasks.schedule.sweep", 60.0] in json.loads(done.stdout)


def test_the_sweep_wakes_what_is_due_and_nothing_else(
    broker: Redis, runtime: Runtime, make: Callable[[str], Connection]
) -> None:
    make("idle")
    busy, paused, waiting, polled, stale = map(make, ("busy", "paused", "waiting", "polled", "stale"))
    for one in (busy, paused, waiting):
        hear(runtime, one)
    with runtime.database.begin() as tx:
        connections.pause(tx, paused.id, "by hand")
        later = f"UPDATE records SET next_attempt_at = now() + interval '1 hour' WHERE connection_id = {waiting.id}"
        tx.execute(text(later))
        tx.execute(text(f"UPDATE connections SET next_poll_at = now() WHERE id IN ({polled.id}, {paused.id})"))
        tx.execute(text(f"UPDATE connections SET next_refresh_at = now() WHERE id = {stale.id}"))

    schedule.sweep()

    assert sent(broker) == [
        ("tasks.chain.fetch", busy.id), ("tasks.schedule.poll", polled.id), ("tasks.schedule.refresh", stale.id),
    ]  # fmt: skip


@pytest.mark.parametrize("number", [1, 12])
def test_the_sweep_costs_one_query_for_any_number_of_connections(
    broker: Redis, runtime: Runtime, make: Callable[[str], Connection], number: int
) -> None:
    for index in range(number):
        hear(runtime, make(f"c{index}"))
    seen: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    schedule.sweep()

    assert (len(seen), len(sent(broker))) == (1, number)


def test_a_poll_stores_what_only_brex_knew_and_wakes_its_connection(
    broker: Redis, runtime: Runtime, connection: Connection, world: World
) -> None:
    two_ready(world)

    schedule.poll(connection.id)
    schedule.poll(connection.id)  # another worker's: this hour's turn is taken

    with runtime.database.begin() as tx:
        assert len(views.listing(tx, connection.id)) == 2
    assert sent(broker) == [("tasks.chain.fetch", connection.id)]


@pytest.mark.first_reading
@pytest.mark.sockets
def test_a_sweep_from_the_broker_polls_refreshes_and_does_the_work(
    worker: Working, broker: Redis, runtime: Runtime, connection: Connection, world: World
) -> None:
    two_ready(world)

    def done() -> bool:
        with runtime.database.begin() as tx:
            return views.counts(tx, connection.id) == {"acknowledged": 2}

    with worker() as watch:
        schedule.sweep.delay()
        watch.until(done)
    assert {"tasks.schedule.poll", "tasks.schedule.refresh"} <= set(watch.ended)


def grown_old(runtime: Runtime) -> None:
    """As if what happened had happened two days ago; no test of hashes."""
    with runtime.database.begin() as tx:
        tx.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        tx.execute(text("UPDATE events SET at = at - interval '2 days'"))
        tx.execute(text("ALTER TABLE events ENABLE TRIGGER USER"))


def test_the_nightly_checks_are_done_once_whatever_the_number_of_beats(
    broker: Redis, runtime: Runtime, make: Callable[[str], Connection], world: World
) -> None:
    make("empty")
    busy, paused = make("busy"), make("paused")
    for one in (busy, paused):
        hear(runtime, one)
    with runtime.database.begin() as tx:
        connections.pause(tx, paused.id, "by hand")
    grown_old(runtime)

    schedule.checks()
    assert sent(broker) == [("tasks.schedule.reconcile", busy.id)]
    schedule.reconcile(busy.id)
    schedule.reconcile(busy.id)  # the other beat's
    broker.flushdb()
    schedule.checks()

    assert sent(broker) == []
    with runtime.database.begin() as tx:
        done = tx.execute(text("SELECT connection_id FROM reconciliations WHERE done_at IS NOT NULL")).scalars().all()
        digested = tx.execute(text("SELECT count(*) FROM audit_digests")).scalar()
    assert (done, digested) == ([busy.id], 3)


@pytest.mark.parametrize("number", [1, 6])
def test_the_nightly_checks_cost_the_same_few_statements_for_any_number_of_connections(
    broker: Redis, runtime: Runtime, make: Callable[[str], Connection], number: int
) -> None:
    for index in range(number):
        hear(runtime, make(f"c{index}"))
    seen: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    schedule.checks()

    assert len(seen) == 3
    # One message, in which the others wait for their turn: two workers are not both taken up by long ones.
    (message,) = broker.lrange("schedule", 0, -1)
    _, _, embedded = jsonio.loads(b64decode(jsonio.loads(message)["body"]))
    assert 1 + len(embedded["chain"] or ()) == number
