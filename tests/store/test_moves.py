"""The one function that moves records: fenced, by the table of steps, each step with its event."""

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from connector.domain.problems import Problem
from connector.domain.stages import TRANSITIONS, Stage
from connector.pipeline.runtime import Runtime
from connector.store import audit, records, views
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.store.moves import Move, move
from sandbox.world import World
from tests.pipeline.helpers import run_chain, spend_and_announce
from tests.store.conftest import IDS, Sql, pks

Both = tuple[Connection, Connection]


def shown(database: Database, connection: Connection, record_id: str = IDS[0]) -> dict[str, Any]:
    with database.begin() as tx:
        found = views.one(tx, connection.id, record_id)
    assert found is not None
    return found


def test_a_step_moves_the_record_and_leaves_an_event(database: Database, connection: Connection, both: Both) -> None:
    first, *_ = pks(database, connection)
    step = Move(first, Stage.RECEIVED, Stage.HELD, "no account", data={"n": 1}, problems=[Problem("RECORD-NOT-FOUND")])
    with database.begin() as tx:
        assert move(tx, connection.id, "task:test", [step]) == {first}
    record = shown(database, connection)
    assert (record["stage"], [one["code"] for one in record["problems"]]) == ("held", ["RECORD-NOT-FOUND"])
    event = record["events"][-1]
    assert {key: event[key] for key in ("seq", "actor", "from_stage", "to_stage", "why", "data")} == {
        "seq": 2, "actor": "task:test", "from_stage": "received", "to_stage": "held", "why": "no account",
        "data": {"n": 1},
    }  # fmt: skip


def test_two_steps_of_one_record_in_one_call_follow_each_other(
    database: Database, connection: Connection, both: Both
) -> None:
    """One reading of F&O may settle two of its writes: an entry and the one that takes it back."""
    first, second, _ = pks(database, connection)
    steps = [
        Move(first, None, None, "noted"),
        Move(second, Stage.RECEIVED, Stage.FETCHED, "fetched"),
        Move(first, None, Stage.HELD, "held", problems=[Problem("RECORD-NOT-FOUND")]),
    ]
    with database.begin() as tx:
        assert move(tx, connection.id, "test", steps) == {first, second}
        assert audit.check(tx, connection.id).breaks == []
    assert [event["why"] for event in shown(database, connection)["events"]][1:] == ["noted", "held"]


def test_a_record_that_is_elsewhere_by_now_is_left_alone(
    database: Database, connection: Connection, both: Both
) -> None:
    first, second, _ = pks(database, connection)
    steps = [Move(first, Stage.FETCHED, Stage.MAPPED, "late"), Move(second, Stage.RECEIVED, Stage.FETCHED, "in time")]
    with database.begin() as tx:
        assert move(tx, connection.id, "test", steps) == {second}
    assert (shown(database, connection)["stage"], len(shown(database, connection)["events"])) == ("received", 1)


def test_a_record_that_another_worker_claimed_since_is_left_alone(
    database: Database, connection: Connection, both: Both, sql: Sql
) -> None:
    """The first claim's lease ran out while its worker was away."""
    with database.begin() as tx:
        (ours,) = records.claim_to_fetch(tx, connection.id, 1)
    sql("UPDATE records SET next_attempt_at = now()")
    with database.begin() as tx:
        (theirs,) = records.claim_to_fetch(tx, connection.id, 1)
    assert (ours.id, ours.attempts + 1) == (theirs.id, theirs.attempts)
    with database.begin() as tx:
        late = Move(ours.id, Stage.RECEIVED, Stage.HELD, "late", attempts=ours.attempts)
        assert move(tx, connection.id, "test", [late]) == set()
        in_time = Move(theirs.id, Stage.RECEIVED, Stage.FETCHED, "in time", attempts=theirs.attempts)
        assert move(tx, connection.id, "test", [in_time]) == {theirs.id}


@pytest.mark.parametrize("old", Stage)
def test_only_steps_of_the_table_are_taken(
    database: Database, connection: Connection, both: Both, sql: Sql, old: Stage
) -> None:
    first, *_ = pks(database, connection)
    for new in Stage:
        sql("UPDATE records SET stage = :stage", stage=str(old))
        with database.begin() as tx:
            if new in TRANSITIONS[old]:
                assert move(tx, connection.id, "test", [Move(first, old, new, "a step")]) == {first}
            else:
                with pytest.raises(ValueError, match=f"from {old} to {new}"):
                    move(tx, connection.id, "test", [Move(first, old, new, "no step")])


def test_a_note_leaves_the_stage_and_when_it_is_due(database: Database, connection: Connection, both: Both) -> None:
    first, *_ = pks(database, connection)
    before = shown(database, connection)
    with database.begin() as tx:
        move(tx, connection.id, "test", [Move(first, None, None, "seen", delay=None)])
    after = shown(database, connection)
    assert (after["stage"], after["next_attempt_at"]) == (before["stage"], before["next_attempt_at"])
    assert [event["why"] for event in after["events"]][1:] == ["seen"]


@pytest.mark.parametrize(
    "statement", ["UPDATE events SET why = 'another'", "DELETE FROM events", "TRUNCATE events CASCADE"]
)
def test_events_can_only_be_added(both: Both, sql: Sql, statement: str) -> None:
    with pytest.raises(DBAPIError, match="events are append-only"):
        sql(statement)


TAMPERING = {
    "a word changed": ("UPDATE events SET why = 'another' WHERE seq = 2", "it does not say what it said"),
    "a fact changed": ("""UPDATE events SET data = '{"a": 1}' WHERE seq = 2""", "it does not say what it said"),
    "one taken out": ("DELETE FROM events WHERE seq = 2", "an event before it is missing"),
    "the last taken out": (
        "DELETE FROM events e WHERE seq = (SELECT max(seq) FROM events WHERE record_pk = e.record_pk)",
        "its last event is not the one that the record names",
    ),
}


@pytest.mark.parametrize(("tamper", "told"), TAMPERING.values(), ids=TAMPERING.keys())
def test_a_trail_that_was_tampered_with_is_found(
    runtime: Runtime, connection: Connection, world: World, sql: Sql, tamper: str, told: str
) -> None:
    spend_and_announce(runtime, connection, world, 1)
    run_chain(runtime, connection)
    with runtime.database.begin() as tx:
        found = audit.check(tx, connection.id)
    assert (found.records, found.breaks, found.last) == (1, [], None)
    assert found.events > 4
    sql("ALTER TABLE events DISABLE TRIGGER ALL")
    sql(tamper)
    with runtime.database.begin() as tx:
        (one,) = audit.check(tx, connection.id).breaks
    assert one.sentence.startswith(told)
