"""Expenses: keeping them, recoding them, and showing them as the API does.

Facts (Brex expenses spec): at most 100 a page since February 2026, more is a 400; merchant, user and so on are shown
only where they are expanded, custom fields only with load_custom_fields; a split expense has the status SPLIT and its
parts as line items, which are expenses themselves.
"""

import base64
import binascii
import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from connector.domain import jsonio
from sandbox.brex.answers import Json, bad_request, classic
from sandbox.brex.receipts import Receipts
from sandbox.clock import Clock, parse, stamp
from sandbox.state import Store

_KIND: Final = "brex_expense"
_EXPANDED: Final = ("location", "department", "merchant", "receipts.download_uris", "user", "budget", "payment",
                    "spending_entity", "policy")  # fmt: skip
# Query parameter → the field it is about.
_LISTS: Final = {
    "user_id[]": "user_id", "parent_expense_id[]": "parent", "budget_id[]": "budget_id",
    "spending_entity_id[]": "spending_entity_id", "expense_type[]": "expense_type", "status[]": "status",
    "payment_status[]": "payment_status",
}  # fmt: skip
_COMPARED: Final[dict[str, Callable[[datetime, datetime], bool]]] = {"start": operator.ge, "end": operator.le}
_TIMES: Final = {
    f"{name}_{end}": (name, compare)
    for name in ("purchased_at", "updated_at", "payment_posted_at")
    for end, compare in _COMPARED.items()
}
_PAGE: Final = 100


class Expenses:
    def __init__(self, store: Store, clock: Clock, receipts: Receipts) -> None:
        self._store = store
        self._clock = clock
        self._receipts = receipts
        self.whole_parts = True  # whether a split expense shows its parts at once

    def add(self, parts: "list[Json] | None" = None, **fields: Any) -> str:
        """An approved card expense, changed by `fields`; with `parts`, a split one. Its id."""
        number = self._store.next(_KIND)
        expense = self._blank(f"expense_{number:024d}") | fields
        if parts:
            expense |= {"status": fields.get("status", "SPLIT")}
        self._store.put(_KIND, expense["id"], expense)
        for part in parts or []:
            self.add(**part, parent=expense["id"])
        return str(expense["id"])

    def change(self, expense_id: str, **changes: Any) -> None:
        """As a person would recode it; newer updated_at. Raises KeyError."""
        doc = self._store.get(_KIND, expense_id)
        if doc is None:
            raise KeyError(expense_id)
        moment = stamp(max(self._clock(), parse(doc["updated_at"])))
        self._store.put(_KIND, expense_id, doc | {"updated_at": moment} | changes)

    def remove(self, expense_id: str) -> None:
        self._store.delete(_KIND, expense_id)

    def get(self, expense_id: str) -> Json | None:
        return self._store.get(_KIND, expense_id)

    def all(self) -> list[Json]:
        return self._store.all(_KIND)

    def listed(self, args: "MultiDict[str, str]") -> Json:
        """The body of GET /v1/expenses: without their parts, unless those are asked for by their parent."""
        _check(args, {*_LISTS, *_TIMES, "expand[]", "load_custom_fields", "cursor", "limit"})
        found = [one for one in self._store.all(_KIND) if _fits(one, args)]
        limit, start = _limit(args.get("limit", str(_PAGE))), _offset(args.get("cursor"))
        following = base64.b64encode(jsonio.dumps({"limit": limit, "offset": start + limit}).encode()).decode()
        return {
            "next_cursor": following if start + limit < len(found) else None,
            "items": [self._shown(one, args) for one in found[start : start + limit]],
        }

    def one(self, expense_id: str, args: "MultiDict[str, str]") -> Json:
        _check(args, {"expand[]", "load_custom_fields"})
        doc = self._store.get(_KIND, expense_id)
        if doc is None:
            raise classic(404, "NOT_FOUND", "Not Found")
        return self._shown(doc, args)

    def _shown(self, doc: Json, args: "MultiDict[str, str]") -> Json:
        expanded = set(args.getlist("expand[]"))
        if unknown := expanded - set(_EXPANDED):
            raise bad_request(f"cannot expand {', '.join(sorted(unknown))}")
        hidden = {name for name in _EXPANDED if name not in expanded}
        shown = {name: None if name in hidden else value for name, value in doc.items() if name != "parent"}
        links = self._receipts.hidden if "receipts.download_uris" in hidden else self._receipts.shown
        shown["receipts"] = links(doc["receipts"])
        if args.get("load_custom_fields") != "true":
            shown["custom_fields"] = None
        parts = [one for one in self._store.all(_KIND) if one["parent"] == doc["id"]] if self.whole_parts else []
        return shown | {"expense_line_items": [self._shown(one, args) for one in parts] or None}

    def _blank(self, name: str) -> Json:
        moment = stamp(self._clock())
        nothing = ("memo", "location_id", "location", "address", "department_id", "department", "category",
                   "merchant_id", "merchant", "budget_id", "budget", "original_amount", "billing_amount",
                   "user_id", "user", "custom_fields", "spending_entity_id", "spending_entity", "exported_at",
                   "parent")  # fmt: skip
        return dict.fromkeys(nothing) | {
            "id": name,
            "updated_at": moment,
            "payment_posted_at": moment,
            "purchased_at": moment,
            "expense_type": "CARD",
            "status": "APPROVED",
            "payment_status": "CLEARED",
            "receipts": [],
            "dashboard_url": f"https://dashboard.brex.com/expenses/{name}",
        }


def _fits(doc: Json, args: "MultiDict[str, str]") -> bool:
    if "parent_expense_id[]" not in args and doc["parent"] is not None:
        return False
    if any(name in args and doc.get(field) not in args.getlist(name) for name, field in _LISTS.items()):
        return False
    return all(
        doc.get(field) is not None and fits(parse(doc[field]), _moment(name, args[name]))
        for name, (field, fits) in _TIMES.items()
        if name in args
    )


def _check(args: "MultiDict[str, str]", known: set[str]) -> None:
    if unknown := args.keys() - known:
        raise bad_request(f"unknown query parameter {', '.join(sorted(unknown))}")
    if args.get("load_custom_fields", "true") not in ("true", "false"):
        raise bad_request("load_custom_fields must be true or false")


def _moment(name: str, text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise bad_request(f"{name} must be a date and time, RFC 3339") from error


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _PAGE:
        raise bad_request(f"limit must be a number from 1 to {_PAGE}")
    return int(text)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(jsonio.loads(base64.b64decode(cursor, validate=True))["offset"])
    except (binascii.Error, jsonio.NotJson, ValueError, KeyError, TypeError) as error:
        raise bad_request("cursor was not issued here") from error
