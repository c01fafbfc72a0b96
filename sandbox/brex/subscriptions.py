"""/v1/webhooks: the one endpoint a customer may register, and the secrets its messages are signed with."""

from base64 import b64encode
from secrets import token_bytes
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from sandbox.brex.answers import Json, bad_request, classic
from sandbox.brex.options import Options
from sandbox.state import Store

_KIND: Final = "brex_webhook"
_SECRETS: Final = "brex_webhook_secret"
_ANSWERS: Final = "brex_idempotent_answer"

READY_EVENT: Final = "ACCOUNTING_RECORD_READY_FOR_EXPORT"
# Fact: the enum WebhookEventType of the webhooks specification.
EVENT_TYPES: Final = frozenset(
    {
        "REFERRAL_CREATED",
        "REFERRAL_ACTIVATED",
        "REFERRAL_APPLICATION_STATUS_CHANGED",
        "TRANSFER_PROCESSED",
        "TRANSFER_FAILED",
        "EXPENSE_PAYMENT_UPDATED",
        "USER_UPDATED",
        "EMBEDDED_CARD_TRANSACTION_UPDATED",
        "EMBEDDED_CARD_UPDATED",
        "EMBEDDED_ACCOUNT_UPDATED",
        "EMBEDDED_CARD_SHIPPING_UPDATED",
        "EMBEDDED_DISPUTE_UPDATED",
        "PARTNERSHIP_INTEGRATION_CONNECTION_UPDATED",
        "EMBEDDED_CARD_AUTHORIZATION",
        "EMBEDDED_FRAUD_ALERT",
        "EMBEDDED_BILLING_GROUP_UPDATED",
        "EMBEDDED_LEGAL_ENTITY_UPDATED",
        "EMBEDDED_BILLING_STATEMENT_UPDATED",
        "EMBEDDED_USER_STATUS_UPDATED",
        "ACCOUNTING_RECORD_READY_FOR_EXPORT",
    }
)


class Subscriptions:
    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options

    def create(self, body: Any, idempotency_key: str | None) -> Json:
        """Fact: Idempotency-Key is required, and a second request with the same one is ignored."""
        if not idempotency_key:
            raise bad_request("Idempotency-Key header is required")
        if answered := self._store.get(_ANSWERS, idempotency_key):
            return answered
        wish = _checked(body, {"url", "event_types"}, {"group_id"})
        if wish.get("group_id") is not None:
            raise classic(403, "PERMISSION_DENIED", "group_id is only available for partners")
        if self._store.all(_KIND):
            # Fact: one endpoint per customer. What a second registration is answered is not documented.
            raise bad_request("Only one webhook endpoint can be registered per customer")
        doc = {
            "id": f"wsub_{uuid4().hex}",
            "group_id": None,
            "url": wish["url"],
            "event_types": wish["event_types"],
            "status": "ACTIVE",
        }
        self._store.put(_KIND, doc["id"], doc)
        self._store.put(_ANSWERS, idempotency_key, doc)
        return doc

    def all(self) -> list[Json]:
        return self._store.all(_KIND)

    def one(self, webhook_id: str) -> Json:
        doc = self._store.get(_KIND, webhook_id)
        if doc is None:
            raise classic(404, "NOT_FOUND", "Not Found")
        return doc

    def update(self, webhook_id: str, body: Any) -> Json:
        doc = self.one(webhook_id) | _checked(body, {"url", "event_types", "status"}, set())
        self._store.put(_KIND, webhook_id, doc)
        return doc

    def delete(self, webhook_id: str) -> None:
        self.one(webhook_id)
        self._store.delete(_KIND, webhook_id)

    def url_for(self, event_type: str) -> str | None:
        """Where an event goes: the registered endpoint, if it is active and listens to it."""
        for doc in self._store.all(_KIND):
            if doc["status"] == "ACTIVE" and event_type in doc["event_types"]:
                return str(doc["url"])
        return None

    def secrets(self) -> list[Json]:
        """Fact: a bare array; usually one, two while a rotation goes on. The newest first."""
        with self._store.transaction():
            if not self._store.all(_SECRETS):
                self._add_secret()
            found = self._store.all(_SECRETS, lambda doc: doc["status"] != "REVOKED")
        return [{"secret": doc["secret"], "status": doc["status"]} for doc in reversed(found)]

    def rotate(self) -> str:
        """A new secret; the one before stays good until `finish_rotation`. Brex has no endpoint for this."""
        with self._store.transaction():
            self.finish_rotation()
            for doc in self._store.all(_SECRETS, lambda doc: doc["status"] == "ACTIVE"):
                self._store.put(_SECRETS, doc["secret"], doc | {"status": "PENDING_REVOKE"})
            return self._add_secret()

    def finish_rotation(self) -> None:
        for doc in self._store.all(_SECRETS, lambda doc: doc["status"] == "PENDING_REVOKE"):
            self._store.put(_SECRETS, doc["secret"], doc | {"status": "REVOKED"})

    def _add_secret(self) -> str:
        secret = self._options.secret_prefix + b64encode(token_bytes(24)).decode()
        self._store.put(_SECRETS, secret, {"secret": secret, "status": "ACTIVE"})
        return secret


def _checked(body: Any, required: set[str], optional: set[str]) -> Json:
    if not isinstance(body, dict):
        raise bad_request("the body must be an object")
    if missing := required - body.keys():
        raise bad_request(f"missing: {', '.join(sorted(missing))}")
    if unknown := body.keys() - required - optional:
        raise bad_request(f"unknown properties: {', '.join(sorted(unknown))}")
    url = urlsplit(body["url"]) if isinstance(body["url"], str) else None
    if url is None or url.scheme != "https" or not url.hostname:
        raise bad_request("url is invalid: must be a valid HTTPS URL")
    events = body["event_types"]
    if not isinstance(events, list) or not events or not EVENT_TYPES.issuperset(events):
        raise bad_request("event_types is invalid")
    if body.get("status", "ACTIVE") not in ("ACTIVE", "INACTIVE"):
        raise bad_request("status is invalid")
    return body
