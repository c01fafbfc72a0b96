"""Sockets that keep a total deadline, check where they lead, and know whether a request was begun.

Fact: time-outs of requests and urllib3 bound each single read, so a peer that sends a byte now and then holds
a call for as long as it likes (measured: `timeout=(1, 1)` lasted 7.8 s). Here every read and write of the
socket is given only what is left of the whole call.
And urllib3 reports a broken TLS stream as the same `SSLError` before and after the request, so what was sent
is not guessed from an error's type: the connection notes when it begins to write.
"""

import os
import socket
import ssl
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connector.outbound.hosts import is_public

CONNECT_SECONDS: Final = 5.0


@dataclass(slots=True)
class Call:
    """The call that the current thread is making. `deadline` by `time.monotonic()`."""

    deadline: float
    private_allowed: bool
    written: bool = False  # from here on the peer may have got something

    def left(self) -> float:
        """Seconds left. Raises TimeoutError where none are."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call's deadline has passed")
        return left


CALL: Final[ContextVar[Call | None]] = ContextVar("outbound_call", default=None)


class PrivateAddress(NewConnectionError):
    """A public host's name leads to a private address only."""


class _Bounded(socket.socket):
    """Each operation gets what is left of the call in progress."""

    def _bound(self, most: float | None = None) -> None:
        call = CALL.get()
        if call is not None:
            left = call.left()
            self.settimeout(left if most is None else min(most, left))

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        self._bound()
        return super().recv(*args, **kwargs)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._bound()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._bound()
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._bound()
        super().sendall(*args, **kwargs)


class _TlsSocket(_Bounded, ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:
        self._bound(CONNECT_SECONDS)
        super().do_handshake(block)


def tls_context(ca_bundle: str) -> ssl.SSLContext:
    """Verifies chain and name against a file or folder of authorities. ValueError where it cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # requires a certificate and checks its name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    try:
        if os.path.isdir(ca_bundle):
            context.load_verify_locations(capath=ca_bundle)
        else:
            context.load_verify_locations(cafile=ca_bundle)
    except OSError as error:
        raise ValueError(f"the CA bundle {ca_bundle} cannot be read: {error.strerror or error}") from None
    context.sslsocket_class = _TlsSocket
    return context


class _Connection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers. With a proxy it is the proxy's, which is not judged."""
        call = CALL.get()
        judged = self.proxy is None and not (call and call.private_allowed)
        try:
            addresses = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(*error.args[:2])) from None
        allowed = [one for one in addresses if not judged or is_public(str(one[4][0]))]
        if not allowed:
            raise PrivateAddress(self, "leads to a private address")
        return self._first(allowed, call)

    def _first(self, addresses: list[Any], call: Call | None) -> socket.socket:
        failure: Exception | None = None
        for family, kind, protocol, _, address in addresses:
            sock = _Bounded(family, kind, protocol)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(min(CONNECT_SECONDS, call.left()) if call else CONNECT_SECONDS)
                sock.connect(address)
                return sock
            except TimeoutError:
                failure = ConnectTimeoutError(self, "no connection in time")
            except OSError as error:
                failure = NewConnectionError(self, "no connection")
                failure.__cause__ = error
            sock.close()
        raise failure or NewConnectionError(self, "no address")

    def request(self, *args: Any, **kwargs: Any) -> None:
        call = CALL.get()
        if call is not None:
            call.left()  # nothing is begun after the deadline
            call.written = True
        super().request(*args, **kwargs)


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class Adapter(HTTPAdapter):
    """requests' adapter over the connections above: pooled, never retrying, one TLS context loaded once."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"https": _Pool}
        return manager

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """The TLS context verifies; requests' own way would read the authorities for each connection."""
