"""Every set of accounts payable shows rows of the published shape, whatever stands in it."""

import base64

import pytest

from sandbox.d365 import Ledger
from tests.sandbox import metadata as published
from tests.sandbox.d365.caller import Caller
from tests.sandbox.d365.paying import (
    DOCUMENTS,
    INVOICE_LINES,
    PAYMENT_LINES,
    PENDING,
    PENDING_LINES,
    invoice_line,
    journal,
    made,
    payment_journal,
    payment_line,
    pending,
    pending_line,
)
from tests.sandbox.openapi import Exchange

pytestmark = pytest.mark.skipif(not published.METADATA.exists(), reason="F&O's metadata is not at hand")


@pytest.fixture
def busy(f_and_o: Caller, ledger: Ledger) -> Caller:
    """A posted invoice with an open payment, and a pending one with a document."""
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    ledger.post_journal(number)
    made(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o)))
    reference = made(f_and_o, PENDING, pending(InvoiceNumber="A-2"))["HeaderReference"]
    made(f_and_o, PENDING_LINES, pending_line(reference))
    contents = base64.b64encode(b"%PDF-").decode()
    made(f_and_o, DOCUMENTS, {"dataAreaId": "usmf", "HeaderReference": reference, "FileContents": contents})
    return f_and_o


@pytest.mark.parametrize(
    ("name", "count"),
    [("VendInvoiceJournalHeaders", 1), ("VendInvoiceJournalLines", 1), ("VendorPaymentJournalHeaders", 1),
     ("VendorPaymentJournalLines", 1), ("VendorPaymentJournalLineSettledInvoices", 1), ("VendorInvoiceHeaders", 1),
     ("VendorInvoiceLines", 1), ("VendorInvoiceDocumentAttachments", 1), ("VendTransBiEntities", 1),
     ("VendInvoiceJourBiEntities", 1), ("VendorsV3", 6), ("LedgerJournalTableBiEntities", 2)],
)  # fmt: skip
def test_its_rows_have_the_shape_of_the_metadata(busy: Caller, name: str, count: int) -> None:
    answer = busy.call("GET", f"{name}?cross-company=true")
    assert len(busy.rows(name)) == count
    seen = Exchange("GET", f"/data/{name}", "cross-company=true", b"", answer.status_code, answer.data)
    assert published.rows_mistakes(seen) == []
    key = published.metadata()["entities"][name]["keys"]
    assert all(set(key) <= row.keys() for row in busy.rows(name))
