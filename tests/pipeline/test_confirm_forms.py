"""What F&O shows of invoices and payments, compared with what was sent: by day, and by what may change once posted."""

from typing import Any

import pytest

from connector.pipeline.confirm import differences
from tests.pipeline.test_confirm import A, answered, line

BILL = line(
    A, "0", "10", AccountType="Vend", Invoice="INV-7", InvoiceDate="2026-11-03T12:00:00Z",
    DueDate="2026-12-03T12:00:00Z",
)  # fmt: skip
PAYMENT = line(A, AccountType="Vend", MarkedInvoice="INV-7", MarkedInvoiceCompany="usmf")


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ({"DueDate": "2026-12-03T00:00:00Z", "InvoiceDate": "2026-11-03"}, []),
        ({"Invoice": "inv-7"}, []),
        ({"Invoice": "INV-8"}, ['Invoice sent "INV-7", F&O has "INV-8"']),
        ({"DueDate": "2026-12-04T12:00:00Z"}, [
            'DueDate sent "2026-12-03T12:00:00Z", F&O has "2026-12-04T12:00:00Z"'
        ]),
        ({"InvoiceDate": "1900-01-01T12:00:00Z"}, [
            'InvoiceDate sent "2026-11-03T12:00:00Z", F&O has "1900-01-01T12:00:00Z"'
        ]),
    ],
)  # fmt: skip
def test_a_bill_is_as_it_was_sent_or_the_difference_is_told(shown: dict[str, Any], told: list[str]) -> None:
    assert differences([BILL], answered([BILL], **shown)) == told


def test_a_due_date_that_was_left_to_f_and_o_may_be_any() -> None:
    sent = {name: value for name, value in BILL.items() if name != "DueDate"}
    assert differences([sent], answered([sent], DueDate="2027-01-01T12:00:00Z")) == []


def test_a_mark_is_missed_until_the_payment_is_posted() -> None:
    cleared = answered([PAYMENT], MarkedInvoice="", MarkedInvoiceCompany="")
    assert len(differences([PAYMENT], cleared)) == 2
    assert differences([PAYMENT], cleared, posted=True) == []
    other = answered([PAYMENT], MarkedInvoice="INV-8", MarkedInvoiceCompany="USMF")
    assert differences([PAYMENT], other, posted=True) == ['MarkedInvoice sent "INV-7", F&O has "INV-8"']
