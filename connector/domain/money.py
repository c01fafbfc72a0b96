"""Amounts of money: `Decimal` in major currency units (100.50 = one hundred dollars and fifty cents)."""

from dataclasses import dataclass
from decimal import Decimal

# ISO 4217 minor-unit digits that differ from 2; every other currency has two.
_DIGITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in major units, `currency` an ISO 4217 code in upper case."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:,.{digits(self.currency)}f} {self.currency}"


def digits(currency: str) -> int:
    """How many decimals an amount of this currency has (ISO 4217): JPY 0, USD 2, KWD 3."""
    return _DIGITS.get(currency.upper(), 2)


def fits(money: Money) -> bool:
    """True where the amount has no more decimals than its currency: 1.005 USD is not an amount of money."""
    return money.amount == round(money.amount, digits(money.currency))


def quantized(money: Money) -> Decimal:
    """The amount with exactly its currency's decimals. Never rounds: raises ValueError where it would have to."""
    if not fits(money):
        raise ValueError(f"{money.amount} has more decimals than {money.currency} knows")
    return money.amount.quantize(Decimal(1).scaleb(-digits(money.currency)))
