"""Which accounting records tell of spend that was booked as card transactions before. Pure.

Fact: an accounting record of card spend names its expense (`source_id`), and so does the transaction. A payment or a
reward has no expense; a refund's record may name another one than its transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

# Types whose records and transactions need not name the same expense, or any.
LOOSE: Final = ("CARD_EXPENSE_REFUND", "CARD_PAYMENT", "CARD_PAYMENT_REFUND", "REWARD_REDEMPTION")
AROUND: Final = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Booked:
    """A card transaction that stands in the ledger, or may. `amount` in major units, positive."""

    record_id: str
    expense_id: str
    record_type: str
    amount: Decimal
    currency: str
    day: date | None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An accounting record. `amount` in major units, positive."""

    record_id: str
    expense_id: str
    record_type: str
    amount: Decimal
    currency: str
    day: date


class Verdict(StrEnum):
    NEW = "new"  # nothing of it was booked
    BOOKED = "booked"  # as `twins`
    UNSURE = "unsure"  # a person has to say


@dataclass(frozen=True, slots=True)
class Pairing:
    verdict: Verdict
    twins: tuple[Booked, ...] = ()
    why: str = ""


def pair(records: Iterable[Shown], booked: Sequence[Booked], taken: Iterable[str] = ()) -> dict[str, Pairing]:
    """By the record's id. `taken`: transactions that were paired with other records before. Each is paired once."""
    free = {one.record_id: one for one in booked}
    for name in taken:
        free.pop(name, None)
    found: dict[str, Pairing] = {}
    for record in records:
        same = [one for one in booked if one.expense_id == record.expense_id and one.record_type == record.record_type]
        own = [one for one in same if one.record_id in free] if record.expense_id else []
        found[record.record_id] = made = _pairing(record, own, same if record.expense_id else [], list(free.values()))
        if made.verdict is Verdict.BOOKED:
            for one in made.twins:
                free.pop(one.record_id, None)
    return found


def _pairing(record: Shown, own: Sequence[Booked], same: Sequence[Booked], free: Sequence[Booked]) -> Pairing:
    exact = next((one for one in own if (one.amount, one.currency) == (record.amount, record.currency)), None)
    if exact is not None:
        return Pairing(Verdict.BOOKED, (exact,))
    total = sum((one.amount for one in own if one.currency == record.currency), Decimal(0))
    if len(own) > 1 and total == record.amount and all(one.currency == record.currency for one in own):
        return Pairing(Verdict.BOOKED, tuple(own))
    if own:
        amounts = ", ".join(f"{one.amount} {one.currency}" for one in own)
        return Pairing(Verdict.UNSURE, tuple(own), f"with {amounts}, and this record is over {record.amount}")
    if same:
        return Pairing(Verdict.UNSURE, tuple(same), "which another record is paired with already")
    if record.record_type in LOOSE or not record.expense_id:
        alike = [one for one in free if _alike(one, record)]
        if alike:
            return Pairing(Verdict.UNSURE, tuple(alike), "which names no such expense, but is of this amount and time")
    return Pairing(Verdict.NEW)


def _alike(one: Booked, record: Shown) -> bool:
    return (
        (one.record_type, one.amount, one.currency) == (record.record_type, record.amount, record.currency)
        and one.day is not None
        and abs(one.day - record.day) <= AROUND
    )
