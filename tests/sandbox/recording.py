"""Everything that goes in and out of a WSGI app, kept."""

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.sandbox.openapi import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Recording:
    def __init__(self, app: "WSGIApplication", exchanges: list[Exchange]) -> None:
        self._app = app
        self._exchanges = exchanges

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        status: list[int] = []

        def started(line: str, headers: Any, failure: Any = None) -> Any:
            status.append(int(line.split(maxsplit=1)[0]))
            return start_response(line, headers, failure)

        chunks = self._app(environ, started)
        try:
            answer = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
        self._exchanges.append(Exchange(environ["REQUEST_METHOD"], path, query, body, status[-1], answer))
        return [answer]
