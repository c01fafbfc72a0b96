"""What accounts payable is asked and answers: invoice and payment journals, pending invoices, documents, and links to
receipts, all held to what Brex and Microsoft publish."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from connector.pipeline.runtime import Runtime
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import announce, poll, run_until_quiet
from tests.pipeline.invoices.helpers import FORM, bill
from tests.pipeline.payables import MARKED, invoice_lines, payment, payment_lines
from tests.sandbox.metadata import METADATA, entity_mistakes, query_mistakes, rows_mistakes, set_of
from tests.sandbox.openapi import SPECS, Exchange, spec_of
from tests.sandbox.recording import Recording

pytestmark = pytest.mark.skipif(
    not (SPECS.exists() and METADATA.exists()),
    reason="what Brex and Microsoft publish does not lie beside this repository",
)


@pytest.fixture
def brex() -> list[Exchange]:
    return []


@pytest.fixture
def d365() -> list[Exchange]:
    return []


@pytest.fixture
def world(brex: list[Exchange], d365: list[Exchange]) -> Iterator[World]:
    world = World()
    for name, exchanges in (("brex", brex), ("d365", d365)):
        world.apps[name] = Recording(world.apps[name], exchanges)
    yield world
    world.close()


def assert_published(d365: list[Exchange], *sets: str) -> None:
    asked = [one for one in d365 if one.path.startswith("/data/") and len(one.path) > len("/data/")]
    named = {set_of(one.path) for one in asked} | {
        name for one in asked if one.path == "/data/$batch" for name in sets if f"/data/{name} ".encode() in one.body
    }
    assert set(sets) <= named
    assert [text for one in asked for text in (*query_mistakes(one), *entity_mistakes(one))] == []
    answered = [one for one in asked if one.status in (200, 201)]
    assert [text for one in answered for text in rows_mistakes(one)] == []


def test_invoice_and_payment_journals_are_asked_and_answered_as_is_published(
    runtime: Runtime, world: World, d365: list[Exchange]
) -> None:
    connection = store_connection(runtime, world, **MARKED)
    one, many = bill(world, "120.50", number="A-1"), bill(world, "10", "20.25", seed=5, number="A-2")
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    world.d365.post_journal(invoice_lines(world, one)[0]["JournalBatchNumber"])
    paid = payment(world, "A-1")
    announce(runtime, connection, [paid])
    run_until_quiet(runtime, connection)
    assert len(invoice_lines(world, many)) == 3
    assert len(payment_lines(world, paid)) == 1
    assert_published(
        d365,
        *("VendInvoiceJournalHeaders", "VendInvoiceJournalLines", "VendInvoiceJourBiEntities"),
        *("VendorPaymentJournalHeaders", "VendorPaymentJournalLines"),
    )


def test_pending_invoices_and_their_documents_are_asked_and_answered_as_is_published(
    runtime: Runtime, world: World, brex: list[Exchange], d365: list[Exchange]
) -> None:
    connection = store_connection(runtime, world, treatments=FORM)
    found = [{"id": world.brex.receipts.add(kind), "download_uris": None} for kind in ("pdf", "png")]
    bill(world, "10", "20.25", receipts=found)
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    (header,) = world.d365.payables.invoices()
    assert header["ImportedAmount"] == Decimal("30.25")
    assert len(world.d365.payables.documents(header["HeaderReference"])) == 2
    assert_published(d365, "VendorInvoiceHeaders", "VendorInvoiceLines", "VendorInvoiceDocumentAttachments")
    shown_records = [one for one in brex if b'"download_uris":["https://' in one.answer.replace(b" ", b"")]
    assert shown_records
    assert [text for one in brex for text in spec_of(one.path).answer_mistakes(one, frozenset())] == []
