"""Access tokens for F&O by client credentials, from Entra ID through MSAL.

Facts (Microsoft): the scope is the environment's URL, lower case, without a trailing slash, and `/.default`;
a token lives 60 to 90 minutes, so MSAL is asked before every call and keeps it until it is nearly over.
"""

import re
import time
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

import msal
from msal.exceptions import MsalError

from connector.d365.errors import NotSent, Unauthorized
from connector.outbound.calls import log_call
from connector.outbound.errors import OutboundError
from connector.outbound.session import Outbound
from connector.outbound.words import plain

SECONDS: Final = 20.0

# MSAL raises whatever its reading of a strange answer meets.
_MSAL_ERRORS: Final = (MsalError, ValueError, KeyError, TypeError, AttributeError, RuntimeError)

# The codes an operator meets, in plain words (Microsoft, "authentication and authorization error codes").
_PLAIN: Final = {
    "AADSTS7000215": "the client secret is wrong (the secret's value is needed, not its id)",
    "AADSTS7000222": "the client secret has expired; create a new one in Entra ID",
    "AADSTS700016": "the application (client_id) does not exist in this tenant",
    "AADSTS7000112": "the application (client_id) is disabled",
    "AADSTS90002": "the tenant (tenant_id) does not exist",
    "AADSTS900023": "the tenant (tenant_id) is neither a domain name nor an id",
    "AADSTS900021": "the tenant (tenant_id) is neither a domain name nor an id",
    "AADSTS500011": "the F&O environment (host) is not known in this tenant; the host must be its exact URL",
    "AADSTS500014": "the F&O environment's service principal is disabled in this tenant",
    "AADSTS650057": "the application has no permission for F&O; add Dynamics ERP to its API permissions",
    "AADSTS65001": "consent for F&O is missing, or the host is not written exactly as in Entra ID",
    "AADSTS70011": "the scope is not valid; the host must be the environment's exact URL",
    "AADSTS53003": "a conditional access policy of the tenant blocks the application",
}
# Codes that ask for another try: timed out, transient, retry, too many alike.
_PASSING: Final = re.compile(r"AADSTS(90012|90033|90006|50196)\b")


class TokenSource:
    """Tokens of one application for one F&O host. Thread-safe; kept in this object's memory only."""

    def __init__(
        self,
        outbound: Outbound,
        *,
        authority: str,
        tenant_id: str,
        client_id: str,
        client_secret: str,
        host: str,
    ) -> None:
        self._http = _Http(outbound)
        self._authority = f"{authority.rstrip('/')}/{tenant_id}"
        self._client_id = client_id
        self._secret = client_secret
        self._scope = f"{host.rstrip('/').lower()}/.default"
        self._lock = Lock()
        self._app: msal.ConfidentialClientApplication | None = None

    def token(self) -> str:
        """A token that is not over yet. Raises `Unauthorized` (a setting is wrong) or `NotSent`."""
        with self._lock:
            return self._acquire(fresh=False)

    def fresh(self) -> str:
        """A newly issued token: for when F&O refused the one in hand."""
        with self._lock:
            return self._acquire(fresh=True)

    def _acquire(self, *, fresh: bool) -> str:
        self._http.last = None
        try:
            app = self._application()
            if fresh:
                app.remove_tokens_for_client()
            answer: dict[str, Any] = app.acquire_token_for_client(scopes=[self._scope])
        except OutboundError as error:
            problem: Exception = NotSent(f"no token from Entra ID: {error}")
        except _MSAL_ERRORS as error:
            # MSAL remembers the errors it met, and may stumble over a strange one at every later call: begin anew.
            self._app = None
            problem = self._strange(error)
        else:
            token = answer.get("access_token")
            if isinstance(token, str) and re.fullmatch(r"[\x21-\x7e]+", token):
                return token
            problem = self._refused(answer)
        raise problem

    def _application(self) -> msal.ConfidentialClientApplication:
        """Made at the first need, as MSAL then reads the tenant's endpoints. Kept where that went well."""
        if self._app is None:
            self._app = msal.ConfidentialClientApplication(
                self._client_id,
                client_credential=self._secret,
                authority=self._authority,
                # The operator's own setting, and held to the allowed hosts: nobody else is asked about it.
                validate_authority=False,
                instance_discovery=False,
                http_client=self._http,
            )
        return self._app

    def _refused(self, answer: dict[str, Any]) -> Exception:
        status = self._http.last.status_code if self._http.last else None
        words = (answer.get(name) for name in ("error_description", "error"))
        described = next((said for said in words if isinstance(said, str) and said), "")
        if status == 429 or answer.get("error") == "temporarily_unavailable" or _PASSING.search(described):
            return NotSent("no token from Entra ID: it asks to try again later", status=status)
        if not described:
            return NotSent("no token from Entra ID: its answer cannot be read", status=status)
        return self._explained(described, status)

    def _strange(self, error: Exception) -> Exception:
        """MSAL hides what the tenant's discovery answered; the last answer still has it."""
        last = self._http.last
        if last is None or last.status_code >= 500 or last.status_code == 429:
            status = last.status_code if last else None
            return NotSent(
                f"no token from Entra ID: it answered {status or f'{type(error).__name__} a moment ago'}",
                status=status,
            )
        if last.status_code < 400 or "AADSTS" not in last.text:
            # Not Entra's own refusal but, say, a gateway's page on the way.
            return NotSent(f"no token from Entra ID: it answered {last.status_code}", status=last.status_code)
        return self._explained(last.text, last.status_code)

    def _explained(self, described: str, status: int | None) -> Unauthorized:
        described = described.replace(self._secret, "********")
        found = re.search(r"AADSTS\d+", described)
        code = found.group() if found else ""
        first = plain(re.split(r"\r?\n|\\r\\n|Trace ID:", described)[0], 300)
        words = _PLAIN.get(code) or first or f"HTTP {status}"
        return Unauthorized(
            f"Entra ID gives no token: {words}{f' ({code})' if code and code not in words else ''}",
            status=status,
        )


class _Answer:
    """What MSAL wants of an HTTP response."""

    def __init__(self, status_code: int, text: str, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.text = text
        self.headers = headers

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ValueError(f"HTTP {self.status_code}")


class _Http:
    """MSAL's HTTP client, over the one way out. Remembers the last answer, which MSAL's errors leave out."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self.last: _Answer | None = None

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> _Answer:
        form = data if isinstance(data, str) else urlencode(data or {})
        sent = {**(headers or {}), "Content-Type": "application/x-www-form-urlencoded"}
        return self._call("POST", url, params, sent, form.encode())

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> _Answer:
        return self._call("GET", url, params, headers or {}, None)

    def close(self) -> None:
        """The way out is not ours to close."""

    def _call(self, method: str, url: str, params: Any, headers: dict[str, str], data: bytes | None) -> _Answer:
        started = time.monotonic()
        result: int | str = "failed"
        try:
            response = self._outbound.request(
                method,
                url,
                params=[(name, str(value)) for name, value in (params or {}).items()] or None,
                headers={name: str(value) for name, value in headers.items()},
                data=data,
                seconds=SECONDS,
                max_bytes=2**20,
            )
            result = response.status
        finally:
            log_call(
                "entra",
                method,
                url,
                seconds=time.monotonic() - started,
                trace_id=_trace(headers),
                result=result,
            )
        self.last = _Answer(response.status, response.body.decode("utf-8", "replace"), dict(response.headers))
        return self.last


def _trace(headers: dict[str, str]) -> str:
    return str(headers.get("client-request-id") or "")
