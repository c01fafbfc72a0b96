"""Wake-ups promise nothing: a broker that is away costs a second at most, and one wake-up at a time is enough."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery import Celery
from redis import Redis
from sqlalchemy import text

from connector.domain import jsonio
from connector.pipeline import intake
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from tasks.app import app
from tasks.wake import LONGEST_COUNTDOWN_SECONDS, wake, wake_if_due


def to(url: str) -> Celery:
    made = Celery("connector")
    made.config_from_object("celeryconfig")
    made.conf.broker_url = url
    return made


def test_a_broker_that_is_away_is_no_error() -> None:
    assert wake(to("redis://127.0.0.1:1/0"), 1) is False


def test_a_broker_that_takes_the_call_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as silent, ThreadPoolExecutor() as pool:
        away = to(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert pool.submit(wake, away, 1).result(timeout=20) is False


def test_a_broker_that_turns_us_away_is_no_error(broker: Redis, environment: dict[str, str]) -> None:
    wrong = environment["REDIS_URL"].replace("redis://:", "redis://:not-")
    assert wake(to(wrong), 1) is False


def test_a_wake_up_is_one_small_message_of_ids(broker: Redis, connection: Connection) -> None:
    assert wake(app, connection.id)
    (message,) = broker.lrange("pipeline", 0, -1)
    headers = jsonio.loads(message)["headers"]
    assert (headers["task"], headers["argsrepr"]) == ("tasks.chain.fetch", f"({connection.id},)")


def claim(runtime: Runtime, connection: Connection, seconds: float) -> bool:
    with runtime.database.begin() as tx:
        return connections.claim_wake(tx, connection.id, seconds)


def test_only_one_wake_up_is_on_its_way_at_a_time(runtime: Runtime, connection: Connection) -> None:
    assert claim(runtime, connection, 30)
    assert not claim(runtime, connection, 30)
    assert not claim(runtime, connection, 40)
    assert claim(runtime, connection, 10), "an earlier one is let through"
    with runtime.database.begin() as tx:
        tx.execute(text("UPDATE connections SET next_wake_at = now() - interval '1 second'"))
    assert claim(runtime, connection, 30), "the last one's time has passed"


def test_of_many_workers_that_ask_at_once_one_is_let_through(runtime: Runtime, connection: Connection) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: claim(runtime, connection, 30), range(8)))
    assert found.count(True) == 1


@pytest.fixture
def due_in(runtime: Runtime, connection: Connection) -> Callable[[float], None]:
    """Let a record of the connection be due in so many seconds."""

    def set_due(seconds: float) -> None:
        with runtime.database.begin() as tx:
            intake.announce(tx, connection.id, ["accr_1"], actor="test", source="webhook")
            tx.execute(text(f"UPDATE records SET next_attempt_at = now() + interval '{seconds} seconds'"))

    return set_due


def test_what_is_due_within_a_minute_is_come_back_for_once(
    as_a_worker_does: None, broker: Redis, runtime: Runtime, connection: Connection, due_in: Callable[[float], None]
) -> None:
    due_in(LONGEST_COUNTDOWN_SECONDS - 10)
    wake_if_due(runtime, connection.id)
    wake_if_due(runtime, connection.id)
    (message,) = broker.lrange("pipeline", 0, -1)
    assert jsonio.loads(message)["headers"]["eta"] is not None


def test_what_is_due_later_is_left_to_the_sweep(
    as_a_worker_does: None, broker: Redis, runtime: Runtime, connection: Connection, due_in: Callable[[float], None]
) -> None:
    wake_if_due(runtime, connection.id)
    due_in(LONGEST_COUNTDOWN_SECONDS + 10)
    wake_if_due(runtime, connection.id)
    assert broker.llen("pipeline") == 0


def test_a_paused_connection_is_not_come_back_for(
    as_a_worker_does: None, broker: Redis, runtime: Runtime, connection: Connection, due_in: Callable[[float], None]
) -> None:
    due_in(1)
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "by hand")
    wake_if_due(runtime, connection.id)
    assert broker.llen("pipeline") == 0
