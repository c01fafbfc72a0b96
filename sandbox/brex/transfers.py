"""/v1/transfers: money to vendors, by the Payments API's specification. None ever leaves this machine."""

from typing import Any, Final

from werkzeug.datastructures import MultiDict

from sandbox.brex.answers import Json, bad_request
from sandbox.brex.vendors import Vendors, page_of
from sandbox.clock import Clock
from sandbox.state import Store

ACCOUNT: Final = "dpacc_sandbox0000000000000001"
_KIND: Final = "brex_transfer"
_ANSWERS: Final = "brex_transfer_answers"
_REQUIRED: Final = {"amount", "counterparty", "description", "external_memo", "originating_account"}
_OPTIONAL: Final = {"approval_type", "is_ppro_enabled"}
_MEMO: Final = {"CHEQUE": 40}  # fact: 40 characters for cheques, 90 for the others


class Transfers:
    def __init__(self, store: Store, clock: Clock, vendors: Vendors) -> None:
        self._store = store
        self._clock = clock
        self._vendors = vendors

    def all(self) -> list[Json]:
        return self._store.all(_KIND)

    def listed(self, args: "MultiDict[str, str]") -> Json:
        return page_of(self._store, _KIND, args, None)

    def create(self, body: Any, key: str | None) -> Json:
        """Fact: Idempotency-Key is required, and a second request with the same one is ignored as a duplicate."""
        if not key:
            raise bad_request("Idempotency-Key header is required")
        kept = self._store.get(_ANSWERS, key)
        doc = self._store.get(_KIND, kept["id"]) if kept else None
        if doc is not None:
            return doc
        doc = self._made(body)
        self._store.put(_KIND, doc["id"], doc)
        self._store.put(_ANSWERS, key, {"id": doc["id"]})
        return doc

    def _made(self, body: Any) -> Json:
        if not isinstance(body, dict) or _REQUIRED - body.keys() or body.keys() - _REQUIRED - _OPTIONAL:
            raise bad_request("the transfer has not the properties that are described")
        account, party, money = body["originating_account"], body["counterparty"], body["amount"]
        if account != {"type": "BREX_CASH", "id": ACCOUNT}:
            raise bad_request("originating_account is invalid")
        if not isinstance(party, dict) or set(party) != {"type", "payment_instrument_id"} or party["type"] != "VENDOR":
            raise bad_request("counterparty is invalid")
        holder = self._vendors.paid_by(party["payment_instrument_id"])
        if holder is None:
            raise bad_request("payment_instrument_id is invalid")
        vendor, kind = holder
        # Fact: only USD transfers are supported and the amount should be positive, in cents.
        if not isinstance(money, dict) or set(money) != {"amount", "currency"} or money["currency"] != "USD":
            raise bad_request("only USD transfers are supported")
        if type(money["amount"]) is not int or money["amount"] <= 0:
            raise bad_request("amount should be positive")
        memo = body["external_memo"]
        for name in ("description", "external_memo"):
            if not isinstance(body[name], str) or not body[name].isascii():
                raise bad_request(f"{name} is invalid: can only accept ASCII characters")
        if len(memo) > _MEMO.get(kind, 90):
            raise bad_request("external_memo is too long")
        return {
            "id": f"dptx_{self._store.next(_KIND):020}",
            "counterparty": {"type": "VENDOR", "id": vendor["id"], **party},
            # Fact: in the answer it is Brex's own, made of the vendor's name and the memo.
            "description": f"{vendor['company_name']} - {memo}",
            "payment_type": kind,
            "amount": money,
            "originating_account": account,
            "status": "PROCESSING",
            "external_memo": memo,
            "created_at": self._clock().date().isoformat(),
        }
