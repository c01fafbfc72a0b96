"""Payments in vendor payment journals: one line that marks the invoice it settles."""

from decimal import Decimal
from typing import Any

import pytest

from connector.d365.forms import sets_of
from connector.domain.reference import reference
from connector.pipeline import reconcile, recover
from connector.pipeline.mirror import left_over
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    announce,
    codes,
    record,
    rows,
    run_chain,
    run_until_quiet,
    stages_of,
    story,
)
from tests.pipeline.payables import bill_and_announce, invoice_lines, marking, number_of, payment, payment_lines, shown
from tests.pipeline.taking_back import reverse


@pytest.fixture
def paying(runtime: Runtime, world: World) -> Connection:
    return marking(runtime, world)


@pytest.fixture
def bill(runtime: Runtime, paying: Connection, world: World) -> str:
    """A bill that is posted."""
    (one,) = bill_and_announce(runtime, paying, world, 2)
    run_until_quiet(runtime, paying)
    world.d365.post_journal(invoice_lines(world, one)[0]["JournalBatchNumber"])
    return one


def pay(runtime: Runtime, paying: Connection, world: World, bill: str) -> str:
    amount = sum((Decimal(str(line["Credit"])) for line in invoice_lines(world, bill)), Decimal(0))
    paid = payment(world, number_of(world, bill), str(amount))
    announce(runtime, paying, [paid])
    return paid


def clean(runtime: Runtime, connection: Connection, world: World) -> bool:
    day = world.clock().date()
    return reconcile.run(runtime, connection, day.replace(day=1), day).clean


def test_a_payment_is_one_line_that_marks_its_invoice(
    runtime: Runtime, paying: Connection, world: World, bill: str
) -> None:
    paid = pay(runtime, paying, world, bill)
    run_until_quiet(runtime, paying)
    assert rows(runtime, paying)[paid]["stage"] == "acknowledged", codes(record(runtime, paying, paid))
    (line,) = payment_lines(world, paid)
    assert (line["AccountType"], line["MarkedInvoice"]) == ("Vend", number_of(world, bill))
    (header,) = shown(world, "VendorPaymentJournalHeaders")
    assert header["JournalName"] == "VendPay"
    assert clean(runtime, paying, world)


@pytest.mark.parametrize(
    ("fault", "told"),
    [("reset_before", "sent again"), ("reset_after", "found in the ledger"), ("truncate_after", "found in the ledger")],
)
def test_a_payment_whose_answer_is_lost_is_found_by_its_payment_reference(
    runtime: Runtime, paying: Connection, world: World, bill: str, fault: str, told: str
) -> None:
    paid = pay(runtime, paying, world, bill)
    world.faults.add("d365", SEND, fault)
    run_chain(runtime, paying)
    run_until_quiet(runtime, paying)
    assert len(payment_lines(world, paid)) == 1
    assert rows(runtime, paying)[paid]["stage"] == "acknowledged"
    assert any(why.startswith(told) for why in story(runtime, paying, paid))


def test_a_payment_of_an_invoice_that_is_not_posted_is_held_with_the_words_of_f_and_o(
    runtime: Runtime, paying: Connection, world: World
) -> None:
    paid = payment(world, "INV-NEVER")
    announce(runtime, paying, [paid])
    run_until_quiet(runtime, paying)
    assert stages_of(runtime, paying)[paid] == "held"
    assert "INV-NEVER" in str(record(runtime, paying, paid)["problems"])
    assert payment_lines(world, paid) == []


def test_an_unposted_payment_is_taken_out_of_its_journal(
    runtime: Runtime, paying: Connection, world: World, bill: str
) -> None:
    paid = pay(runtime, paying, world, bill)
    run_until_quiet(runtime, paying)
    reverse(runtime, paying, paid)
    run_until_quiet(runtime, paying)
    assert rows(runtime, paying)[paid]["stage"] == "reversed"
    assert payment_lines(world, paid) == []


def test_a_posted_payment_is_cancelled_in_a_general_journal(
    runtime: Runtime, paying: Connection, world: World, bill: str
) -> None:
    paid = pay(runtime, paying, world, bill)
    run_until_quiet(runtime, paying)
    (line,) = payment_lines(world, paid)
    world.d365.post_journal(line["JournalBatchNumber"])
    reverse(runtime, paying, paid, vendor_checked=True)
    run_until_quiet(runtime, paying)
    assert rows(runtime, paying)[paid]["stage"] == "reversed", codes(record(runtime, paying, paid))
    counters: list[dict[str, Any]] = world.d365.lines(document=reference(paid, 0, "reversal"))
    (header,) = [
        one for one in shown(world, "LedgerJournalHeaders")
        if one["JournalBatchNumber"] == counters[0]["JournalBatchNumber"]
    ]  # fmt: skip
    assert header["JournalName"] == "BREX"
    assert left_over([sets_of("payment_journal").canonical(line), *counters]) == {}
    assert len(shown(world, "VendorPaymentJournalLines")) == 1
    assert clean(runtime, paying, world)


def test_payments_are_among_what_a_reading_of_the_whole_ledger_finds(
    runtime: Runtime, paying: Connection, world: World, bill: str
) -> None:
    paid = pay(runtime, paying, world, bill)
    run_until_quiet(runtime, paying)
    seen = recover.scan(runtime, paying)
    assert seen.references == {
        reference(bill, 0, "entry"): "invoice_journal", reference(paid, 0, "entry"): "payment_journal"
    }  # fmt: skip
    assert seen.forms == ["invoice_journal", "payment_journal", "general_journal"]
