"""Tokens are kept alive, and warned of in time. Their ages are moved by the database's columns."""

from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from connector.pipeline import notices, ping, tokens
from connector.pipeline.runtime import Runtime, Stop
from connector.store import connections
from connector.store import tokens as lives
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import change, poll, scalar

STATE = "SELECT state FROM connections"


def idle(runtime: Runtime, days: float) -> None:
    change(
        runtime.database,
        f"UPDATE credentials SET used_at = now() - interval '{days} days', "
        f"checked_at = checked_at - interval '{days} days', updated_at = now() - interval '{days} days'",
    )


def used(runtime: Runtime) -> bool:
    return bool(scalar(runtime.database, "SELECT used_at > now() - interval '1 minute' FROM credentials "
                                         "WHERE kind = 'brex.token'"))  # fmt: skip


def warnings(runtime: Runtime, connection: Connection) -> list[str]:
    with runtime.database.begin() as tx:
        return notices.of(tx, connection)


def warned(runtime: Runtime) -> list[str]:
    with capture_logs() as logs:
        tokens.run(runtime)
    return [one["reason"] for one in logs if one["event"] == "credential about to end"]


def test_every_good_call_is_noted_but_only_once_an_hour(runtime: Runtime, connection: Connection, world: World) -> None:
    poll(runtime, connection)
    assert used(runtime)
    change(runtime.database, "UPDATE credentials SET used_at = now() - interval '30 minutes'")
    poll(runtime, connection)
    assert not used(runtime)
    change(runtime.database, "UPDATE credentials SET used_at = now() - interval '61 minutes'")
    poll(runtime, connection)
    assert used(runtime)


@pytest.mark.parametrize("paused", [False, True])
def test_a_token_that_idles_for_six_days_is_used_also_of_a_paused_connection(
    paused: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    if paused:
        with runtime.database.begin() as tx:
            connections.pause(tx, connection.id, "month-end close")
    idle(runtime, 5.9)
    tokens.run(runtime)
    assert world.requests["brex"] == 0
    idle(runtime, 6.1)
    tokens.run(runtime)
    assert [one.path for one in world.traffic.latest if one.system == "brex"] == ["/v2/company"]
    assert used(runtime)
    tokens.run(runtime)
    assert world.requests["brex"] == 1


def test_a_good_ping_ends_the_warning_of_an_idle_token_and_a_bad_one_does_not(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    idle(runtime, 26)
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "month-end close")
    world.faults.add("brex", "GET /", "status_before", times=None, code=503)
    ping.run(runtime, connection)
    assert len(warnings(runtime, connection)) == 1
    world.faults.clear()
    ping.run(runtime, connection)
    assert used(runtime)
    assert warnings(runtime, connection) == []


def test_a_token_that_may_not_ask_for_the_company_is_used_all_the_same(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    with runtime.database.begin() as tx:
        token = world.brex.new_token("accounting.record.write")
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", token)
    tokens.run(runtime)
    assert used(runtime)
    assert scalar(runtime.database, STATE) == "active"


def test_a_dead_token_pauses_its_connection_with_the_reason(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    idle(runtime, 7)
    world.brex.expire_token()
    tokens.run(runtime)
    assert scalar(runtime.database, STATE) == "paused"
    assert "expired or revoked" in scalar(runtime.database, "SELECT state_reason FROM connections")
    assert not used(runtime)


def test_a_missing_scope_pauses_with_words_that_do_not_blame_the_token(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    with runtime.database.begin() as tx:
        token = world.brex.new_token("companies.readonly")
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", token)
    poll(runtime, connection)
    reason = scalar(runtime.database, "SELECT state_reason FROM connections")
    assert "knows the token" in reason
    assert "lacks a scope" in reason
    assert "revoked" not in reason


def test_a_heartbeat_that_fails_is_made_again_the_next_day_not_each_hour(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    idle(runtime, 7)
    world.faults.add("brex", "GET /v2/company", "status_before", code=503, times=5)
    for _ in range(3):
        tokens.run(runtime)
    assert world.requests["brex"] == 1
    change(runtime.database, "UPDATE credentials SET checked_at = checked_at - interval '1 day'")
    tokens.run(runtime)
    assert world.requests["brex"] == 2


@pytest.mark.parametrize(
    ("days", "expected"), [(24, None), (25, 25), (59, 25), (60, 60), (79, 60), (80, 80), (400, 80)]
)
def test_a_token_that_cannot_be_kept_alive_is_warned_of_at_25_60_and_80_days(
    days: int, expected: int | None, runtime: Runtime, connection: Connection, world: World
) -> None:
    idle(runtime, days)
    world.faults.add("brex", "GET /v2/company", "refuse", times=9)
    sentences = warned(runtime)
    assert len(sentences) == (expected is not None)
    assert warned(runtime) == []  # each threshold is told once
    assert warnings(runtime, connection) == sentences  # status says so for as long as it lasts
    assert scalar(runtime.database, "SELECT warned FROM credentials WHERE kind = 'brex.token'") == expected
    if sentences:
        assert f"for {days} days" in sentences[0]
        assert "after 30 days" in sentences[0]
        assert "after 90" in sentences[0]


def test_a_good_call_ends_the_warning(runtime: Runtime, connection: Connection, world: World) -> None:
    idle(runtime, 30)
    assert len(warnings(runtime, connection)) == 1
    poll(runtime, connection)
    assert warnings(runtime, connection) == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (31, ""),
        (30, "in 30 days"),
        (14, "in 14 days"),
        (3, "in 3 days"),
        (1, "in 1 day."),
        (0, "today"),
        (-2, "expired on"),
    ],
)
def test_the_client_secrets_end_is_warned_of(left: int, words: str, runtime: Runtime, connection: Connection) -> None:
    poll(runtime, connection)
    day = scalar(runtime.database, "SELECT CAST(now() AT TIME ZONE 'UTC' AS date)") + timedelta(days=left)
    with runtime.database.begin() as tx:
        lives.expires(tx, connection.id, lives.D365, day)
    sentences = warned(runtime)
    assert len(sentences) == bool(words)
    assert all(words in one and str(day) in one for one in sentences)
    assert warned(runtime) == []
    assert warnings(runtime, connection) == sentences


def test_thresholds_of_the_clients_secret_are_30_14_3_and_the_day_itself(connection: Connection) -> None:
    def at(left: int) -> int | None:
        moment = date(2026, 1, 1)
        life = lives.Life(1, "acme", lives.D365, None, None, 0, moment, left, None)  # type: ignore[arg-type]
        return tokens.threshold(life)

    assert [at(left) for left in (31, 30, 15, 14, 4, 3, 1, 0, -9)] == [None, 30, 30, 14, 14, 3, 3, 0, 0]


def test_an_unreadable_credential_stops_no_other_connections_heartbeat(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    change(runtime.database, "UPDATE credentials SET ciphertext = 'x'")
    tokens.run(runtime)
    assert world.requests["brex"] == 0


def test_a_call_that_fails_is_no_use_of_the_token(runtime: Runtime, connection: Connection, world: World) -> None:
    idle(runtime, 2)
    world.faults.add("brex", "GET", "refuse")
    with pytest.raises(Stop), runtime.calling(connection, "brex"):
        runtime.clients(connection).brex.company()
    assert not used(runtime)
