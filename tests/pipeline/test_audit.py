"""The trail: every step of every record, who took it and why, in a chain that nobody can change unseen."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import audit
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    REPORT,
    SEND,
    announce,
    assert_all_done,
    change,
    key,
    record,
    rows,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    unbookable,
)

PERSON = "person:dana"


def trail(runtime: Runtime) -> dict[int, list[Any]]:
    """Record → its events in order, with everything their hashes cover as text."""
    with runtime.database.begin() as tx:
        found = tx.execute(
            text(
                "SELECT record_pk, seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS at, actor, "
                "from_stage, to_stage, why, CAST(data AS text) AS data, prev_hash, hash FROM events ORDER BY id"
            )
        ).all()
    trails: dict[int, list[Any]] = {}
    for event in found:
        trails.setdefault(event.record_pk, []).append(event)
    return trails


def test_the_chain_of_every_record_is_whole_after_all_kinds_of_trouble(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bad = unbookable(world)
    good = spend(world, 1, 2, 5)
    announce(runtime, connection, [bad, *good, "accr_unknown"])
    world.faults.add("d365", SEND, "truncate_after", bytes=3000)
    world.faults.add("brex", REPORT, "reset_after")
    run_until_quiet(runtime, connection)
    people.retry(runtime, connection, actor=PERSON, record_ids=[bad])
    run_until_quiet(runtime, connection)
    for events in trail(runtime).values():
        before = b""
        for seq, event in enumerate(events, start=1):
            said = "\x1f".join(map(str, event[:8]))
            assert (event.seq, bytes(event.prev_hash)) == (seq, before)
            assert hashlib.sha256(before + said.encode()).digest() == bytes(event.hash)
            before = bytes(event.hash)
    with runtime.database.begin() as tx:
        part = audit.check(tx, connection.id)
    assert (part.records, part.breaks) == (5, [])
    assert part.events == scalar(runtime.database, "SELECT count(*) FROM events")


@pytest.mark.parametrize("statement", ["UPDATE events SET why = ''", "DELETE FROM events", "TRUNCATE events"])
def test_events_are_never_changed_or_taken_out(
    statement: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    spend_and_announce(runtime, connection, world, 1)
    with pytest.raises(DBAPIError, match="events are append-only"):
        change(runtime.database, statement)


def test_there_is_one_event_of_each_number(runtime: Runtime, connection: Connection, world: World) -> None:
    spend_and_announce(runtime, connection, world, 1)
    with pytest.raises(DBAPIError, match="events_record_pk_seq_key"):
        change(
            runtime.database,
            "INSERT INTO events (record_pk, seq, at, actor, from_stage, to_stage, why, prev_hash, hash) "
            "SELECT record_pk, seq, at, actor, from_stage, to_stage, why, prev_hash, hash FROM events",
        )


def test_the_trail_tells_the_whole_way(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    row = record(runtime, connection, one)
    assert [(event["actor"], event["from_stage"], event["to_stage"]) for event in row["events"]] == [
        ("webhook", "", "received"),
        ("task:fetch", "received", "fetched"),
        ("task:map", "fetched", "mapped"),
        ("task:post", "mapped", "writing"),
        ("task:post", "writing", "written"),
        ("task:acknowledge", "written", "acknowledged"),
    ]
    heard, fetched, planned, intended, written, told = (event["data"] for event in row["events"])
    line = world.d365.lines()[0]
    assert heard == {"source": "webhook"}
    assert fetched["body_hash"] == row["body_hash"]
    assert planned["rules"] == 3
    assert intended["reference"] == key(one)
    assert len(intended["intent_hash"]) == 64
    assert written["ledger"] == {
        "data_area": "usmf", "journal": "USMF-000001", "lines": [1], "voucher": line["Voucher"],
    }  # fmt: skip
    assert told["reference_id"] == f"usmf USMF-000001 {line['Voucher']}"
    assert world.brex.reported()[0]["success"]["reference_id"] == told["reference_id"]


def last(runtime: Runtime, connection: Connection, record_id: str) -> dict[str, Any]:
    event: dict[str, Any] = record(runtime, connection, record_id)["events"][-1]
    return event


@pytest.mark.parametrize("stage", ["received", "fetched", "mapped", "writing", "written"])
def test_a_person_s_retry_is_told_with_their_name_in_every_stage(
    stage: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    reach(runtime, connection, world, stage)
    assert rows(runtime, connection)[one]["stage"] == stage
    done = people.retry(runtime, connection, actor=PERSON, record_ids=[one])
    assert (done.changed, done.left_alone) == ([one], [])
    event = last(runtime, connection, one)
    assert (event["actor"], event["from_stage"], event["why"]) == (PERSON, stage, "retried by a person")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def reach(runtime: Runtime, connection: Connection, world: World, stage: str) -> None:
    """Run the chain as far as this stage."""
    names = {"received": [], "fetched": [StageName.FETCH], "mapped": [StageName.FETCH, StageName.MAP]}
    if stage == "writing":
        world.faults.add("d365", SEND, "reset_before")
    for name in names.get(stage, [StageName.FETCH, StageName.MAP, StageName.POST]):
        stages.run(runtime, name, connection.id, seconds=60)


def test_what_is_done_is_left_alone_by_a_retry(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    done = people.retry(runtime, connection, actor=PERSON, record_ids=[one])
    assert (done.changed, done.left_alone) == ([], [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


@pytest.mark.parametrize("stage", ["received", "fetched", "mapped", "held"])
def test_a_person_s_skip_is_told_with_their_name_and_reason_and_can_be_taken_back(
    stage: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    if stage == "held":
        one = unbookable(world)
        announce(runtime, connection, [one])
        run_until_quiet(runtime, connection)
    else:
        (one,) = spend_and_announce(runtime, connection, world, 1)
        reach(runtime, connection, world, stage)
    done = people.skip(runtime, connection, actor=PERSON, reason="keyed by hand", record_ids=[one])
    assert done.changed == [one]
    event = last(runtime, connection, one)
    assert (event["actor"], event["from_stage"], event["to_stage"], event["why"]) == (
        PERSON, stage, "skipped", "keyed by hand",
    )  # fmt: skip
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "skipped"
    assert (world.d365.lines(), world.brex.reported()) == ([], [])
    if stage != "held":
        people.retry(runtime, connection, actor=PERSON, record_ids=[one])
        run_until_quiet(runtime, connection)
        assert_all_done(runtime, connection, world, [one])


@pytest.mark.parametrize("stage", ["writing", "written"])
def test_what_may_stand_in_the_ledger_cannot_be_skipped(
    stage: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    reach(runtime, connection, world, stage)
    done = people.skip(runtime, connection, actor=PERSON, reason="keyed by hand", record_ids=[one])
    assert (done.changed, done.left_alone) == ([], [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
