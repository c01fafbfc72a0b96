"""Webhook messages: their bodies, their signatures, and their delivery with retries."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from standardwebhooks import Webhook

from connector.domain import jsonio
from sandbox.brex.subscriptions import READY_EVENT

# Inferred (Brex publishes no schedule; its senders are Svix's): 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
SCHEDULE: Final = (0, 5, 300, 1800, 7200, 18000, 36000, 36000)
TIMEOUT: Final = 15  # seconds for a 2xx, from the same source


@dataclass(frozen=True, slots=True)
class Delivery:
    """How it went: one HTTP status per attempt, 0 where there was no answer."""

    webhook_id: str
    statuses: tuple[int, ...]

    @property
    def accepted(self) -> bool:
        return 200 <= self.statuses[-1] < 300


def new_id() -> str:
    return f"msg_{uuid4().hex[:27]}"


def ready_body(record_ids: Sequence[str], company_id: str, spelling: str) -> bytes:
    """ACCOUNTING_RECORD_READY_FOR_EXPORT, in one of the two spellings Brex has published."""
    if spelling == "snake":
        return jsonio.dumps({"event_type": READY_EVENT, "accounting_record_ids": list(record_ids)}).encode()
    body = {"event_type": READY_EVENT, "accountingRecordIds": list(record_ids), "companyId": company_id}
    return jsonio.dumps(body).encode()


def signed_headers(body: bytes, webhook_id: str, moment: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """One signature per secret, in one header. The time is that of the attempt, in whole seconds.

    Fact: base64(HMAC-SHA256(base64decode(secret), "id.timestamp.body")), as Brex's test vector shows.
    """
    signatures = [Webhook(secret).sign(webhook_id, moment, body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }


def require_deliverable(url: str) -> None:
    """Brex sends to HTTPS only. Here plain HTTP is allowed too, but to this machine alone: in the demo
    nothing stands in front of the receiver that would end TLS, and nothing leaves the machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        return
    raise ValueError(f"not an HTTPS address, nor HTTP on this machine: {url}")


def post(url: str, body: bytes, headers: dict[str, str], ca: str | None) -> int:
    """One attempt. Returns the HTTP status, or 0."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy variable must not carry loopback traffic away
        try:
            answer = session.post(
                url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, verify=ca or True
            )
        except requests.RequestException:
            return 0
        return answer.status_code


def wait(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)
