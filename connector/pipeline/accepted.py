"""What a person accepted as it stands: an entry that F&O changed, or spread over vouchers in its own way. Pure.

Accepted is the form, never the substance: it must stand once, with as many lines as were sent, balanced, and worth the
same in the same currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.pipeline.decide import Clock, Decision, Do, Found, Reading, decide
from connector.store.writes import Write

Row = Mapping[str, Any]


def decision(one: Write, reading: Reading, clock: Clock, rows: Sequence[Row]) -> Decision:
    """`decide`, with what was accepted for the record passed over. `rows`: the lines that were found."""
    made = _decide(one, reading, clock)
    for _ in ("changed", "and in other vouchers"):
        if made.do is not Do.HOLD or made.code not in one.accepted or not same_worth(one.intent, rows):
            break
        reading = replace(reading, found=tuple(_without(found, made.code) for found in reading.found))
        made = _decide(one, reading, clock)
    return made


def _decide(one: Write, reading: Reading, clock: Clock) -> Decision:
    return decide(confirmed=one.confirmed, lines=one.lines, reading=reading, clock=clock, looks=one.looks)


def _without(found: Found, code: str) -> Found:
    if code == "D365-ALTERED":
        return replace(found, differences=())
    if code == "D365-VOUCHER":
        return replace(found, vouchers=found.vouchers[:1], voucher_shared=False)
    return found


def same_worth(intent: Sequence[Row], rows: Sequence[Row]) -> bool:
    """As many lines, balanced, and the same total in the same currency."""
    debit, credit = totals(rows)
    return (
        len(rows) == len(intent)
        and debit == credit == totals(intent)[0]
        and {_currency(row) for row in rows} == {_currency(row) for row in intent}
    )


def totals(rows: Sequence[Row]) -> tuple[Decimal, Decimal]:
    """Debits and credits, major units. A line with an offset account is both."""
    both = [row for row in rows if row.get("OffsetAccountDisplayValue")]
    debit = _sum(rows, "DebitAmount") + _sum(both, "CreditAmount")
    return debit, _sum(rows, "CreditAmount") + _sum(both, "DebitAmount")


def _sum(rows: Sequence[Row], name: str) -> Decimal:
    """NaN, which equals nothing, where one of them is no amount."""
    amounts = [row.get(name) for row in rows]
    if not all(isinstance(amount, int | Decimal) for amount in amounts):
        return Decimal("NaN")
    return sum((Decimal(amount) for amount in amounts if amount is not None), Decimal(0))


def _currency(row: Row) -> str:
    return str(row.get("CurrencyCode")).upper()
