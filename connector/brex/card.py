"""The primary card account: its finalised statements, and the settled transactions that make them up.

Facts (Brex transactions spec): amounts are whole numbers of the currency's smallest denomination, a currency that is
not given is USD; a statement's period ends before its `end_date`, and both dates are of UTC; balances may be null. What
the customer owes is positive: a purchase adds to it, a COLLECTION (a payment to Brex) is negative (its examples).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from connector.brex.calls import Calls, Params
from connector.brex.errors import Unreadable
from connector.domain.money import Money, digits
from connector.outbound.session import Outbound

COLLECTION: Final = "COLLECTION"
_STATEMENTS: Final = "/v2/accounts/card/primary/statements"
_TRANSACTIONS: Final = "/v2/transactions/card/primary"


@dataclass(frozen=True, slots=True)
class Statement:
    """Both days belong to it. Balances in major units; None where Brex does not say."""

    id: str
    first: date
    last: date
    opening: Money | None
    closing: Money | None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One settled transaction: what it adds to what is owed, in major units."""

    id: str
    day: date
    kind: str
    amount: Money


class Card:
    """Needs statements.card.readonly and transactions.card.readonly. All errors are `brex.errors`."""

    def __init__(self, outbound: Outbound, *, token: str, base_url: str) -> None:
        self._calls = Calls(outbound, token)
        self._base_url = base_url.rstrip("/")

    def statements(self) -> list[Statement]:
        """All finalised statements, the newest first."""
        found = [_statement(item, trace) for item, trace in self._items(_STATEMENTS, [])]
        return sorted(found, key=lambda one: one.last, reverse=True)

    def transactions(self, since: date) -> Iterator[Transaction]:
        """Settled transactions posted on that day or later. Fact: there is no filter for their end."""
        for item, trace in self._items(_TRANSACTIONS, [("posted_at_start", f"{since.isoformat()}T00:00:00.000")]):
            yield _transaction(item, trace)

    def _items(self, path: str, filters: Params) -> Iterator[tuple[dict[str, Any], str]]:
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            params = filters if cursor is None else [*filters, ("cursor", cursor)]
            page, trace = self._calls.send("GET", f"{self._base_url}{path}", params=params)
            items = page.get("items") if isinstance(page, dict) else None
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise Unreadable("Brex's page has no list of items", status=200, trace_id=trace)
            yield from ((item, trace) for item in items)
            cursor = page.get("next_cursor") or None
            if cursor is None:
                return
            if not isinstance(cursor, str) or cursor in seen:
                raise Unreadable("Brex's pages go round in a circle", status=200, trace_id=trace)
            seen.add(cursor)


def _statement(item: dict[str, Any], trace: str) -> Statement:
    period = item.get("period")
    period = period if isinstance(period, dict) else {}
    first, end = (_day(period.get(name), "statement", trace) for name in ("start_date", "end_date"))
    opening, closing = (_money(item.get(name), trace) for name in ("start_balance", "end_balance"))
    return Statement(str(item.get("id", "")), first, end - timedelta(days=1), opening, closing)


def _transaction(item: dict[str, Any], trace: str) -> Transaction:
    amount = _money(item.get("amount"), trace)
    if amount is None:
        raise Unreadable("Brex's card transaction has no amount", status=200, trace_id=trace)
    day = _day(item.get("posted_at_date"), "card transaction", trace)
    return Transaction(str(item.get("id", "")), day, str(item.get("type") or ""), amount)


def _money(value: Any, trace: str) -> Money | None:
    if value is None:
        return None
    amount = value.get("amount") if isinstance(value, dict) else None
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise Unreadable("an amount in Brex's answer is not a whole number", status=200, trace_id=trace)
    currency = str(value.get("currency") or "USD").upper()
    return Money(Decimal(amount).scaleb(-digits(currency)), currency)


def _day(value: Any, what: str, trace: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(f"Brex's {what} has no readable date", status=200, trace_id=trace) from None
