"""/v1/fields: the fields of the account and their values, by the Fields API's specification."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from connector.domain import jsonio
from sandbox.brex import paging
from sandbox.brex.answers import Json, bad_request, classic
from sandbox.brex.integrations import Integrations
from sandbox.brex.options import Options
from sandbox.brex.paging import MOST
from sandbox.clock import Clock, stamp
from sandbox.state import Store

GROUPS: Final = ("ACCOUNTING", "USER", "ERP", "TRAVEL")
_KIND: Final = "brex_field"
_ANSWERS: Final = "brex_field_answers"
_CREATE: Final = {"name": str, "group": str, "remote_id": str, "integration_id": str, "is_disabled": bool}
_VALUE: Final = {"value": str, "value_id": str, "remote_id": str, "is_disabled": bool}
_CHANGE: Final = {"value": str, "is_disabled": bool}
_NAMES: Final = ("brex_id", "value_id", "remote_id")


class Fields:
    """`calls` has the number of values in every call that created or updated some."""

    def __init__(self, store: Store, clock: Clock, options: Options, integrations: Integrations) -> None:
        self._store = store
        self._clock = clock
        self._options = options
        self._integrations = integrations
        self.calls: list[tuple[str, int]] = []

    # Fields

    def all(self) -> list[Json]:
        return self._store.all(_KIND)

    def listed(self, args: "MultiDict[str, str]") -> Json:
        wanted = set(args.getlist("field_id[]"))
        return self._page(_KIND, args, ("field_id[]",), lambda doc: not wanted or doc["brex_id"] in wanted)

    def one(self, field_id: str) -> Json:
        doc = self._store.get(_KIND, field_id)
        if doc is None:
            raise classic(404, "NOT_FOUND", "Not Found")
        return doc

    def add(self, name: str, group: str, remote_id: str | None = None) -> Json:
        """As Brex, or another vendor's integration, would make one."""
        doc = {
            "brex_id": f"extended_field_{self._store.next(_KIND)}",
            "remote_id": remote_id,
            "name": name,
            "group": group,
            "is_disabled": False,
            "updated_at": stamp(self._clock()),
        }
        self._store.put(_KIND, str(doc["brex_id"]), doc)
        return doc

    def create(self, body: Any, key: str | None) -> Json:
        return self._once(key, body, lambda: self._create(body))

    def _create(self, body: Any) -> Json:
        wish = _checked(body, _CREATE, {"name", "group"})
        if wish["group"] not in GROUPS:
            raise bad_request("group is invalid")
        integration = wish.get("integration_id")
        # Fact: required with ERP, where it must be an existing integration; for every other group it must be null.
        if wish["group"] == "ERP" and (integration is None or not self._integrations.known(integration)):
            raise bad_request("integration_id must reference an existing accounting integration")
        if wish["group"] != "ERP" and integration is not None:
            raise bad_request("integration_id is only applicable to the group ERP")
        self._ascii("name", wish["name"])
        doc = self.add(wish["name"], wish["group"], wish.get("remote_id"))
        return self._put(doc | {"is_disabled": bool(wish.get("is_disabled"))})

    def update(self, field_id: str, body: Any) -> Json:
        doc = self.one(field_id)
        wish = _checked(body, {"name": str, "is_disabled": bool}, set())
        return self._put(doc | {name: value for name, value in wish.items() if value is not None})

    def delete(self, field_id: str) -> None:
        self.one(field_id)
        self._store.delete(_KIND, field_id)

    # Their values

    def values(self, field_id: str, args: "MultiDict[str, str]") -> Json:
        self.one(field_id)
        filters = {name: set(args.getlist(f"{name}[]")) for name in _NAMES}
        value = args.get("value")

        def fits(doc: Json) -> bool:
            return all(not ids or doc[name] in ids for name, ids in filters.items()) and value in (None, doc["value"])

        return self._page(_of(field_id), args, (*(f"{name}[]" for name in _NAMES), "value"), fits)

    def value(self, field_id: str, brex_id: str) -> Json:
        doc = self._store.get(_of(field_id), brex_id)
        if doc is None:
            raise classic(404, "NOT_FOUND", "Not Found")
        return doc

    def all_values(self, field_id: str) -> "Sequence[Json]":
        return self._store.all(_of(field_id))

    def add_value(
        self,
        field_id: str,
        value: str,
        remote_id: str | None = None,
        *,
        value_id: str | None = None,
        disabled: bool = False,
    ) -> Json:
        """As somebody would make one in Brex."""
        doc = {
            "brex_id": f"efo_{self._store.next('brex_option')}",
            "remote_id": remote_id,
            "value_id": value_id,
            "value": value,
            "field_id": field_id,
            "is_disabled": disabled,
            "updated_at": stamp(self._clock()),
        }
        self._store.put(_of(field_id), str(doc["brex_id"]), doc)
        return doc

    def change_value(self, field_id: str, brex_id: str, **changes: Any) -> None:
        """As somebody would change one in Brex."""
        self._store.put(_of(field_id), brex_id, self.value(field_id, brex_id) | changes)

    def create_values(self, field_id: str, body: Any, key: str | None) -> Json:
        self.one(field_id)
        return self._once(key, body, lambda: self._create_values(field_id, body))

    def _create_values(self, field_id: str, body: Any) -> Json:
        wishes = [_checked(item, _VALUE, {"value"}) for item in _items(body)]
        self.calls.append(("POST", len(wishes)))
        for wish in wishes:
            for name in ("value", "value_id", "remote_id"):
                self._ascii(name, wish.get(name) or "")
            if not wish["value"].strip():
                raise bad_request("value is invalid")
        if self._options.unique_values:
            taken = {doc["value"].casefold() for doc in self._store.all(_of(field_id))}
            for wish in wishes:
                if wish["value"].casefold() in taken:
                    raise bad_request(f"value already exists: {wish['value']}")
        items = [
            self.add_value(
                field_id,
                wish["value"],
                wish.get("remote_id"),
                value_id=wish.get("value_id"),
                disabled=bool(wish.get("is_disabled")),
            )
            for wish in wishes
        ]
        return {"items": items}

    def update_values(self, field_id: str, body: Any) -> Json:
        """Fact: each is named by brex_id, value_id or remote_id; an update only, its remote id stays."""
        self.one(field_id)
        items = []
        wishes = _items(body)
        self.calls.append(("PUT", len(wishes)))
        for item in wishes:
            doc = self._named(field_id, item, {"data"})
            data = _checked(item["data"], _CHANGE, set())
            self._ascii("value", data.get("value") or "")
            doc |= {name: value for name, value in data.items() if value is not None}
            self._store.put(_of(field_id), doc["brex_id"], doc | {"updated_at": stamp(self._clock())})
            items.append(doc)
        return {"items": items}

    def delete_values(self, field_id: str, body: Any) -> Json:
        self.one(field_id)
        for item in _items(body):
            self._store.delete(_of(field_id), self._named(field_id, item, set())["brex_id"])
        return {}

    def _named(self, field_id: str, item: Any, beside: set[str]) -> Json:
        names = [name for name in _NAMES if isinstance(item, dict) and isinstance(item.get(name), str)]
        if len(names) != 1 or set(item) != {names[0], *beside}:
            raise bad_request("an item must have one of brex_id, value_id and remote_id")
        if names[0] == "brex_id":
            return self.value(field_id, item["brex_id"])
        found = self._store.all(_of(field_id), lambda doc: doc[names[0]] == item[names[0]])
        if len(found) != 1:
            raise classic(404, "NOT_FOUND", "Not Found")
        return found[0]

    # What both have in common

    def _put(self, doc: Json) -> Json:
        doc = doc | {"updated_at": stamp(self._clock())}
        self._store.put(_KIND, doc["brex_id"], doc)
        return doc

    def _once(self, key: str | None, body: Any, work: Callable[[], Json]) -> Json:
        """Fact: Idempotency-Key is required, and a second request with the same one is ignored as a duplicate."""
        if not key:
            raise bad_request("Idempotency-Key header is required")
        kept = self._store.get(_ANSWERS, key)
        if kept is not None:
            answer: Json = kept["answer"]
            return answer
        answer = work()
        self._store.put(_ANSWERS, key, {"answer": answer, "asked": jsonio.digest(body)})
        return answer

    def _ascii(self, name: str, text: str) -> None:
        """Fact: 400 for any POST with free text outside ASCII (Brex's list of error codes)."""
        if self._options.ascii_only and not text.isascii():
            raise bad_request(f"{name} is invalid: can only accept ASCII characters")

    def _page(
        self, kind: str, args: "MultiDict[str, str]", filters: tuple[str, ...], fits: Callable[[Json], bool]
    ) -> Json:
        """Fact: limit is 1000 at most. The cursor is base64 of an offset, as in Brex's other APIs."""
        if unknown := args.keys() - {"cursor", "limit", *filters}:
            raise bad_request(f"unknown query parameter {', '.join(sorted(unknown))}")
        every = not args.keys() & set(filters)
        found = [] if every else self._store.all(kind, fits)

        def part(offset: int, limit: int) -> tuple[list[Json], int]:
            return self._store.part(kind, offset, limit) if every else (found[offset : offset + limit], len(found))

        return paging.page(args.get("limit"), args.get("cursor"), self._options.most_per_page, part)


def _of(field_id: str) -> str:
    return f"brex_option:{field_id}"


def _items(body: Any) -> list[Any]:
    items = body.get("items") if isinstance(body, dict) and set(body) == {"items"} else None
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise bad_request(f"items must be a list of 1 to {MOST}")
    return items


def _checked(data: Any, types: dict[str, type], required: set[str]) -> Json:
    """Refuses what the specification does not describe. Null counts as left out where the name is not required."""
    if not isinstance(data, dict):
        raise bad_request("must be an object")
    if missing := {name for name in required if data.get(name) is None}:
        raise bad_request(f"missing: {', '.join(sorted(missing))}")
    if unknown := data.keys() - types:
        raise bad_request(f"unknown properties: {', '.join(sorted(unknown))}")
    for name, value in data.items():
        if value is not None and not isinstance(value, types[name]):
            raise bad_request(f"{name} is invalid")
    return data
