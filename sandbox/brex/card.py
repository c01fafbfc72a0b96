"""The primary card account: settled transactions, and a statement for each month of UTC that is over.

Facts (Brex transactions spec): amounts are whole cents; a purchase adds to what is owed, a COLLECTION is negative; a
statement's end_date does not belong to it; statements and transactions come in pages with a cursor; no end filter.
Transactions follow from the card records in USD, which is what the account is kept in; more can be added by hand.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from sandbox.brex.answers import Json, bad_request
from sandbox.brex.records import Records
from sandbox.clock import Clock, parse
from sandbox.state import Store

_KIND: Final = "brex_card_transaction"
_CURRENCY: Final = "USD"
# Record type → transaction type, and what it does to what is owed.
_SETTLED: Final = {
    "CARD_EXPENSE_POST": ("PURCHASE", 1),
    "CARD_EXPENSE_REFUND": ("REFUND", -1),
    "CARD_PAYMENT": ("COLLECTION", -1),
    "CARD_PAYMENT_REFUND": ("COLLECTION", 1),
    "REWARD_REDEMPTION": ("REWARDS_CREDIT", -1),
}
_PAGE: Final = 100
_MOST: Final = 1000  # fact: "up to 1000" by the guide to pagination, more is a 400


class CardAccount:
    def __init__(self, store: Store, clock: Clock, records: Records) -> None:
        self._store = store
        self._clock = clock
        self._records = records

    def add(self, kind: str, cents: int, day: date, **more: Any) -> str:
        """A settled transaction of which there is no accounting record; its id. `more`: fields as they are to be."""
        number = self._store.next(_KIND)
        made = _transaction(f"pste_{number:024d}", kind, cents, day) | more
        self._store.put(_KIND, made["id"], made)
        return str(made["id"])

    def change(self, transaction_id: str, **changes: Any) -> None:
        """Raises KeyError."""
        doc = self._store.get(_KIND, transaction_id)
        if doc is None:
            raise KeyError(transaction_id)
        self._store.put(_KIND, transaction_id, doc | changes)

    def added(self) -> list[Json]:
        """Those that were added by hand, oldest first."""
        return self._store.all(_KIND)

    def transactions(self, args: "MultiDict[str, str]") -> Json:
        """The body of GET /v2/transactions/card/primary."""
        check(args, {"cursor", "limit", "posted_at_start", "user_ids", "expand[]"})
        start = args.get("posted_at_start")
        since = moment(start).date() if start is not None else date.min
        if int(args.get("limit", "1") if args.get("limit", "1").isdecimal() else 1) > _MOST:
            raise bad_request(f"limit must be at most {_MOST}")
        expanded = args.getlist("expand[]")
        if set(expanded) - {"expense_id"}:
            raise bad_request("expand[] takes expense_id")
        found = [one for one in self._all() if date.fromisoformat(one["posted_at_date"]) >= since]
        # Fact: the published example has the newest first.
        shown = [one if expanded else {k: v for k, v in one.items() if k != "expense_id"} for one in reversed(found)]
        return page(shown, args)

    def statements(self, args: "MultiDict[str, str]") -> Json:
        """The body of GET /v2/accounts/card/primary/statements: finalised ones alone, the newest first."""
        check(args, {"cursor", "limit"})
        return page(list(reversed(self._statements())), args)

    def _all(self) -> list[Json]:
        settled = []
        for record in self._records.all():
            if record["type"] in _SETTLED and record["amount"]["currency"] == _CURRENCY:
                kind, sign = _SETTLED[record["type"]]
                cents = int(abs(Decimal(record["amount"]["amount"])) * 100) * sign
                settled.append(_transaction(f"pste_{record['id']}", kind, cents, parse(record["posted_at"]).date()))
        return sorted([*settled, *self._store.all(_KIND)], key=lambda one: str(one["posted_at_date"]))

    def _statements(self) -> list[Json]:
        found: list[Json] = []
        transactions = self._all()
        if not transactions:
            return found
        first = date.fromisoformat(transactions[0]["posted_at_date"]).replace(day=1)
        balance = 0
        while (end := _next_month(first)) <= self._clock().date():
            opening, days = balance, (first.isoformat(), end.isoformat())
            balance += sum(
                one["amount"]["amount"] for one in transactions if days[0] <= one["posted_at_date"] < days[1]
            )
            found.append(
                {
                    "id": f"stmt_{first:%Y%m}",
                    "start_balance": {"amount": opening, "currency": _CURRENCY},
                    "end_balance": {"amount": balance, "currency": _CURRENCY},
                    "period": {"start_date": days[0], "end_date": days[1]},
                }
            )
            first = end
        return found


def _transaction(name: str, kind: str, cents: int, day: date) -> Json:
    card = None if kind in ("REWARDS_CREDIT", "COLLECTION") else "card_sandbox"
    return {
        "id": name,
        "card_id": card,
        "description": kind.capitalize(),
        "amount": {"amount": cents, "currency": _CURRENCY},
        "initiated_at_date": day.isoformat(),
        "posted_at_date": day.isoformat(),
        "type": kind,
        "merchant": None,
        "card_metadata": None,
        "expense_id": None,
        "card_transaction_operation_reference_id": None,
    }


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def check(args: "MultiDict[str, str]", known: set[str]) -> None:
    if unknown := args.keys() - known:
        raise bad_request(f"unknown query parameter {', '.join(sorted(unknown))}")


def moment(text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise bad_request("posted_at_start must be a date and time, RFC 3339") from error


def page(items: Sequence[Json], args: "MultiDict[str, str]") -> Json:
    limit, start = (
        _number(args.get(name, default), name) for name, default in (("limit", str(_PAGE)), ("cursor", "0"))
    )
    end = start + max(1, limit)
    following: Any = str(end) if end < len(items) else None
    return {"next_cursor": following, "items": list(items[start:end])}


def _number(text: str, name: str) -> int:
    if not text.isdecimal():
        raise bad_request(f"{name} cannot be read")
    return int(text)
