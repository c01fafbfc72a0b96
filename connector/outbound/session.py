"""The one way out: https, verified, to allowed hosts, within a deadline, never repeated by itself."""

import ssl
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from connector.outbound.describe import causes, describe, stage
from connector.outbound.errors import HostNotAllowed, NoAnswer, NotSent, OutboundError, TooLarge
from connector.outbound.hosts import Target, target
from connector.outbound.transport import CALL, CONNECT_SECONDS, Adapter, Call, PrivateAddress, tls_context

USER_AGENT: Final = "brex-d365-connector/0.1"
_CHUNK: Final = 64 * 1024
# How an adapter that is not ours says that it never connected.
_UNCONNECTED: Final = (requests.ConnectTimeout, ConnectTimeoutError, ssl.SSLCertVerificationError)
_FAILURES: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. `headers` ignores case; `body` is the decoded content; `elapsed` is in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - the library's signature
        """Redirects are answers, never followed: a credential goes to the host it was meant for."""
        return


class Outbound:
    """Makes calls. Keeps connections open between them; one object per process, created after a fork.

    `trusted_hosts`: "host:port" names allowed besides the built-in ones, also on private networks.
    `ca_bundle`: file or folder of authorities instead of certifi's.
    `proxy`: "http://[user:password@]host:port"; calls to loopback hosts go around it.
    `adapter`: takes the place of the network (tests).
    Nothing is read from the environment or a .netrc. Raises ValueError for a bundle or proxy of no use.
    """

    def __init__(
        self,
        *,
        trusted_hosts: frozenset[str] = frozenset(),
        ca_bundle: str | None = None,
        proxy: str | None = None,
        adapter: BaseAdapter | None = None,
    ) -> None:
        self._trusted = frozenset(host.strip().lower() for host in trusted_hosts)
        self._proxy = None if not proxy else _http_proxy(proxy)
        self._foreign = adapter is not None
        self._session = _Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        # Microsoft advises to drop F&O's affinity cookie, and no other cookie is wanted.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.adapters.clear()
        self._session.mount("https://", adapter or Adapter(tls_context(ca_bundle or certifi.where())))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        auth: AuthBase | None = None,
        params: list[tuple[str, str]] | None = None,
        data: bytes | None = None,
        seconds: float = 30.0,
        max_bytes: int = 16 * 2**20,
        download: bool = False,
    ) -> Response:
        """One call, one try; any status comes back as a `Response`, redirects too.

        `download`: of a file, from where files are kept, too; then nothing of ours goes with it (ValueError).

        `seconds` bounds the whole call (but for the name look-up, which the system bounds), `max_bytes` the
        decoded body. Raises `HostNotAllowed`, `NotSent` or `NoAnswer`.
        """
        started = time.monotonic()
        if download and (auth is not None or headers or data is not None):
            raise ValueError("a download takes no credential along")
        parts = {"headers": headers, "auth": auth, "params": params, "data": data}
        prepared, allowed = self._prepare(method, url, download, **parts)
        if seconds <= 0:
            raise NotSent(f"no time was left to call {allowed.host}")
        call = Call(started + seconds, private_allowed=allowed.trusted, written=self._foreign)
        token = CALL.set(call)
        try:
            response = self._send(prepared, allowed, seconds)
            with closing(response):
                body = _body(response, call, max_bytes)
            return Response(response.status_code, response.headers, body, time.monotonic() - started)
        except _TooLarge:
            failure: OutboundError = TooLarge(f"{allowed.host} answered with more than {max_bytes} bytes")
        except _FAILURES as error:
            if self._foreign and any(isinstance(cause, _UNCONNECTED) for cause in causes(error)):
                call.written = False
            failure = _failure(error, call, allowed)
        finally:
            CALL.reset(token)
        # Raised here, outside the handler, so that no library's error with its URL hangs on to ours.
        raise failure

    def close(self) -> None:
        self._session.close()

    def _prepare(
        self, method: str, url: str, download: bool, **parts: Any
    ) -> tuple[requests.PreparedRequest, Target]:
        first = target(url, self._trusted, download=download)
        prepared: requests.PreparedRequest | None = None
        with suppress(*_FAILURES):
            request = requests.Request(method, url, **parts)
            prepared = self._session.prepare_request(request)
        if prepared is None or not isinstance(prepared.url, str):
            raise NotSent(f"the request to {first.host} cannot be formed")
        # Judged again as requests understood it: this very text decides where the connection goes.
        return prepared, target(prepared.url, self._trusted, download=download)

    def _send(self, prepared: requests.PreparedRequest, allowed: Target, seconds: float) -> requests.Response:
        proxies = {"https": self._proxy} if self._proxy and not allowed.loopback else {}
        return self._session.send(
            prepared,
            stream=True,
            timeout=(min(CONNECT_SECONDS, seconds), seconds),
            allow_redirects=False,
            proxies=proxies,
        )


class _TooLarge(Exception):
    pass


def _body(response: requests.Response, call: Call, max_bytes: int) -> bytes:
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > max_bytes:
        raise _TooLarge
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        call.left()
        body += chunk
        if len(body) > max_bytes:
            raise _TooLarge
    return bytes(body)


def _failure(error: Exception, call: Call, allowed: Target) -> OutboundError:
    if any(isinstance(cause, PrivateAddress) for cause in causes(error)):
        return HostNotAllowed(
            f"{allowed.host} leads to a private address; trusted hosts are named host:port", stage=stage(error)
        )
    if not call.written:
        return NotSent(f"{allowed.host} was not reached: {describe(error)}", stage=stage(error))
    return NoAnswer(f"{allowed.host} gave no complete answer: {describe(error)}", stage="answer")


def _http_proxy(proxy: str) -> str:
    """Only a plain http proxy: inside TLS to a proxy the deadlines of the sockets could not be kept."""
    url = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0 and parts.path in ("", "/")
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("CONNECTOR_PROXY must look like http://host:port or http://user:password@host:port")
    return url
