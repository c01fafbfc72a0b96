"""Taking entries back: out of an unposted journal, by a reversing entry once it is posted, and written anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from connector.domain.reference import reference
from connector.pipeline import epochs, people, watch
from connector.pipeline.people import Done
from connector.pipeline.reversal import left_over
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.d365.schema import SETS
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    REPORT,
    SEND,
    after_answer,
    announce,
    assert_books,
    change,
    codes,
    key,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    story,
    unbookable,
)

PERSON = "person:dana"
LINES = "GET /data/LedgerJournalLines"
DELETION = "DELETE "  # as it stands in the body of a $batch


def counter(record_id: str, epoch: int = 0) -> str:
    return reference(record_id, epoch, "reversal")


def written(runtime: Runtime, connection: Connection, world: World, *sizes: int) -> list[str]:
    """Records of so many lines each, written, acknowledged."""
    ids = spend_and_announce(runtime, connection, world, *sizes)
    run_until_quiet(runtime, connection)
    assert {rows(runtime, connection)[one]["stage"] for one in ids} == {"acknowledged"}
    return ids


def reverse(runtime: Runtime, connection: Connection, *ids: str, **options: object) -> Done:
    return people.reverse(
        runtime,
        connection,
        actor=PERSON,
        reason="booked twice",
        record_ids=ids,
        **options,  # type: ignore[arg-type]
    )


def assert_nothing_left(world: World, record_id: str, epoch: int = 0) -> None:
    """No line of the entry stands, or the entry and its reversing entry come to zero on each account."""
    lines = world.d365.lines(document=reference(record_id, epoch, "entry"))
    counters = world.d365.lines(document=counter(record_id, epoch))
    assert left_over([*lines, *counters]) == {}
    assert bool(lines) == bool(counters)


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


def test_asked_twice_it_is_done_once(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    assert reverse(runtime, connection, one).changed == [one]
    second = reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    third = reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert second.why == {one: "it is being taken back already"}
    assert third.why == {one: "it was taken back already"}
    assert_nothing_left(world, one)
    assert len(world.d365.lines(document=counter(one))) == 1


def test_a_journal_posted_between_looking_and_deleting_turns_it_into_a_reversing_entry(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 3)
    reverse(runtime, connection, one)
    after_answer(world, "d365", "GET /data/LedgerJournalHeaders", lambda: world.d365.post_journal("USMF-000001"))
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert len(world.d365.lines(document=counter(one))) == 4
    assert_nothing_left(world, one)


@pytest.mark.parametrize("missing", [400, 204])
def test_lines_moved_to_another_journal_between_looking_and_deleting_are_found_there(
    missing: int, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.set(delete_missing=missing)
    (one,) = written(runtime, connection, world, 3)
    reverse(runtime, connection, one)
    after_answer(
        world, "d365", "GET /data/LedgerJournalHeaders",
        lambda: world.d365.move_lines("USMF-000001", document=key(one)),
    )  # fmt: skip
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert world.d365.lines() == []


def test_a_persons_line_in_the_place_of_ours_is_not_deleted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Between looking and deleting the line is somebody else's: another version of it, another ETag."""
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    after_answer(
        world, "d365", "GET /data/LedgerJournalHeaders",
        lambda: world.d365.change_line("USMF-000001", 1, Document="INV-7", DebitAmount=5),
    )  # fmt: skip
    run_until_quiet(runtime, connection)
    assert [line["Document"] for line in world.d365.lines()] == ["INV-7"]
    row = record(runtime, connection, one)
    assert (row["stage"], row["writes"][-1]["ledger"]["form"]) == ("reversed", "removed")


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


def test_others_go_on_while_one_is_taken_back(runtime: Runtime, connection: Connection, world: World) -> None:
    """Nothing of ours goes into a journal any more that lines were taken out of."""
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    more = spend(world, 2, 1, seed=5)
    announce(runtime, connection, more)
    run_until_quiet(runtime, connection)
    assert_books(world, more, [])
    assert {line["JournalBatchNumber"] for line in world.d365.lines()} == {"USMF-000002"}
    assert Decimal(0) == sum(left_over(world.d365.lines()).values())


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


def test_many_entries_of_one_journal_are_removed_together(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *[3] * 8)
    reverse(runtime, connection, *ids)
    run_until_quiet(runtime, connection)
    assert {row["stage"] for row in rows(runtime, connection).values()} == {"reversed"}
    assert world.d365.lines() == []
    assert scalar(runtime.database, "SELECT count(DISTINCT batch_id) FROM writes WHERE kind = 'removal'") <= 1


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


def test_two_workers_at_once_take_back_once(
    runtime: Runtime, connection: Connection, world: World, database: Database
) -> None:
    """The second looks, decides and begins while the first one's deletion is on its way."""
    (one,) = written(runtime, connection, world, 3)
    other = Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
    reverse(runtime, connection, one)
    after_answer(world, "d365", SEND, lambda: run_chain(other, connection))
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert scalar(runtime.database, "SELECT attempts FROM writes WHERE kind = 'removal'") == 1


def test_two_people_at_once_ask_once(
    runtime: Runtime, connection: Connection, world: World, database: Database
) -> None:
    (one,) = written(runtime, connection, world, 1)
    other = Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(lambda which: reverse(which, connection, one), (runtime, other)))
    assert sorted(len(done.changed) for done in asked) == [0, 1]
    assert scalar(database, "SELECT count(*) FROM writes WHERE kind = 'removal'") == 1


def test_the_database_refuses_a_second_way_of_taking_an_entry_back(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    with pytest.raises(IntegrityError, match="writes_taken_back_once"):
        change(
            runtime.database,
            "INSERT INTO writes (connection_id, record_pk, kind, reference, intent, intent_hash) "
            "SELECT connection_id, record_pk, 'reversal', 'BX', '[]', '' FROM writes WHERE kind = 'removal'",
        )


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
