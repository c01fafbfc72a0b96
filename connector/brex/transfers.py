"""Transfers to bill-pay vendors (Payments API, v1): created under a key, and looked for by their memo."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connector.brex import lists
from connector.brex.errors import NoAnswer, Unreadable
from connector.brex.v1 import V1
from connector.domain import jsonio
from connector.domain.money import Money, digits, quantized

PATH: Final = "/v1/transfers"
LONGEST_MEMO: Final = 40  # fact: of a cheque; 90 for the other rails (Brex, Payments API)


@dataclass(frozen=True, slots=True)
class Transfer:
    """`status` in Brex's words: PROCESSING, SCHEDULED, PENDING_APPROVAL, FAILED, PROCESSED. `minor`: its amount."""

    id: str
    status: str
    memo: str
    minor: int
    currency: str


class Transfers:
    """Creating needs the scope transfers, looking transfers.readonly. All errors are `brex.errors`."""

    def __init__(self, v1: V1) -> None:
        self._v1 = v1

    def marked(self, reference: str) -> list[Transfer]:
        """Those whose memo has our reference. Fact: there is no filter, and the description is Brex's own."""
        return [one for page in self._pages() for one in page if reference in one.memo]

    def create(self, body: bytes, key: str) -> Transfer:
        """One transfer, byte for byte as given. Raises `NoAnswer` where it is unknown whether money is on its way.

        Fact: Idempotency-Key is required, and a second request with the same key is ignored as a duplicate.
        """
        answer, trace = self._v1.send("POST", PATH, body, {"Idempotency-Key": key})
        try:
            return _transfer(answer, trace)
        except Unreadable:
            raise NoAnswer("Brex's answer does not show the transfer", trace_id=trace) from None

    def _pages(self) -> Iterator[list[Transfer]]:
        return lists.pages(self._v1, PATH, _transfer, "transfers")


def body_of(account_id: str, instrument: str, money: Money, memo: str, description: str) -> str:
    """Facts: amounts are in the currency's smallest unit; all of these are required (Brex, Payments API)."""
    minor = int(quantized(money).scaleb(digits(money.currency)))
    return jsonio.dumps({
        "counterparty": {"type": "VENDOR", "payment_instrument_id": instrument},
        "amount": {"amount": minor, "currency": money.currency},
        "description": description,
        "external_memo": memo,
        "originating_account": {"type": "BREX_CASH", "id": account_id},
    })  # fmt: skip


def _transfer(item: Any, trace: str) -> Transfer:
    money = item.get("amount") if isinstance(item, dict) else None
    minor = money.get("amount") if isinstance(money, dict) else None
    if not isinstance(money, dict) or not isinstance(minor, int | Decimal) or not _text(item, "id"):
        raise Unreadable("a transfer of Brex's cannot be read", status=200, trace_id=trace)
    return Transfer(
        _text(item, "id"), _text(item, "status"), _text(item, "external_memo"), int(minor),
        _text(money, "currency") or "USD",
    )  # fmt: skip


def _text(item: Any, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
