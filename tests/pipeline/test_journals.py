"""Journals that people and jobs post, open, delete and move under us: entries go into another one, or wait."""

from collections.abc import Callable

import pytest

from connector.domain.reference import reference
from connector.pipeline import people
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.d365 import Ledger
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_all_done,
    assert_books,
    codes,
    key,
    record,
    rows,
    run_chain,
    run_until_quiet,
    spend,
    spend_and_announce,
    stages_of,
    story,
    unbookable,
)
from tests.pipeline.taking_back import reverse

UNDER_US: dict[str, Callable[[Ledger, str], object]] = {
    "posted": lambda ledger, number: ledger.post_journal(number),
    "in use": lambda ledger, number: ledger.lock_journal(number),
    "in workflow": lambda ledger, number: ledger.submit_workflow(number),
    "emptied and deleted": lambda ledger, number: ledger.delete_journal(number),
}


def first_entry(runtime: Runtime, connection: Connection, world: World) -> tuple[str, str]:
    """A record that stands in a journal and is done: its id, and the journal's number."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    return one, world.d365.headers()[0]["JournalBatchNumber"]


@pytest.mark.parametrize("what", UNDER_US)
def test_what_comes_next_moves_to_another_journal(
    what: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    first, number = first_entry(runtime, connection, world)
    UNDER_US[what](world.d365, number)
    more = spend(world, 1, 3, seed=2)
    announce(runtime, connection, more)
    run_until_quiet(runtime, connection)
    assert {world.d365.lines(document=key(one))[0]["JournalBatchNumber"] for one in more} == {"USMF-000002"}
    assert_books(world, more if what == "emptied and deleted" else [first, *more])
    for one in more:
        (moved,) = [event for event in record(runtime, connection, one)["events"] if "refused for now" in event["why"]]
        assert moved["data"]["journal"] == number
        assert rows(runtime, connection)[one]["journal"] == "USMF-000002"


@pytest.mark.parametrize("what", ["posted", "in use", "in workflow"])
def test_an_entry_found_in_a_journal_in_any_state_is_written(
    what: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    UNDER_US[what](world.d365, "USMF-000001")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    status = "posted" if what == "posted" else "unposted"
    assert {row["ledger_status"] for row in rows(runtime, connection).values()} == {status}


@pytest.mark.parametrize("what", ["posted", "emptied and deleted"])
def test_an_uncertain_entry_that_a_closed_journal_does_not_show_is_held_and_not_sent_again(
    what: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    _, number = first_entry(runtime, connection, world)
    more = spend(world, 1, 3, seed=2)
    announce(runtime, connection, more)
    world.faults.add("d365", SEND, "reset_before")
    run_chain(runtime, connection)
    UNDER_US[what](world.d365, number)
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)
    assert {(found[one]["stage"], *codes(found[one])) for one in more} == {("held", "LEDGER-CANNOT-TELL")}
    assert key(more[0]) in found[more[0]]["problems"][0]["fix"]
    people.retry(runtime, connection, actor="person", record_ids=more)
    run_until_quiet(runtime, connection)
    assert {stages_of(runtime, connection)[one] for one in more} == {"held"}
    assert not any(world.d365.lines(document=key(one)) for one in more)
    assert world.brex.statuses()[more[0]] == "READY_FOR_EXPORT"
    refused = reverse(runtime, connection, *more)
    assert refused.changed == []
    done = reverse(runtime, connection, *more, gone=True, repost=True)
    assert sorted(done.changed) == sorted(more)
    run_until_quiet(runtime, connection)
    assert {stages_of(runtime, connection)[one] for one in more} == {"acknowledged"}
    assert [len(world.d365.lines(document=reference(one, 1, "entry"))) for one in more] == [1, 4]
    assert not any(world.d365.lines(document=key(one)) for one in more)


def test_an_uncertain_entry_is_not_sent_again_while_a_line_of_ours_is_missing_from_its_journal(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Whoever took that one out may have taken this one out as well."""
    first, _ = first_entry(runtime, connection, world)
    more = spend(world, 1, seed=2)
    announce(runtime, connection, more)
    world.faults.add("d365", SEND, "reset_before")
    run_chain(runtime, connection)
    world.d365.delete_lines(document=key(first))
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[more[0]]) == ["LEDGER-CANNOT-TELL"]
    assert world.d365.lines() == []


def test_lines_moved_to_another_journal_are_found_there(runtime: Runtime, connection: Connection, world: World) -> None:
    """As Transfer errors does it at posting."""
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    moved_to = world.d365.move_lines("USMF-000001", document=key(ids[1]))
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert [rows(runtime, connection)[one]["journal"] for one in ids] == ["USMF-000001", moved_to]


def test_an_entry_found_in_another_journal_does_not_put_its_first_journal_in_doubt(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.move_lines("USMF-000001", document=key(ids[1]))
    run_until_quiet(runtime, connection)
    more = spend(world, 1, seed=2)
    announce(runtime, connection, more)
    world.faults.add("d365", SEND, "reset_before")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [*ids, *more])


def test_an_entry_spread_over_two_journals_is_held_as_partial(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.delete_lines(document=key(one), first=1)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row), row["export_status"]) == ("held", ["LEDGER-PARTIAL"], "NONE")
    world.d365.delete_lines(document=key(one))
    people.retry(runtime, connection, actor="person", record_ids=[one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_two_writers_that_meet_in_one_journal_both_get_through(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, number = first_entry(runtime, connection, world)
    more = spend(world, 1, 3, seed=2)
    announce(runtime, connection, more)
    with world.d365.somebody_writes_to(number):
        run_chain(runtime, connection)
    assert any("refused for now" in why for why in story(runtime, connection, more[0]))
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [first, *more])
    assert len(world.d365.headers()) == 1


def test_a_conflict_that_never_ends_is_given_up_visibly(runtime: Runtime, connection: Connection, world: World) -> None:
    first, number = first_entry(runtime, connection, world)
    more = spend(world, 1, 3, seed=2)
    announce(runtime, connection, more)
    with world.d365.somebody_writes_to(number):
        run_until_quiet(runtime, connection, most=80)
    found = rows(runtime, connection)
    assert {(found[one]["stage"], *codes(found[one])) for one in more} == {("held", "POST-GIVEN-UP")}
    assert_books(world, [first], more)
    people.retry(runtime, connection, actor="person", problem="POST-GIVEN-UP")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [first, *more])


def test_what_f_and_o_refuses_is_held_with_its_words_and_booked_once_they_are_heeded(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bad = unbookable(world)
    good = spend(world, 1, 2)
    announce(runtime, connection, [bad, *good])
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[bad]
    assert (row["stage"], codes(row)) == ("held", ["MAP-VALUE-BLANK"])
    assert_books(world, good, [bad])
    rules = world.d365.rows("AccountStructureConstraints")
    strict = next(rule for rule in rules if rule["SegmentCriteria01"] == "606300")
    named = {name: strict[name] for name in ("AccountStructure", "Status", "Position")}
    world.d365.change("AccountStructureConstraints", named, SegmentCriteria03='*;""')
    people.retry(runtime, connection, actor="person", record_ids=[bad])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [bad, *good])


def test_a_full_journal_is_followed_by_another_one(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, *[80] * 12)
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    numbers = [line["JournalBatchNumber"] for line in world.d365.lines()]
    assert sorted(numbers.count(number) for number in set(numbers)) == [81, 891]
