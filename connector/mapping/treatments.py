"""What each record type becomes: which side the coding books, and which account role stands on the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from connector.domain.connection import AccountRole

DEBIT: Final = "DEBIT"
CREDIT: Final = "CREDIT"
CODED: Final = "coded"

Side = AccountRole | Literal["coded"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """A journal entry: what is debited and what is credited, the record's coded lines or an account role.

    `confirmed`: a recorded answer of Brex shows what such a record looks like; others wait for an approved
    preview.
    """

    debit: Side
    credit: Side
    confirmed: bool = False

    @property
    def coded_side(self) -> str | None:
        """DEBIT or CREDIT where coded lines are booked; None where both sides are account roles."""
        if CODED in (self.debit, self.credit):
            return DEBIT if self.debit == CODED else CREDIT
        return None


TREATMENTS: Final[dict[str, Treatment]] = {
    "CARD_EXPENSE_POST": Treatment(debit="coded", credit="card_liability", confirmed=True),
    "CARD_EXPENSE_REFUND": Treatment(debit="card_liability", credit="coded"),
    "CARD_PAYMENT": Treatment(debit="card_liability", credit="cash"),
}


def treatment_of(record_type: str) -> Treatment | None:
    """None: no treatment for this type (yet)."""
    return TREATMENTS.get(record_type)


def may_post(record_type: str, treatment: Treatment, *approvals: Iterable[str]) -> bool:
    """Confirmed, or approved on this connection (by its settings or by a person)."""
    return treatment.confirmed or any(record_type in types for types in approvals)
