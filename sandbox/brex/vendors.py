"""/v1/vendors: the vendors of bill pay, by the Payments API's specification."""

import re
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from sandbox.brex import paging
from sandbox.brex.answers import Json, bad_request, classic
from sandbox.brex.options import Options
from sandbox.state import Store

_KIND: Final = "brex_vendor"
_ANSWERS: Final = "brex_vendor_answers"
_TYPES: Final = {"company_name": str, "email": str, "phone": str, "payment_accounts": list}
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Vendors:
    """Whether their ids are those of accounting records' vendors is not documented; here they are."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options

    def all(self) -> list[Json]:
        return self._store.all(_KIND)

    def add(self, name: str, email: str | None = None) -> str:
        """As somebody makes one in Brex; its id."""
        # Fact: pdcont_ in Brex's documentation of vendors.
        vendor_id = f"pdcont_{self._store.next(_KIND):020}"
        self._store.put(_KIND, vendor_id, _shown(vendor_id, {"company_name": name, "email": email}))
        return vendor_id

    def change(self, vendor_id: str, **values: Any) -> None:
        """As somebody changes one in Brex."""
        self._store.put(_KIND, vendor_id, self.one(vendor_id) | values)

    def remove(self, vendor_id: str) -> None:
        self._store.delete(_KIND, vendor_id)

    def one(self, vendor_id: str) -> Json:
        doc = self._store.get(_KIND, vendor_id)
        if doc is None:
            raise classic(404, "NOT_FOUND", "Not Found")
        return doc

    def listed(self, args: "MultiDict[str, str]") -> Json:
        """Fact: `name` matches by vendor name; how it compares is not said. Here: without regard to case."""
        name = args.get("name")
        rest = MultiDict({key: value for key, value in args.items() if key != "name"})
        if name is None:
            return page_of(self._store, _KIND, rest, self._options.most_per_page)
        found = self._store.all(_KIND, lambda doc: doc["company_name"].casefold() == name.casefold())
        return page_of(self._store, _KIND, rest, self._options.most_per_page, found)

    def paid_by(self, instrument: str) -> tuple[Json, str] | None:
        """The vendor that has this payment instrument, and the instrument's type."""
        for doc in self.all():
            for account in doc["payment_accounts"]:
                if account["details"]["payment_instrument_id"] == instrument:
                    return doc, account["details"]["type"]
        return None

    def add_instrument(self, vendor_id: str, instrument: str) -> None:
        """As somebody enters a vendor's bank account in Brex."""
        details = {"type": "ACH", "payment_instrument_id": instrument, "routing_number": "021000021",
                   "account_number": "000123456789"}  # fmt: skip
        doc = self.one(vendor_id)
        self.change(vendor_id, payment_accounts=[*doc["payment_accounts"], {"details": details}])

    def create(self, body: Any, key: str | None) -> Json:
        """Fact: Idempotency-Key is required, and a second request with the same one is ignored as a duplicate."""
        if not key:
            raise bad_request("Idempotency-Key header is required")
        kept = self._store.get(_ANSWERS, key)
        if kept is not None:
            return self.one(kept["id"])
        wish = self._checked(body)
        vendor_id = self.add(wish["company_name"], wish.get("email"))
        self._store.put(_KIND, vendor_id, _shown(vendor_id, wish))
        self._store.put(_ANSWERS, key, {"id": vendor_id})
        return self.one(vendor_id)

    def _checked(self, body: Any) -> Json:
        if not isinstance(body, dict):
            raise bad_request("must be an object")
        if unknown := body.keys() - _TYPES:
            raise bad_request(f"unknown properties: {', '.join(sorted(unknown))}")
        for name, value in body.items():
            if value is not None and not isinstance(value, _TYPES[name]):
                raise bad_request(f"{name} is invalid")
            # Fact: 400 for any POST with free text outside ASCII (Brex's list of error codes).
            if isinstance(value, str) and self._options.ascii_only and not value.isascii():
                raise bad_request(f"{name} is invalid: can only accept ASCII characters")
        name = body.get("company_name")
        if not name or not name.strip():
            raise bad_request("company_name is invalid")
        if body.get("email") is not None and not _EMAIL.fullmatch(body["email"]):
            raise bad_request("email is invalid")
        if body.get("payment_accounts"):
            raise bad_request("payment_accounts are not served here")
        # Fact: "The name must be unique." The words of the refusal are not documented.
        if any(doc["company_name"].casefold() == name.casefold() for doc in self.all()):
            raise bad_request("A vendor with this name already exists")
        return dict(body)


def page_of(
    store: Store, kind: str, args: "MultiDict[str, str]", most: int | None, found: list[Json] | None = None
) -> Json:
    """A page of `found`, or of everything of a kind. The cursor is base64 of an offset, as in Brex's other APIs."""
    if unknown := args.keys() - {"cursor", "limit"}:
        raise bad_request(f"unknown query parameter {', '.join(sorted(unknown))}")

    def part(offset: int, limit: int) -> tuple[list[Json], int]:
        if found is None:
            return store.part(kind, offset, limit)
        return found[offset : offset + limit], len(found)

    return paging.page(args.get("limit"), args.get("cursor"), most, part)


def _shown(vendor_id: str, wish: Json) -> Json:
    return {
        "id": vendor_id,
        "company_name": wish["company_name"],
        "email": wish.get("email"),
        "phone": wish.get("phone"),
        "payment_accounts": [],
    }
