"""Taking entries back while answers get lost, come late, or break off."""

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    after_answer,
    assert_books,
    codes,
    key,
    rows,
    run_until_quiet,
    scalar,
    spend_and_announce,
)
from tests.pipeline.taking_back import DELETION, assert_nothing_left, counter, reverse, written


@pytest.mark.parametrize("lost", ["reset_before", "reset_after"])
def test_a_lost_answer_to_a_deletion_is_looked_at_and_not_repeated_blind(
    lost: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one, other = written(runtime, connection, world, 3, 1)
    world.faults.add("d365", SEND, lost, containing=DELETION)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert world.d365.lines(document=key(one)) == []
    assert_books(world, [other], [])
    deletions = scalar(runtime.database, "SELECT attempts FROM writes WHERE kind = 'removal'")
    assert deletions == (2 if lost == "reset_before" else 1)


@pytest.mark.parametrize("lost", ["reset_before", "reset_after"])
def test_a_lost_answer_to_a_reversing_entry_is_looked_for_like_any_other(
    lost: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 3)
    world.d365.post_journal("USMF-000001")
    world.faults.add("d365", SEND, lost)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert len(world.d365.lines(document=counter(one))) == 4
    assert_nothing_left(world, one)


def test_lines_that_a_late_request_puts_back_after_a_removal_are_found_and_shown(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Sent twice, so it is looked at again later; F&O carries out the first sending after the lines were removed."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.d365.late_write(SEND)
    run_until_quiet(runtime, connection, minutes=5)
    assert rows(runtime, connection)[one]["stage"] == "acknowledged"
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection, minutes=5)
    assert (rows(runtime, connection)[one]["stage"], world.d365.lines()) == ("reversed", [])

    world.d365.release_late()
    run_until_quiet(runtime, connection, minutes=15)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-STANDS"])

    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert (rows(runtime, connection)[one]["stage"], world.d365.lines()) == ("reversed", [])


def test_an_answer_that_breaks_off_is_not_believed_for_any_of_them(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, second = written(runtime, connection, world, 3, 1)
    world.d365.set(continue_on_error=False)
    reverse(runtime, connection, first, second)
    after_answer(
        world, "d365", "GET /data/LedgerJournalHeaders",
        lambda: world.d365.change_line("USMF-000001", 1, Text="a person's"),
    )  # fmt: skip
    run_until_quiet(runtime, connection)
    assert {row["stage"] for row in rows(runtime, connection).values()} == {"reversed"}
    assert world.d365.lines() == []


MOMENTS = {
    "never": "",
    "before it was asked for": "now",
    "between looking and deleting": "GET /data/LedgerJournalHeaders",
    "before the answer is read": SEND,
}


@pytest.mark.parametrize("lost", ["", "reset_before", "reset_after", "truncate_after", "status_after"])
@pytest.mark.parametrize("posted", MOMENTS)
def test_whenever_it_is_posted_and_whatever_gets_lost_nothing_is_left_on_any_account(
    posted: str, lost: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one, other = written(runtime, connection, world, 3, 2)
    reverse(runtime, connection, one)
    if lost:
        world.faults.add("d365", SEND, lost)
    if MOMENTS[posted] == "now":
        world.d365.post_journal("USMF-000001")
    elif MOMENTS[posted]:
        after_answer(world, "d365", MOMENTS[posted], lambda: world.d365.post_journal("USMF-000001"))
    run_until_quiet(runtime, connection)

    assert rows(runtime, connection)[one]["stage"] in ("reversed", "held")
    assert_nothing_left(world, one)
    assert len(world.d365.lines(document=key(other))) == 3
    if rows(runtime, connection)[one]["stage"] == "held":  # posted so soon that F&O cannot show that they were deleted
        assert (posted, codes(rows(runtime, connection)[one])) == ("before the answer is read", ["REVERSAL-UNCLEAR"])
