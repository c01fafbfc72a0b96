"""How an entry's lines are laid out in the journal.

Fact: F&O begins a new voucher after each line with an offset account, and wherever the running balance is
zero (journal names with "in connection with balance"). So an entry is either one line with its offset, or
lines without, ordered so that the running balance is not zero before the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.domain.entry import Account, EntryLine
from connector.mapping.treatments import DEBIT

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Part:
    """One side of an entry: an amount (positive, major units) on an account, DEBIT or CREDIT."""

    account: Account
    direction: str
    amount: Decimal
    text: str
    why: tuple[str, ...]
    tax_groups: tuple[str, str] = ("", "")


def one_line(part: Part, against: Part) -> tuple[EntryLine, ...]:
    """One line that carries both sides; the text is the first one's."""
    return (_line(part, against.account, part.why + against.why),)


def separate_lines(parts: Sequence[Part]) -> tuple[EntryLine, ...]:
    """Lines without offset: the larger side, the rest of the smaller one, and last the part that balances
    them.

    `parts` ends with the balancing one. The side opposite to it is the larger, as it alone balances the
    others.
    """
    *others, balancing = parts
    larger = [part for part in others if part.direction != balancing.direction]
    smaller = [part for part in others if part.direction == balancing.direction]
    return tuple(_line(part) for part in (*larger, *smaller, balancing))


def paired_lines(parts: Sequence[Part]) -> tuple[EntryLine, ...]:
    """Lines without offset, several of them on the balancing account: first all of the first part's direction.

    Debits and credits come to the same sum, so the running balance is zero at the end alone.
    """
    first = parts[0].direction
    ordered = sorted(parts, key=lambda part: part.direction != first)
    return tuple(_line(part) for part in ordered)


def _line(part: Part, offset: Account | None = None, why: tuple[str, ...] | None = None) -> EntryLine:
    debit = part.direction == DEBIT
    return EntryLine(
        account=part.account,
        debit=part.amount if debit else _ZERO,
        credit=_ZERO if debit else part.amount,
        text=part.text,
        offset=offset,
        why=part.why if why is None else why,
        sales_tax_group=part.tax_groups[0],
        item_sales_tax_group=part.tax_groups[1],
    )
