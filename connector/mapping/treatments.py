"""What a record becomes on a connection, and whether it may be posted.

By the table and the connection's settings, and by what of the record itself says that another record books the same
thing. Facts: an invoice number and a due date are on bills only (Brex accounting spec); how a bill that was paid by
card or paid outside Brex looks was never recorded, so more than one sign is looked for.
"""

from collections.abc import Iterable
from typing import Final

from connector.domain.changes import withdrawn
from connector.domain.connection import Posting
from connector.domain.record import Record
from connector.domain.treatments import Treatment, treatment_of
from connector.mapping.findings import RECORD, Findings
from connector.mapping.text import label

DEBIT: Final = "DEBIT"
CREDIT: Final = "CREDIT"

_BILL_PAYMENTS: Final = ("BILL_EXPENSE_PAYMENT", "BILL_EXPENSE_CARD_PAYMENT")
_BILL_BOOKS_IT: Final = "The bill's own BILL_EXPENSE_CARD_PAYMENT books this card payment."


def treatment_for(record: Record, posting: Posting) -> Treatment | None:
    """None: a type that Brex does not document."""
    treatment = treatment_of(record.type, posting)
    if treatment is None or treatment.kind != "entry":
        return treatment
    if None in (treatment.debit, treatment.credit) or treatment.debit == treatment.credit:
        # Refused where a connection file is read; held here all the same, as nothing else could be right.
        return Treatment("hold", code="TREATMENT-HELD", reason="its debit and credit are not two different sides")
    if treatment.misfit:  # the same
        return Treatment("hold", code="TREATMENT-HELD", reason=treatment.misfit)
    if code := _by_status(record):
        return Treatment("hold", code=code)
    if record.type == "CARD_EXPENSE_POST" and _pays_a_bill(record):
        return _beside_its_bill(treatment, posting)
    return treatment


def _by_status(record: Record) -> str:
    """Why a bill or its payment is not booked, by Brex's own word; "" where it is."""
    if record.type in _BILL_PAYMENTS and "EXTERNAL" in record.status.upper():
        return "TREATMENT-PAID-ELSEWHERE"
    return "TREATMENT-WITHDRAWN" if withdrawn(record) else ""


def _pays_a_bill(record: Record) -> bool:
    return record.source_type == "BILL" or bool(record.invoice_number or record.due_at)


def _beside_its_bill(treatment: Treatment, posting: Posting) -> Treatment:
    """A bill paid by card arrives as BILL_EXPENSE_CARD_PAYMENT too: only one of them may credit the card liability."""
    bills = treatment_of("BILL_EXPENSE_CARD_PAYMENT", posting)
    if bills is None or bills.kind == "hold":
        return bills or treatment
    if bills.kind == "entry" and "card_liability" in (bills.debit, bills.credit):
        return Treatment("skip", reason=_BILL_BOOKS_IT)
    return treatment


def tell_held(record: Record, treatment: Treatment | None, found: Findings) -> None:
    """Make the problem of a treatment that holds its records."""
    code, kind = (treatment.code if treatment else "TREATMENT-UNKNOWN"), label(record.type)
    if code == "TREATMENT-HELD":
        found.at(RECORD).problem(code, type=kind, reason=label(treatment.reason if treatment else ""))
    elif code in ("TREATMENT-PAID-ELSEWHERE", "TREATMENT-WITHDRAWN"):
        found.at(RECORD).problem(code, status=label(record.status))
    else:
        found.at(RECORD).problem(code, type=kind)


def may_post(record_type: str, treatment: Treatment, *approvals: Iterable[str]) -> bool:
    """Confirmed, or approved on this connection (by its settings or by a person)."""
    return treatment.confirmed or any(record_type in types for types in approvals)
