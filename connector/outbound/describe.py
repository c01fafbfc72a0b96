"""A library's network error in plain words, without its URL, headers or bodies."""

import socket
import ssl
from collections.abc import Callable, Iterator
from http import client
from typing import Final

from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from connector.outbound.transport import PrivateAddress


def describe(error: BaseException) -> str:
    """The innermost cause we know the words for."""
    found = list(causes(error))
    for kind, words in _WORDS:
        for cause in found:
            if isinstance(cause, kind):
                return words(cause) if callable(words) else words
    return f"it broke off ({type(found[-1]).__name__})"


def stage(error: BaseException) -> str:
    """How far an unmade connection got: it failed at its "name", its "address", "tls" or else the "connection"."""
    found = list(causes(error))
    for name, kinds in _STAGES:
        if any(isinstance(cause, kinds) for cause in found):
            return name
    return "connection"


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and whatever urllib3 and requests wrapped in it, outermost first."""
    todo, seen = [error], set()
    while todo:
        one = todo.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [getattr(one, "reason", None), one.__cause__, one.__context__]
        todo += [cause for cause in (*one.args, *inner) if isinstance(cause, BaseException)]


def _certificate(error: BaseException) -> str:
    return f"its certificate is not trusted ({getattr(error, 'verify_message', '') or 'verification failed'})"


def _tls(error: BaseException) -> str:
    return f"TLS failed ({getattr(error, 'reason', None) or type(error).__name__})"


def _system(error: BaseException) -> str:
    return getattr(error, "strerror", None) or "the connection failed"


# Looked through in this order: what is most telling first.
_WORDS: Final[tuple[tuple[type[BaseException], str | Callable[[BaseException], str]], ...]] = (
    (PrivateAddress, "leads to a private address"),
    (ssl.SSLCertVerificationError, _certificate),
    (NameResolutionError, "its name is not known"),
    (socket.gaierror, "its name is not known"),
    (ProxyError, "the proxy refused or failed"),
    (ConnectionRefusedError, "the connection was refused"),
    (NewConnectionError, "no connection"),
    (ConnectTimeoutError, "no connection in time"),
    (ReadTimeoutError, "no answer in time"),
    (TimeoutError, "no answer in time"),
    (client.IncompleteRead, "the answer was cut short"),
    (DecodeError, "the answer's content encoding is broken"),
    (ssl.SSLError, _tls),
    (client.RemoteDisconnected, "the connection was closed"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was closed"),
    (client.HTTPException, "the connection was closed or the answer is no HTTP"),
    (OSError, _system),
)

_STAGES: Final[tuple[tuple[str, tuple[type[BaseException], ...]], ...]] = (
    ("address", (PrivateAddress,)),
    ("name", (NameResolutionError, socket.gaierror)),
    ("connection", (ProxyError,)),
    ("tls", (ssl.SSLError,)),
)
