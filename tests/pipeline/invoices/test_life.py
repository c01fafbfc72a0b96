"""A bill's life as a pending vendor invoice, against Brex and F&O: made in steps, found again, never doubled."""

from decimal import Decimal

import pytest

from connector.pipeline import people, recover, stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.coding import TRAVEL, UNITS
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    after_answer,
    announce,
    codes,
    key,
    let_pass,
    poll,
    record,
    run_chain,
    run_until_quiet,
    scalar,
    story,
)
from tests.pipeline.invoices.helpers import (
    BATCH,
    CREATE,
    DELETE,
    HEADERS,
    LINES,
    RELEASE,
    asked,
    bill,
    connected,
    do,
    pending,
    problem_with,
    watched,
)

FOUND = "pending vendor invoice USMF-VI0000001"


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return connected(runtime, world)


def retry(runtime: Runtime, connection: Connection, record_id: str, *, anyway: bool = False) -> None:
    people.retry(runtime, connection, actor="person:dana", record_ids=[record_id], reason="seen", anyway=anyway)


def reverse(runtime: Runtime, connection: Connection, record_id: str, *, repost: bool = False) -> people.Done:
    return people.reverse(
        runtime, connection, actor="person:dana", reason="twice", record_ids=[record_id], repost=repost
    )


def test_it_is_made_on_hold_filled_read_back_and_released(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, "100.25", "20.25")
    do(runtime, connection)
    assert problem_with(world, one) == ""
    shown = record(runtime, connection, one)
    assert (shown["stage"], shown["ledger_status"], shown["export_status"]) == (
        "acknowledged", "unposted", "NOT_APPLICABLE",
    )  # fmt: skip
    assert (shown["journal"], shown["reference"], shown["voucher"]) == ("USMF-VI0000001", key(one), "")
    told = story(runtime, connection, one)
    assert told[-5:-1] == [
        f"{FOUND} created, on hold", f"2 lines added to {FOUND}", f"{FOUND} released", f"found whole: {FOUND}",
    ]  # fmt: skip
    assert world.d365.lines() == []


def test_these_are_all_the_requests_it_takes(runtime: Runtime, connection: Connection, world: World) -> None:
    """`docs/bills.md` shows them."""
    bill(world, seed=9, number="INV-1")  # the first run reads the ledger and master data besides
    do(runtime, connection)
    world.traffic.latest.clear()
    bill(world)
    do(runtime, connection)
    look = ["GET VendorInvoiceHeaders", "GET VendInvoiceJourBiEntities"]
    planned = ["GET VendInvoiceJourBiEntities", "GET VendorInvoiceHeaders"]  # is the number taken?
    assert asked(world) == [
        *planned, *look, "POST VendorInvoiceHeaders", *look, "GET VendorInvoiceLines", "POST $batch", *look,
        "GET VendorInvoiceLines", "POST $batch", *look, "GET VendorInvoiceLines",
    ]  # fmt: skip


