"""Product code against the stand-ins without a socket: a `requests` adapter that calls WSGI apps directly.

Errors are the ones `requests` and urllib3 raise for the same mishap on a real connection.
"""

import io
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, ReadTimeoutError

from sandbox.middleware import TRANSPORT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_NO_LIMIT = 3600.0


class WSGIAdapter(HTTPAdapter):
    """Mount at "https://" with {"host:port" or "host": app}. An unknown host does not resolve."""

    def __init__(self, apps: "Mapping[str, WSGIApplication]") -> None:
        super().__init__()
        self._apps = {_with_port(host): app for host, app in apps.items()}

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **_: Any
    ) -> requests.Response:
        transport = _Transport(request, _read_timeout(timeout))
        app = self._apps.get(_with_port(urlsplit(request.url or "").netloc))
        if app is None:
            transport.refuse()
        environ = _environ(request)
        environ[TRANSPORT] = transport
        status, headers, body = _call(app, environ)
        raw = HTTPResponse(
            body=io.BytesIO(body),
            headers=headers,
            status=int(status.split(" ", 1)[0]),
            reason=status.partition(" ")[2],
            version=11,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        response = self.build_response(request, raw)
        if not stream:
            response.content  # noqa: B018 - reads the body, or raises
        return response


class _Transport:
    def __init__(self, request: requests.PreparedRequest, patience: float) -> None:
        self.request = request
        self.patience: float | None = patience

    def cut(self) -> NoReturn:
        reset = ConnectionResetError(104, "Connection reset by peer")
        raise requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", reset), request=self.request)

    def refuse(self, why: str = "refuse") -> NoReturn:
        url = self.request.url or ""
        if why == "untrusted":
            mistrust = ssl.SSLCertVerificationError(1, "certificate verify failed")
            mistrust.verify_message = "self-signed certificate"
            raise requests.exceptions.SSLError(MaxRetryError(None, url, mistrust), request=self.request)  # type: ignore[arg-type]
        if why == "unknown_name":
            unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            reason: Exception = NameResolutionError(urlsplit(url).hostname or "", None, unknown)  # type: ignore[arg-type]
        else:
            reason = NewConnectionError(None, "Failed to establish a new connection")  # type: ignore[arg-type]
        raise requests.exceptions.ConnectionError(
            MaxRetryError(None, url, reason),  # type: ignore[arg-type]
            request=self.request,
        )

    def time_out(self) -> NoReturn:
        message = f"Read timed out. (read timeout={self.patience})"
        reason = ReadTimeoutError(None, self.request.url or "", message)  # type: ignore[arg-type]
        raise requests.exceptions.ReadTimeout(reason, request=self.request)


def _call(app: "WSGIApplication", environ: dict[str, Any]) -> tuple[str, HTTPHeaderDict, bytes]:
    """Status, headers and as much of the body as arrived before the end or a cut."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = io.BytesIO()

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], object]:
        started.append((status, headers))
        return body.write

    chunks: Iterable[bytes] = ()
    try:
        chunks = app(environ, start_response)
        for chunk in chunks:
            body.write(chunk)
    except requests.exceptions.ConnectionError:
        # Where the answer had begun, the client sees what there was, and that it is too short.
        if not started:
            raise
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started[-1]
    return status, HTTPHeaderDict(headers), body.getvalue()


def _with_port(netloc: str) -> str:
    netloc = netloc.lower()
    return netloc if netloc.rpartition(":")[2].isdigit() else f"{netloc}:443"


def _read_timeout(timeout: Any) -> float:
    """`requests` takes seconds, (connect, read), a urllib3 Timeout or None."""
    if isinstance(timeout, tuple):
        timeout = timeout[1]
    if hasattr(timeout, "read_timeout"):
        timeout = timeout.read_timeout
    return float(timeout) if isinstance(timeout, int | float) else _NO_LIMIT


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url or "")
    content = request.body or b""
    data = content.encode() if isinstance(content, str) else bytes(content)
    path = url.path or "/"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": path + ("?" + url.query if url.query else ""),
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or 443),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(data),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if key != "CONTENT_LENGTH":
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    return environ
