"""Taking entries back: out of an unposted journal, or by a reversing entry once it is posted."""

from connector.pipeline import watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_books,
    change,
    key,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend_and_announce,
    unbookable,
)
from tests.pipeline.taking_back import PERSON, assert_nothing_left, counter, reverse, written


def test_an_unposted_entry_is_taken_out_of_its_journal_and_nothing_else_is(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, other = written(runtime, connection, world, 3, 1)

    done = reverse(runtime, connection, first)
    run_until_quiet(runtime, connection)

    assert done.changed == [first]
    assert world.d365.lines(document=key(first)) == []
    assert_books(world, [other], [])
    row = record(runtime, connection, first)
    assert (row["stage"], row["ledger_status"], row["export_status"], row["problems"]) == (
        "reversed", "none", "EXPORTED", [],
    )  # fmt: skip
    assert [header["JournalBatchNumber"] for header in world.d365.headers()] == ["USMF-000001"]
    asked = next(event for event in row["events"] if event["why"] == "to be taken back: booked twice")
    assert asked["actor"] == PERSON


def test_a_posted_entry_gets_its_reversing_entry(runtime: Runtime, connection: Connection, world: World) -> None:
    one, other = written(runtime, connection, world, 3, 1)
    world.d365.post_journal("USMF-000001")

    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)

    assert_nothing_left(world, one)
    sent, back = world.d365.lines(document=key(one)), world.d365.lines(document=counter(one))
    assert len(sent) == len(back) == 4
    assert {line["TransDate"] for line in back} == {line["TransDate"] for line in sent}
    assert all(line["Text"].startswith("Reversal: ") for line in back)
    assert len({line["Voucher"] for line in back}) == 1
    row = record(runtime, connection, one)
    assert (row["stage"], row["ledger_status"], row["journal"]) == ("reversed", "unposted", "USMF-000001")
    assert world.d365.lines(document=counter(other)) == []


def test_the_reversing_entry_is_followed_until_it_is_posted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    world.d365.post_journal("USMF-000002")
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    watch.run(runtime, connection)
    assert rows(runtime, connection)[one]["ledger_status"] == "posted"


def test_an_entry_that_somebody_deleted_is_reversed_without_a_write(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.delete_lines(document=key(one))
    reverse(runtime, connection, one)
    before = world.requests["d365"]
    run_until_quiet(runtime, connection)
    row = record(runtime, connection, one)
    assert (row["stage"], row["ledger_status"]) == ("reversed", "none")
    assert row["writes"][-1]["ledger"]["form"] == "gone"
    assert world.requests["d365"] > before


def test_what_is_not_known_yet_or_was_never_written_cannot_be_taken_back(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bad = unbookable(world)
    announce(runtime, connection, [bad])
    run_until_quiet(runtime, connection)
    runtime.quiet_seconds = 600
    (lost,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_before")
    run_chain(runtime, connection)
    done = reverse(runtime, connection, bad, lost)
    assert done.why == {
        bad: "no entry of it stands in the ledger",
        lost: "it is not known yet whether F&O has its entry; let it go on, or retry it, first",
    }


def test_an_entry_found_twice_is_taken_back_whole(runtime: Runtime, connection: Connection, world: World) -> None:
    """One of the two was posted already: that one gets the reversing entry, the other is taken out."""
    (one,) = spend_and_announce(runtime, connection, world, 3)
    world.d365.late_write(SEND)
    run_until_quiet(runtime, connection, minutes=5)
    world.d365.post_journal("USMF-000001")
    world.d365.release_late()
    run_until_quiet(runtime, connection, minutes=120)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert_nothing_left(world, one)


def test_many_entries_of_one_journal_are_removed_together(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *[3] * 8)
    reverse(runtime, connection, *ids)
    run_until_quiet(runtime, connection)
    assert {row["stage"] for row in rows(runtime, connection).values()} == {"reversed"}
    assert world.d365.lines() == []
    assert scalar(runtime.database, "SELECT count(DISTINCT batch_id) FROM writes WHERE kind = 'removal'") <= 1
