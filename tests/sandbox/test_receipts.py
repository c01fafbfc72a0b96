"""Receipts behind presigned links: fresh at each look, dead after fifteen minutes, not all of them receipts."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.brex.receipts import INTERNAL, KINDS
from sandbox.population import published
from sandbox.spend import Json, Maker
from sandbox.world import World
from tests.sandbox.conftest import Caller, Clock

HOST = "brex-receipts.s3.us-west-2.amazonaws.com"


@pytest.fixture
def record(world: World) -> str:
    (example, _) = published()
    return world.brex.add_record(example.record | {"receipts": []})


@pytest.fixture
def session(world: World) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", world.adapter())
        yield session


def receipts(call: Caller, record_id: str) -> list[Json]:
    return list(call.get(f"/v3/accounting/records/{record_id}")["receipts"])


def link(call: Caller, record_id: str) -> str:
    return str(receipts(call, record_id)[-1]["download_uris"][0])


def fetch(session: requests.Session, url: str, **more: Any) -> requests.Response:
    return session.get(url, allow_redirects=False, timeout=5, **more)


def test_a_record_shows_its_receipts_with_a_link_on_a_host_of_their_own(
    world: World, call: Caller, session: requests.Session, record: str
) -> None:
    version = call.get(f"/v3/accounting/records/{record}")["version"]
    first, second = world.brex.add_receipt(record), world.brex.add_receipt(record, "png")
    shown = receipts(call, record)
    assert [one["id"] for one in shown] == [first, second]
    assert call.get(f"/v3/accounting/records/{record}")["version"] == version + 2
    pdf, png = (fetch(session, one["download_uris"][0]) for one in shown)
    assert (pdf.headers["Content-Type"], png.headers["Content-Type"]) == ("application/pdf", "image/png")
    assert pdf.content.startswith(b"%PDF-")
    assert png.content.startswith(b"\x89PNG\r\n")
    assert urlsplit(shown[0]["download_uris"][0]).netloc == HOST
    assert [seen.system for seen in world.traffic.latest][-2:] == ["receipts", "receipts"]


def test_a_link_dies_after_a_quarter_of_an_hour_and_the_next_look_brings_another(
    world: World, call: Caller, session: requests.Session, clock: Clock, record: str
) -> None:
    world.brex.add_receipt(record)
    old = link(call, record)
    clock.advance(minutes=14, seconds=59)
    assert fetch(session, old).status_code == 200
    clock.advance(seconds=1)
    dead = fetch(session, old)
    assert (dead.status_code, dead.headers["Content-Type"]) == (403, "application/xml")
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in dead.text
    assert link(call, record) != old
    assert fetch(session, link(call, record)).status_code == 200


def test_a_link_is_good_for_its_own_file_alone_and_takes_no_other_credential(
    world: World, call: Caller, session: requests.Session, record: str
) -> None:
    other = world.brex.receipts.add()
    mine = world.brex.add_receipt(record)
    url = link(call, record)
    assert "SignatureDoesNotMatch" in fetch(session, url.replace(mine, other)).text
    assert fetch(session, url.partition("?")[0]).status_code == 403
    doubled = fetch(session, url, headers={"Authorization": "Bearer x"})
    assert (doubled.status_code, "Only one auth mechanism allowed" in doubled.text) == (400, True)


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [("executable", 200, b"MZ"), ("redirect", 302, b""), ("expired", 403, b"Request has expired"),
     ("gone", 404, b"NoSuchKey")],
)  # fmt: skip
def test_links_may_lead_to_no_receipt(
    world: World, call: Caller, session: requests.Session, record: str, kind: str, status: int, told: bytes
) -> None:
    world.brex.add_receipt(record, kind)
    answer = fetch(session, link(call, record))
    assert (answer.status_code, told in answer.content) == (status, True)
    if kind == "executable":
        assert answer.headers["Content-Type"] == KINDS["pdf"]
        assert urlsplit(answer.url).path.endswith(".pdf")
    if kind == "redirect":
        assert answer.headers["Location"] == INTERNAL


def test_a_receipt_may_have_sixty_megabytes(world: World, call: Caller, session: requests.Session, record: str) -> None:
    world.brex.add_receipt(record, "huge")
    answer = fetch(session, link(call, record), stream=True)
    assert int(answer.headers["Content-Length"]) > 60 * 2**20
    answer.close()


def test_a_download_may_trickle_and_break_off(
    world: World, call: Caller, session: requests.Session, record: str
) -> None:
    world.brex.add_receipt(record)
    world.faults.add("receipts", "GET /receipts/", "trickle", seconds=1, bytes=5)
    with pytest.raises(requests.RequestException):
        fetch(session, link(call, record))
    world.faults.add("receipts", "GET /receipts/", "status_before", code=503)
    assert fetch(session, link(call, record)).status_code == 503
    assert fetch(session, link(call, record)).status_code == 200


def test_a_receipt_without_a_file_has_no_link(world: World, call: Caller) -> None:
    bare = Maker(1).record("CARD_EXPENSE_POST", "USD", world.clock(), [])
    record = world.brex.add_record(bare | {"receipts": [{"id": "receipt_1", "download_uris": None}]})
    assert receipts(call, record) == [{"id": "receipt_1", "download_uris": None}]
    world.brex.edit(record, receipts=None)
    assert call.get(f"/v3/accounting/records/{record}")["receipts"] is None
    with pytest.raises(ValueError, match="no such kind of receipt: banana"):
        world.brex.add_receipt(record, "banana")
    with pytest.raises(KeyError):
        world.brex.add_receipt("accr_none")


def test_an_expense_shows_links_where_they_are_asked_for(world: World, call: Caller) -> None:
    receipt = world.brex.receipts.add()
    expense = world.brex.expenses.add(receipts=[{"id": receipt, "download_uris": None}])
    assert call.get(f"/v1/expenses/{expense}")["receipts"] == [{"id": receipt, "download_uris": None}]
    (shown,) = call.get(f"/v1/expenses/{expense}?expand[]=receipts.download_uris")["receipts"]
    assert shown["download_uris"][0].startswith(f"https://{HOST}/receipts/{receipt}.pdf?")
