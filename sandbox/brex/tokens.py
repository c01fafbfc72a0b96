"""User tokens: scopes, revocation, expiry by disuse, and the rate limit."""

from collections import deque
from datetime import datetime, timedelta
from secrets import token_urlsafe

from sandbox.brex.answers import RefusalError, accounting, classic
from sandbox.brex.options import Options
from sandbox.clock import parse, stamp
from sandbox.state import Store

_KIND = "brex_token"

# Fact: what the connector needs, by Brex's scope names. openid and offline_access are in every user token.
ALL_SCOPES = (
    "openid",
    "offline_access",
    "accounting.integration.read",
    "accounting.integration.write",
    "accounting.record.read",
    "accounting.record.write",
    "companies.readonly",
    "fields.read",
    "statements.card.readonly",
    "transactions.card.readonly",
    "expenses.card.readonly",
    "accounts.cash.readonly",
    "transactions.cash.readonly",
    "fields.write",
    "field_values.read",
    "field_values.write",
    "vendors.readonly",
    "vendors",
)


class Tokens:
    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options
        self._calls: deque[datetime] = deque()

    def create(self, scopes: tuple[str, ...], moment: datetime, token: str | None = None) -> str:
        """Fact: user tokens begin with bxt_ and are shown once."""
        token = token or f"bxt_{token_urlsafe(24)}"
        doc = {"token": token, "scopes": list(scopes), "status": "ACTIVE", "used_at": stamp(moment)}
        self._store.put(_KIND, token, doc)
        return token

    def end(self, token: str, status: str) -> None:
        """`status` REVOKED or EXPIRED."""
        doc = self._store.get(_KIND, token)
        if doc:
            self._store.put(_KIND, token, doc | {"status": status})

    def authorise(self, header: str, any_of: tuple[str, ...], moment: datetime, *, v3: bool) -> None:
        """Let the request pass or raise `RefusalError`: dead token, missing scope, too many requests."""
        kind, _, token = header.partition(" ")
        doc = self._store.get(_KIND, token.strip()) if kind.lower() == "bearer" else None
        if doc is None or doc["status"] == "REVOKED":
            raise self._dead("PERMISSION_DENIED: Invalid or Revoked Token")
        idle = moment - parse(doc["used_at"])
        if doc["status"] == "EXPIRED" or idle > timedelta(days=self._options.token_idle_days):
            raise self._dead("Expired token")
        if not set(any_of) & set(doc["scopes"]):
            raise _forbidden(v3)
        if idle > timedelta(hours=1):
            self._store.put(_KIND, doc["token"], doc | {"used_at": stamp(moment)})
        self._count(moment)

    def _dead(self, message: str) -> RefusalError:
        if self._options.auth_failure == "401_empty":
            return RefusalError(401, None)
        return classic(403, "UNAUTHORIZED", message)

    def _count(self, moment: datetime) -> None:
        limit = self._options.requests_per_minute
        while self._calls and moment - self._calls[0] >= timedelta(seconds=60):
            self._calls.popleft()
        if limit is not None and len(self._calls) >= limit:
            raise RefusalError(429, None)
        self._calls.append(moment)


def _forbidden(v3: bool) -> RefusalError:
    message = "You do not have permission to perform this action."
    return accounting(403, "FORBIDDEN", message) if v3 else classic(403, "PERMISSION_DENIED", message)
