"""One HTTP call to F&O: token, trace, log, and what a broken call means."""

import time
from typing import Final
from uuid import uuid4

from connector.d365.answers import activity_id
from connector.d365.auth import TokenSource
from connector.d365.errors import NoAnswer, NotSent, Unavailable
from connector.outbound import errors as outbound_errors
from connector.outbound.auth import Bearer
from connector.outbound.calls import log_call
from connector.outbound.session import Outbound, Response

ODATA_JSON: Final = "application/json;odata.metadata=minimal"
_MAX_BYTES: Final = 64 * 2**20


class Calls:
    """Calls of one connection; `made` counts them."""

    def __init__(self, outbound: Outbound, tokens: TokenSource) -> None:
        self._outbound = outbound
        self._tokens = tokens
        self.made = 0

    def send(
        self,
        method: str,
        url: str,
        *,
        seconds: float,
        data: bytes | None = None,
        content_type: str = "",
        **headers: str,
    ) -> Response:
        """Any status. A call with `data` is a write: it raises `NoAnswer` where a read raises `Unavailable`.

        A 401 is given before any work, so it gets one fresh token and one repeat, writes too; nothing else is
        ever repeated. `seconds` bounds it all but the asking for tokens, after which nothing late is begun.
        """
        deadline = time.monotonic() + seconds
        sent = {"Accept": ODATA_JSON, "OData-Version": "4.0", "OData-MaxVersion": "4.0", **headers}
        if content_type:
            sent["Content-Type"] = content_type
        response = self._once(method, url, self._tokens.token(), headers=sent, data=data, deadline=deadline)
        if response.status == 401:
            response = self._once(method, url, self._tokens.fresh(), headers=sent, data=data, deadline=deadline)
        return response

    def _once(
        self,
        method: str,
        url: str,
        token: str,
        *,
        headers: dict[str, str],
        data: bytes | None,
        deadline: float,
    ) -> Response:
        self.made += 1
        started = time.monotonic()
        trace = request_id = str(uuid4())
        result: int | str = "failed"
        try:
            response = self._outbound.request(
                method,
                url,
                headers={**headers, "x-ms-client-request-id": request_id},
                auth=Bearer(token),
                data=data,
                seconds=deadline - started,
                max_bytes=_MAX_BYTES,
            )
            result, trace = response.status, activity_id(response.headers) or request_id
            return response
        except outbound_errors.NoAnswer as error:
            result = "no answer"
            raise (Unavailable if data is None else NoAnswer)(str(error), activity_id=request_id) from None
        except outbound_errors.OutboundError as error:
            result = "not sent"
            raise NotSent(str(error), activity_id=request_id) from None
        finally:
            log_call("d365", method, url, seconds=time.monotonic() - started, trace_id=trace, result=result)
