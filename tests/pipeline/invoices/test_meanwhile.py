"""Pending vendor invoices while something else happens to them: a watch, a posting, other settings, another number."""

import pytest

from connector.pipeline import people, post
from connector.pipeline.invoices import watch
from connector.pipeline.runtime import Runtime, TimeBox
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    after_answer,
    announce,
    change,
    codes,
    let_pass,
    poll,
    record,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    stages_of,
    story,
)
from tests.pipeline.invoices.helpers import (
    BATCH,
    CREATE,
    DELETE,
    LINES,
    RELEASE,
    bill,
    connected,
    do,
    pending,
    problem_with,
    watched,
)

FIRST = "USMF-VI0000001"


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return connected(runtime, world)


@pytest.mark.parametrize("repost", [False, True])
def test_one_whose_deletion_is_not_sure_yet_is_not_taken_for_gone_by_the_watch(
    repost: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world)
    do(runtime, connection)
    runtime.quiet_seconds = 600
    world.faults.add("d365", BATCH, "reset_after", containing=DELETE)
    people.reverse(runtime, connection, actor="person:dana", reason="x", record_ids=[one], repost=repost)
    run_chain(runtime, connection, times=2)
    assert pending(world, one) == []
    watched(runtime, connection)
    run_chain(runtime, connection, times=2)
    let_pass(runtime.database, 70)
    run_chain(runtime, connection, times=2)
    assert codes(record(runtime, connection, one)) == []
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], shown["epoch"]) == (("acknowledged", 1) if repost else ("reversed", 0))


def test_one_that_a_second_look_finds_posted_first_is_known_to_be_posted(
    runtime: Runtime, world: World
) -> None:
    connection = connected(runtime, world, acknowledge_when="posted")
    world.faults.add("d365", CREATE, "reset_after")
    one = bill(world)
    poll(runtime, connection)
    run_until_quiet(runtime, connection, minutes=2)
    assert problem_with(world, one) == ""
    voucher = world.d365.payables.post(FIRST)
    run_until_quiet(runtime, connection, minutes=2000)
    watched(runtime, connection)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["ledger_status"], shown["voucher"], shown["stage"]) == ("posted", voucher, "acknowledged")


