"""What F&O made of an entry, where it is not what was sent: held with the evidence, and never reported."""

from collections.abc import Callable

import pytest

from connector.pipeline import people
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_all_done,
    codes,
    key,
    let_pass,
    record,
    rows,
    run_chain,
    run_until_quiet,
    spend,
    spend_and_announce,
    story,
)

FILLED_IN: dict[str, tuple[str, Callable[[World], None]]] = {
    "a fixed offset account": (
        "OffsetAccountDisplayValue",
        lambda world: world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes"),
    ),
    "a fixed dimension": (
        "AccountDisplayValue",
        lambda world: world.d365.add(
            "MainAccountLegalEntities",
            MainAccountId="602100",
            ChartOfAccounts="Shared",
            LegalEntityId="USMF",
            FixedDimensionsDisplayValue="002",
        ),
    ),
}


def assert_held(runtime: Runtime, connection: Connection, world: World, ids: list[str], code: str) -> None:
    """All of them stand in the ledger and are held for this; Brex was told nothing, whatever time passes."""
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)
    assert {(found[one]["stage"], found[one]["export_status"], codes(found[one])[0]) for one in ids} == {
        ("held", "NONE", code)
    }
    assert all(world.d365.lines(document=key(one)) for one in ids)
    assert world.brex.reported() == []


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize("what", FILLED_IN)
def test_what_f_and_o_fills_in_is_seen_in_its_answer_and_in_its_ledger(
    what: str, lost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    name, fill_in = FILLED_IN[what]
    fill_in(world)
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    assert_held(runtime, connection, world, ids, "D365-ALTERED")
    row = record(runtime, connection, ids[0])
    assert f'{name} sent "' in row["problems"][0]["sentence"]
    assert (row["ledger_status"], row["writes"][0]["outcome"]) == ("altered", "written" if not lost else "uncertain")


CHANGES = {
    "DebitAmount": 1,
    "AccountDisplayValue": "602100-002--",
    "OffsetAccountDisplayValue": "110180",
    "SalesTaxGroup": "TX",
    "ItemSalesTaxGroup": "ALL",
    "CurrencyCode": "EUR",
    "TransDate": "2026-11-20T12:00:00Z",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_line_that_a_person_changed_before_it_was_read_is_held(
    name: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.change_line("USMF-000001", 1, **{name: CHANGES[name]})
    assert_held(runtime, connection, world, ids, "D365-ALTERED")


def test_a_changed_entry_goes_on_once_it_was_put_right_in_f_and_o(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    before = {line["LineNumber"]: line["SalesTaxGroup"] for line in world.d365.lines()}
    for number in before:
        world.d365.change_line("USMF-000001", number, SalesTaxGroup="TX")
    assert_held(runtime, connection, world, ids, "D365-ALTERED")
    people.retry(runtime, connection, actor="person", record_ids=ids)
    assert_held(runtime, connection, world, ids, "D365-ALTERED")
    for number, group in before.items():
        world.d365.change_line("USMF-000001", number, SalesTaxGroup=group)
    people.retry(runtime, connection, actor="person", record_ids=ids)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_entries_that_share_one_voucher_are_held(
    lost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    assert_held(runtime, connection, world, ids, "D365-VOUCHER")


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_one_of_those_that_share_a_voucher_is_still_seen_to_share_it_when_it_is_retried_alone(
    lost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    assert_held(runtime, connection, world, ids, "D365-VOUCHER")
    people.retry(runtime, connection, actor="person", record_ids=ids)
    assert_held(runtime, connection, world, ids, "D365-VOUCHER")
    people.retry(runtime, connection, actor="person", record_ids=ids[:1])
    assert_held(runtime, connection, world, ids, "D365-VOUCHER")
    for line in world.d365.lines(document=key(ids[0])):
        world.d365.change_line("USMF-000001", line["LineNumber"], Voucher="BRX9999999")
    for one in ids:
        people.retry(runtime, connection, actor="person", record_ids=[one])
        run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_an_entry_that_joins_the_voucher_of_an_earlier_one_is_held(
    lost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")
    (first,) = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [first])
    (second,) = spend(world, 1, seed=2)
    announce(runtime, connection, [second])
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[second]
    assert (row["stage"], codes(row), world.brex.statuses()[second]) == ("held", ["D365-VOUCHER"], "READY_FOR_EXPORT")


def test_an_entry_over_two_vouchers_is_held(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend_and_announce(runtime, connection, world, 3)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.split_voucher(key(ids[0]))
    assert_held(runtime, connection, world, ids, "D365-VOUCHER")


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("delimiter", ["Hyphen", "Period", "DoubleBar"])
def test_other_ways_to_write_the_same_account_are_no_change(
    delimiter: str, trailing: bool, lost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.set_delimiter(delimiter)
    world.d365.set(trailing_blanks=trailing)
    ids = spend_and_announce(runtime, connection, world, 1, 3)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("period", ["record", "day", "week", "month"])
def test_each_period_has_its_journal(period: str, runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, journal_period=period)
    ids = spend_and_announce(runtime, connection, world, 1, 3, 2)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == (3 if period == "record" else 1)


def test_an_entry_that_was_deleted_after_it_was_written_is_held_as_gone_and_not_sent_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Deleted while it was being sent a second time, before the second look."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_before")
    run_until_quiet(runtime, connection, minutes=5)
    assert_all_done(runtime, connection, world, [one])
    world.d365.delete_lines(document=key(one))
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row), row["ledger_status"]) == ("held", ["LEDGER-GONE"], "gone")
    assert "journal USMF-000001," in row["problems"][0]["sentence"]
    people.retry(runtime, connection, actor="person", record_ids=[one])
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["LEDGER-GONE"]
    assert world.d365.lines() == []


def test_an_entry_held_before_it_was_reported_is_not_reported(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Its report was intended already when the second look found it twice."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.d365.late_write(SEND)
    world.faults.add("brex", "POST /v3/accounting/records/export-results", "throttle", times=None, retry_after=3600)
    run_until_quiet(runtime, connection, minutes=5)
    assert story(runtime, connection, one)[-1].startswith("F&O confirmed it")
    world.d365.release_late()
    let_pass(runtime.database, 601)
    run_chain(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["LEDGER-TWICE"]
    world.faults.clear()
    let_pass(runtime.database, 5000)
    run_chain(runtime, connection, 2)
    assert world.brex.reported() == []
    world.d365.delete_lines(document=key(one), first=1)
    people.retry(runtime, connection, actor="person", record_ids=[one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
