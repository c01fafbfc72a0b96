"""In which of Brex's amounts a record is booked: `amount`, or by setting the billing amount.

Fact: a recorded line carries `billing_amount` beside `amount`; the spec does not know it, and Brex's own offsetting
line has none. `original_amount` is what the merchant charged and is never booked.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from connector.domain.money import Money
from connector.domain.record import Record
from connector.mapping.findings import RECORD, Findings
from connector.mapping.lines import Booked, exact
from connector.mapping.treatments import DEBIT


def in_amount(record: Record, booked: Sequence[Booked]) -> tuple[list[Booked], Money]:
    """The lines as they are, and what the record is worth."""
    worth = exact(record.amount)
    return list(booked), Money(abs(record.amount.amount if worth is None else worth), record.amount.currency)


def in_billing_amount(
    record: Record, booked: Sequence[Booked], side: str | None, found: Findings
) -> tuple[list[Booked], Money]:
    """The lines in their billing amounts, and the record's worth in them. A line without one is a problem.

    `side`: the coded side. A record without coded lines has nothing but its amount.
    """
    if not booked or side is None:
        return in_amount(record, booked)
    lines, currencies = [], set()
    for one in booked:
        money = one.line.billing_amount
        amount = None if money is None or money.amount <= 0 else exact(money)
        if money is None or amount is None:
            found.at(one.place).problem("MAP-BILLING-AMOUNT")
        else:
            lines.append(replace(one, amount=amount))
            currencies.add(money.currency)
    if len(currencies) > 1:
        found.at(RECORD).problem("RECORD-CURRENCIES", currencies=", ".join(sorted(currencies)))
    if len(lines) < len(booked) or len(currencies) != 1:
        return in_amount(record, booked)
    net = sum((one.amount if one.line.direction == DEBIT else -one.amount for one in lines), Decimal(0))
    worth = Money(net if side == DEBIT else -net, currencies.pop())
    _check(record, worth, found)
    return lines, worth


def _check(record: Record, worth: Money, found: Findings) -> None:
    told = record.billing_amount
    if worth.amount <= 0:
        reason = f"the billing amounts of the coded lines come to {worth}"
    elif told is not None and Money(abs(told.amount), told.currency) != worth:
        reason = f"the billing amounts of the coded lines come to {worth}, the record's is {told}"
    else:
        return
    found.at(RECORD).problem("RECORD-UNBALANCED", reason=reason)
