"""How far a call got before it failed, on real sockets: what `connector ping` tells its first steps apart by."""

import socket

import pytest
import trustme

from connector.outbound.errors import NoAnswer, NotSent
from tests.outbound.server import Peer
from tests.outbound.test_session import Make, Start, polite

pytestmark = pytest.mark.sockets


def test_an_unknown_name_is_told_from_a_refused_connection(outbound: Make) -> None:
    with pytest.raises(NotSent) as unknown:
        outbound(trusted=("nowhere.invalid:443",)).request("GET", "https://nowhere.invalid/")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent) as refused:
        outbound(trusted=(f"127.0.0.1:{port}",)).request("GET", f"https://127.0.0.1:{port}/")

    assert (unknown.value.stage, refused.value.stage) == ("name", "connection")


def test_a_certificate_nobody_vouches_for_and_no_tls_at_all_fail_at_tls(start: Start, outbound: Make) -> None:
    def plain(peer: Peer) -> None:
        peer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    for server in (start(polite, trustme.CA().issue_cert("127.0.0.1")), start(plain, None)):
        with pytest.raises(NotSent) as caught:
            outbound(server).request("GET", f"{server.url}/")
        assert caught.value.stage == "tls"


def test_a_proxy_that_refuses_is_no_question_of_the_name_or_of_tls(start: Start, outbound: Make) -> None:
    proxy = start(lambda peer: (peer.read_request(), peer.answer(b"", "403 Forbidden"), None)[-1], None)
    out = outbound(trusted=("sandbox.test:443",), proxy=f"http://127.0.0.1:{proxy.port}")
    with pytest.raises(NotSent) as caught:
        out.request("GET", "https://sandbox.test/", seconds=5)

    assert caught.value.stage == "connection"


def test_a_connection_that_ends_without_an_answer_got_as_far_as_the_answer(start: Start, outbound: Make) -> None:
    server = start(lambda peer: (peer.read_request(), None)[-1])
    with pytest.raises(NoAnswer) as caught:
        outbound(server).request("GET", f"{server.url}/", seconds=5)

    assert caught.value.stage == "answer"
