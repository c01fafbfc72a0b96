"""The same invoice number of the same vendor twice is caught before anything is sent."""

from typing import Any

import pytest

from connector.pipeline import duplicates, people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from sandbox.d365.schema import SETS
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import codes, key, let_pass, poll, record, run_chain, run_until_quiet, stages_of
from tests.pipeline.test_bills import add, do

PERSON = "person:ada"


def bill(world: World, number: str = "INV-7", **more: Any) -> str:
    seed = 10 + len(world.brex.records.all())
    vendor = {"id": "pdcont_9", "name": "Nobody & Sons"}
    return add(world, "BILL_EXPENSE", seed=seed, ready=False, **({"invoice_number": number, "vendor": vendor} | more))


def held(runtime: Runtime, connection: Connection, record_id: str) -> str:
    """The sentence of the one problem it is held for."""
    found = record(runtime, connection, record_id)
    assert found["stage"] == "held", found["stage"]
    [problem] = found["problems"]
    return str(problem["sentence"])


def test_of_two_planned_together_the_first_is_written_and_the_other_names_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, second = sorted((bill(world), bill(world, " inv-7 ")))  # in the order in which they are taken in
    other = bill(world, "INV-8")
    do(runtime, connection)
    assert stages_of(runtime, connection) == {first: "acknowledged", second: "held", other: "acknowledged"}
    assert codes(record(runtime, connection, second)) == ["MAP-INVOICE-TWICE"]
    assert f"is that of record {first}, too." in held(runtime, connection, second)
    assert world.d365.lines(document=key(second)) == []


def test_one_that_comes_later_finds_the_one_that_is_written(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first = bill(world)
    do(runtime, connection)
    second = bill(world)
    do(runtime, connection)
    assert first in str(record(runtime, connection, second)["problems"])
    assert len(world.d365.lines()) == 1


def test_a_person_may_insist_and_then_both_are_written(runtime: Runtime, connection: Connection, world: World) -> None:
    first, second = sorted((bill(world), bill(world)))
    do(runtime, connection)
    done = people.retry(runtime, connection, actor=PERSON, record_ids=[second], reason="two deliveries", anyway=True)
    assert done.changed == [second]
    run_until_quiet(runtime, connection)
    # What F&O shows of the first is another finding, and it is told as such.
    assert codes(record(runtime, connection, second)) == ["MAP-INVOICE-POSTED"]
    people.retry(runtime, connection, actor=PERSON, record_ids=[second], reason="as said", anyway=True)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {first: "acknowledged", second: "acknowledged"}


def test_once_the_first_is_skipped_the_other_goes_on(runtime: Runtime, connection: Connection, world: World) -> None:
    first, second = bill(world), bill(world)
    poll(runtime, connection)
    for stage in (StageName.FETCH, StageName.MAP):
        stages.run(runtime, stage, connection.id, seconds=60)
    people.skip(runtime, connection, actor=PERSON, reason="sent twice", record_ids=[first])
    people.retry(runtime, connection, actor=PERSON, record_ids=[second])
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {first: "skipped", second: "acknowledged"}


def test_another_vendor_may_use_the_same_number(runtime: Runtime, connection: Connection, world: World) -> None:
    names = [row["VendorOrganizationName"] for row in world.d365.rows("VendorsV2") if row["dataAreaId"] == "usmf"]
    one, other = (bill(world, vendor={"id": name, "name": name}) for name in names[:2])
    do(runtime, connection)
    assert stages_of(runtime, connection) == {one: "acknowledged", other: "acknowledged"}


def test_bills_in_a_general_journal_have_no_number_to_be_taken(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, treatments={"BILL_EXPENSE": {"form": "general_journal"}})
    both = {bill(world), bill(world)}
    do(runtime, connection)
    assert stages_of(runtime, connection) == dict.fromkeys(both, "acknowledged")


def key_in(world: World, number: str) -> None:
    """Somebody enters an invoice of the same vendor by hand, into the journal that is there."""
    [line] = world.d365.lines()
    journal, account = line["JournalBatchNumber"], line["AccountDisplayValue"]
    world.d365.add_line(journal, AccountDisplayValue=account, Invoice=number, Document="by hand", Credit=5,
                        Currency="USD", Date=line["TransDate"])  # fmt: skip


def test_an_invoice_keyed_into_a_journal_is_found_in_f_and_o(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill(world)
    do(runtime, connection)
    key_in(world, "KEYED-1")
    second = bill(world, "keyed-1")
    do(runtime, connection)
    assert "already (in journal USMF-000001)." in held(runtime, connection, second)


def forget_reference(world: World) -> None:
    [row] = world.d365.rows("VendInvoiceJourBiEntities")
    own = {part: row[part] for part in SETS["VendInvoiceJourBiEntities"].keys}
    world.d365.change("VendInvoiceJourBiEntities", own, DocumentNum="")


@pytest.mark.parametrize("named", [True, False], ids=["by reference", "by voucher"])
def test_an_own_invoice_that_was_taken_back_is_no_other(
    named: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    """Whether the posted invoice keeps our reference, F&O's documentation does not say."""
    one = bill(world)
    do(runtime, connection)
    [header] = world.d365.headers()
    world.d365.post_journal(header["JournalBatchNumber"])
    if not named:
        forget_reference(world)
    people.reverse(runtime, connection, actor=PERSON, reason="wrong", record_ids=[one], repost=True,
                   vendor_checked=True)  # fmt: skip
    run_until_quiet(runtime, connection)
    found = record(runtime, connection, one)
    assert (found["epoch"], [code for code in codes(found) if code.startswith("MAP-INVOICE")]) == (1, [])


@pytest.mark.parametrize("kind", ["throttle", "reset_before"])
def test_while_f_and_o_cannot_be_asked_bills_wait_and_all_else_is_planned(
    runtime: Runtime, connection: Connection, world: World, kind: str
) -> None:
    run_chain(runtime, connection)  # the ledger was read as a whole
    card, one = add(world, "CARD_EXPENSE_POST"), bill(world)
    world.faults.add("d365", "GET /data/VendInvoiceJournalLines", kind, times=1)
    poll(runtime, connection)
    run_map(runtime, connection)
    assert stages_of(runtime, connection)[one] == "fetched"
    assert stages_of(runtime, connection)[card] != "fetched"
    let_pass(runtime.database, 600)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection)[one] == "acknowledged"


@pytest.mark.parametrize("code", [403, 404, 500])
def test_a_set_that_f_and_o_never_shows_does_not_hold_up_bills_for_ever(
    runtime: Runtime, connection: Connection, world: World, code: int
) -> None:
    run_chain(runtime, connection)  # the ledger was read as a whole
    world.faults.add("d365", "GET /data/VendInvoiceJourBiEntities", "status_before", times=99, code=code, body="")
    one = bill(world)
    do(runtime, connection)
    assert stages_of(runtime, connection) == {one: "acknowledged"}


def run_map(runtime: Runtime, connection: Connection) -> None:
    for stage in (StageName.FETCH, StageName.MAP):
        stages.run(runtime, stage, connection.id, seconds=60)


def test_many_numbers_are_asked_for_at_once(runtime: Runtime, connection: Connection, world: World) -> None:
    run_chain(runtime, connection)  # the ledger was read as a whole
    before = len(world.traffic.latest)
    for number in range(30):
        bill(world, f"INV-{number}")
    poll(runtime, connection)
    run_map(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"mapped"}
    asked = [seen for seen in [*world.traffic.latest][before:] if f"/data/{duplicates.JOURNAL_LINES}" in seen.path]
    assert len(asked) == 2
