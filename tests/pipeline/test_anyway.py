"""What a person accepts as it stands: the form of an entry in F&O, for this record and this version of it alone."""

from connector.pipeline import people, watch
from connector.pipeline.people import Done
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_all_done,
    change,
    codes,
    key,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend_and_announce,
    unbookable,
)
from tests.pipeline.taking_back import assert_nothing_left, reverse

PERSON = "person:dana"


def accept(runtime: Runtime, connection: Connection, *ids: str) -> Done:
    done = people.retry(
        runtime, connection, actor=PERSON, record_ids=ids, anyway=True, reason="the clearing account is right"
    )
    run_until_quiet(runtime, connection)
    return done


def altered(runtime: Runtime, connection: Connection, world: World) -> str:
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes")
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["D365-ALTERED"]
    return one


def test_an_altered_entry_is_reported_once_it_was_accepted_and_stays_marked(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = altered(runtime, connection, world)
    assert accept(runtime, connection, one).changed == [one]
    row = record(runtime, connection, one)
    assert (row["stage"], row["ledger_status"], row["accepted"]) == ("acknowledged", "altered", ["D365-ALTERED"])
    assert world.brex.statuses()[one] == "EXPORTED"
    (event,) = [event for event in row["events"] if "accepted as it stands in journal" in event["why"]]
    assert event["data"]["differences"][0].startswith("OffsetAccountDisplayValue sent")
    assert row["events"][-4]["actor"] != PERSON


def test_accepted_entries_are_followed_until_they_are_posted(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, acknowledge_when="posted")
    one = altered(runtime, connection, world)
    accept(runtime, connection, one)
    assert rows(runtime, connection)[one]["stage"] == "written"
    world.d365.post_journal("USMF-000001")
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    watch.run(runtime, connection)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["ledger_status"], row["export_status"]) == ("acknowledged", "posted", "EXPORTED")


def test_another_amount_is_not_accepted_by_anybody(runtime: Runtime, connection: Connection, world: World) -> None:
    one = altered(runtime, connection, world)
    (line,) = world.d365.lines(document=key(one))
    world.d365.change_line("USMF-000001", line["LineNumber"], DebitAmount=line["DebitAmount"] + 1)
    accept(runtime, connection, one)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row), world.brex.reported()) == ("held", ["D365-ALTERED"], [])


def test_each_problem_is_accepted_by_its_own_name(runtime: Runtime, connection: Connection, world: World) -> None:
    """Changed, and over two vouchers: accepting the one it is held for does not accept the other."""
    (one,) = spend_and_announce(runtime, connection, world, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.split_voucher(key(one))
    for line in world.d365.lines():
        world.d365.change_line("USMF-000001", line["LineNumber"], SalesTaxGroup="TX")
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["D365-ALTERED"]
    accept(runtime, connection, one)
    assert codes(rows(runtime, connection)[one]) == ["D365-VOUCHER"]
    accept(runtime, connection, one)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["accepted"]) == ("acknowledged", ["D365-ALTERED", "D365-VOUCHER"])


def test_what_cannot_be_accepted_is_refused_by_name(runtime: Runtime, connection: Connection, world: World) -> None:
    one = altered(runtime, connection, world)
    bad = unbookable(world)
    announce(runtime, connection, [bad])
    run_until_quiet(runtime, connection)
    done = accept(runtime, connection, one, bad)
    assert done.changed == [one]
    assert done.why[bad] == f"{codes(rows(runtime, connection)[bad])[0]} cannot be accepted"


def test_what_was_accepted_is_forgotten_with_the_next_version_in_brex(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = altered(runtime, connection, world)
    change(runtime.database, "UPDATE records SET accepted = '{D365-ALTERED}'")
    world.d365.delete_lines(document=key(one))
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert scalar(runtime.database, "SELECT accepted FROM records") == ["D365-ALTERED"]
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="", IsFixedOffsetAccount="No")
    people.retry(runtime, connection, actor=PERSON, record_ids=[one], repost=True, reason="mended")
    run_until_quiet(runtime, connection)
    assert scalar(runtime.database, "SELECT accepted FROM records") == []
    assert rows(runtime, connection)[one]["stage"] == "acknowledged"
    change(runtime.database, "UPDATE records SET accepted = '{D365-ALTERED}', stage = 'received', epoch = 5, "
           "looked_at = NULL, body_at = NULL")  # fmt: skip
    change(runtime.database, "UPDATE records SET version = version - 1")
    run_chain(runtime, connection)
    assert scalar(runtime.database, "SELECT accepted FROM records") == []


def test_an_altered_entry_is_taken_back_as_it_stands(runtime: Runtime, connection: Connection, world: World) -> None:
    """What F&O filled in is mirrored with the rest, so that nothing is left on any account."""
    one = altered(runtime, connection, world)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert_nothing_left(world, one)


def test_nothing_is_accepted_of_a_record_that_is_not_held(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    done = accept(runtime, connection, one)
    assert done.why == {one: "it is not held for anything that could be accepted"}
    assert_all_done(runtime, connection, world, [one])
