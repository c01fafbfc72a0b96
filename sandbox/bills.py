"""Bills of a population: of vendors that F&O knows by name, with numbers, due dates and several lines.

Facts: nobody exports bills in Brex and it takes no export results for them (Brex accounting spec); a bill that is paid
by card arrives twice.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from sandbox.cases import Case
from sandbox.d365 import Ledger
from sandbox.spend import DEBIT, Json

Coded = Callable[[int], Json]  # a bill with so many coded lines
Moved = Callable[[str], Json]  # a record of this type without any coding

_VENDORS: Final = ("Fabrikam Electronics", "Acme Office Supplies", "Lande Packaging Supplies")
# An invoice that somebody keyed into F&O by hand, and its bill in Brex. The vendor's name there, its account here.
BY_HAND: Final = "Lande Packaging Supplies"
BY_HAND_ACCOUNT: Final = "1002"
BY_HAND_NUMBER: Final = "LPS-2041"
ADDED: Final = Decimal("10.00")


def cases(coded: Coded, moved: Moved) -> list[Case]:
    """What comes of each, with the settings of the demo's connection."""
    bills = [Case(_bill(coded(lines), number), told=False) for number, lines in enumerate((1, 3, 5))]
    for case in bills[:2]:
        case.record["receipts"] = [{"id": f"receipt_{case.record['id'][5:]}", "download_uris": None}]
    revised = _bill(coded(2), 3)
    bills.append(Case(revised, told=False, changes=dearer(revised)))
    doubled = _bill(coded(1), 5) | {"vendor": _vendor(BY_HAND), "invoice_number": BY_HAND_NUMBER}
    bills.append(Case(doubled, "held", "MAP-INVOICE-POSTED", told=False))
    unnumbered = _bill(coded(1), 4) | {"invoice_number": None}
    bills.append(Case(unnumbered, "held", "MAP-INVOICE-NUMBER-MISSING", told=False))
    bills += [Case(moved("BILL_EXPENSE_PAYMENT"), told=False) for _ in range(2)]
    # Nobody has approved this type yet.
    bills.append(Case(moved("BILL_MONEY_MOVEMENT_PAYIN"), "held", "TREATMENT-UNCONFIRMED", told=False))
    # One bill paid by card: it arrives twice, and nothing is said about which of the two counts.
    bills.append(Case(moved("BILL_EXPENSE_CARD_PAYMENT"), "held", "TREATMENT-TWICE", told=False))
    return bills


def dearer(bill: Json) -> Json:
    """The same bill with more on its first line: what a person changes of it."""
    first, *rest = bill["line_items"]
    lines = [_more(first), *(_more(line) if line["type"] != DEBIT else line for line in rest)]
    return {"line_items": lines, "amount": _plus(bill["amount"]), "original_amount": _plus(bill["original_amount"])}


def key_by_hand(ledger: Ledger, day: str) -> str:
    """Somebody in accounts payable enters and posts the invoice `BY_HAND_NUMBER`; the journal's number."""
    number = ledger.new_journal("APInvoice")
    line: dict[str, Any] = {
        "AccountDisplayValue": BY_HAND_ACCOUNT,
        "OffsetAccountDisplayValue": "602100-001--",
        "Credit": Decimal("86.40"),
        "Currency": "USD",
        "Date": day,
        "Invoice": BY_HAND_NUMBER,
        "InvoiceDate": day,
        "Description": "Boxes",
    }
    ledger.add_line(number, **line)
    ledger.post_journal(number)
    return number


def numbered(record: Json, number: int) -> Json:
    """As a bill of one of the vendors; no two with the same number."""
    return record | {"vendor": _vendor(_VENDORS[number % len(_VENDORS)]), "invoice_number": f"B-{number:06d}"}


def _bill(record: Json, number: int) -> Json:
    return record | {"vendor": _vendor(_VENDORS[number % len(_VENDORS)]), "invoice_number": f"2026-{1040 + number}"}


def _vendor(name: str) -> Json:
    blank = dict.fromkeys(("contact_name", "email", "website", "phone"))
    number = _VENDORS.index(name) + 1
    return {"id": f"pdcont_{number:025d}", "name": name} | blank


def _more(line: Json) -> Json:
    found = ("amount", "original_amount", "billing_amount")
    return line | {name: _plus(line[name]) for name in found if line.get(name)}


def _plus(money: Json) -> Json:
    return money | {"amount": money["amount"] + ADDED}
