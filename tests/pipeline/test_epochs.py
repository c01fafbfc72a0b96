"""Epochs when the database is lost or behind: what was taken back and what was written anew is read in the ledger."""

from collections.abc import Iterator

import pytest

from connector.domain.reference import reference
from connector.embedded import testing
from connector.pipeline import epochs, recover
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.conftest import migrate, store_connection
from tests.pipeline.helpers import REPORT, change, codes, poll, record, rows, run_until_quiet, spend_and_announce
from tests.pipeline.taking_back import assert_nothing_left, counter, reverse, written
from tests.pipeline.test_recover import copy_of


@pytest.fixture
def another_database() -> Iterator[Database]:
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture
def amnesia(runtime: Runtime, world: World, another_database: Database) -> tuple[Runtime, Connection]:
    """The same connection in a database that knows nothing."""
    fresh = Runtime(another_database, runtime.vault, runtime.outbound, quiet_seconds=0)
    return fresh, store_connection(fresh, world)


def documents(world: World) -> list[str]:
    return sorted(line["Document"] for line in world.d365.lines())


def test_the_latest_epoch_in_the_ledger_counts() -> None:
    found = {reference("a", 0, "entry"), reference("a", 0, "reversal"), reference("a", 2, "entry")}
    assert epochs.in_ledger("a", 0, found) == (2, False)
    assert epochs.in_ledger("a", 0, found - {reference("a", 2, "entry")}) == (0, True)
    assert epochs.in_ledger("a", 1, found) == (2, False)
    assert epochs.in_ledger("a", 3, found) is None
    assert epochs.in_ledger("b", 0, found) is None


@pytest.mark.parametrize("posted", [False, True], ids=["removed", "reversed"])
@pytest.mark.parametrize("way", ["recover", "poll"])
def test_an_empty_database_adopts_an_entry_of_a_later_epoch(
    way: str, posted: bool, runtime: Runtime, connection: Connection, world: World,
    amnesia: tuple[Runtime, Connection],
) -> None:  # fmt: skip
    (one,) = written(runtime, connection, world, 3)
    if posted:
        world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one, repost=True)
    run_until_quiet(runtime, connection)
    before = documents(world)

    fresh, again = amnesia
    if way == "recover":
        recover.run(fresh, again)
    else:
        poll(fresh, again)  # Brex shows it EXPORTED, so the queue does not have it
    run_until_quiet(fresh, again)

    assert documents(world) == before
    found = rows(fresh, again)
    if way == "recover":
        row = found[one]
        assert (row["stage"], row["epoch"], row["export_status"]) == ("acknowledged", 1, "EXPORTED")
    assert len(world.brex.reported()) == 1


def test_an_empty_database_does_not_write_what_was_written_anew_and_not_reported_yet(
    runtime: Runtime, connection: Connection, world: World, amnesia: tuple[Runtime, Connection]
) -> None:
    """Brex still has it in its queue; the ledger has it in its second epoch alone."""
    world.faults.add("brex", REPORT, "throttle", times=None, retry_after=3600)
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection, minutes=5)
    reverse(runtime, connection, one, repost=True)
    run_until_quiet(runtime, connection, minutes=5)
    change(runtime.database, "UPDATE pacing SET not_before = now()")
    run_until_quiet(runtime, connection, minutes=5)
    assert documents(world) == [reference(one, 1, "entry")]
    world.faults.clear()

    fresh, again = amnesia
    poll(fresh, again)
    run_until_quiet(fresh, again)

    assert documents(world) == [reference(one, 1, "entry")]
    row = rows(fresh, again)[one]
    assert (row["stage"], row["epoch"]) == ("acknowledged", 1)
    assert world.brex.statuses()[one] == "EXPORTED"


def test_an_empty_database_adopts_what_is_cancelled_as_reversed_and_reports_nothing(
    runtime: Runtime, connection: Connection, world: World, amnesia: tuple[Runtime, Connection]
) -> None:
    world.faults.add("brex", REPORT, "throttle", times=None, retry_after=3600)
    (one,) = spend_and_announce(runtime, connection, world, 3)
    run_until_quiet(runtime, connection, minutes=5)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection, minutes=5)
    before = documents(world)
    world.faults.clear()

    fresh, again = amnesia
    poll(fresh, again)
    run_until_quiet(fresh, again)

    assert documents(world) == before
    row = record(fresh, again, one)
    assert (row["stage"], row["epoch"], row["export_status"]) == ("reversed", 0, "NONE")
    kinds = {write["kind"]: (write["outcome"], write["ledger"].get("journal")) for write in row["writes"]}
    assert kinds["entry"] == ("written", "USMF-000001")
    assert kinds["reversal"] == ("written", "USMF-000002")
    assert world.brex.reported() == []
    reverse(fresh, again, one, repost=True)
    run_until_quiet(fresh, again)
    assert rows(fresh, again)[one]["epoch"] == 1
    assert_nothing_left(world, one)


def test_an_entry_and_a_reversing_entry_that_do_not_cancel_each_other_wait_for_a_person(
    runtime: Runtime, connection: Connection, world: World, amnesia: tuple[Runtime, Connection]
) -> None:
    (one,) = written(runtime, connection, world, 3)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    world.d365.delete_lines(document=counter(one), first=1)

    fresh, again = amnesia
    recover.run(fresh, again)
    run_until_quiet(fresh, again)

    row = rows(fresh, again)[one]
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-UNCLEAR"])


@pytest.mark.parametrize("repost", [False, True])
@pytest.mark.parametrize("posted", [False, True], ids=["unposted", "posted"])
def test_a_restored_database_catches_up_with_what_was_taken_back_after_the_backup(
    posted: bool, repost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    one, other = written(runtime, connection, world, 3, 1)
    with copy_of(runtime) as restored:
        if posted:
            world.d365.post_journal("USMF-000001")
        reverse(runtime, connection, one, repost=repost)
        run_until_quiet(runtime, connection)
        before = documents(world)
        behind = restored.connection(connection.id) or connection

        recover.run(restored, behind)
        run_until_quiet(restored, connection)

        assert documents(world) == before
        row = rows(restored, connection)[one]
        # A removal leaves nothing behind: without a later epoch nothing tells of it but that the line is gone.
        unknowable = not posted and not repost
        expected = ("acknowledged", 0) if unknowable or repost else ("reversed", 0)
        assert (row["stage"], row["epoch"]) == (("acknowledged", 1) if repost else expected)
        assert rows(restored, connection)[other]["stage"] == "acknowledged"
        assert len(world.brex.reported()) == 2
