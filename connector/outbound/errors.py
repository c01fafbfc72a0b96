"""What can go wrong on the way out, told apart by one question: may the peer have acted on the request?

No message carries a header, a query string or a body: it names the host and what happened to the call.
"""


class OutboundError(Exception):
    """Base. `str()` is a sentence without any secret. `stage`: where on the way it happened, as `describe.stage`."""

    def __init__(self, message: str, *, stage: str = "") -> None:
        super().__init__(message)
        self.stage = stage


class HostNotAllowed(OutboundError):
    """The URL's host is neither built in nor trusted, or leads to a private address. Nothing was sent."""


class NotSent(OutboundError):
    """Surely no byte of the request reached the peer: name, connection, proxy or TLS failed before."""


class NoAnswer(OutboundError):
    """The request may have been received, and no whole answer was read: time-out, reset, cut, too large."""


class TooLarge(NoAnswer):
    """The answer was longer than it may be; the rest of it was not read."""
