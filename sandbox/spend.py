"""One accounting record at a time, in the shape of the recorded real one: people, merchants, amounts, lines.

Amounts are Decimal, major units. Facts: a line's amount is always positive, its direction is only in `type`;
one more line, without coding, carries the other side (recorded record). A refund's coded line is a CREDIT.
The record's own amount is positive here in any case: its sign for refunds is not documented.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from string import ascii_lowercase, digits
from typing import Any, Final

from sandbox.clock import stamp
from sandbox.coding import Value

Json = dict[str, Any]

DEBIT: Final = "DEBIT"
CREDIT: Final = "CREDIT"

_PEOPLE: Final = (
    ("Dana ", "Whitfield", "Finance"),
    ("José", "Núñez Ibáñez", None),
    ("Wei", "张", "IT"),
    ("Siobhán", "O'Brien-Łukasz", "Sales & Marketing"),
    ("Mehmet", "Yıldız ", None),
    ("Priya", "Raghunathan", "Operations"),
)
_MERCHANTS: Final = (
    "Delta Air Lines",
    "Uber   *TRIP",
    "AMZN Mktp US*2K4J81",
    "Café Zürich & Söhne GmbH  ",
    "スターバックス コーヒー",
    'O\'Reilly "Media"',
    "Coinbase; Inc, (US)",
    "🍕 Pizza-Palast – Köln",
    "Google *Workspace",
    "Vendor H",
)
_BILLER: Final = {"id": "pdcont_0000000000000000000000001", "name": "Fabrikam Electronics"}
_MEMOS: Final = (
    None,
    "",
    "  Client lunch ",
    "Conference: hotel, 3 nights; flights and the train from the airport to the fair in Köln and back",
    "Team offsite 🎉",
    "Q3-replacement*laptop",
    'it\'s for the "new" office\nsecond line',
)


class Maker:
    """Makes records. The same seed makes the same records; `moment` only dates them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - repeatable, not secret

    def amount(self, low: int = 3, high: int = 900) -> Decimal:
        """Between `low` and `high`, with cents."""
        return Decimal(self.random.randint(low * 100, high * 100)) / 100

    def identity(self, prefix: str) -> str:
        return f"{prefix}_{''.join(self.random.choices(ascii_lowercase + digits, k=24))}"

    def line(
        self,
        direction: str,
        amount: Decimal,
        currency: str,
        coding: Sequence[Value] = (),
        memo: str | None = None,
    ) -> Json:
        money = {"amount": amount, "currency": currency}
        line = {
            "memo": memo,
            "id": self.identity("accrli"),
            "type": direction,
            "amount": money,
            "original_amount": money,
            "accounting_field_values": [value.on_line() for value in coding],
            "amortization": None,
        }
        return line | ({"billing_amount": money} if coding and self.random.random() < 0.7 else {})

    def record(self, kind: str, currency: str, moment: datetime, lines: Sequence[Json]) -> Json:
        """A record over these lines; it is worth what its larger side comes to. In review, version 2."""
        worth = {side: sum(_amounts(lines, side), Decimal(0)) for side in (DEBIT, CREDIT)}
        money = {"amount": max(worth.values()), "currency": currency}
        expense, bill = kind.startswith("CARD_EXPENSE"), kind.startswith("BILL")
        return {
            "id": self.identity("accr"),
            "type": kind,
            "status": "SUBMITTED",
            "review_status": "PREPARE" if bill else "REVIEW",
            "source_type": _source(kind),
            "source_id": self.identity("expense"),
            "erp_posting_date": stamp(moment),
            "posted_at": stamp(moment),
            "updated_at": stamp(moment),
            "version": 2,
            "amount": money,
            "original_amount": money,
            "billing_amount": money,
            "receipts": self.random.choice(([], None, [{"id": self.identity("receipt"), "download_uris": None}])),
            "user": self._user() if expense or kind.startswith("REIMBURSEMENT_EXPENSE") else None,
            "vendor": self._merchant() if expense else dict(_BILLER) if bill else None,
            "memo": self.random.choice(_MEMOS),
            "due_at": stamp(moment + timedelta(days=30)) if bill else None,
            "invoice_number": f"INV-{self.random.randint(1000, 9999)}" if bill else None,
            "line_items": list(lines),
        }

    def _user(self) -> Json:
        first, last, department = self.random.choice(_PEOPLE)
        number = _PEOPLE.index((first, last, department))
        user = {
            "id": f"cuuser_{number:024d}",
            "first_name": first,
            "last_name": last,
            "email": f"person{number}@example.invalid",
            "role": "EMPLOYEE",
            "status": "ACTIVE",
        }
        return user | ({"department_id": f"dept_{number}", "department_name": department} if department else {})

    def _merchant(self) -> Json:
        name = self.random.choice(_MERCHANTS)
        blank = dict.fromkeys(("contact_name", "email", "website", "phone"))
        return {"id": f"pmch_{_MERCHANTS.index(name):024d}", "name": name} | blank


def _source(kind: str) -> str:
    if kind.startswith("REIMBURSEMENT"):
        return "REIMBURSEMENT"
    return "BILL" if kind.startswith(("BILL", "INVOICE")) else "CARD"


def _amounts(lines: Sequence[Json], side: str) -> list[Decimal]:
    return [line["amount"]["amount"] for line in lines if line["type"] == side]
