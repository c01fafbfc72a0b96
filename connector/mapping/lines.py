"""Which of Brex's lines are booked, on which side, and whether they add up.

Facts: a line's amount is always positive and its direction is only in its type; a card expense comes with its
coded DEBIT line and (unless asked not to) an offsetting CREDIT line that carries no coding (Brex accounting
spec; one recorded record). The sign of the record's own amount is not documented, so only its magnitude is
used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from connector.domain.money import Money, quantized
from connector.domain.record import Line, Record
from connector.domain.treatments import Treatment
from connector.mapping.codings import has_value
from connector.mapping.findings import RECORD, Findings, Place, line_place
from connector.mapping.text import label
from connector.mapping.treatments import CREDIT, DEBIT


@dataclass(frozen=True, slots=True)
class Booked:
    """A line that becomes a ledger line. `amount` has its currency's decimals (0 where that is a problem)."""

    place: Place
    line: Line
    amount: Decimal


def worth_nothing(record: Record) -> bool:
    return not record.amount.amount and not _worth(record)


def booked_lines(record: Record, treatment: Treatment, found: Findings) -> list[Booked]:
    """The coded lines in Brex's order (none where both sides are account roles). Checks all lines."""
    present = _worth(record)
    sound = _check_money(record, present, found)
    coded = _coded(present, treatment)
    sound = _check_directions(record, treatment, present, coded, found) and sound
    if treatment.coded_side and not coded:
        found.at(RECORD).problem("RECORD-NO-LINES")
    elif sound:
        _check_balance(record, treatment, present, coded, found)
    return [Booked(place, line, exact(line.amount) or Decimal(0)) for place, line in coded]


def exact(money: Money) -> Decimal | None:
    """The amount with its currency's decimals; None where it is not an amount of that currency."""
    try:
        return quantized(money) if money.amount.is_finite() else None
    except (ValueError, InvalidOperation):
        return None


def _worth(record: Record) -> list[tuple[Place, Line]]:
    """The lines that are worth something, with their place; a zero line has nothing to book."""
    numbered = enumerate(record.lines, start=1)
    return [(line_place(number), line) for number, line in numbered if line.amount.amount]


def _coded(present: Sequence[tuple[Place, Line]], treatment: Treatment) -> list[tuple[Place, Line]]:
    """On the coded side, or carrying a coding. A line of the other side without one is Brex's own offset.

    Where all coding stands on the other side, it is the coded side's blank lines that are the offset.
    """
    side = treatment.coded_side
    if side is None:
        return []
    with_coding = [(place, line) for place, line in present if has_coding(line)]
    if with_coding and all(line.direction != side for _, line in with_coding):
        return with_coding
    return [(place, line) for place, line in present if line.direction == side or has_coding(line)]


def has_coding(line: Line) -> bool:
    return any(has_value(field) for field in line.fields)


def _check_money(record: Record, present: Sequence[tuple[Place, Line]], found: Findings) -> bool:
    amounts = [(RECORD, record.amount), *((place, line.amount) for place, line in present)]
    wrong = [(place, money) for place, money in amounts if exact(money) is None or (place.line and money.amount < 0)]
    for place, money in wrong:
        found.at(place).problem("RECORD-AMOUNT", amount=f"{money.amount}", currency=money.currency)
    currencies = sorted({money.currency for _, money in amounts})
    if len(currencies) > 1:
        found.at(RECORD).problem("RECORD-CURRENCIES", currencies=", ".join(currencies))
    return not wrong and len(currencies) == 1


def _check_directions(
    record: Record,
    treatment: Treatment,
    present: Sequence[tuple[Place, Line]],
    coded: Sequence[tuple[Place, Line]],
    found: Findings,
) -> bool:
    """False for a direction nobody knows, or all coding on the wrong side (a refund's on a DEBIT line)."""
    wrong = [(place, line) for place, line in present if line.direction not in (DEBIT, CREDIT)]
    if not any(line.direction == treatment.coded_side and has_coding(line) for _, line in coded):
        wrong += [(place, line) for place, line in coded if line.direction != treatment.coded_side]
    for place, line in wrong:
        expected = treatment.coded_side or f"{DEBIT} or {CREDIT}"
        shown = label(line.direction) or "blank"
        found.at(place).problem("RECORD-DIRECTION", type=record.type, expected=expected, found=shown)
    return not wrong


def _check_balance(
    record: Record,
    treatment: Treatment,
    present: Sequence[tuple[Place, Line]],
    coded: Sequence[tuple[Place, Line]],
    found: Findings,
) -> None:
    """Only for lines in one currency with sound amounts and directions."""
    worth = Money(abs(record.amount.amount), record.amount.currency)
    debits, credits_ = _total(present, DEBIT), _total(present, CREDIT)
    if treatment.coded_side is None:
        for side, total in ((DEBIT, debits), (CREDIT, credits_)):
            if total and total != worth.amount:
                _unbalanced(f"its {side} lines make {_words(total, worth)}, the record is worth {worth}", found)
        return
    if len(coded) < len(present) and debits != credits_:
        _unbalanced(f"debits make {_words(debits, worth)}, credits {_words(credits_, worth)}", found)
    net = _total(coded, DEBIT) - _total(coded, CREDIT)
    net = net if treatment.coded_side == DEBIT else -net
    if not worth.amount:
        _unbalanced("the record is worth nothing, but its lines are not", found)
    elif net != worth.amount:
        _unbalanced(f"the coded lines come to {_words(net, worth)}, the record is worth {worth}", found)


def _total(lines: Sequence[tuple[Place, Line]], direction: str) -> Decimal:
    return sum((line.amount.amount for _, line in lines if line.direction == direction), Decimal(0))


def _words(amount: Decimal, like: Money) -> str:
    return str(Money(amount, like.currency))


def _unbalanced(reason: str, found: Findings) -> None:
    found.at(RECORD).problem("RECORD-UNBALANCED", reason=reason)
