"""Bills and journals by type, against Brex and F&O: what is written, and what Brex is told of it."""

from decimal import Decimal
from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.pipeline.setup import NotReplaceable, read, replace
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, UNITS
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import codes, expense, key, poll, record, run_until_quiet, stages_of


def add(world: World, kind: str, amount: str = "120.50", seed: int = 4, *, ready: bool = True, **more: Any) -> str:
    """A record of this type, coded where CARD_EXPENSE_POST would be."""
    maker, worth = Maker(seed), Decimal(amount)
    coding = (ACCOUNTS[2], UNITS[0]) if kind in ("BILL_EXPENSE", "REIMBURSEMENT_EXPENSE_APPROVAL") else ()
    lines = [maker.line(DEBIT, worth, "USD", coding), maker.line(CREDIT, worth, "USD")]
    return world.brex.add_record(maker.record(kind, "USD", world.clock(), lines) | more, ready=ready)


def do(runtime: Runtime, connection: Connection) -> None:
    poll(runtime, connection)
    run_until_quiet(runtime, connection)


def test_a_bill_is_written_and_brex_is_not_told(runtime: Runtime, connection: Connection, world: World) -> None:
    bill, card = add(world, "BILL_EXPENSE", ready=False), world.brex.add_record(expense(Maker(9), world))
    do(runtime, connection)
    assert stages_of(runtime, connection) == {bill: "acknowledged", card: "acknowledged"}
    assert record(runtime, connection, bill)["export_status"] == "NOT_APPLICABLE"
    [line] = world.d365.lines(document=key(bill))
    assert (line["AccountType"], line["AccountDisplayValue"]) == ("Vend", r"US\-101")
    assert [told["accounting_record_id"] for told in world.brex.reported()] == [card]
    do(runtime, connection)
    assert len(world.brex.reported()) == 1


def test_a_bill_without_a_vendor_account_waits_and_goes_on_once_one_is_given(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    accounts = world.connection()["posting"]["accounts"] | {"accounts_payable": {"type": "Vend"}}
    other = store_connection(runtime, world, "other", accounts=accounts)
    bill = add(world, "BILL_EXPENSE", ready=False, vendor={"id": "pdcont_9", "name": "Nobody & Sons"})
    do(runtime, other)
    assert codes(record(runtime, other, bill)) == ["MAP-VENDOR-UNKNOWN"]
    replace(runtime, other, read(world.connection("other"), frozenset()))
    run_until_quiet(runtime, runtime.connection(other.id) or other)
    assert stages_of(runtime, other) == {bill: "acknowledged"}


def test_a_bill_that_changes_after_it_was_written_is_flagged_for_what_changed_alone(
    runtime: Runtime, world: World
) -> None:
    connection = store_connection(runtime, world, bills={"changed": "flag"})
    bill = add(world, "BILL_EXPENSE", ready=False, memo="November")
    do(runtime, connection)
    do(runtime, connection)
    assert not record(runtime, connection, bill)["changed_in_brex"]
    world.brex.edit(bill, memo="December", review_status="REVIEW")
    do(runtime, connection)
    assert record(runtime, connection, bill)["changed_in_brex"]["differences"] == ["memo: November → December"]
    assert len(world.d365.lines(document=key(bill))) == 1


def test_each_type_goes_into_the_journals_its_settings_say(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    own = {"REWARD_REDEMPTION": {"journal_period": "month", "journal_name": "GenJrn", "text": "Points {memo}"}}
    described = "Brex: {journal} of {entity}, {period}"
    other = store_connection(runtime, world, "other", treatments=own, journal_description=described)
    rewards = add(world, "REWARD_REDEMPTION", memo="October")
    card = world.brex.add_record(expense(Maker(9), world))
    do(runtime, other)
    assert set(stages_of(runtime, other).values()) == {"acknowledged"}
    [line] = world.d365.lines(document=key(rewards))
    headers = {one["JournalBatchNumber"]: one for one in world.d365.headers()}
    assert line["Text"] == "Points October"
    mine = headers[line["JournalBatchNumber"]]
    assert mine["JournalName"] == "GenJrn"
    assert mine["Description"].startswith(f"Brex: GenJrn of usmf, {line['TransDate'][:7]} BXJ")
    [other_line] = world.d365.lines(document=key(card))
    assert headers[other_line["JournalBatchNumber"]]["JournalName"] == "BREX"


def test_a_description_never_loses_its_marker(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, journal_description="x" * 100)
    one = world.brex.add_record(expense(Maker(9), world))
    do(runtime, connection)
    [header] = world.d365.headers()
    assert len(header["Description"]) == 60
    assert " BXJ" in header["Description"]
    assert stages_of(runtime, connection) == {one: "acknowledged"}


@pytest.mark.parametrize(("kind", "refused"), [("REIMBURSEMENT_EXPENSE_APPROVAL", True), ("REWARD_REDEMPTION", False)])
def test_the_basis_of_reimbursements_does_not_change_under_them(
    runtime: Runtime, connection: Connection, world: World, kind: str, refused: bool
) -> None:
    add(world, kind)
    do(runtime, connection)
    data = world.connection("acme")
    data["posting"]["reimbursements"] = "cash"
    file = read(data, frozenset())
    if refused:
        with pytest.raises(NotReplaceable, match="accrual basis"):
            replace(runtime, connection, file)
    else:
        replace(runtime, connection, file)


def test_linked_entries_want_a_second_company_and_what_each_owes_the_other(world: World) -> None:
    data = world.connection()
    data["posting"]["intercompany"] = "linked"
    with pytest.raises(ValueError, match=r"posting\.intercompany: linked needs a second company"):
        read(data, frozenset())
    data["posting"]["entities"] = {"frrt": {"accounts": {"due_from": {"account": "130100"}}}}
    with pytest.raises(ValueError, match=r"account for due_to in frrt.*account for due_from in usmf"):
        read(data, frozenset())
    owed = {"due_from": {"account": "130100"}, "due_to": {"account": "250500"}}
    data["posting"]["entities"] = {"frrt": {"counterparts": {"usmf": owed}}}
    data["posting"]["accounts"] |= owed
    assert read(data, frozenset()).posting.intercompany == "linked"


def test_a_record_held_for_what_its_settings_asked_of_it_goes_on_once_they_ask_less(
    runtime: Runtime, world: World
) -> None:
    connection = store_connection(runtime, world, treatments={"CARD_PAYMENT": {"debit": "coded"}})
    one = add(world, "CARD_PAYMENT", line_items=[])
    do(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["RECORD-NO-LINES"]
    replace(runtime, connection, read(world.connection("acme"), frozenset()))
    run_until_quiet(runtime, runtime.connection(connection.id) or connection)
    assert stages_of(runtime, connection) == {one: "acknowledged"}
