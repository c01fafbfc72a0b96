"""Card and cash transactions (v2), and the expenses behind them (v1): pages of plain items, and nothing else.

Facts (Brex transactions and expenses specs): transactions can be filtered by the first day and by no last one, and show
their expense's id where it is asked for; a page has at most 1,000 of them, of expenses 100 (since February 2026; more
is a 400). A cursor is an offset inside, seen decoded: while a list is read, what is new pushes the rest along, so a
page may show again what the one before it showed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Final

from connector.brex.calls import Calls, Params
from connector.brex.client import MOST_PAGES
from connector.brex.errors import BrexError, Refused, Unreadable
from connector.brex.v1 import V1
from connector.outbound.session import Outbound

Item = dict[str, Any]
Pages = Iterator[list[Item]]
MOST_TRANSACTIONS: Final = 1000
MOST_EXPENSES: Final = 100
# What is asked again where items were shown twice: the list moved under our hands.
_MOST_READINGS: Final = 3
_TRANSACTIONS: Final = "/v2/transactions/card/primary"
_CASH: Final = "/v2/accounts/cash"
_EXPENSES: Final = "/v1/expenses"
_EXPANDED: Final = [("expand[]", name) for name in ("merchant", "user", "department", "location", "spending_entity")]


class Spend:
    """Needs transactions.card.readonly and expenses.card.readonly; for cash accounts accounts.cash.readonly and
    transactions.cash.readonly. All errors are `brex.errors`.
    """

    def __init__(self, outbound: Outbound, *, token: str, base_url: str, v1_base_url: str) -> None:
        self._calls = Calls(outbound, token)
        self._v1 = V1(outbound, token=token, v1_base_url=v1_base_url, base_url=base_url)
        self._base_url = base_url.rstrip("/")

    def transactions(self, since: date, limit: int = MOST_TRANSACTIONS) -> Pages:
        """Settled card transactions posted on that day or later, with their `expense_id`; each item once."""
        filters: Params = [("posted_at_start", _start(since)), ("expand[]", "expense_id")]
        try:
            yield from self._settled(_TRANSACTIONS, [*filters, ("limit", str(limit))])
        except Refused as error:
            if error.status != 400 or limit <= 100:
                raise
            yield from self._settled(_TRANSACTIONS, filters)  # by Brex's own limit, whatever that is

    def one_page(self) -> list[Item]:
        """The smallest look: one transaction at most."""
        page, trace = self._get(_TRANSACTIONS, [("limit", "1")])
        return _items(page, trace)

    def cash_accounts(self) -> list[Item]:
        return [item for page in _pages(self._get, _CASH, []) for item in page]

    def cash_transactions(self, account_id: str, since: date) -> Pages:
        """Of one cash account, posted on that day or later; each item once."""
        path = f"/v2/transactions/cash/{_in_path(account_id)}"
        return self._settled(path, [("posted_at_start", _start(since)), ("limit", str(MOST_TRANSACTIONS))])

    def expenses(self, first: date, last: date) -> Pages:
        """Card expenses whose payment was posted from one day to the other, with their coding."""
        bounds = [("payment_posted_at_start", _start(first)), ("payment_posted_at_end", f"{last}T23:59:59.999")]
        return _pages(self._v1.get, _EXPENSES, [*_asked(), ("expense_type[]", "CARD"), *bounds])

    def updated_expenses(self, since: datetime) -> Pages:
        """Card expenses that changed at that time or later; their ids and times are enough, so nothing is expanded."""
        start = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        filters = [("expense_type[]", "CARD"), ("updated_at_start", start), ("limit", str(MOST_EXPENSES))]
        return _pages(self._v1.get, _EXPENSES, filters)

    def parts(self, expense_id: str) -> list[Item]:
        """The parts of a split expense."""
        filters = [*_asked(), ("parent_expense_id[]", expense_id)]
        return [item for page in _pages(self._v1.get, _EXPENSES, filters) for item in page]

    def expense(self, expense_id: str) -> Item | None:
        """One expense, whatever it is of; None where Brex does not know it."""
        try:
            found, trace = self._v1.get(f"{_EXPENSES}/{_in_path(expense_id)}", [*_EXPANDED, _CODED])
        except BrexError as error:
            if error.status == 404:
                return None
            raise
        if not isinstance(found, dict):
            raise Unreadable("Brex's expense is no object", status=200, trace_id=trace)
        return found

    def _settled(self, path: str, filters: Params) -> Pages:
        """Every page, each item once. Where an item came twice the list had moved: it is read again from its start."""
        known: set[str] = set()
        for _ in range(_MOST_READINGS):
            moved, shown = False, set[str]()
            for page in _pages(self._get, path, filters):
                ids = [str(item.get("id")) for item in page]
                moved = moved or not shown.isdisjoint(ids)
                shown.update(ids)
                fresh = {id_: item for id_, item in zip(ids, page, strict=True) if id_ not in known}
                known.update(ids)
                yield list(fresh.values())
            if not moved:
                return

    def _get(self, path: str, params: Params) -> tuple[Any, str]:
        return self._calls.send("GET", f"{self._base_url}{path}", params=params)


_CODED: Final = ("load_custom_fields", "true")


def _asked() -> Params:
    return [*_EXPANDED, _CODED, ("limit", str(MOST_EXPENSES))]


def _pages(get: Callable[[str, Params], tuple[Any, str]], path: str, filters: Params) -> Pages:
    """Filters are sent again with each cursor: whether it remembers them is not documented."""
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        page, trace = get(path, filters if cursor is None else [*filters, ("cursor", cursor)])
        yield _items(page, trace)
        cursor = page.get("next_cursor") or None
        if cursor is None:
            return
        if not isinstance(cursor, str) or cursor in seen:
            raise Unreadable("Brex's pages go round in a circle", status=200, trace_id=trace)
        if len(seen) == MOST_PAGES:
            raise Unreadable("Brex's pages have no end", status=200, trace_id=trace)
        seen.add(cursor)


def _items(page: Any, trace: str) -> list[Item]:
    items = page.get("items") if isinstance(page, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unreadable("Brex's page has no list of items", status=200, trace_id=trace)
    return items


def _start(day: date) -> str:
    return f"{day}T00:00:00.000"


def _in_path(identity: str) -> str:
    """An id goes into a path of ours: nothing but what Brex's ids are made of."""
    if not identity.isascii() or not identity.replace("_", "").replace("-", "").isalnum():
        raise Refused("this is no id of Brex's", status=404)
    return identity
