"""One HTTP call to Brex: the token, the clock, the log line, and what became of it. Used by every client here."""

import time
from typing import Any, Final

from connector.brex.answers import trace_id, value
from connector.brex.errors import NoAnswer, NotSent, Unavailable
from connector.outbound import errors as outbound_errors
from connector.outbound.auth import Bearer
from connector.outbound.calls import log_call
from connector.outbound.session import Outbound

_MAX_BYTES: Final = 64 * 2**20

Params = list[tuple[str, str]]


class Calls:
    """Calls of one connection; `made` counts them. Raises ValueError for a token that no header can carry."""

    def __init__(self, outbound: Outbound, token: str) -> None:
        self._outbound = outbound
        self._auth = Bearer(token)
        self._token = token
        self.made = 0

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[Any, str]:
        """The JSON that was answered, and the trace id. A call with `data` is a write: it may raise `NoAnswer`."""
        write = data is not None
        sent = {"Accept": "application/json", **(headers or {})}
        if write:
            sent["Content-Type"] = "application/json"
        self.made += 1
        started = time.monotonic()
        result: int | str = "failed"
        trace = ""
        try:
            response = self._outbound.request(
                method, url, headers=sent, auth=self._auth, params=params, data=data, max_bytes=_MAX_BYTES
            )
            result, trace = response.status, trace_id(response.headers)
        except outbound_errors.NoAnswer as error:
            result = "no answer"
            raise (NoAnswer if write else Unavailable)(str(error)) from None
        except outbound_errors.OutboundError as error:
            result = "not sent"
            raise NotSent(str(error)) from None
        finally:
            log_call("brex", method, url, seconds=time.monotonic() - started, trace_id=trace, result=result)
        return value(response, write=write, secret=self._token), trace
