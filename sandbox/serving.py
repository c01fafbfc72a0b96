"""WSGI apps over TLS on this machine: HTTP/1.1 with keep-alive, one thread per connection.

Werkzeug's own server closes every connection after one answer and shakes hands in the accepting thread; both
are done differently here, the rest of it is used as it is.
"""

import io
import os
import socket
import ssl
import struct
import sys
import threading
import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import get_input_stream

from sandbox.middleware import TRANSPORT

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_HANDSHAKE = 10.0  # seconds
_IDLE = 120.0


class _CutOffError(Exception):
    """The connection was broken on purpose."""


class _Socket:
    """What the fault layer may do to this connection."""

    patience: float | None = None  # unknown: the client waits as long as it likes

    def __init__(self, handler: "_Handler") -> None:
        self._handler = handler

    def cut(self) -> NoReturn:
        connection = self._handler.connection
        if not self._handler.begun:
            # With a linger of zero the kernel sends a reset instead of a farewell.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
        raise _CutOffError

    def refuse(self, why: str = "refuse") -> NoReturn:  # noqa: ARG002 - nothing of it is left once connected
        self.cut()

    def time_out(self) -> NoReturn:
        self.cut()


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    server: "Server"
    begun = False  # whether the answer to the present request has begun

    def setup(self) -> None:
        self.request.settimeout(_HANDSHAKE)
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass  # the peer has gone
        finally:
            self.connection.close()

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        # The whole body first: what an app leaves unread would be taken for the next request.
        body = get_input_stream(environ).read()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.url_scheme"] = "https"
        environ[TRANSPORT] = _Socket(self)
        self.begun = False
        try:
            self._answer(environ)
        except (_CutOffError, ConnectionError, ssl.SSLError):
            self.close_connection = True
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self.close_connection = True
            if not self.begun:
                self.send_error(500)

    def _answer(self, environ: dict[str, object]) -> None:
        head: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> object:
            head.append((status, headers))
            return self.wfile.write

        chunks: Iterable[bytes] = self.server.app(environ, start_response)  # type: ignore[arg-type]
        try:
            for chunk in chunks:
                if not self.begun:
                    self._begin(*head[-1])
                self.wfile.write(chunk)
            if not self.begun:
                self._begin(*head[-1])
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _begin(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.begun = True
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Not logged: `Traffic` counts."""


class Server(ThreadedWSGIServer):
    """Serves one app over TLS on a listening socket of 127.0.0.1."""

    def __init__(self, listener: socket.socket, app: "WSGIApplication", tls: ssl.SSLContext) -> None:
        self.tls = tls
        host, port = listener.getsockname()
        super().__init__(host, port, app, handler=_Handler, fd=listener.fileno())
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """A peer that breaks off or does not trust us is no event worth a traceback."""


def listen(ports: Iterable[int]) -> socket.socket:
    """A listening socket on the first of these ports of 127.0.0.1 that is free, else on any."""
    for port in (*ports, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(128)
        except OSError:
            listener.close()
            continue
        return listener
    raise OSError("no port is free on 127.0.0.1")
