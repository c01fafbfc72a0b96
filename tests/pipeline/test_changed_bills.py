"""A bill that changes in Brex after it was written: written anew before it is posted, shown as changed afterwards."""

from decimal import Decimal
from typing import Any

from connector.domain.reference import reference
from connector.pipeline import watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import change, codes, key, let_pass, poll, record, run_chain, run_until_quiet, story
from tests.pipeline.test_bills import add, do


def anew(record_id: str) -> str:
    """The reference of the next epoch's entry."""
    return reference(record_id, 1, "entry")


def written(runtime: Runtime, connection: Connection, world: World, **more: Any) -> str:
    bill = add(world, "BILL_EXPENSE", ready=False, **({"memo": "November", "invoice_number": "INV-7"} | more))
    do(runtime, connection)
    assert record(runtime, connection, bill)["ledger_status"] == "unposted"
    return bill


def post(runtime: Runtime, connection: Connection, world: World, *, seen: bool = True) -> None:
    for header in world.d365.headers():
        world.d365.post_journal(header["JournalBatchNumber"])
    if seen:
        change(runtime.database, "UPDATE journals SET watch_at = now()")
        watch.run(runtime, connection)


def amend(world: World, bill: str, amount: str = "90.00") -> None:
    """Another amount, on both lines."""
    lines = world.brex.records.get(bill)["line_items"]
    worth = {"amount": Decimal(amount), "currency": "USD"}
    world.brex.edit(bill, amount=worth, line_items=[line | {"amount": worth} for line in lines])


def test_before_it_is_posted_what_is_there_is_taken_out_and_written_anew(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    amend(world, bill)
    do(runtime, connection)
    assert world.d365.lines(document=key(bill)) == []
    [line] = world.d365.lines(document=anew(bill))
    assert (line["CreditAmount"], line["AccountDisplayValue"]) == (Decimal("90.00"), r"US\-101")
    found = record(runtime, connection, bill)
    assert (found["stage"], found["epoch"], found["changed_in_brex"]) == ("acknowledged", 1, None)
    assert any(why.startswith("to be taken back and written anew, changed in Brex: amount") for why in
               story(runtime, connection, bill))  # fmt: skip
    do(runtime, connection)
    assert len(world.d365.lines()) == 1


def test_every_further_change_is_taken_over_too(runtime: Runtime, connection: Connection, world: World) -> None:
    bill = written(runtime, connection, world)
    for number, amount in enumerate(("90.00", "80.00", "70.00"), start=1):
        amend(world, bill, amount)
        do(runtime, connection)
        assert record(runtime, connection, bill)["epoch"] == number
    [line] = world.d365.lines()
    assert line["CreditAmount"] == Decimal("70.00")


def test_a_bill_in_a_general_journal_is_written_anew_too(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, treatments={"BILL_EXPENSE": {"form": "general_journal"}})
    bill = written(runtime, connection, world)
    amend(world, bill)
    do(runtime, connection)
    [line] = world.d365.lines()
    assert (line["Document"], line["DebitAmount"]) == (anew(bill), Decimal("90.00"))


def test_a_pending_invoice_is_deleted_and_made_anew_too(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, treatments={"BILL_EXPENSE": {"form": "pending_invoice"}})
    bill = add(world, "BILL_EXPENSE", ready=False, invoice_number="INV-7")
    do(runtime, connection)
    amend(world, bill)
    do(runtime, connection)
    [header] = world.d365.rows("VendorInvoiceHeaders")
    assert (header["DocumentNumber"], header["InvoiceNumber"]) == (anew(bill), "INV-7")
    assert record(runtime, connection, bill)["epoch"] == 1


def test_once_posted_it_is_shown_as_changed_and_stays(runtime: Runtime, connection: Connection, world: World) -> None:
    bill = written(runtime, connection, world)
    post(runtime, connection, world)
    amend(world, bill)
    do(runtime, connection)
    found = record(runtime, connection, bill)
    assert (found["stage"], found["epoch"]) == ("acknowledged", 0)
    assert found["changed_in_brex"]["differences"][0] == "amount: 120.50 USD → 90.00 USD"
    assert len(world.d365.lines(document=key(bill))) == len(world.d365.lines()) == 1


def test_posted_at_the_last_moment_nothing_is_reversed_and_it_is_shown_as_changed(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    post(runtime, connection, world, seen=False)
    amend(world, bill)
    do(runtime, connection)
    found = record(runtime, connection, bill)
    assert (found["stage"], found["epoch"], codes(found)) == ("acknowledged", 0, [])
    assert found["changed_in_brex"]["differences"]
    assert len(world.d365.lines()) == 1
    do(runtime, connection)
    assert len(world.d365.lines()) == 1


def test_lines_that_somebody_deleted_are_not_written_anew_by_themselves(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    world.d365.delete_lines(document=key(bill))
    amend(world, bill)
    do(runtime, connection)
    assert codes(record(runtime, connection, bill)) == ["LEDGER-GONE"]
    assert world.d365.lines() == []


def test_by_setting_it_is_only_shown(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, bills={"changed": "flag"})
    bill = written(runtime, connection, world)
    amend(world, bill)
    do(runtime, connection)
    assert record(runtime, connection, bill)["changed_in_brex"]["differences"]
    assert len(world.d365.lines(document=key(bill))) == 1


def test_a_changed_payment_of_a_bill_is_only_shown(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, approved_types=["BILL_EXPENSE_PAYMENT"])
    paid = add(world, "BILL_EXPENSE_PAYMENT", ready=False, memo="November")
    do(runtime, connection)
    world.brex.edit(paid, memo="December")
    do(runtime, connection)
    found = record(runtime, connection, paid)
    assert (found["epoch"], found["changed_in_brex"]["differences"]) == (0, ["memo: November → December"])


def test_a_withdrawn_bill_is_shown_and_its_entry_left_to_a_person(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    world.brex.edit(bill, status="CANCELLED")
    do(runtime, connection)
    found = record(runtime, connection, bill)
    assert found["epoch"] == 0
    assert found["changed_in_brex"]["differences"][-1].endswith("→ CANCELLED")
    assert len(world.d365.lines(document=key(bill))) == 1


def test_a_bill_that_brex_does_not_return_any_more_is_shown(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    world.brex.records.remove(bill)
    do(runtime, connection)
    found = record(runtime, connection, bill)
    assert found["changed_in_brex"]["differences"] == ["Brex does not return it any more"]
    events = len(found["events"])
    do(runtime, connection)
    assert len(record(runtime, connection, bill)["events"]) == events


def test_a_change_while_the_update_is_under_way_is_in_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill = written(runtime, connection, world)
    amend(world, bill)
    poll(runtime, connection)
    run_chain(runtime, connection)
    amend(world, bill, "60.00")
    poll(runtime, connection)
    let_pass(runtime.database, 60)
    run_until_quiet(runtime, connection)
    do(runtime, connection)
    [line] = world.d365.lines()
    assert line["CreditAmount"] == Decimal("60.00")
