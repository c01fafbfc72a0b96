"""Brex's webhook endpoint of a customer, and the secrets its messages are signed with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from connector.brex.errors import NoAnswer, Unreadable
from connector.brex.v1 import V1

READY_EVENT: Final = "ACCOUNTING_RECORD_READY_FOR_EXPORT"
ACTIVE: Final = "ACTIVE"
REVOKED: Final = "REVOKED"
_PATH: Final = "/v1/webhooks"


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    url: str
    event_types: tuple[str, ...]
    status: str  # ACTIVE or INACTIVE

    def delivers_to(self, url: str) -> bool:
        """True where it sends the event we live by to this URL."""
        return self.url == url and self.status == ACTIVE and READY_EVENT in self.event_types


class Webhooks:
    """Needs no scope but openid and offline_access, which every user token has. All errors are `brex.errors`."""

    def __init__(self, v1: V1) -> None:
        self._v1 = v1

    def endpoints(self) -> list[Endpoint]:
        """Fact: one endpoint per customer. Every page is read all the same."""
        found: list[Endpoint] = []
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            page, trace = self._v1.get(_PATH, None if cursor is None else [("cursor", cursor)])
            items = page.get("items") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise Unreadable("Brex's page has no list of webhooks", status=200, trace_id=trace)
            found += [_endpoint(item, Unreadable("Brex's webhook cannot be read", trace_id=trace)) for item in items]
            cursor = page.get("next_cursor") or None
            if cursor is None:
                return found
            if not isinstance(cursor, str) or cursor in seen:
                raise Unreadable("Brex's pages of webhooks go round in a circle", status=200, trace_id=trace)
            seen.add(cursor)

    def create(self, url: str) -> Endpoint:
        """Register the endpoint. After a `NoAnswer` look with `endpoints` before another try.

        Fact: Idempotency-Key is required. It is a new one each time: an old one would be answered with what was
        registered then, even where that has been deleted since.
        """
        body = {"url": url, "event_types": [READY_EVENT]}
        answer, trace = self._v1.send("POST", _PATH, body, {"Idempotency-Key": str(uuid4())})
        return _endpoint(answer, NoAnswer("Brex's answer does not show the new webhook", trace_id=trace))

    def update(self, endpoint: Endpoint, url: str) -> Endpoint:
        """Let the endpoint deliver to this URL, ours among whatever events it had. Repeating it changes nothing."""
        events = list(dict.fromkeys([*endpoint.event_types, READY_EVENT]))
        body = {"url": url, "event_types": events, "status": ACTIVE}
        answer, trace = self._v1.send("PUT", f"{_PATH}/{endpoint.id}", body)
        return _endpoint(answer, NoAnswer("Brex's answer does not show the webhook", trace_id=trace))

    def secrets(self) -> list[str]:
        """The secrets in use, as Brex lists them: one, or two while Brex rotates. Never empty.

        Fact: a bare array of secret and status; a message is good that either of them signed.
        """
        listed, trace = self._v1.get(f"{_PATH}/secrets")
        found = [
            one["secret"]
            for one in (listed if isinstance(listed, list) else [])
            if isinstance(one, dict) and one.get("status") != REVOKED and _text(one.get("secret"))
        ]
        if not found:
            raise Unreadable("Brex names no webhook secret", status=200, trace_id=trace)
        return found


def _endpoint(item: Any, otherwise: Exception) -> Endpoint:
    events = item.get("event_types") if isinstance(item, dict) else None
    if not isinstance(events, Sequence) or not all(_text(item.get(key)) for key in ("id", "url", "status")):
        raise otherwise
    return Endpoint(item["id"], item["url"], tuple(map(str, events)), item["status"])


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and " " not in value