def test_it_is_written_once_however_often_the_chain_runs(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ones = [bill(world, seed=seed, number=f"INV-{seed}") for seed in range(1, 14)]
    do(runtime, connection)
    run_chain(runtime, connection, times=2)
    assert {one: problem for one in ones if (problem := problem_with(world, one))} == {}
    assert len(world.d365.payables.invoices()) == len(ones)


@pytest.mark.parametrize("kind", ["reset_after", "status_after", "truncate_after", "malformed_after"])
@pytest.mark.parametrize("containing", ["DocumentNumber", LINES, RELEASE], ids=["create", "lines", "release"])
def test_a_step_whose_answer_is_lost_is_found_done(
    kind: str, containing: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    match = CREATE if containing == "DocumentNumber" else BATCH
    world.faults.add("d365", match, kind, containing=containing)
    one = bill(world, "1.50", "2.50")
    do(runtime, connection)
    assert problem_with(world, one) == ""
    assert any(why.startswith("uncertain") for why in story(runtime, connection, one))
    assert sum(path.startswith("POST") for path in asked(world)) == 3


@pytest.mark.parametrize("kind", ["reset_before", "status_before", "refuse", "throttle"])
@pytest.mark.parametrize("containing", ["DocumentNumber", LINES, RELEASE], ids=["create", "lines", "release"])
def test_a_step_that_never_arrives_is_taken_again(
    kind: str, containing: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    match = CREATE if containing == "DocumentNumber" else BATCH
    options = {"code": 503} if kind == "status_before" else {}
    world.faults.add("d365", match, kind, containing="" if kind in ("refuse", "throttle") else containing, **options)
    one = bill(world, "1.50", "2.50")
    do(runtime, connection)
    assert problem_with(world, one) == ""
    assert record(runtime, connection, one)["stage"] == "acknowledged"


def test_what_arrives_late_after_the_quiet_time_is_held_and_named(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """The surplus is F&O's own: seen at the next look, and never paid twice without a word."""
    world.faults.add("d365", CREATE, "late")
    one = bill(world)
    do(runtime, connection)
    assert problem_with(world, one) == ""
    world.faults.release()
    assert len(pending(world, one)) == 2
    run_until_quiet(runtime, connection, minutes=2000)
    assert codes(record(runtime, connection, one)) == ["LEDGER-TWICE"]


def test_the_quiet_time_is_waited_out_before_a_lost_header_is_made_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    world.faults.add("d365", CREATE, "reset_before")
    one = bill(world)
    poll(runtime, connection)
    run_chain(runtime, connection, times=3)
    let_pass(runtime.database, 300)
    run_chain(runtime, connection, times=3)
    assert pending(world, one) == []
    let_pass(runtime.database, 400)
    run_chain(runtime, connection, times=2)
    assert pending(world, one) == []  # the first reading that may be believed
    let_pass(runtime.database, 61)
    run_chain(runtime, connection, times=2)
    assert problem_with(world, one) == ""


def test_lines_that_f_and_o_refuses_leave_nothing_behind(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world)
    maker = Maker(8)
    lines = [maker.line(DEBIT, Decimal(9), "USD", (TRAVEL, UNITS[0])), maker.line(CREDIT, Decimal(9), "USD")]
    refused = world.brex.add_record(
        maker.record("BILL_EXPENSE", "USD", world.clock(), lines) | {"user": None, "invoice_number": "INV-8"},
        ready=False,
    )
    do(runtime, connection)
    shown = record(runtime, connection, refused)
    assert shown["stage"] == "held"
    assert shown["problems"][0]["code"].startswith(("MAP-", "D365-"))
    assert pending(world, refused) == []
    assert any("deleted" in why for why in story(runtime, connection, refused))
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE outcome IN ('open', 'uncertain')") == 0
    assert problem_with(world, one) == ""


def test_somebody_else_s_invoice_with_its_number_is_held_and_not_adopted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """It was keyed after the bill was planned: planning looks for such, too."""
    bill(world, seed=9, number="INV-1")
    do(runtime, connection)
    theirs = "USMF-VI0000001"
    world.d365.payables.change(theirs, DocumentNumber="by hand")
    one = bill(world)
    announce(runtime, connection, [one])
    for stage in ("fetch", "map"):
        stages.run(runtime, stages.StageName(stage), connection.id)
    world.d365.payables.change(theirs, InvoiceNumber="INV-7")
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], codes(shown)) == ("held", ["INVOICE-TAKEN"])
    assert theirs in shown["problems"][0]["sentence"]
    assert len(world.d365.payables.invoices()) == 1
    world.d365.payables.change(theirs, InvoiceNumber="INV-70")
    retry(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert problem_with(world, one) == ""


def test_what_a_person_changed_before_it_was_whole_is_held_until_somebody_has_looked(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    after_answer(world, "d365", CREATE, lambda: world.d365.payables.change("USMF-VI0000001", ImportedAmount=Decimal(7)))
    one = bill(world)
    do(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], codes(shown), shown["ledger_status"]) == ("held", ["INVOICE-ALTERED"], "altered")
    assert "ImportedAmount" in shown["problems"][0]["sentence"]
    assert world.d365.payables.lines("USMF-VI0000001") == []
    world.d365.payables.change("USMF-VI0000001", ImportedAmount=Decimal("120.50"))
    retry(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert problem_with(world, one) == ""


def test_a_changed_due_date_may_be_accepted_and_another_total_may_not(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    change_it = {"DueDate": "2027-01-31T12:00:00Z"}
    after_answer(world, "d365", BATCH, lambda: world.d365.payables.change("USMF-VI0000001", **change_it))
    one = bill(world)
    do(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["INVOICE-ALTERED"]
    retry(runtime, connection, one, anyway=True)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], shown["ledger_status"]) == ("acknowledged", "altered")
    assert problem_with(world, one) == ""


def test_it_is_followed_until_it_is_posted(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world)
    do(runtime, connection)
    watched(runtime, connection)
    assert record(runtime, connection, one)["ledger_status"] == "unposted"
    voucher = world.d365.payables.post("USMF-VI0000001")
    watched(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["ledger_status"], shown["voucher"], shown["journal"]) == ("posted", voucher, "USMF-VI0000001")
    done = reverse(runtime, connection, one)
    assert "credit note" in done.why[one]


def test_one_that_was_posted_unseen_is_not_taken_back(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world)
    do(runtime, connection)
    voucher = world.d365.payables.post("USMF-VI0000001")
    assert reverse(runtime, connection, one).changed == [one]
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], codes(shown)) == ("held", ["INVOICE-POSTED"])
    assert voucher in shown["problems"][0]["sentence"]
    retry(runtime, connection, one)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], shown["ledger_status"]) == ("acknowledged", "posted")


