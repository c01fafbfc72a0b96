"""Brex's v1 paths, which two hosts serve: the one that answers a read is the one that writes go to.

Fact: since January 2026 api.brex.com serves every path; the older host "will continue to be available" (Brex,
changelog). So the connection's v1_base_url is asked first, and base_url where that does not answer.
"""

from typing import Any

from connector.brex.calls import Calls, Params
from connector.brex.errors import BrexError, Throttled
from connector.domain import jsonio
from connector.outbound.session import Outbound


class V1:
    """`host` is the base URL that answered last; before any answer the first one. All errors are `brex.errors`."""

    def __init__(self, outbound: Outbound, *, token: str, v1_base_url: str, base_url: str) -> None:
        self._calls = Calls(outbound, token)
        self._hosts = list(dict.fromkeys(url.rstrip("/") for url in (v1_base_url, base_url)))
        self.host = self._hosts[0]

    def get(self, path: str, params: Params | None = None) -> tuple[Any, str]:
        """The JSON of the first host that answers with one, and the trace id. Raises the first host's error."""
        failure: BrexError | None = None
        for host in sorted(self._hosts, key=lambda url: url != self.host):
            try:
                found = self._calls.send("GET", f"{host}{path}", params=params)
            except Throttled:
                raise
            except BrexError as error:
                failure = failure or error
            else:
                self.host = host
                return found
        assert failure is not None  # noqa: S101 - there is at least one host
        raise failure

    def send(self, method: str, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[Any, str]:
        """A write, to the host that answered last and to no other. Raises `NoAnswer` where its effect is unknown.

        `body`: a JSON value, or the bytes of one.
        """
        data = body if isinstance(body, bytes) else jsonio.dumps(body).encode()
        return self._calls.send(method, f"{self.host}{path}", data=data, headers=headers)
