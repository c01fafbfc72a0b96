"""A card statement's sums: opening + activity − payments = closing, and what of that the ledger has. Pure.

Amounts in major units, in the statement's currency.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from connector.brex.card import COLLECTION, Statement, Transaction
from connector.domain.money import Money
from connector.pipeline.balance import Part


@dataclass(frozen=True, slots=True)
class Spent:
    """A record of the statement: what it does to what is owed, and what our lines in F&O did, by currency.

    `part`: where it stands, as `compare` names it. `written`: it has lines in F&O.
    """

    record_id: str
    part: str
    effect: Money
    written: bool
    moved: Mapping[str, Decimal]


@dataclass(slots=True)
class View:
    """Amounts in the statement's currency, major units. `activity` and `payments` are None where they are unknown."""

    statement: Statement
    currency: str
    activity: Decimal | None = None
    payments: Decimal | None = None
    ledger: Part = field(default_factory=Part)
    waiting: dict[str, Part] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)  # records by another currency: not counted
    notes: list[str] = field(default_factory=list)

    @property
    def movement(self) -> Decimal | None:
        """By how much what is owed has grown, by Brex's balances or else by its transactions."""
        opening, closing = self.statement.opening, self.statement.closing
        if opening is not None and closing is not None:
            return closing.amount - opening.amount
        return None if self.activity is None or self.payments is None else self.activity - self.payments

    @property
    def brex_difference(self) -> Decimal | None:
        """Opening + activity − payments − closing; None where Brex does not tell all four."""
        opening, closing = self.statement.opening, self.statement.closing
        if opening is None or closing is None or self.activity is None or self.payments is None:
            return None
        return opening.amount + self.activity - self.payments - closing.amount

    @property
    def unexplained(self) -> Decimal | None:
        """The movement less what stands in F&O and what is going to."""
        if self.movement is None:
            return None
        return self.movement - self.ledger.amount - sum((one.amount for one in self.waiting.values()), Decimal(0))

    @property
    def clean(self) -> bool:
        return not self.unexplained and not self.brex_difference and self.movement is not None


def view(
    statement: Statement, transactions: Iterable[Transaction] | None, spent: Iterable[Spent], notes: Sequence[str] = ()
) -> View:
    """Pure. `transactions` None: the token may not read them."""
    money = statement.closing or statement.opening
    found = View(statement, money.currency if money is not None else "USD", notes=list(notes))
    if transactions is not None:
        within = [one for one in transactions if statement.first <= one.day <= statement.last]
        within = [one for one in within if one.amount.currency == found.currency]
        found.payments = -sum((one.amount.amount for one in within if one.kind == COLLECTION), Decimal(0))
        found.activity = sum((one.amount.amount for one in within if one.kind != COLLECTION), Decimal(0))
    for one in spent:
        _count(one, found)
    return found


def _count(one: Spent, found: View) -> None:
    if one.written and found.currency in one.moved:
        found.ledger.records += 1
        found.ledger.amount += one.moved[found.currency]
    elif one.effect.currency != found.currency or one.written:
        currency = next(iter(one.moved), one.effect.currency)
        found.elsewhere[currency] = found.elsewhere.get(currency, 0) + 1
    elif one.effect.amount:
        part = found.waiting.setdefault(one.part, Part())
        part.records, part.amount = part.records + 1, part.amount + one.effect.amount
