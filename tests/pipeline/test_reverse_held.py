"""Taking entries back where it does not go by itself: refused, on a vendor, or unclear; a person decides."""

from datetime import date

from connector.pipeline import people, watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.d365.schema import SETS
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    assert_books,
    change,
    codes,
    record,
    rows,
    run_chain,
    run_until_quiet,
)
from tests.pipeline.taking_back import PERSON, assert_nothing_left, counter, reverse, written


def close_today(world: World) -> str:
    """Its period takes no line any more; the first day of the next one."""
    today = world.clock().date()
    name = f"Period {today.month}"
    world.d365.set(closed_period_at_insert=True)
    for row in world.d365.rows("LedgerFiscalPeriods"):
        if row["PeriodName"] == name:
            own = {part: row[part] for part in SETS["LedgerFiscalPeriods"].keys}
            world.d365.change("LedgerFiscalPeriods", own, PeriodStatus="Closed")
    return f"{today.year + today.month // 12}-{today.month % 12 + 1:02}-01"


def test_a_refused_reversing_entry_is_held_and_goes_through_with_another_date(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    open_day = close_today(world)

    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    row = record(runtime, connection, one)
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-REFUSED"])
    assert "is not open" in row["problems"][0]["sentence"]
    assert world.d365.lines(document=counter(one)) == []

    reverse(runtime, connection, one, day=date.fromisoformat(open_day))
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert [line["TransDate"][:10] for line in world.d365.lines(document=counter(one))] == [open_day]
    assert_nothing_left(world, one)


def test_a_person_may_let_the_entry_stand_after_its_reversal_was_refused(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    close_today(world)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    people.retry(runtime, connection, actor=PERSON, record_ids=[one])
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], row["ledger_status"], codes(row)) == ("acknowledged", "posted", [])
    assert_books(world, [one])


def on_a_vendor(runtime: Runtime, world: World) -> Connection:
    """A connection whose card liability is a vendor account."""
    liability = {"card_liability": {"type": "Vend", "account": "US-101"}}
    accounts = world.connection("acme")["posting"]["accounts"] | liability
    return store_connection(runtime, world, accounts=accounts)


def test_a_vendor_side_reversal_waits_for_a_person(runtime: Runtime, world: World) -> None:
    connection = on_a_vendor(runtime, world)
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")

    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-VENDOR"])
    assert world.d365.lines(document=counter(one)) == []

    reverse(runtime, connection, one, vendor_checked=True)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert_nothing_left(world, one)


def test_a_journal_in_use_is_waited_for(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.lock_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_chain(runtime, connection, 2)
    assert rows(runtime, connection)[one]["stage"] == "writing"
    world.d365.unlock_journal("USMF-000001")
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert world.d365.lines() == []


def test_a_journal_that_stays_in_workflow_ends_with_a_person(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.submit_workflow("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection, minutes=60)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-REFUSED"])
    assert "in workflow" in row["problems"][0]["sentence"]
    world.d365.submit_workflow("USMF-000001", "NotSubmitted")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"


def test_posted_lines_that_f_and_o_deleted_from_the_journal_are_nobodys_guess(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", DeleteLinesAfterPosting="Yes")
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["REVERSAL-UNCLEAR"])

    reverse(runtime, connection, one, gone=True)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"


def test_a_reversing_entry_that_is_altered_waits_for_a_person(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 3)
    world.d365.post_journal("USMF-000001")
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["D365-ALTERED", "D365-VOUCHER"])
    assert "not settled" in reverse(runtime, connection, one).why[one]

    world.d365.journal_name("BREX", OffsetAccountDisplayValue="", IsFixedOffsetAccount="No")
    world.d365.delete_lines(document=counter(one))
    people.retry(runtime, connection, actor=PERSON, record_ids=[one])
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["LEDGER-GONE"]
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert_nothing_left(world, one)


def test_a_reversing_entry_that_somebody_deleted_is_held_and_may_be_asked_for_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    world.d365.delete_journal("USMF-000002")
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    watch.run(runtime, connection)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["LEDGER-GONE"])

    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert_nothing_left(world, one)
