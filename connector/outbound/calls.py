"""One log line for each call, the same for every system; and what calls came to, for whoever meters them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import structlog

_log = structlog.get_logger("connector.outbound")


@dataclass(slots=True)
class Meter:
    """Calls by (side, outcome): how many, and the seconds they took together. The outcome is `log_call`'s result."""

    calls: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def add(self, side: str, outcome: str, seconds: float) -> None:
        number, total = self.calls.get((side, outcome), (0, 0.0))
        self.calls[side, outcome] = (number + 1, total + seconds)


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Calls made inside are added to this meter, and to no other."""
    meter = Meter()
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


def log_call(side: str, method: str, url: str, *, seconds: float, trace_id: str, result: int | str) -> None:
    """`result` is the HTTP status, or what became of the call. Of the URL only the path is kept."""
    meter = _METER.get()
    if meter is not None:
        meter.add(side, str(result), seconds)
    path = urlsplit(url).path
    _log.info(
        f"{side} {method} {path}: {result}",
        side=side,
        method=method,
        path=path,
        status=result,
        seconds=round(seconds, 3),
        trace_id=trace_id,
    )
