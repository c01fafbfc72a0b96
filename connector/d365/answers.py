"""From an HTTP answer of F&O to what it means: the JSON of a success, or the error it stands for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from connector.d365 import infolog
from connector.d365.errors import (
    D365Error,
    NoAnswer,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from connector.domain import jsonio
from connector.outbound.pacing import retry_after
from connector.outbound.session import Response
from connector.outbound.words import LONGEST_NAME, plain

_AUTHORIZATION: Final = (
    "check that the application (client_id) is registered in F&O under System administration > Setup > "
    "Microsoft Entra ID applications, with a user, and that host and tenant_id belong together"
)


def activity_id(headers: Mapping[str, str]) -> str:
    """Fact: F&O names its activity in `ms-dyn-aid` (Microsoft, service request tracing)."""
    return plain(headers.get("ms-dyn-aid") or "", LONGEST_NAME)


def read(response: Response, *, write: bool) -> dict[str, Any]:
    """The JSON object of a 200 or 201. Raises the `D365Error` that any other answer stands for."""
    refuse(response, write=write)
    body = _json(response.body)
    if isinstance(body, dict):
        return body
    kind: type[D365Error] = NoAnswer if write else Unreadable
    raise kind(
        f"F&O answered {response.status} without a JSON object",
        status=response.status,
        activity_id=activity_id(response.headers),
    )


def refuse(response: Response, *, write: bool, batch: bool = False) -> None:
    """Raise the error that a status other than 200 and 201 stands for.

    401, 403, 413 and 429 are given before any work. Another 4xx is clear only with an OData error body, and
    for a `batch` not even then: part of it may have been done before.
    """
    status, aid = response.status, activity_id(response.headers)
    if status in (200, 201):
        return
    body = _json(response.body)
    explained = infolog.says_why(body)
    said = f": {infolog.read(body)}" if explained else ""
    if status == 401 or (status == 403 and not explained):
        raise Unauthorized(f"F&O did not take the token ({status}); {_AUTHORIZATION}", status=status, activity_id=aid)
    if status == 429:
        headers = response.headers
        wait = retry_after(headers.get("Retry-After"), datetime.now(UTC), headers.get("Date"))
        raise Throttled("F&O asks to slow down (429)", retry_after=wait, activity_id=aid)
    if status in (403, 413) or (explained and 400 <= status < 500 and not batch):
        raise Refused(
            f"F&O refused the request ({status}{said})",
            infolog=infolog.read(body),
            status=status,
            activity_id=aid,
        )
    raise _unclear(status, said, aid, write=write)


def _unclear(status: int, said: str, aid: str, *, write: bool) -> D365Error:
    if write:
        return NoAnswer(f"F&O answered {status}{said}; it is unknown what it did", status=status, activity_id=aid)
    if status >= 500 or status == 408:
        return Unavailable(f"F&O is not available ({status}{said})", status=status, activity_id=aid)
    return Unreadable(f"F&O answered {status} without an explanation", status=status, activity_id=aid)


def _json(body: bytes) -> Any:
    try:
        return jsonio.loads(body, unique=True)
    except jsonio.NotJson:
        return None
