"""From an HTTP answer of Brex to its JSON, or to the error that says what it means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connector.brex.errors import (
    BrexError,
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

_LONGEST: Final = 300


def trace_id(headers: Mapping[str, str]) -> str:
    """Fact: `X-Brex-Trace-Id`, in older answers `X-Datadog-Trace-Id` (Brex, error codes; seen live)."""
    return headers.get("X-Brex-Trace-Id") or headers.get("X-Datadog-Trace-Id") or ""


def read(response: Response, *, write: bool, secret: str) -> dict[str, Any]:
    """The JSON object of a 2xx answer. Raises the `BrexError` that any other answer stands for.

    `secret` is taken out of whatever words of Brex's are repeated in an error.
    """
    status, trace = response.status, trace_id(response.headers)
    body = _json(response.body)
    if 200 <= status < 300:
        if isinstance(body, dict):
            return body
        kind: type[BrexError] = NoAnswer if write else Unreadable
        raise kind(f"Brex answered {status} without a JSON object", status=status, trace_id=trace)
    said = _said(body, secret)
    if status in (401, 403):
        reason = f": {said}" if said else ""
        raise Unauthorized(
            f"Brex refused the token ({status}{reason}); it is wrong, expired or revoked, or lacks a scope",
            status=status,
            trace_id=trace,
        )
    if status == 429:
        wait = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
        raise Throttled("Brex asks to slow down (429)", retry_after=wait, trace_id=trace)
    if 400 <= status < 500 and said and status != 408:
        raise _refused(body, f"Brex refused the request ({status}: {said})", status, trace)
    raise _unclear(status, trace, write=write)


def _unclear(status: int, trace: str, *, write: bool) -> BrexError:
    if write:
        return NoAnswer(f"Brex answered {status}; it is unknown what it did", status=status, trace_id=trace)
    if status >= 500 or status == 408:
        return Unavailable(f"Brex is not available ({status})", status=status, trace_id=trace)
    return Unreadable(f"Brex answered {status} without an explanation", status=status, trace_id=trace)


def _refused(body: dict[str, Any], message: str, status: int, trace: str) -> Refused:
    # The accounting API has error_code and details; the others have type, message and perhaps code (Brex).
    code = str(body.get("error_code") or body.get("code") or body.get("type") or "")
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


def _ids(details: dict[str, Any], key: str) -> frozenset[str]:
    ids = details.get(key)
    return frozenset(one for one in ids if isinstance(one, str)) if isinstance(ids, list) else frozenset()


def _json(body: bytes) -> Any:
    try:
        return jsonio.loads(body)
    except jsonio.NotJson:
        return None


def _said(body: Any, secret: str) -> str:
    """Brex's own words, short and without the token; empty where the body explains nothing."""
    if not isinstance(body, dict):
        return ""
    for key in ("message", "error_code", "code", "type"):
        text = body.get(key)
        if isinstance(text, str) and text.strip():
            return " ".join(text.split()).replace(secret, "********")[:_LONGEST]
    return ""
