"""The WSGI layer around every stand-in: counts requests and makes them go wrong as `sandbox.faults` says."""

import io
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from sandbox.faults import Faults, Rule
from sandbox.parts import rearranged

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TRANSPORT = "sandbox.transport"

# Kinds whose request is carried out before anything goes wrong.
_AFTER = frozenset(
    {"latency", "trickle", "reset_after", "status_after", "truncate_after", "malformed_after", "parts_after"}
)
GATEWAY_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>gateway</body></html>"


class Transport(Protocol):
    """What the server under an app can do to its connection. In `environ["sandbox.transport"]`."""

    patience: float | None  # seconds the client will wait, where that is known (in process)

    def cut(self) -> NoReturn:
        """Break the connection at once."""

    def refuse(self, why: str = "refuse") -> NoReturn:
        """Behave as if nobody listened; or the name were unknown, or the certificate nobody's we trust."""

    def time_out(self) -> NoReturn:
        """Let the client's patience end."""


class _Bare:
    """For an app called without a server of ours, as by a test client."""

    patience: float | None = 0.0

    def cut(self) -> NoReturn:
        raise ConnectionResetError("the sandbox cut the connection")

    def refuse(self, why: str = "refuse") -> NoReturn:  # noqa: ARG002 - one shape of transport
        raise ConnectionRefusedError("the sandbox refused the connection")

    def time_out(self) -> NoReturn:
        raise TimeoutError("the sandbox let the client wait")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. `status` is what the app answered, 0 where it was not asked."""

    system: str
    method: str
    path: str  # with the query
    status: int
    fault: str = ""


class Traffic:
    """How many requests each system got, and the latest of them."""

    def __init__(self, keep: int = 10_000) -> None:
        self._lock = Lock()
        self.counts: Counter[str] = Counter()
        self.latest: deque[Seen] = deque(maxlen=keep)

    def add(self, seen: Seen) -> None:
        with self._lock:
            self.counts[seen.system] += 1
            self.latest.append(seen)


@dataclass(slots=True)
class _Answer:
    status: str
    headers: Headers
    body: bytes

    @property
    def code(self) -> int:
        return int(self.status.split(" ", 1)[0])


class OnceAsked:
    """An app that is made with its first request: making one takes longer than most answers, and few use them all."""

    def __init__(self, make: "Callable[[], WSGIApplication]") -> None:
        self._make, self._lock = make, Lock()
        self._app: WSGIApplication | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._lock:
            self._app = self._app or self._make()
        return self._app(environ, start_response)


class Faulty:
    """A WSGI app around another one."""

    def __init__(self, system: str, app: "WSGIApplication", faults: Faults, traffic: Traffic) -> None:
        self.system = system
        self.app = app
        self.faults = faults
        self.traffic = traffic

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = get_input_stream(environ).read()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        path = environ.get("PATH_INFO", "")
        if environ.get("QUERY_STRING"):
            path += "?" + environ["QUERY_STRING"]
        transport: Transport = environ.get(TRANSPORT) or _Bare()
        rule = self.faults.take(self.system, environ["REQUEST_METHOD"], path, body)
        answer: _Answer | None = None
        try:
            if rule is None:
                answer = self._ask(environ)
                return _send(answer, start_response)
            if rule.kind in _AFTER:
                answer = self._late_or_now(rule, environ, transport)
            return self._spoil(rule, environ, answer, transport, start_response)
        finally:
            status = 0 if answer is None else answer.code
            self.traffic.add(Seen(self.system, environ["REQUEST_METHOD"], path, status, rule.kind if rule else ""))

    def _ask(self, environ: "WSGIEnvironment") -> _Answer:
        chunks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return _Answer(status, headers, b"".join(chunks))

    def _late_or_now(self, rule: Rule, environ: "WSGIEnvironment", transport: Transport) -> _Answer:
        if rule.kind != "latency":
            return self._ask(environ)
        seconds = float(rule.options.get("seconds", 1))
        if transport.patience is None:
            time.sleep(seconds)  # a real client on a real socket waits, or does not
        answer = self._ask(environ)
        if transport.patience is not None and seconds > transport.patience:
            transport.time_out()
        return answer

    def _spoil(
        self,
        rule: Rule,
        environ: "WSGIEnvironment",
        answer: _Answer | None,
        transport: Transport,
        start_response: "StartResponse",
    ) -> Iterable[bytes]:
        if rule.kind in ("refuse", "unknown_name", "untrusted"):
            transport.refuse(rule.kind)
        if rule.kind == "late":
            self._postpone(rule, environ)
        if rule.kind in ("reset_before", "reset_after", "late"):
            transport.cut()
        if rule.kind in ("status_before", "status_after", "throttle"):
            return _send(_gateway(rule), start_response)
        assert answer is not None  # noqa: S101 - every other kind has asked the app
        if rule.kind == "truncate_after":
            return _truncated(answer, int(rule.options.get("bytes", len(answer.body) // 2)), transport, start_response)
        if rule.kind == "trickle":
            return _trickling(answer, rule.options, transport, start_response)
        if rule.kind == "parts_after":
            answer.body = rearranged(answer.headers.get("Content-Type", ""), answer.body, **rule.options)
        if rule.kind == "malformed_after":
            answer.body = _bytes(rule.options["body"]) if "body" in rule.options else _nonsense(answer.body)
            if "content_type" in rule.options:
                answer.headers["Content-Type"] = rule.options["content_type"]
        return _send(answer, start_response)

    def _postpone(self, rule: Rule, environ: "WSGIEnvironment") -> None:
        kept = {key: value for key, value in environ.items() if key != TRANSPORT}

        def effect() -> None:
            self._ask(kept)

        if "seconds" in rule.options:
            timer = Timer(float(rule.options["seconds"]), effect)
            timer.daemon = True
            timer.start()
        else:
            self.faults.postpone(effect)


def _gateway(rule: Rule) -> _Answer:
    options: dict[str, Any] = rule.options
    code = 429 if rule.kind == "throttle" else int(options.get("code", 502))
    status = f"{code} {HTTPStatus(code).phrase}"
    headers = Headers(options.get("headers", {}))
    if options.get("retry_after") is not None:
        headers["Retry-After"] = str(options["retry_after"])
    page = "" if rule.kind == "throttle" else GATEWAY_PAGE.format(title=status)
    headers["Content-Type"] = options.get("content_type", "text/html")
    return _Answer(status, headers, _bytes(options.get("body", page)))


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else str(body).encode()


def _nonsense(body: bytes) -> bytes:
    """Half of it, sent as if it were all: neither JSON nor multipart any more."""
    return body[: len(body) // 2] or b"{"


def _send(answer: _Answer, start_response: "StartResponse") -> Iterable[bytes]:
    answer.headers["Content-Length"] = str(len(answer.body))
    start_response(answer.status, answer.headers.to_wsgi_list())
    return [answer.body]


def _truncated(answer: _Answer, keep: int, transport: Transport, start_response: "StartResponse") -> Iterator[bytes]:
    answer.headers["Content-Length"] = str(len(answer.body))
    start_response(answer.status, answer.headers.to_wsgi_list())
    yield answer.body[:keep]
    if keep < len(answer.body):
        transport.cut()


def _trickling(
    answer: _Answer, options: dict[str, Any], transport: Transport, start_response: "StartResponse"
) -> Iterator[bytes]:
    """In process nobody sleeps: what would outlast the client's patience ends as a time-out in the middle."""
    seconds, size = float(options.get("seconds", 1)), max(1, int(options.get("bytes", 1)))
    answer.headers["Content-Length"] = str(len(answer.body))
    start_response(answer.status, answer.headers.to_wsgi_list())
    for place in range(0, len(answer.body), size):
        if transport.patience is None:
            time.sleep(seconds)
        elif place // size * seconds > transport.patience:
            transport.time_out()
        yield answer.body[place : place + size]
