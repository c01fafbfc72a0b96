"""Written anew after it was taken back, under the next epoch's reference, and reported once."""

import pytest

from connector.domain.reference import reference
from connector.pipeline import epochs, people, watch
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    REPORT,
    change,
    codes,
    key,
    poll,
    record,
    rows,
    run_until_quiet,
    scalar,
    spend_and_announce,
    story,
)
from tests.pipeline.taking_back import PERSON, assert_nothing_left, reverse, written


@pytest.mark.parametrize("posted", [False, True], ids=["removed", "reversed"])
def test_a_record_is_written_anew_under_the_next_epochs_reference_and_not_reported_twice(
    posted: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 3)
    if posted:
        world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one, repost=True)
    run_until_quiet(runtime, connection)
    row = record(runtime, connection, one)
    assert (row["stage"], row["epoch"], row["export_status"]) == ("acknowledged", 1, "EXPORTED")
    assert row["reference"] == reference(one, 1, "entry")
    assert len(world.d365.lines(document=reference(one, 1, "entry"))) == 4
    assert_nothing_left(world, one)
    assert len(world.brex.reported()) == 1
    assert "Brex shows it EXPORTED since an earlier epoch: not reported again" in story(runtime, connection, one)


def test_a_reversed_record_is_left_alone_by_a_retry_and_written_anew_on_demand(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)

    plain = people.retry(runtime, connection, actor=PERSON, record_ids=[one])
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert (plain.left_alone, rows(runtime, connection)[one]["stage"]) == ([one], "reversed")
    assert "--repost" in plain.why[one]
    assert world.d365.lines() == []

    people.retry(runtime, connection, actor=PERSON, record_ids=[one], repost=True, reason="it was right after all")
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "acknowledged"
    assert {line["Document"] for line in world.d365.lines()} == {reference(one, 1, "entry")}
    assert "to be written anew: it was right after all" in story(runtime, connection, one)


def test_written_anew_and_taken_back_again(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = written(runtime, connection, world, 1)
    for epoch in (0, 1):
        world.d365.post_journal(str(rows(runtime, connection)[one]["journal"]))
        reverse(runtime, connection, one, repost=True)
        run_until_quiet(runtime, connection)
        assert_nothing_left(world, one, epoch)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["epoch"]) == ("acknowledged", 2)
    assert len(world.brex.reported()) == 1


def test_what_becomes_of_an_earlier_epochs_journal_does_not_hold_the_entry_that_took_its_place(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """As a clean-up of posted journals does it."""
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one, repost=True)
    run_until_quiet(runtime, connection)
    tables, journal = world.d365.environment.tables, {"dataAreaId": "usmf", "JournalBatchNumber": "USMF-000001"}
    kept = [tables.get("LedgerJournalLines", **journal, LineNumber=line["LineNumber"])
            for line in world.d365.lines(document=key(one))]  # fmt: skip
    for row in (*kept, tables.get("LedgerJournalHeaders", **journal)):
        assert row is not None
        tables.delete(row)
    change(runtime.database, "UPDATE journals SET watch_at = now(), posted_at = NULL")
    watch.run(runtime, connection)
    assert scalar(runtime.database, "SELECT status_reason FROM journals WHERE number = 'USMF-000001'") == (
        "no longer in F&O"
    )
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)[one]
    assert (found["stage"], found["epoch"], codes(found)) == ("acknowledged", 1, [])


def test_what_takes_an_earlier_epoch_back_ends_where_a_later_one_begins(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """As `connector recover` finds it, in a copy of a database that was made in the middle of it."""
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    change(runtime.database, "UPDATE records SET stage = 'reversed'")
    with runtime.database.begin() as tx:
        (row,) = views.ids(tx, connection.id)
        assert epochs.begin(tx, connection.id, PERSON, {row.id: 1}, "its entry of this epoch stands") == {row.id}
    assert scalar(runtime.database, "SELECT outcome FROM writes WHERE kind = 'removal'") == "refused"


def test_a_record_taken_back_before_it_was_reported_is_reported_once_it_is_written_anew(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("brex", REPORT, "throttle", times=None, retry_after=3600)
    run_until_quiet(runtime, connection, minutes=5)
    assert rows(runtime, connection)[one]["stage"] == "written"
    reverse(runtime, connection, one)
    world.faults.clear()
    run_until_quiet(runtime, connection, minutes=120)
    assert (rows(runtime, connection)[one]["stage"], world.brex.reported()) == ("reversed", [])

    people.retry(runtime, connection, actor=PERSON, record_ids=[one], repost=True)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "acknowledged"
    assert [result["success"]["reference_id"].split()[1] for result in world.brex.reported()] == ["USMF-000002"]
