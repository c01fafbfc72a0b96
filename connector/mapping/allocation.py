"""Sharing out an amount of money without losing a cent."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal


def allocate(amount: Decimal, weights: Sequence[Decimal], digits: int) -> list[Decimal]:
    """Shares of an amount (major units, not negative, with so many decimals), by the largest remainder.

    Each share has so many decimals and differs from the exact one by less than one unit of the last; together they
    are the amount. Weights are not negative, and one of them is more than zero. Of equal remainders the first wins.
    """
    unit = Decimal(1).scaleb(-digits)
    total = sum(weights, Decimal(0))
    units = int(amount / unit)
    exact = [units * weight / total for weight in weights]
    shares = [int(share.to_integral_value(ROUND_FLOOR)) for share in exact]
    by_remainder = sorted(range(len(shares)), key=lambda at: (shares[at] - exact[at], at))
    for at in by_remainder[: units - sum(shares)]:
        shares[at] += 1
    return [share * unit for share in shares]
