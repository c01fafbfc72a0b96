"""A `$batch` whose answer went wrong, in every way: each entry stands once all the same, and Brex is told once."""

from typing import Any

import pytest

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_all_done,
    assert_books,
    codes,
    key,
    let_pass,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    stages_of,
    story,
    unbookable,
)

Fault = tuple[str, dict[str, Any]]
WITHOUT_EFFECT: dict[str, Fault] = {
    "reset before": ("reset_before", {}),
    "502 page before": ("status_before", {"code": 502}),
    "503 page before": ("status_before", {"code": 503, "headers": {"Retry-After": "5"}}),
    "408 before": ("status_before", {"code": 408}),
}
WITH_EFFECT: dict[str, Fault] = {
    "reset after": ("reset_after", {}),
    "time-out after": ("latency", {"seconds": 100}),
    "500 page after": ("status_after", {"code": 500}),
    "503 page after": ("status_after", {"code": 503}),
    "404 page after": ("status_after", {"code": 404}),
    "302 after": ("status_after", {"code": 302, "headers": {"Location": "https://contoso.operations.dynamics.com/"}}),
    "nonsense": ("malformed_after", {"body": "--batchresponse\r\n\r\nnonsense"}),
    "a page in place of the answer": ("malformed_after", {"body": "<html>", "content_type": "text/html"}),
    "no body": ("truncate_after", {"bytes": 0}),
}
SIZES = (1, 2, 1, 5)


@pytest.mark.parametrize("fault", WITHOUT_EFFECT)
def test_a_send_that_never_arrived_is_sent_again(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    kind, options = WITHOUT_EFFECT[fault]
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    for one in ids:
        told = story(runtime, connection, one)
        uncertain = next(place for place, why in enumerate(told) if why.startswith("uncertain: "))
        assert told[uncertain + 1].startswith("sent again: absent from the ledger in two readings")
        assert told[uncertain + 2].startswith("F&O confirmed it")


@pytest.mark.parametrize("fault", WITH_EFFECT)
def test_a_send_whose_answer_was_lost_is_found_and_not_sent_again(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    kind, options = WITH_EFFECT[fault]
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    for one in ids:
        told = story(runtime, connection, one)
        uncertain = next(place for place, why in enumerate(told) if why.startswith("uncertain: "))
        assert told[uncertain + 1].startswith("found in the ledger: USMF-")
    assert sent(world) == 1


def sent(world: World) -> int:
    return sum(seen.method == "POST" and "$batch" in seen.path for seen in world.traffic.latest)


@pytest.mark.parametrize("kept", [1, 400, 1500, 2500, 3500, 5000, 7000, 9000, 11000])
def test_an_answer_cut_anywhere_is_believed_as_far_as_it_goes(
    kept: int, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "truncate_after", bytes=kept)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert sent(world) == 1


def test_half_an_answer_sent_as_the_whole_is_believed_as_far_as_it_goes(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "malformed_after")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    ends = {story(runtime, connection, one)[-2].split(":")[0].split(" in ")[0] for one in ids}
    assert ends == {"F&O confirmed it", "found"}
    assert sent(world) == 1


@pytest.mark.parametrize("faults", [2, 3])
def test_it_fails_several_times_in_a_row_in_different_ways(
    faults: int, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "reset_before", times=faults)
    world.faults.add("d365", SEND, "reset_after")
    world.faults.add("d365", "GET /data/LedgerJournalLines", "status_before", times=faults, code=503)
    world.faults.add("d365", "GET /data/LedgerJournalHeaders", "reset_before", times=faults)
    run_until_quiet(runtime, connection, most=80)
    assert_all_done(runtime, connection, world, ids)


def test_only_the_quiet_period_and_two_readings_make_it_send_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_before")
    run_chain(runtime, connection)
    let_pass(runtime.database, 500)  # F&O is called again, and read; the deadline has passed, the quiet period not
    run_chain(runtime, connection, 3)
    assert (sent(world), stages_of(runtime, connection)[one]) == (1, "writing")
    let_pass(runtime.database, 200)
    run_chain(runtime, connection, 3)
    assert sent(world) == 1  # the first reading
    let_pass(runtime.database, 61)
    run_chain(runtime, connection)
    assert sent(world) == 2
    assert_all_done(runtime, connection, world, [one])


def test_a_write_that_lands_late_within_the_quiet_period_is_found(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.d365.late_write(SEND)
    run_chain(runtime, connection)
    let_pass(runtime.database, 300)
    run_chain(runtime, connection)
    assert world.d365.lines() == []
    assert world.d365.release_late() == 1
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert sent(world) == 1


def test_a_write_that_lands_between_the_two_readings_is_found(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.d365.late_write(SEND)
    run_chain(runtime, connection)
    let_pass(runtime.database, 50)
    run_chain(runtime, connection)
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE absent_at IS NOT NULL") == len(ids)
    world.d365.release_late()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert sent(world) == 1


def test_a_surplus_that_lands_after_every_look_is_held_at_the_next_one_and_never_reported_twice(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    world.d365.late_write(SEND)
    run_until_quiet(runtime, connection, minutes=5)
    assert_all_done(runtime, connection, world, ids)
    world.d365.release_late()
    let_pass(runtime.database, 601)
    run_chain(runtime, connection)
    found = rows(runtime, connection)
    assert {(found[one]["stage"], found[one]["export_status"], *codes(found[one])) for one in ids} == {
        ("held", "EXPORTED", "LEDGER-TWICE")
    }
    for one in ids:
        world.d365.delete_lines(document=key(one), first=len(world.d365.lines(document=key(one))) // 2)
    people.retry(runtime, connection, actor="person", record_ids=ids)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_entries_after_the_one_at_which_f_and_o_stopped_are_sent_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.set(continue_on_error=False)
    bad = unbookable(world)
    good = spend(world, *SIZES)
    announce(runtime, connection, [good[0], bad, *good[1:]])
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[bad]) == ["MAP-VALUE-BLANK"]
    assert_books(world, good, [bad])
    assert sent(world) <= 4  # what is sent again goes in smaller groups


def test_a_throttled_send_is_no_attempt_and_waits_as_long_as_it_was_told(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "throttle", retry_after=120)
    run_chain(runtime, connection, 3)
    assert sent(world) == 1
    seconds = stages.next_seconds(runtime, connection.id)
    assert seconds is not None
    assert 100 < seconds <= 150
    assert scalar(runtime.database, "SELECT max(attempts) FROM writes WHERE kind = 'entry'") == 0
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert not any("uncertain" in why for why in story(runtime, connection, ids[0]))


def test_throttling_without_a_time_waits_longer_each_time(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "throttle", times=5)
    waits = []
    for _ in range(5):
        run_chain(runtime, connection)
        waits.append(stages.next_seconds(runtime, connection.id) or 0)
        let_pass(runtime.database, 3600)
    assert all(low - 0.9 < wait <= 2 * low for low, wait in zip((1, 2, 4, 8, 16), waits, strict=True)), waits
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_an_unreachable_f_and_o_leaves_everything_open(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", SEND, "refuse", times=3)
    run_chain(runtime, connection)
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE outcome = 'uncertain'") == 0
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
