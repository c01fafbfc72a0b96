"""What happens on real sockets with real TLS."""

import gzip
import selectors
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from connector.outbound.auth import Bearer
from connector.outbound.errors import HostNotAllowed, NoAnswer, NotSent, OutboundError, TooLarge
from connector.outbound.session import Outbound
from tests.outbound.server import Peer, Server

pytestmark = pytest.mark.sockets

Start = Callable[..., Server]
Make = Callable[..., Outbound]

SECRET = "bxt_do_not_show_me"


def polite(peer: Peer) -> None:
    while peer.read_request():
        peer.answer(b'{"ok":true}', X_Brex_Trace_Id="t-1")


def test_it_returns_status_headers_and_body(start: Start, outbound: Make) -> None:
    server = start(polite)
    response = outbound(server).request(
        "POST",
        f"{server.url}/v3/x",
        params=[("ids", "a b"), ("ids", "c")],
        data=b"{}",
        headers={"X-One": "1"},
    )
    assert (response.status, response.body) == (200, b'{"ok":true}')
    assert response.headers["x-brex-trace-id"] == "t-1"
    assert server.requests[0].startswith(b"POST /v3/x?ids=a+b&ids=c HTTP/1.1\r\n")
    assert b"\r\nUser-Agent: brex-d365-connector/" in server.requests[0]


def test_it_keeps_one_connection_open(start: Start, outbound: Make) -> None:
    server = start(polite)
    out = outbound(server)
    for _ in range(3):
        out.request("GET", f"{server.url}/")
    assert server.accepted == 1


def test_it_refuses_a_host_nobody_allowed_before_connecting(start: Start, outbound: Make) -> None:
    server = start(polite)
    with pytest.raises(HostNotAllowed, match="CONNECTOR_TRUSTED_HOSTS"):
        outbound().request("GET", f"{server.url}/?token={SECRET}")
    assert server.accepted == 0


def test_it_refuses_a_public_host_whose_name_leads_to_loopback(
    start: Start, outbound: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(polite)
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [place])
    with pytest.raises(HostNotAllowed, match="private address"):
        outbound().request("GET", "https://api.brex.com/v2/company")
    assert server.accepted == 0


def test_a_name_nobody_knows_is_not_sent(outbound: Make) -> None:
    with pytest.raises(NotSent, match="name is not known"):
        outbound(trusted=("nowhere.invalid:443",)).request("POST", "https://nowhere.invalid/x", data=b"{}")


def test_a_refused_connection_is_not_sent(outbound: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent, match="refused"):
        outbound(trusted=(f"127.0.0.1:{port}",)).request("POST", f"https://127.0.0.1:{port}/", data=b"{}")


def test_a_certificate_of_a_strange_authority_is_refused(start: Start, outbound: Make) -> None:
    server = start(polite, trustme.CA().issue_cert("127.0.0.1"))
    with pytest.raises(NotSent, match="certificate is not trusted"):
        outbound(server).request("POST", f"{server.url}/", data=b"{}", auth=Bearer(SECRET))
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(start: Start, outbound: Make, authority: trustme.CA) -> None:
    server = start(polite, authority.issue_cert("elsewhere.test"))
    with pytest.raises(NotSent, match="certificate is not trusted"):
        outbound(server).request("POST", f"{server.url}/", data=b"{}")


def test_a_peer_that_speaks_no_tls_is_not_sent(start: Start, outbound: Make) -> None:
    def plain(peer: Peer) -> None:
        peer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = start(plain, None)
    with pytest.raises(NotSent):
        outbound(server).request("POST", f"{server.url}/", data=b"{}")


def test_a_handshake_that_never_ends_is_not_sent(start: Start, outbound: Make) -> None:
    server = start(_until_stopped, None)
    with pytest.raises(NotSent, match="in time"):
        outbound(server).request("POST", f"{server.url}/", data=b"{}", seconds=0.3)


def test_no_time_left_is_not_sent(start: Start, outbound: Make) -> None:
    server = start(polite)
    with pytest.raises(NotSent, match="no time"):
        outbound(server).request("POST", f"{server.url}/", data=b"{}", seconds=0)
    assert server.accepted == 0


def _until_stopped(peer: Peer) -> None:
    peer.server.stopping.wait(10)


def test_silence_after_the_request_is_no_answer(start: Start, outbound: Make) -> None:
    def silent(peer: Peer) -> None:
        peer.read_request()
        _until_stopped(peer)

    server = start(silent)
    with pytest.raises(NoAnswer, match="in time"):
        outbound(server).request("POST", f"{server.url}/", data=b"{}", seconds=0.5)
    assert len(server.requests) == 1


