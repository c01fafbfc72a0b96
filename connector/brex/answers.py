"""From an HTTP answer of Brex to its JSON, or to the error that says what it means."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connector.brex.errors import (
    BrexError,
    LacksScope,
    NoAnswer,
    Refused,
    ReportRefused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from connector.domain import jsonio
from connector.outbound.pacing import retry_after
from connector.outbound.session import Response
from connector.outbound.words import LONGEST_NAME, plain

_LONGEST: Final = 300
# Fact: "PERMISSION_DENIED: Invalid or Revoked Token" and "Expired token" are of dead tokens; FORBIDDEN is one of the
# accounting API's error codes; a wrong role is a 401 "Must be …" or "Only … can access" (Brex, error codes; accounting
# spec). The words for a missing scope are not documented.
_DEAD: Final = re.compile(
    r"(invalid|revoked|expired|unknown|missing)\W+(\w+\W+){0,3}token|token\W+(\w+\W+){0,3}(invalid|revoked|expired)",
    re.I,
)
_FORBIDDEN: Final = re.compile(
    r"scope|permission|forbidden|not allowed|not authori[sz]ed to|access denied|must be |only .+ can access", re.I
)


def trace_id(headers: Mapping[str, str]) -> str:
    """Fact: `X-Brex-Trace-Id`, in older answers `X-Datadog-Trace-Id` (Brex, error codes; seen live)."""
    return plain(headers.get("X-Brex-Trace-Id") or headers.get("X-Datadog-Trace-Id") or "", LONGEST_NAME)


def read(response: Response, *, write: bool, secret: str) -> dict[str, Any]:
    """The JSON object of a 2xx answer. Raises the `BrexError` that any other answer stands for."""
    body = value(response, write=write, secret=secret)
    return one_object(body, trace_id(response.headers), write=write, status=response.status)


def one_object(body: Any, trace: str, *, write: bool, status: int = 200) -> dict[str, Any]:
    if isinstance(body, dict):
        return body
    kind: type[BrexError] = NoAnswer if write else Unreadable
    raise kind(f"Brex answered {status} without a JSON object", status=status, trace_id=trace)


def value(response: Response, *, write: bool, secret: str) -> Any:
    """The JSON of a 2xx answer, whatever it is; None where it is none. Raises what any other answer stands for.

    `secret` is taken out of whatever words of Brex's are repeated in an error.
    """
    status, trace = response.status, trace_id(response.headers)
    body = _json(response.body)
    if 200 <= status < 300:
        return body
    said = _said(body, secret)
    if status in (401, 403):
        raise _unauthorized(body, said, status, trace)
    if status == 429:
        headers = response.headers
        wait = retry_after(headers.get("Retry-After"), datetime.now(UTC), headers.get("Date"))
        raise Throttled("Brex asks to slow down (429)", retry_after=wait, trace_id=trace)
    if 400 <= status < 500 and said and status != 408:
        raise _refused(body, f"Brex refused the request ({status}: {said})", status, trace)
    raise _unclear(status, trace, write=write)


def _unauthorized(body: Any, said: str, status: int, trace: str) -> Unauthorized:
    """Dead, or only not allowed to do this? Told apart by Brex's words: it answers 401 or 403 to both."""
    reason = f"{status}: {said}" if said else str(status)
    words = f"{said} {_code(body)}" if isinstance(body, dict) else ""
    if _FORBIDDEN.search(words) and not _DEAD.search(said):
        sentence = f"Brex knows the token but does not let it do this ({reason}): it lacks a scope, or its user a role"
        return LacksScope(sentence, status=status, trace_id=trace)
    if _DEAD.search(said):
        sentence = f"Brex refused the token ({reason}); it is wrong, expired or revoked"
    else:
        sentence = f"Brex refused the token ({reason}); it is wrong, expired or revoked, or lacks a scope"
    return Unauthorized(sentence, status=status, trace_id=trace)


def _unclear(status: int, trace: str, *, write: bool) -> BrexError:
    if write:
        return NoAnswer(f"Brex answered {status}; it is unknown what it did", status=status, trace_id=trace)
    if status >= 500 or status == 408:
        return Unavailable(f"Brex is not available ({status})", status=status, trace_id=trace)
    return Unreadable(f"Brex answered {status} without an explanation", status=status, trace_id=trace)


def _refused(body: dict[str, Any], message: str, status: int, trace: str) -> Refused:
    # The accounting API has error_code and details; the others have type, message and perhaps code (Brex).
    code = _code(body)
    details = body.get("details")
    details = details if isinstance(details, dict) else {}
    named = {
        "not_found": _ids(details, "not_found_export_entry_source_ids"),
        "not_ready": _ids(details, "not_ready_for_export_accounting_record_ids"),
        "duplicated": _ids(details, "duplicate_accounting_record_ids"),
    }
    if any(named.values()):
        return ReportRefused(message, **named, error_code=code, details=details, status=status, trace_id=trace)
    return Refused(message, error_code=code, details=details, status=status, trace_id=trace)


def _code(body: dict[str, Any]) -> str:
    return str(body.get("error_code") or body.get("code") or body.get("type") or "")


def _ids(details: dict[str, Any], key: str) -> frozenset[str]:
    ids = details.get(key)
    return frozenset(one for one in ids if isinstance(one, str)) if isinstance(ids, list) else frozenset()


def _json(body: bytes) -> Any:
    try:
        return jsonio.loads(body, unique=True)
    except jsonio.NotJson:
        return None


def _said(body: Any, secret: str) -> str:
    """Brex's own words, short and without the token; empty where the body explains nothing."""
    if not isinstance(body, dict):
        return ""
    for key in ("message", "error_code", "code", "type"):
        text = body.get(key)
        if isinstance(text, str) and text.strip():
            return plain(text.replace(secret, "********"), _LONGEST)
    return ""