@pytest.mark.parametrize("containing", ["DocumentNumber", LINES, RELEASE], ids=["create", "lines", "release"])
@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_one_whose_bill_gets_another_number_half_way_ends_under_that_number_alone(
    containing: str, kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", CREATE if containing == "DocumentNumber" else BATCH, kind, containing=containing)
    one = bill(world)
    poll(runtime, connection)
    run_chain(runtime, connection)
    world.brex.edit(one, invoice_number="INV-8")
    do(runtime, connection)
    do(runtime, connection)
    assert [row["InvoiceNumber"] for row in world.d365.payables.invoices()] == ["INV-8"]
    shown = record(runtime, connection, one)
    assert (shown["stage"], codes(shown)) == ("acknowledged", [])


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
@pytest.mark.parametrize("form", ["invoice_journal", "general_journal"])
def test_one_in_doubt_stays_what_it_was_sent_as_when_the_settings_change(
    form: str, kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", CREATE, kind)
    one = bill(world)
    poll(runtime, connection)
    run_chain(runtime, connection)
    change(
        runtime.database,
        "UPDATE connections SET rules_version = rules_version + 1, settings = jsonb_set(settings, "
        f"'{{posting,treatments,BILL_EXPENSE,form}}', '\"{form}\"')",
    )
    changed = runtime.connection(connection.id)
    assert changed is not None
    do(runtime, changed)
    assert problem_with(world, one) == ""
    assert world.d365.lines() == []


def test_two_workers_at_one_invoice_take_each_step_once(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, "1.00", "2.00")
    poll(runtime, connection)
    asked = []

    def other() -> None:
        asked.append(post.run(runtime, connection, TimeBox(60)))

    after_answer(world, "d365", CREATE, other)
    do(runtime, connection)
    assert asked
    assert problem_with(world, one) == ""


def test_a_posting_between_the_two_lists_is_seen_at_the_next_look(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """It was in neither list: not pending when those were read, not posted when these were."""
    one = bill(world)
    do(runtime, connection)
    change(runtime.database, "UPDATE invoices SET watch_at = now()")
    world.d365.payables.post(FIRST)
    change(runtime.database, "UPDATE writes SET next_look_at = now(), looks = 0 WHERE form = 'pending_invoice'")
    run_until_quiet(runtime, connection)
    watch.run(runtime, connection, 3600)
    assert record(runtime, connection, one)["ledger_status"] == "posted"
    assert scalar(runtime.database, "SELECT count(*) FROM invoices WHERE ended_at IS NULL") == 0


EVERYTHING_OF_BILLS = ("Vendor", "VendInvoice")


def close(world: World, body: str) -> None:
    """F&O lets our user into nothing that has to do with vendor invoices."""
    for part in EVERYTHING_OF_BILLS:
        world.faults.add("d365", f"GET /data/{part}", "status_before", code=403, body=body, times=None)


@pytest.mark.parametrize("body", ["", '{"error":{"code":"","message":"Access denied."}}'], ids=["bare", "explained"])
def test_without_any_right_to_vendor_invoices_bills_alone_wait(
    body: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, seed=9, number="INV-1", receipts=[{"id": world.brex.receipts.add("pdf"), "download_uris": None}])
    poll(runtime, connection)
    after_answer(world, "d365", CREATE, lambda: close(world, body))
    run_chain(runtime, connection)
    other, cards = bill(world), spend(world, 1)
    announce(runtime, connection, [*cards, other])
    for _ in range(4):
        let_pass(runtime.database, 700)
        run_chain(runtime, connection)
        watched(runtime, connection)
    assert stages_of(runtime, connection) == {one: "writing", other: "writing", cards[0]: "acknowledged"}
    again = runtime.connection(connection.id)
    assert again is not None
    assert again.state == "active"
    world.faults.clear()
    do(runtime, connection)
    assert {stages_of(runtime, connection)[each] for each in (one, other)} == {"acknowledged"}
    assert len(world.d365.payables.invoices()) == 2
    assert len(world.d365.payables.documents(FIRST)) == 1


def test_invoices_that_cannot_be_read_any_more_pause_nothing(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Neither when they are followed, taken back, nor when their receipts are due."""
    one = bill(world, receipts=[{"id": world.brex.receipts.add("pdf"), "download_uris": None}])
    world.faults.add("d365", "POST /data/VendorInvoiceDocumentAttachments", "status_before", code=403, times=None)
    do(runtime, connection)
    assert record(runtime, connection, one)["stage"] == "acknowledged"
    close(world, "")
    watched(runtime, connection)
    people.reverse(runtime, connection, actor="person:dana", reason="x", record_ids=[one])
    run_chain(runtime, connection, times=2)
    again = runtime.connection(connection.id)
    assert again is not None
    assert (again.state, stages_of(runtime, connection)[one]) == ("active", "writing")
    world.faults.clear()
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection)[one] == "reversed"
    assert world.d365.payables.invoices() == []


def test_somebody_else_s_posted_invoice_of_its_name_is_not_taken_for_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """It carries no reference at all, and ours is pending still."""
    bill(world, seed=9, number="INV-1")
    do(runtime, connection)
    one = bill(world)
    do(runtime, connection)
    world.d365.payables.change(FIRST, DocumentNumber="", InvoiceNumber="INV-7")
    world.d365.payables.post(FIRST)
    watched(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["ledger_status"], shown["voucher"]) == ("unposted", "")


def test_a_number_that_f_and_o_refuses_as_ours_came_late_is_found_to_be_ours(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """The first request lands between the last look and the second one, which is refused for it."""
    runtime.quiet_seconds = 600
    world.faults.add("d365", CREATE, "late")
    one = bill(world)
    poll(runtime, connection)
    run_chain(runtime, connection)
    let_pass(runtime.database, 700)
    run_chain(runtime, connection)
    assert pending(world, one) == []
    let_pass(runtime.database, 61)
    taken = '{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Number INV-7 is used."}}}'
    world.faults.add("d365", CREATE, "status_before", code=400, body=taken)
    after_answer(world, "d365", "GET /data/VendInvoiceJourBiEntities", world.faults.release)
    run_chain(runtime, connection)
    assert len(pending(world, one)) == 1
    assert any("looked for once more" in why for why in story(runtime, connection, one))
    run_until_quiet(runtime, connection)
    assert problem_with(world, one) == ""
    assert record(runtime, connection, one)["stage"] == "acknowledged"


def test_a_number_that_f_and_o_goes_on_to_refuse_is_held_in_its_words(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", CREATE, "reset_before")
    one = bill(world)
    poll(runtime, connection)
    run_chain(runtime, connection)
    taken = '{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Number INV-7 is used."}}}'
    world.faults.add("d365", CREATE, "status_before", code=400, body=taken, times=2)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], pending(world, one)) == ("held", [])
    assert "Number INV-7 is used." in shown["problems"][0]["sentence"]
