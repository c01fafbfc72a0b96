"""The lines of an entry: each coded line (and its tax), and the other side that balances them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.domain.entry import EntryLine
from connector.domain.money import Money
from connector.domain.record import Record
from connector.domain.treatments import Balancing, Treatment
from connector.mapping.layout import Part, one_line, paired_lines, separate_lines
from connector.mapping.lines import Booked
from connector.mapping.resolve import Resolved
from connector.mapping.text import line_text
from connector.mapping.treatments import CREDIT, DEBIT


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded line: what it is booked on and, where it has any, the share of it that is tax and the tax's account."""

    booked: Booked
    account: Resolved
    tax: Resolved | None = None
    tax_share: Decimal = Decimal(0)
    tax_groups: tuple[str, str] = ("", "")

    @property
    def unknown(self) -> bool:
        return self.account.account is None or (self.tax is not None and self.tax.account is None)


@dataclass(frozen=True, slots=True)
class OtherSide:
    """The account roles by direction; several in one direction where each coded line has its own."""

    accounts: dict[str, list[Resolved]]

    @property
    def unknown(self) -> bool:
        return any(one.account is None for some in self.accounts.values() for one in some)

    def of(self, treatment: Treatment) -> Resolved:
        """The vendor's side; else one of them, as there is always one."""
        direction = DEBIT if treatment.debit == treatment.vendor_role else CREDIT
        return next(iter(self.accounts.get(direction) or next(iter(self.accounts.values()))))


def compose(
    record: Record, template: str, coded: Sequence[Coded], others: OtherSide, worth: Money, balancing: Balancing
) -> tuple[EntryLine, ...]:
    """Every account is there. Only where there are no problems do the amounts add up."""
    parts = [part for one in coded for part in _of_line(record, template, one)]
    if coded and any(len(some) > 1 for some in others.accounts.values()):
        accounts = next(some for some in others.accounts.values())
        parts += [_against(record, template, one, role) for one, role in zip(coded, accounts, strict=True)]
        return paired_lines(parts)
    text = line_text(template, record)
    for direction, some in others.accounts.items():
        parts += [_part(role, direction, worth.amount, text) for role in some]
    # Two account roles always share one line: as two they could be two vendor or bank lines in one voucher.
    alone = len(parts) == 2 and (not coded or balancing != "one")
    return one_line(*parts) if alone else separate_lines(parts)


def _of_line(record: Record, template: str, one: Coded) -> list[Part]:
    direction, text = one.booked.line.direction, line_text(template, record, one.booked.line.memo)
    main = _part(one.account, direction, one.booked.amount - one.tax_share, text, one.tax_groups)
    if one.tax is None or not one.tax_share:
        return [main]
    return [main, _part(one.tax, direction, one.tax_share, text)]


def _against(record: Record, template: str, one: Coded, role: Resolved) -> Part:
    """The balancing line of one coded line: its amount and text, in the other direction."""
    direction = CREDIT if one.booked.line.direction == DEBIT else DEBIT
    return _part(role, direction, one.booked.amount, line_text(template, record, one.booked.line.memo))


def _part(of: Resolved, direction: str, amount: Decimal, text: str, tax_groups: tuple[str, str] = ("", "")) -> Part:
    assert of.account is not None  # noqa: S101 - looked at by the caller
    return Part(of.account, direction, amount, text, of.why, tax_groups)
