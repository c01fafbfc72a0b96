"""What a reconciliation is about and what it found: plain values, amounts in major units. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connector.domain.money import Money

Key = tuple[str, str]  # legal entity, currency
Row = Mapping[str, Any]

# Kind of finding → what to do about it.
WHAT_TO_DO: Final = {
    "missing": "Look in F&O for the journal; the nightly look holds the record as LEDGER-GONE until a person decides.",
    "deleted": "Complete or delete the rest of the entry in F&O; the record is held as LEDGER-PARTIAL meanwhile.",
    "doubled": "Delete the surplus lines in F&O; the record is held as LEDGER-TWICE meanwhile.",
    "altered": "Put it right in F&O, or accept it once it is held: `connector retry NAME RECORD_ID --anyway --reason "
    "WHY`.",
    "moved": "Nothing, where a person or Transfer errors moved it: the nightly look follows it to its new journal.",
    "orphan": "Find out in F&O who wrote or changed it, and delete or correct it there.",
    "held": "Mend what it is held for (`connector record NAME RECORD_ID`): then it is compared with them, not sent.",
    "unknown": "Take it in: `connector backfill NAME --since DATE`; or see in Brex who exported it.",
    "vanished": "Ask in Brex what became of it; its entry, where one was written, still stands in F&O.",
    "exported": "Somebody marked it in Brex: `connector skip` it, or write it with `connector retry`.",
    "returned": "See `connector records NAME --changed`; correct F&O by hand, then `connector settle`.",
    "amount": "See `connector records NAME --changed`; correct F&O by hand, then `connector settle`.",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A write into the ledger, of any kind and epoch. `intent` is empty once the record was purged."""

    kind: str  # entry, or its reversal
    epoch: int
    reference: str
    outcome: str
    intent: Sequence[Row] = ()
    lines: int = 1
    journal: str = ""  # where we last saw it
    legal_entity: str = ""
    day: date | None = None
    removed: bool = False  # taken out of its journal by us, and seen to be gone
    form: str = "general_journal"


@dataclass(frozen=True, slots=True)
class Ours:
    """A record as it stands here. `moving`: something happened to it while the two sides were read."""

    record_id: str
    stage: str
    legal_entity: str
    currency: str
    amount: Decimal | None  # total debit of its entry
    day: date | None
    export_status: str
    epoch: int = 0
    accepted: frozenset[str] = frozenset()  # problem codes that a person accepted
    settled: bool = False  # a person has seen to what changed in Brex
    moving: bool = False
    sent: tuple[Sent, ...] = ()
    linked: bool = False  # a second entry: it stands in the ledger only, and its record speaks for it in Brex


@dataclass(frozen=True, slots=True)
class Theirs:
    """A record as Brex shows it now. `worths`: the amounts it may be said to be worth, the usual one first."""

    record_id: str
    day: date | None
    review_status: str
    worths: tuple[Money, ...]

    def worth(self, ours: Money | None = None) -> Money:
        """As ours, where Brex shows that amount anywhere; else in its currency; else the usual one."""
        if ours is not None:
            alike = [one for one in self.worths if one.currency == ours.currency]
            return ours if ours in alike else next(iter(alike), self.worths[0])
        return self.worths[0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. `amount` is what it is about, in `currency`; None where that is unknown."""

    kind: str  # a key of `WHAT_TO_DO`
    record_id: str
    reference: str
    sentence: str
    journal: str = ""
    legal_entity: str = ""
    currency: str = ""
    amount: Decimal | None = None
    day: date | None = None

    @property
    def todo(self) -> str:
        return WHAT_TO_DO[self.kind]

    @property
    def identity(self) -> tuple[str, str, str]:
        """The same finding of another night has the same."""
        return self.kind, self.record_id, self.reference


@dataclass(slots=True)
class Part:
    records: int = 0
    amount: Decimal = Decimal(0)


def _sums() -> defaultdict[Key, Decimal]:
    return defaultdict(Decimal)


def _parts() -> defaultdict[Key, dict[str, Part]]:
    return defaultdict(dict)


@dataclass(slots=True)
class Result:
    """Totals by (legal entity, currency). Brex's records are its parts; what we wrote is what the ledger has."""

    first: date
    last: date
    records: int = 0  # of ours with a posting date in the period
    by_stage: dict[str, int] = field(default_factory=dict)
    moving: int = 0  # records that something happened to meanwhile: not judged
    brex: dict[Key, Decimal] = field(default_factory=_sums)
    parts: dict[Key, dict[str, Part]] = field(default_factory=_parts)
    planned: dict[Key, Decimal] = field(default_factory=_sums)  # debits of what we wrote, less reversals
    ledger: dict[Key, Decimal] = field(default_factory=_sums)  # debits of our lines in F&O, less reversals
    findings: list[Finding] = field(default_factory=list)

    def add(self, key: Key, part: str, amount: Decimal) -> None:
        one = self.parts[key].setdefault(part, Part())
        one.records, one.amount = one.records + 1, one.amount + amount

    @property
    def keys(self) -> list[Key]:
        return sorted({*self.planned, *self.ledger, *self.brex, *self.parts})

    @property
    def differences(self) -> dict[Key, Decimal]:
        """Ledger less what we wrote."""
        zero = Decimal(0)
        return {key: self.ledger.get(key, zero) - self.planned.get(key, zero) for key in self.keys}

    @property
    def unaccounted(self) -> dict[Key, Decimal]:
        """Brex's total less the sum of its parts."""
        zero = Decimal(0)
        sums = {key: sum((one.amount for one in parts.values()), zero) for key, parts in self.parts.items()}
        return {key: self.brex.get(key, zero) - sums.get(key, zero) for key in self.keys}

    @property
    def difference(self) -> Decimal:
        """Sum of all absolute differences; zero where both sides agree."""
        both = (*self.differences.values(), *self.unaccounted.values())
        return sum((abs(value) for value in both), Decimal(0))

    @property
    def clean(self) -> bool:
        return self.difference == 0 and not self.findings


def total(lines: Sequence[Row]) -> Decimal:
    """Total debit of F&O lines: a line with an offset is a debit on one of its sides either way."""
    return sum(
        (
            Decimal(line["DebitAmount"])
            + (Decimal(line["CreditAmount"]) if line.get("OffsetAccountDisplayValue") else Decimal(0))
            for line in lines
        ),
        Decimal(0),
    )
