"""Answers and effects that come after their deadline: they decide nothing, and nothing is doubled by them."""

import pytest

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    HEADER,
    REPORT,
    SEND,
    after_answer,
    assert_all_done,
    codes,
    key,
    let_pass,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend_and_announce,
    stages_of,
    story,
)

SIZES = (1, 2, 5)
SYSTEM = {HEADER: "d365", SEND: "d365", REPORT: "brex"}


@pytest.mark.parametrize("match", SYSTEM)
def test_an_answer_that_comes_after_somebody_else_has_settled_it_is_only_kept(
    match: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """The worker slept between its request and the answer; others have found out meanwhile, and gone on."""
    ids = spend_and_announce(runtime, connection, world, *SIZES)

    def meanwhile() -> None:
        let_pass(runtime.database, 100)
        run_until_quiet(runtime, connection)
        assert_all_done(runtime, connection, world, ids)

    after_answer(world, SYSTEM[match], match, meanwhile)
    run_chain(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert scalar(runtime.database, "SELECT count(*) FROM batches WHERE evidence LIKE '%late answer: %'") == 1
    assert len(world.d365.headers()) == 1


@pytest.mark.parametrize("match", SYSTEM)
def test_an_answer_that_comes_while_it_counts_as_uncertain_does_not_settle_it(
    match: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """Its deadline has passed and somebody said so; whoever said so looks for it, too."""
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    runtime.quiet_seconds = 600

    def meanwhile() -> None:
        let_pass(runtime.database, 100)
        world.faults.add("d365", "GET /data/LedgerJournal", "status_before", code=503, times=None)
        world.faults.add("brex", "GET /v3/", "status_before", code=503, times=None)
        run_chain(runtime, connection)

    after_answer(world, SYSTEM[match], match, meanwhile)
    run_chain(runtime, connection)
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE outcome = 'uncertain'") > 0
    world.faults.clear()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) <= 2  # another one is opened while the first is looked for


def test_a_reading_that_took_too_long_decides_nothing(runtime: Runtime, connection: Connection, world: World) -> None:
    """While it was read somebody else looked, sent again, and lost that answer: by the old reading nothing is there."""
    (one,) = spend_and_announce(runtime, connection, world, 2)
    world.faults.add("d365", SEND, "reset_before")
    run_chain(runtime, connection)
    let_pass(runtime.database, 60)
    run_chain(runtime, connection)
    let_pass(runtime.database, 10)
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE absent_at IS NOT NULL") == 1

    def meanwhile() -> None:
        let_pass(runtime.database, 100)
        world.faults.add("d365", SEND, "reset_after")
        run_chain(runtime, connection)
        let_pass(runtime.database, 100)
        assert len(world.d365.lines(document=key(one))) == 3

    after_answer(world, "d365", "GET /data/LedgerJournalLines", meanwhile)
    run_chain(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_a_record_that_was_held_while_brex_was_being_told_says_that_brex_was_told(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 2)
    world.d365.late_write(SEND)
    world.faults.add("brex", REPORT, "throttle", retry_after=3600)
    run_until_quiet(runtime, connection, minutes=9)
    assert stages_of(runtime, connection)[one] == "written"
    world.d365.release_late()
    let_pass(runtime.database, 5000)
    after_answer(world, "brex", REPORT, lambda: stages.run(runtime, StageName.POST, connection.id))
    stages.run(runtime, StageName.ACKNOWLEDGE, connection.id)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["export_status"], codes(row)) == ("held", "EXPORTED", ["LEDGER-TWICE"])
    world.d365.delete_lines(document=key(one), first=3)
    people.retry(runtime, connection, actor="person", record_ids=[one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_a_request_that_outlives_every_look_is_found_at_a_second_look(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """No ledger without an idempotency key can prevent this one: it is found, held and shown, and told once."""
    (one,) = spend_and_announce(runtime, connection, world, 2)
    world.d365.late_write(SEND)
    run_until_quiet(runtime, connection, minutes=5)
    assert_all_done(runtime, connection, world, [one])
    let_pass(runtime.database, 700)
    run_chain(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    world.d365.release_late()
    let_pass(runtime.database, 3700)
    run_chain(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["export_status"], codes(row)) == ("held", "EXPORTED", ["LEDGER-TWICE"])
    assert len(world.d365.lines(document=key(one))) == 6
    assert len(world.brex.reported()) == 1
    assert story(runtime, connection, one)[-1] == "LEDGER-TWICE: found more than once"


def test_second_looks_end_after_a_day(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_before")
    run_until_quiet(runtime, connection, minutes=5)
    waits = []
    while (
        seconds := scalar(runtime.database, "SELECT extract(epoch FROM max(next_look_at) - now()) FROM writes")
    ) is not None:
        waits.append(round(float(seconds), -1))
        let_pass(runtime.database, float(seconds) + 1)
        run_chain(runtime, connection)
    assert waits == [600, 3600, 86400]
    events = story(runtime, connection, one)
    assert_all_done(runtime, connection, world, [one])
    assert events[-1] == "Brex took the export result"


def test_a_second_look_that_cannot_read_f_and_o_is_made_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Three times F&O is to be seen, however often it cannot be read in between."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_before")
    run_until_quiet(runtime, connection, minutes=5)
    for _ in range(4):
        world.faults.add("d365", "GET /data/LedgerJournalLines", "status_before", code=503)
        let_pass(runtime.database, 700)
        run_chain(runtime, connection)
    waits = []
    while (
        seconds := scalar(runtime.database, "SELECT extract(epoch FROM max(next_look_at) - now()) FROM writes")
    ) is not None:
        waits.append(round(float(seconds), -1))
        let_pass(runtime.database, float(seconds) + 1)
        run_chain(runtime, connection)
    assert waits[-2:] == [3600, 86400]
    assert_all_done(runtime, connection, world, [one])
