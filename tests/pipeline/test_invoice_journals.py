"""Bills in vendor invoice journals: the machinery of general journals, in another journal's words."""

from typing import Any

import pytest

from connector.pipeline import reconcile, watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    announce,
    change,
    codes,
    expense,
    key,
    let_pass,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    stages_of,
    story,
)
from tests.pipeline.payables import (
    INVOICE_HEADER,
    INVOICE_LINES,
    assert_booked,
    bill_and_announce,
    bills,
    invoice_lines,
    number_of,
    shown,
)

# Fact: what a user may not do is refused as an ODataSecurityException (seen live, of a field).
DENIED = '{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Access denied."}}}'


def found(runtime: Runtime, connection: Connection, world: World) -> Any:
    day = world.clock().date()
    return reconcile.run(runtime, connection, day.replace(day=1), day)


def test_a_bill_is_written_confirmed_and_needs_no_acknowledgement(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = bills(world, 1, 3)
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, ids)
    (header,) = shown(world, "VendInvoiceJournalHeaders")
    assert header["JournalName"] == "APInvoice"
    vendor = next(line for line in invoice_lines(world, ids[1]) if line["Invoice"])
    assert (vendor["AccountType"], vendor["AccountDisplayValue"]) == ("Vend", r"US\-101")
    assert vendor["InvoiceDate"][:10] == vendor["Date"][:10]
    assert vendor["DueDate"] > vendor["InvoiceDate"]
    assert found(runtime, connection, world).clean


def test_bills_and_card_spend_go_into_journals_of_their_own_kind(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (bill,) = bills(world, 2)
    card = world.brex.add_record(expense(Maker(9), world, 2))
    announce(runtime, connection, [bill, card])
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {bill: "acknowledged", card: "acknowledged"}
    assert {line["JournalBatchNumber"] for line in invoice_lines(world, bill)}.isdisjoint(
        line["JournalBatchNumber"] for line in world.d365.lines(document=key(card))
    )
    assert found(runtime, connection, world).clean


@pytest.mark.parametrize(
    ("fault", "options", "told"),
    [
        ("reset_before", {}, "sent again"),
        ("reset_after", {}, "found in the ledger"),
        ("status_after", {"code": 500}, "found in the ledger"),
        ("truncate_after", {}, "found in the ledger"),
        ("malformed_after", {}, "found in the ledger"),
        ("late", {}, "found in the ledger"),
        ("throttle", {"retry_after": 30}, ""),
    ],
)
def test_a_batch_whose_answer_is_lost_is_looked_for_in_invoice_journals(
    runtime: Runtime, connection: Connection, world: World, fault: str, options: dict[str, Any], told: str
) -> None:
    ids = bill_and_announce(runtime, connection, world, 1, 2, 4)
    world.faults.add("d365", SEND, fault, **options)
    run_chain(runtime, connection)
    world.faults.release()
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, ids)
    assert all(any(why.startswith(told) for why in story(runtime, connection, one)) for one in ids)


def test_a_part_that_is_missing_leaves_that_bill_alone_in_doubt(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = bill_and_announce(runtime, connection, world, 1, 2)
    world.faults.add("d365", SEND, "parts_after", drop=[0])
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, ids)
    ends = sorted(" ".join(story(runtime, connection, one)).count("F&O confirmed it") for one in ids)
    assert ends == [0, 1]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_lost_header_is_looked_for_by_its_marker_and_not_waited_for(
    runtime: Runtime, connection: Connection, world: World, fault: str
) -> None:
    ids = bill_and_announce(runtime, connection, world, 2)
    world.faults.add("d365", INVOICE_HEADER, fault)
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, ids)
    assert len(shown(world, "VendInvoiceJournalHeaders")) == 1
    assert shown(world, "LedgerJournalHeaders") == shown(world, "LedgerJournalLines") == []


def test_a_journal_that_is_posted_meanwhile_makes_way_for_another(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first = bill_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    world.d365.post_journal(invoice_lines(world, first[0])[0]["JournalBatchNumber"])
    second = bills(world, 2, seed=2)
    announce(runtime, connection, second)
    run_until_quiet(runtime, connection)
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    watch.run(runtime, connection)
    assert_booked(runtime, connection, world, [*first, *second])
    assert {one: row["ledger_status"] for one, row in rows(runtime, connection).items()} == {
        first[0]: "posted", second[0]: "unposted"
    }  # fmt: skip


def test_a_due_date_that_somebody_changes_before_it_is_confirmed_is_told(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = bill_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    (line,) = invoice_lines(world, one)
    world.d365.change_line(line["JournalBatchNumber"], line["LineNumber"], DueDate="2030-01-01T12:00:00Z")
    run_until_quiet(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["D365-ALTERED"]
    assert "DueDate sent" in str(record(runtime, connection, one)["problems"])


def test_a_bill_that_somebody_deletes_is_missed_and_held(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one, other = bill_and_announce(runtime, connection, world, 1, 2)
    run_until_quiet(runtime, connection)
    world.d365.delete_lines(document=key(one))
    result = found(runtime, connection, world)
    assert [(finding.kind, finding.record_id) for finding in result.findings] == [("missing", one)]
    change(runtime.database, "UPDATE writes SET next_look_at = now(), looks = 0 WHERE kind = 'entry'")
    run_until_quiet(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["LEDGER-GONE"]
    assert stages_of(runtime, connection)[other] == "acknowledged"


def test_without_the_right_to_read_invoice_journals_bills_alone_wait(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (bill,) = bills(world, 1)
    card = world.brex.add_record(expense(Maker(9), world))
    announce(runtime, connection, [bill, card])
    world.faults.add("d365", INVOICE_LINES, "status_before", code=403, body=DENIED, times=None)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {bill: "held", card: "acknowledged"}
    assert codes(record(runtime, connection, bill)) == ["D365-JOURNAL"]
    assert found(runtime, connection, world) is not None
    world.faults.clear()
    assert number_of(world, bill)


def test_invoice_journals_that_cannot_be_read_any_more_keep_nothing_else_waiting(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = bill_and_announce(runtime, connection, world, 1)
    card = world.brex.add_record(expense(Maker(9), world))
    announce(runtime, connection, [card])
    world.faults.add("d365", SEND, "reset_after", times=2)
    run_chain(runtime, connection)
    world.faults.add("d365", "GET /data/VendInvoiceJournal", "status_before", code=403, body=DENIED, times=None)
    for _ in range(4):
        let_pass(runtime.database, 60)
        run_chain(runtime, connection)
    assert stages_of(runtime, connection) == {ids[0]: "writing", card: "acknowledged"}
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    world.d365.post_journal(world.d365.lines(document=key(card))[0]["JournalBatchNumber"])
    watch.run(runtime, connection)
    assert rows(runtime, connection)[card]["ledger_status"] == "posted"
    world.faults.clear()
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection)[ids[0]] == "acknowledged"
    assert len(invoice_lines(world, ids[0])) == 1