def test_one_that_is_deleted_in_f_and_o_is_held_and_written_anew_on_request(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world)
    do(runtime, connection)
    world.d365.payables.delete("USMF-VI0000001")
    watched(runtime, connection)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], codes(shown), shown["ledger_status"]) == ("held", ["LEDGER-GONE"], "gone")
    reverse(runtime, connection, one, repost=True)
    run_until_quiet(runtime, connection)
    assert record(runtime, connection, one)["stage"] == "acknowledged"
    assert [row["InvoiceNumber"] for row in world.d365.payables.invoices()] == ["INV-7"]


@pytest.mark.parametrize("kind", ["", "reset_before", "reset_after"])
def test_an_unposted_one_is_taken_back_by_deleting_it(
    kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, "5.00", "6.00")
    do(runtime, connection)
    if kind:
        world.faults.add("d365", BATCH, kind, containing=DELETE)
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    shown = record(runtime, connection, one)
    assert (shown["stage"], shown["ledger_status"]) == ("reversed", "none")
    assert world.d365.payables.invoices() == []
    people.retry(runtime, connection, actor="person:dana", record_ids=[one], reason="back", repost=True)
    run_until_quiet(runtime, connection)
    assert record(runtime, connection, one)["stage"] == "acknowledged"
    assert [row["DocumentNumber"] == key(one) for row in world.d365.payables.invoices()] == [False]


def test_one_that_somebody_has_worked_on_is_not_deleted(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world)
    do(runtime, connection)
    world.d365.payables.delete_line("USMF-VI0000001")
    world.d365.payables.add_line(
        "USMF-VI0000001", MainAccountDisplayValue="618900-001--", Amount=Decimal(3), Currency="USD"
    )
    reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["REVERSAL-UNCLEAR"]
    assert len(pending(world, one)) == 1


@pytest.mark.parametrize("posted", [False, True])
def test_a_bill_that_changes_is_brought_up_to_date_until_it_is_posted(
    posted: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = bill(world, memo="November")
    do(runtime, connection)
    if posted:
        world.d365.payables.post("USMF-VI0000001")
    world.brex.edit(one, memo="December")
    do(runtime, connection)
    shown = record(runtime, connection, one)
    assert shown["stage"] == "acknowledged"
    if posted:
        assert (shown["ledger_status"], shown["epoch"]) == ("posted", 0)
        assert world.d365.payables.invoices() == []
        return
    [standing] = world.d365.payables.invoices()
    assert (standing["HeaderReference"], standing["IsOnHold"], shown["epoch"]) == ("USMF-VI0000002", "No", 1)
    [line] = world.d365.payables.lines("USMF-VI0000002")
    assert "December" in line["LineDescription"]


def test_a_lost_database_finds_it_again(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world)
    do(runtime, connection)
    other = connected(runtime, world, "again")
    do(runtime, other)
    assert len(world.d365.payables.invoices()) == 1
    assert record(runtime, other, one)["stage"] == "acknowledged"
    assert record(runtime, other, one)["journal"] == "USMF-VI0000001"


def test_recovery_finds_pending_and_posted_ones_by_their_references(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ones = [bill(world, seed=seed, number=f"INV-{seed}") for seed in (1, 2)]
    do(runtime, connection)
    world.d365.payables.post("USMF-VI0000001")
    seen = recover.scan(runtime, connection)
    assert {one: seen.references.get(key(one)) for one in ones} == dict.fromkeys(ones, "pending_invoice")


def test_nothing_is_sent_where_f_and_o_cannot_be_read(runtime: Runtime, connection: Connection, world: World) -> None:
    bill(world, seed=9, number="INV-1")
    do(runtime, connection)
    world.faults.add("d365", HEADERS, "truncate_after", times=3)
    one = bill(world)
    do(runtime, connection)
    assert problem_with(world, one) == ""
