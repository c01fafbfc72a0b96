"""Spend in every form that an entry may have, for chaos runs: bills in invoice journals, some of which people change,
their payments in payment journals, reimbursements with receipts as pending vendor invoices, and card refunds as credit
notes that a second entry clears.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sandbox import bills
from sandbox.bills import Coded, Moved
from sandbox.cases import Case
from sandbox.spend import Json

APPEARS: Final = "appears"  # the kind under which records are kept that are not in Brex yet
BILL, PAYMENT, CLAIM = "BILL_EXPENSE", "BILL_EXPENSE_PAYMENT", "REIMBURSEMENT_EXPENSE_APPROVAL"
PAIRED: Final = "CARD_EXPENSE_REFUND"
TREATMENTS: Final[Mapping[str, Json]] = {
    PAYMENT: {"form": "payment_journal"},
    CLAIM: {"form": "pending_invoice"},
    PAIRED: {"form": "invoice_journal", "debit": "accounts_payable", "cleared_by": "card_liability"},
}
_EMPLOYEES: Final = "1001"  # the vendor account that stands for all of them


def connection(data: Json) -> Json:
    """A connection file by which they become all that."""
    posting = data["posting"]
    owed = {"type": "Vend", "account": _EMPLOYEES}
    accounts = posting["accounts"] | {"reimbursements_payable": owed}
    return data | {"posting": posting | {"treatments": dict(TREATMENTS), "accounts": accounts}}


def cases(count: int, coded: Callable[[str, int], Json], moved: Moved) -> list[Case]:
    """About a fifth of so many records."""
    made: list[Case] = []
    bill: Coded = lambda lines: coded(BILL, lines)  # noqa: E731 - what `bills` asks for
    for number in range(count // 10):
        one = bills.numbered(bill(1 + number % 4), number)
        made.append(Case(one, told=False, changes=bills.dearer(one) if number % 3 == 0 else {}))
    for number in range(count // 16):
        claim = coded(CLAIM, 1 + number % 3)
        files = [{"id": f"receipt_{claim['id'][5:]}{place}", "download_uris": None} for place in range(number % 3)]
        made.append(Case(claim | {"receipts": files}))
    for _ in range(count // 40):
        made.append(Case(moved(PAYMENT) | {"invoice_number": None}, told=False))
    return made


def paired(expected: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of so expected records, those that need two entries."""
    return [str(one["record_id"]) for one in expected if one["type"] == PAIRED and one["end"] == "written"]


def by_form(expected: Sequence[Mapping[str, Any]], standing: Collection[str]) -> dict[str, int]:
    """How many of those that stand are of each form but a general journal's."""
    forms = {BILL: "invoice_journal", PAYMENT: "payment_journal", CLAIM: "pending_invoice", PAIRED: "linked"}
    found = [forms[one["type"]] for one in expected if one["type"] in forms and one["record_id"] in standing]
    return {form: found.count(form) for form in forms.values()}
