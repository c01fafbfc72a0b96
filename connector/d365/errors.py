"""How a call to F&O can end badly. After a write, only `NoAnswer` leaves open whether it took effect.

A read: `Unavailable` (or its kind `NotSent`) for whatever may pass, `Unreadable` for a strange answer.
A write: `NoAnswer` wherever no clear answer was read; every other error means that nothing was written.
"""


class D365Error(Exception):
    """Base. `str()` is a sentence without any secret; `activity_id` is what Microsoft support asks for."""

    def __init__(self, message: str, *, status: int | None = None, activity_id: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.activity_id = activity_id


class Unauthorized(D365Error):
    """Entra ID gives no token, or F&O does not take it: a setting has to be mended."""


class Throttled(D365Error):
    """429, refused before any work. `retry_after` in seconds where F&O says so."""

    def __init__(
        self, message: str, *, retry_after: float | None, status: int | None = 429, activity_id: str = ""
    ) -> None:
        super().__init__(message, status=status, activity_id=activity_id)
        self.retry_after = retry_after


class Refused(D365Error):
    """A clear 4xx. `infolog` has F&O's own words where it gave any."""

    def __init__(self, message: str, *, infolog: str = "", status: int | None = None, activity_id: str = "") -> None:
        super().__init__(message, status=status, activity_id=activity_id)
        self.infolog = infolog


class Unavailable(D365Error):
    """Nothing came of it and nothing was written; later may go better."""


class NotSent(Unavailable):
    """Surely nothing reached F&O (also where Entra ID could not be asked for a token)."""


class NoAnswer(D365Error):
    """A write that may or may not have taken effect: time-out, reset, 5xx, an answer that cannot be read."""


class Unreadable(D365Error):
    """A read was answered with something that is not OData."""
