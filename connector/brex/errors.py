"""How a call to Brex can end badly. After a POST, only `NoAnswer` leaves open whether it took effect.

A read: `Unavailable` (or its kind `NotSent`) for whatever may pass, `Unreadable` for a strange answer.
A write: `NoAnswer` wherever no clear answer was read; every other error means that nothing was changed.
"""

from typing import Any


class BrexError(Exception):
    """Base. `str()` is a sentence without any secret; `trace_id` is what Brex support asks for."""

    def __init__(self, message: str, *, status: int | None = None, trace_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.trace_id = trace_id


class Unauthorized(BrexError):
    """401 or 403: the token is revoked, expired, or lacks a scope."""


class LacksScope(Unauthorized):
    """403: Brex knows the token and does not let it do this. Another call may go well with it."""


class Throttled(BrexError):
    """429. `retry_after` in seconds where Brex says so (it does not document that it does)."""

    def __init__(
        self, message: str, *, retry_after: float | None, status: int | None = 429, trace_id: str = ""
    ) -> None:
        super().__init__(message, status=status, trace_id=trace_id)
        self.retry_after = retry_after


class Refused(BrexError):
    """Another 4xx that Brex explains: `error_code` (may be empty) and `details` (may be empty)."""

    def __init__(
        self,
        message: str,
        *,
        error_code: str = "",
        details: dict[str, Any] | None = None,
        status: int | None = None,
        trace_id: str = "",
    ) -> None:
        super().__init__(message, status=status, trace_id=trace_id)
        self.error_code = error_code
        self.details = details or {}


class ReportRefused(Refused):
    """Export results refused, naming records. Whether the others were taken is not documented: look."""

    def __init__(
        self,
        message: str,
        *,
        not_found: frozenset[str] = frozenset(),
        not_ready: frozenset[str] = frozenset(),
        duplicated: frozenset[str] = frozenset(),
        **rest: Any,
    ) -> None:
        super().__init__(message, **rest)
        self.not_found = not_found
        self.not_ready = not_ready
        self.duplicated = duplicated


class Unavailable(BrexError):
    """Nothing came of it and nothing was changed; later may go better."""


class NotSent(Unavailable):
    """Surely nothing reached Brex."""


class NoAnswer(BrexError):
    """A write that may or may not have taken effect: time-out, reset, 5xx, an answer that cannot be read."""


class Unreadable(BrexError):
    """A read was answered with something that is not what Brex specifies."""
