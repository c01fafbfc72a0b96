"""One log line for each call, the same for every system."""

from urllib.parse import urlsplit

import structlog

_log = structlog.get_logger("connector.outbound")


def log_call(side: str, method: str, url: str, *, seconds: float, trace_id: str, result: int | str) -> None:
    """`result` is the HTTP status, or what became of the call. Of the URL only the path is kept."""
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
