"""What can go wrong with the embedded services; each message is one sentence for the person at the keys."""


class EmbeddedError(RuntimeError):
    """An embedded service cannot be had."""


class NotInstalled(EmbeddedError):
    """The wheels of the [embedded] extra are missing."""


class AlreadyRunning(EmbeddedError):
    """Another process runs the services of this home."""


class CannotStart(EmbeddedError):
    """A service does not come up; the message names its log."""
