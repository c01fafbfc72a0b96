"""Brex's bill-pay vendors (Payments API, v1): read whole, looked up by name, created. Nothing is changed or deleted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from connector.brex import lists
from connector.brex.errors import NoAnswer, Unreadable
from connector.brex.v1 import V1

PATH: Final = "/v1/vendors"


@dataclass(frozen=True, slots=True)
class Vendor:
    """Fact: of these only the id is always there; there is no number of another system's (Brex, Payments API)."""

    id: str
    name: str
    email: str = ""


class Vendors:
    """Reading needs the scope vendors.readonly, creating vendors. All errors are `brex.errors`."""

    def __init__(self, v1: V1) -> None:
        self._v1 = v1

    def pages(self, name: str | None = None) -> Iterator[list[Vendor]]:
        """Every vendor, page by page, in no order one may rely on. `name`: Brex's own filter, however it compares."""
        return lists.pages(self._v1, PATH, _vendor, "vendors", [] if name is None else [("name", name)])

    def named(self, name: str) -> list[Vendor]:
        """Vendors of exactly this name, without regard to case."""
        wanted = name.strip().casefold()
        return [one for page in self.pages(name) for one in page if one.name.strip().casefold() == wanted]

    def instruments(self, vendor_id: str) -> dict[str, str]:
        """What a vendor can be paid by: payment_instrument_id → ACH, DOMESTIC_WIRE, CHEQUE or INTERNATIONAL_WIRE."""
        answer, trace = self._v1.get(f"{PATH}/{quote(vendor_id, safe='')}")
        if not isinstance(answer, dict) or answer.get("id") != vendor_id:
            raise Unreadable("a vendor of Brex's cannot be read", status=200, trace_id=trace)
        accounts = answer.get("payment_accounts") or []
        details = [one.get("details") for one in accounts if isinstance(one, dict)]
        return {
            one["payment_instrument_id"]: _text(one, "type")
            for one in details
            if isinstance(one, dict) and _text(one, "payment_instrument_id")
        }

    def create(self, body: bytes, key: str) -> Vendor:
        """One vendor, byte for byte as given. Raises `NoAnswer` where it is unknown whether there is one now.

        Facts: Idempotency-Key is required, a second request with the same key is ignored as a duplicate, and the name
        must be unique (Brex, Payments API).
        """
        answer, trace = self._v1.send("POST", PATH, body, {"Idempotency-Key": key})
        try:
            return _vendor(answer, trace)
        except Unreadable:
            raise NoAnswer("Brex's answer does not show the new vendor", trace_id=trace) from None


def _vendor(item: Any, trace: str) -> Vendor:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not item["id"].isprintable():
        raise Unreadable("a vendor of Brex's cannot be read", status=200, trace_id=trace)
    return Vendor(item["id"], _text(item, "company_name"), _text(item, "email"))


def _text(item: dict[str, Any], name: str) -> str:
    value = item.get(name)
    return value.strip() if isinstance(value, str) else ""