# A peer that sends a byte every now and then; were the deadline not kept it would end with a whole answer.
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200 + b"\r\nContent-Length: 0\r\n\r\n", id="in the head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"x" * 200, id="in the body"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" * 8 + b"HTTP/1.1 204 No Content\r\n\r\n", id="in hints"),
    ],
)
def test_the_deadline_holds_against_a_trickle(start: Start, outbound: Make, answer: bytes) -> None:
    def trickle(peer: Peer) -> None:
        peer.read_request()
        for byte in answer:
            peer.sock.sendall(bytes([byte]))
            peer.server.stopping.wait(0.02)

    server = start(trickle)
    with pytest.raises(NoAnswer, match="in time"):
        outbound(server).request("GET", f"{server.url}/", seconds=0.5)


def test_the_deadline_holds_against_a_peer_that_does_not_read(start: Start, outbound: Make) -> None:
    server = start(_until_stopped)
    with pytest.raises(NoAnswer):
        outbound(server).request("POST", f"{server.url}/", data=b"x" * 2**25, seconds=0.5)


def test_a_reset_after_the_request_is_no_answer_and_nothing_is_sent_again(start: Start, outbound: Make) -> None:
    def reset(peer: Peer) -> None:
        peer.read_request()
        peer.reset()

    server = start(reset)
    with pytest.raises(NoAnswer):
        outbound(server).request("POST", f"{server.url}/", data=b"{}")
    assert (len(server.requests), server.accepted) == (1, 1)


def test_a_kept_connection_cut_at_the_second_request_is_no_answer(start: Start, outbound: Make) -> None:
    def once(peer: Peer) -> None:
        peer.read_request()
        peer.answer(b"{}")
        peer.read_request()

    server = start(once)
    out = outbound(server)
    assert out.request("POST", f"{server.url}/", data=b"1").status == 200
    with pytest.raises(NoAnswer, match="closed"):
        out.request("POST", f"{server.url}/", data=b"2")
    assert [request[-1:] for request in server.requests] == [b"1", b"2"]


def test_a_broken_tls_stream_after_the_request_is_no_answer(start: Start, outbound: Make) -> None:
    """The libraries call this an SSL error, just as a failed handshake; only one of the two is harmless."""

    def garble(peer: Peer) -> None:
        peer.read_request()
        raw = socket.socket(fileno=socket.dup(peer.sock.fileno()))
        with raw:
            raw.sendall(b"this is no TLS record at all")

    server = start(garble)
    with pytest.raises(NoAnswer):
        outbound(server).request("POST", f"{server.url}/", data=b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 2",
        b"",
    ],
)
def test_an_answer_cut_short_is_no_answer(start: Start, outbound: Make, answer: bytes) -> None:
    def cut(peer: Peer) -> None:
        peer.read_request()
        peer.sock.sendall(answer)

    server = start(cut)
    with pytest.raises(NoAnswer):
        outbound(server).request("POST", f"{server.url}/", data=b"{}")


def test_a_head_cut_short_has_no_body_that_could_be_believed(start: Start, outbound: Make) -> None:
    """The library takes the head as ended; what our clients believe is the JSON, and there is none."""

    def cut(peer: Peer) -> None:
        peer.read_request()
        peer.sock.sendall(b"HTTP/1.1 201 Created\r\nContent-Le")

    server = start(cut)
    assert outbound(server).request("POST", f"{server.url}/", data=b"{}").body == b""


def test_an_answer_that_announces_too_much_is_not_read(start: Start, outbound: Make) -> None:
    server = start(lambda peer: (peer.read_request(), peer.answer(b"x" * 5000), None)[-1])
    with pytest.raises(NoAnswer, match="more than 1000 bytes"):
        outbound(server).request("GET", f"{server.url}/", max_bytes=1000)


def test_an_answer_that_unpacks_to_too_much_is_not_read(start: Start, outbound: Make) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    server = start(lambda peer: (peer.read_request(), peer.answer(bomb, Content_Encoding="gzip"), None)[-1])
    with pytest.raises(NoAnswer, match="more than 100000 bytes"):
        outbound(server).request("GET", f"{server.url}/", max_bytes=100_000)


def test_a_redirect_is_an_answer_and_the_credential_stays(start: Start, outbound: Make) -> None:
    other = start(polite)

    def elsewhere(peer: Peer) -> None:
        peer.read_request()
        peer.answer(b"", "302 Found", Location=f"{other.url}/login")

    server = start(elsewhere)
    response = outbound(server, other).request("GET", f"{server.url}/", auth=Bearer(SECRET))
    assert response.status == 302
    assert other.accepted == 0


