"""Brex's fields and their values (Fields API, v1): read whole, created and updated by the thousand, never deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from connector.brex.calls import Params
from connector.brex.errors import NoAnswer, Unreadable
from connector.brex.v1 import V1

MOST: Final = 1000  # of values in a call, and on a page (Brex, Fields API)
ERP: Final = "ERP"
PATH: Final = "/v1/fields"


@dataclass(frozen=True, slots=True)
class Field:
    """`remote_id` is empty where the field was made in Brex."""

    id: str
    remote_id: str
    name: str
    group: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field. `remote_id` is empty where it was made in Brex."""

    id: str
    remote_id: str
    value: str
    disabled: bool


class Fields:
    """Reading needs the scopes fields.read and field_values.read, changing fields.write and field_values.write.

    All errors are `brex.errors`. A change may raise `NoAnswer`: read before it is sent again, and then with the same
    body and key.
    """

    def __init__(self, v1: V1) -> None:
        self._v1 = v1

    def fields(self) -> list[Field]:
        """Every field of the account, whoever made it."""
        return [_field(item, trace) for page, trace in self._pages(PATH) for item in page]

    def values(self, field_id: str) -> Iterator[list[Value]]:
        """A field's values, page by page, in no order one may rely on."""
        for page, trace in self._pages(values_path(field_id)):
            yield [_value(item, trace) for item in page]

    def send(self, method: str, path: str, body: bytes, key: str) -> list[Value] | Field:
        """One change as it is, byte for byte: the values that were created or updated, or the field.

        Fact: a POST requires an Idempotency-Key, and a second request with the same key is ignored as a duplicate; for
        a PUT it is not declared, and means the same a second time anyway.
        """
        headers = {"Idempotency-Key": key} if method == "POST" else {}
        answer, trace = self._v1.send(method, path, body, headers)
        unclear = NoAnswer("Brex's answer does not show what it did with the fields", trace_id=trace)
        if not isinstance(answer, dict):
            raise unclear
        if not path.endswith("/values"):
            return _field(answer, trace, unclear)
        items = answer.get("items")
        if not isinstance(items, list):
            raise unclear
        return [_value(item, trace, unclear) for item in items]

    def _pages(self, path: str) -> Iterator[tuple[list[Any], str]]:
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            params: Params = [("limit", str(MOST)), *([] if cursor is None else [("cursor", cursor)])]
            page, trace = self._v1.get(path, params)
            items = page.get("items") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise Unreadable("Brex's page has no list of fields or values", status=200, trace_id=trace)
            yield items, trace
            cursor = page.get("next_cursor") or None
            if cursor is None:
                return
            if not isinstance(cursor, str) or cursor in seen:
                raise Unreadable("Brex's pages of fields go round in a circle", status=200, trace_id=trace)
            seen.add(cursor)


def values_path(field_id: str) -> str:
    return f"{PATH}/{field_id}/values"


def new_field(remote_id: str, name: str, integration_id: str) -> dict[str, Any]:
    """Fact: a field of the group ERP belongs to an accounting integration, and is refused without one."""
    return {"name": name, "group": ERP, "remote_id": remote_id, "integration_id": integration_id, "is_disabled": False}


def _field(item: Any, trace: str, unclear: Exception | None = None) -> Field:
    if not _readable(item, "brex_id"):
        raise unclear or Unreadable("a field of Brex's cannot be read", status=200, trace_id=trace)
    return Field(
        item["brex_id"], _text(item, "remote_id"), _text(item, "name"), _text(item, "group"),
        item.get("is_disabled") is True,
    )  # fmt: skip


def _value(item: Any, trace: str, unclear: Exception | None = None) -> Value:
    if not _readable(item, "brex_id", "value"):
        raise unclear or Unreadable("a field's value cannot be read", status=200, trace_id=trace)
    return Value(item["brex_id"], _text(item, "remote_id"), item["value"], item.get("is_disabled") is True)


def _readable(item: Any, *names: str) -> bool:
    """An id goes into a path of ours: nothing but what Brex's ids are made of."""
    if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in names):
        return False
    brex_id: str = item["brex_id"]
    return bool(brex_id) and brex_id.isascii() and brex_id.replace("_", "").replace("-", "").isalnum()


def _text(item: Any, name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
