"""The primary cash account and its settled transactions.

Fact: a cash transaction's amount may be null, and what sign it has is not documented (Brex transactions spec); here
money that leaves the account is negative.
"""

from datetime import date
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from sandbox.brex.answers import Json, classic
from sandbox.brex.card import check, moment, page
from sandbox.state import Store

ACCOUNT: Final = "dpacc_sandbox00000000000000001"
_KIND: Final = "brex_cash_transaction"


class CashAccount:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, kind: str, cents: int, day: date, **more: Any) -> str:
        number = self._store.next(_KIND)
        made = {
            "id": f"psct_{number:024d}",
            "description": kind.capitalize(),
            "amount": {"amount": cents, "currency": "USD"},
            "initiated_at_date": day.isoformat(),
            "posted_at_date": day.isoformat(),
            "type": kind,
            "transfer_id": None,
        } | more
        self._store.put(_KIND, made["id"], made)
        return str(made["id"])

    def accounts(self, args: "MultiDict[str, str]") -> Json:
        """The body of GET /v2/accounts/cash."""
        check(args, set())
        total = sum(one["amount"]["amount"] for one in self._store.all(_KIND) if one["amount"])
        balance = {"amount": total, "currency": "USD"}
        account = {
            "id": ACCOUNT,
            "name": "Primary",
            "status": "ACTIVE",
            "current_balance": balance,
            "available_balance": balance,
            "account_number": "000000000",
            "routing_number": "000000000",
            "primary": True,
        }
        return {"next_cursor": None, "items": [account]}

    def transactions(self, account_id: str, args: "MultiDict[str, str]") -> Json:
        """The body of GET /v2/transactions/cash/{id}."""
        check(args, {"cursor", "limit", "posted_at_start"})
        if account_id != ACCOUNT:
            raise classic(404, "NOT_FOUND", "Not Found")
        start = args.get("posted_at_start")
        since = moment(start).date() if start is not None else date.min
        found = [one for one in self._store.all(_KIND) if date.fromisoformat(one["posted_at_date"]) >= since]
        return page(sorted(found, key=lambda one: str(one["posted_at_date"]), reverse=True), args)