def test_a_netrc_and_proxy_variables_do_not_matter(
    start: Start, outbound: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "/nonexistent.pem")
    server = start(polite)
    out = outbound(server)
    out.request("GET", f"{server.url}/", auth=Bearer(SECRET))
    out.request("GET", f"{server.url}/")
    assert f"Authorization: Bearer {SECRET}".encode() in server.requests[0]
    assert b"Authorization" not in server.requests[1]


def test_cookies_are_not_kept(start: Start, outbound: Make) -> None:
    def baker(peer: Peer) -> None:
        while peer.read_request():
            peer.answer(b"", Set_Cookie="ApplicationGatewayAffinity=1; Path=/")

    server = start(baker)
    out = outbound(server)
    for _ in range(2):
        out.request("GET", f"{server.url}/")
    assert not any(b"Cookie" in request for request in server.requests)


def test_no_error_shows_a_secret(start: Start, outbound: Make) -> None:
    server = start(lambda peer: peer.reset())
    trusted = outbound(server)
    cases = [
        (trusted, f"{server.url}/data?code={SECRET}", Bearer(SECRET)),
        (outbound(), f"https://user:{SECRET}@api.brex.com/", None),
        (outbound(), f"https://elsewhere.test/?{SECRET}", None),
    ]
    for out, url, auth in cases:
        with pytest.raises(OutboundError) as caught:
            out.request("POST", url, data=SECRET.encode(), auth=auth, headers={"X-Key": SECRET})
        error: BaseException | None = caught.value
        while error is not None:
            assert SECRET not in repr(error)
            error = error.__context__


def test_a_proxy_carries_the_tunnel(start: Start, outbound: Make) -> None:
    server = start(polite)

    def tunnel(peer: Peer) -> None:
        peer.read_request()
        with socket.create_connection(("127.0.0.1", server.port)) as upstream:
            peer.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(peer.sock, upstream)

    proxy = start(tunnel, None)
    out = outbound(trusted=("sandbox.test:443",), proxy=f"http://me:{SECRET}@127.0.0.1:{proxy.port}")
    assert out.request("GET", "https://sandbox.test/v2/company").status == 200
    assert proxy.requests[0].startswith(b"CONNECT sandbox.test:443 ")
    assert b"Proxy-Authorization: Basic" in proxy.requests[0]
    assert b"Proxy-Authorization" not in server.requests[0]


def test_a_proxy_that_refuses_means_not_sent(start: Start, outbound: Make) -> None:
    proxy = start(
        lambda peer: (peer.read_request(), peer.answer(b"", "407 Proxy Authentication Required"), None)[-1],
        None,
    )
    out = outbound(trusted=("sandbox.test:443",), proxy=f"http://me:{SECRET}@127.0.0.1:{proxy.port}")
    with pytest.raises(NotSent, match="proxy") as caught:
        out.request("POST", "https://sandbox.test/", data=b"{}", seconds=5)
    assert SECRET not in str(caught.value)


def test_a_proxy_that_trickles_is_bounded(start: Start, outbound: Make) -> None:
    def trickle(peer: Peer) -> None:
        peer.read_request()
        for byte in b"HTTP/1.1 407 " + b"x" * 300 + b"\r\n\r\n":
            peer.sock.sendall(bytes([byte]))
            peer.server.stopping.wait(0.02)

    proxy = start(trickle, None)
    out = outbound(trusted=("sandbox.test:443",), proxy=f"127.0.0.1:{proxy.port}")
    with pytest.raises(NotSent):
        out.request("POST", "https://sandbox.test/", data=b"{}", seconds=0.5)


def test_calls_to_loopback_go_around_the_proxy(start: Start, outbound: Make) -> None:
    server = start(polite)
    assert outbound(server, proxy="http://127.0.0.1:9").request("GET", f"{server.url}/").status == 200


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until either side ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in selector.select(5):
                source: socket.socket = key.fileobj  # type: ignore[assignment]
                data = source.recv(65536)
                if not data:
                    return
                key.data.sendall(data)


def test_a_download_takes_no_credential_along(start: Start, outbound: Make) -> None:
    server = start(polite)
    out = outbound(server)
    assert out.request("GET", f"{server.url}/a.pdf", download=True).status == 200
    assert b"Authorization" not in server.requests[0]
    for credential in ({"auth": Bearer(SECRET)}, {"headers": {"Authorization": SECRET}}, {"data": b"{}"}):
        with pytest.raises(ValueError, match="no credential"):
            out.request("GET", f"{server.url}/a.pdf", download=True, **credential)  # type: ignore[arg-type]


def test_an_answer_that_is_too_large_says_so(start: Start, outbound: Make) -> None:
    server = start(polite)
    with pytest.raises(TooLarge, match="more than 5 bytes"):
        outbound(server).request("GET", f"{server.url}/", max_bytes=5)
