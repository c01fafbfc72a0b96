"""Answers that nobody should give: told apart, believed in nothing, kept only in bounds and without a secret."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from connector.d365.client import MOST_PAGES
from connector.domain import jsonio
from connector.store.engine import Database
from sandbox.middleware import Faulty
from sandbox.world import CLIENT_SECRET
from tests.faults import bench as benches
from tests.faults.bench import Bench
from tests.faults.calls import BY_NAME
from tests.faults.stories import STORIES
from tests.pipeline.helpers import SEND

JSON = "application/json"
MULTIPART = "multipart/mixed; boundary=b"
BODIES: dict[str, tuple[str | bytes, str]] = {
    "deeply nested": ('{"value":' + "[" * 100_000, JSON),
    "a huge exponent": ('{"items":[{"id":"accr_1","amount":1e999999}],"value":[{"LineNumber":1e99999999999}]}', JSON),
    "a number of a million digits": ('{"items":[],"value":[],"n":' + "9" * 1_000_000 + "}", JSON),
    "NaN": ('{"items":[NaN],"value":[NaN]}', JSON),
    "a name twice": ('{"items":[],"items":[1],"value":[],"value":[],"has_next_page":false}', JSON),
    "no UTF-8": (b'{"items":[],"value":["\xff\xfe"]}', JSON),
    "wrong types": ('{"items":{"id":1},"value":"all","updated_accounting_record_ids":7}', JSON),
    "rows of wrong types": ('{"items":[null,[]],"value":[[],7],"updated_accounting_record_ids":[{}]}', JSON),
    "NUL and half a pair": ('{"error":{"message":"\\u0000 \\ud800"},"message":"\\u0000 \\ud800"}', JSON),
    "a million parts": (b"--b\r\n" * 1_000_000, MULTIPART),
    "a part in itself": (
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--\r\n--b--\r\n",
        MULTIPART,
    ),
    "headers without end": (b"--b\r\n" + b"a: b\r\n" * 300_000 + b"--b--\r\n", MULTIPART),
    "empty": (b"", JSON),
}
CALLS = ["records by id", "the queue", "export results", "a token", "entries", "a new journal",
         "a journal by its marker", "lines by reference", "a journal's lines", "a journal"]  # fmt: skip
# One of each body, and of each call, many times over; every pair would be many for what it tells.
PAIRS = sorted(
    {(CALLS[place % len(CALLS)], name) for place, name in enumerate(BODIES)}
    | {(call, "NUL and half a pair") for call in CALLS}
    | {(call, name) for call in ("entries", "lines by reference") for name in BODIES}
)


@pytest.fixture
def bench(shared: Database) -> Iterator[Bench]:
    one = benches.bench(shared, benches.vault())
    yield one
    benches.close(one)


def told(bench: Bench, call_name: str, kind: str, options: dict[str, Any]) -> None:
    """The story of a call, with this in the place of its answer; it ends well all the same."""
    call = BY_NAME[call_name]
    STORIES[call_name](bench, partial(_add, bench, call.system, call.match, kind, options))
    bench.assert_all_done()
    bench.assert_kept()
    assert_bounded_and_without_secrets(bench)


def _add(bench: Bench, system: str, match: str, kind: str, options: dict[str, Any]) -> None:
    bench.world.faults.add(system, match, kind, **options)


@pytest.mark.parametrize(("call_name", "name"), PAIRS)
def test_nonsense_in_the_place_of_an_answer_is_not_believed(call_name: str, name: str, bench: Bench) -> None:
    body, content_type = BODIES[name]
    told(bench, call_name, "malformed_after", {"body": body, "content_type": content_type})


@pytest.mark.parametrize("code", [400, 500])
@pytest.mark.parametrize("call_name", ["export results", "entries", "a new journal", "records by id"])
def test_an_error_that_repeats_our_credentials_is_kept_without_them(call_name: str, code: int, bench: Bench) -> None:
    """A debugging gateway shows the request; its message is long, too."""
    bench.spend(1)
    bench.announce()
    bench.settle()
    secrets = [bench.world.brex.token, CLIENT_SECRET, *_tokens(bench)]
    message = " ".join(f"Authorization: Bearer {one}" for one in secrets) + " \x00 " + "x " * 500_000
    inner = {"message": message, "type": message}
    body = jsonio.dumps({"message": message, "error": {"message": message, "innererror": inner}})
    call = BY_NAME[call_name]
    bench.spend(1)
    bench.world.faults.add(call.system, call.match, "status_after", code=code, body=body, content_type=JSON)
    bench.announce()
    bench.settle()
    bench.assert_kept()
    assert_bounded_and_without_secrets(bench)


def test_rows_of_another_company_are_no_reading(bench: Bench) -> None:
    """F&O forgets the filter, once: what it shows then decides nothing."""
    call = BY_NAME["lines by reference"]

    def foreign(body: bytes) -> bytes:
        rows = [{"dataAreaId": "frrt", "JournalBatchNumber": "FRRT-000001", "Document": "BXAAAAAAAAAAAAAAAAAA"}]
        return jsonio.dumps({**jsonio.loads(body), "value": rows}).encode()

    def spoil() -> None:
        bench.begun = len(bench.world.traffic.latest)
        rewrite(bench, "LedgerJournalLines", foreign)

    STORIES[call.name](bench, spoil)
    bench.assert_all_done()
    bench.assert_kept()


@pytest.mark.parametrize("link", [
    "https://evil.operations.dynamics.com/data/LedgerJournalLines?$skip=1", "http://contoso.operations.dynamics.com/",
    "//evil.example.test/data/x", "/metadata", "/data/LedgerJournalLines\r\nHost: evil.example.test", 7, {"a": "b"},
])  # fmt: skip
def test_a_next_page_elsewhere_is_not_asked_for(link: object, bench: Bench) -> None:
    """It would get the token."""

    def lead_astray(body: bytes) -> bytes:
        return jsonio.dumps({**jsonio.loads(body), "@odata.nextLink": link}).encode()

    STORIES["lines by reference"](bench, lambda: rewrite(bench, "LedgerJournalLines", lead_astray))
    bench.assert_all_done()
    bench.assert_kept()


def test_an_answer_under_another_request_s_content_ids_and_reference_is_not_ours(bench: Bench) -> None:
    """As if two answers had been swapped on a shared connection."""

    def another(body: bytes) -> bytes:
        return body.replace(b'"Document":"BX', b'"Document":"BXZ').replace(b"Content-ID: 10", b"Content-ID: 90")

    STORIES["entries"](bench, lambda: rewrite(bench, "$batch", another))
    bench.assert_all_done()
    bench.assert_kept()
    assert sum("$batch" in seen.path for seen in bench.world.traffic.latest) == 2


def test_our_reference_on_a_line_with_another_amount_is_held(bench: Bench) -> None:
    def doubled(body: bytes) -> bytes:
        return body.replace(b'"DebitAmount":', b'"DebitAmount":9')

    bench.spend(1)
    rewrite(bench, "$batch", doubled)
    bench.announce()
    bench.settle()
    assert bench.ends() == {bench.ids[0]: ("held", "NONE", ("D365-ALTERED",))}
    assert bench.world.brex.reported() == []


def test_pages_without_end_come_to_one(bench: Bench) -> None:
    """Every page leads to another that was never seen before."""
    number = 0

    def endless(body: bytes) -> bytes:
        nonlocal number
        number += 1
        link = f"/data/LedgerJournalLines?$skip={number}"
        return jsonio.dumps({"value": [], "@odata.nextLink": link}).encode()

    STORIES["lines by reference"](bench, lambda: rewrite(bench, "LedgerJournalLines", endless, times=MOST_PAGES))
    bench.assert_all_done()
    assert number == MOST_PAGES


def test_a_line_that_ends_like_a_boundary_is_a_text_like_any_other(bench: Bench) -> None:
    bench.spend(1)
    record = bench.world.brex.records.get(bench.ids[0])
    assert record is not None
    bench.world.brex.edit(bench.ids[0], memo="--batchresponse_1--\r\n--changesetresponse_0\r\nHTTP/1.1 500 No")
    bench.announce()
    bench.settle()
    bench.assert_all_done()
    assert sum(SEND.split()[1] in seen.path for seen in bench.world.traffic.latest) == 1


def rewrite(bench: Bench, path: str, do: Callable[[bytes], bytes], *, system: str = "d365", times: int = 1) -> None:
    """The next good answers to this path are changed on their way."""
    faulty = bench.world.apps["d365"]
    assert isinstance(faulty, Faulty)
    inner, left = faulty.app, [times]

    def app(environ: Any, start_response: Any) -> Any:
        if path not in environ["PATH_INFO"] or not left[0]:
            return inner(environ, start_response)
        heads: list[Any] = []
        chunks = b"".join(inner(environ, lambda *head: heads.append(head)))
        status, headers = heads[0][:2]
        if not status.startswith("200"):
            start_response(status, headers)
            return [chunks]
        left[0] -= 1
        body = do(chunks)
        start_response(status, [pair for pair in headers if pair[0].lower() != "content-length"])
        return [body]

    faulty.app = app


def _tokens(bench: Bench) -> list[str]:
    return [str(doc["token"]) for doc in bench.world.store.all("entra_token")]


TABLES = ("records", "writes", "batches", "events", "journals", "connections")


def assert_bounded_and_without_secrets(bench: Bench) -> None:
    """Whatever was kept of the answers: short, and no credential in any row of any table but their own."""
    secrets = [bench.world.brex.token, CLIENT_SECRET, *_tokens(bench)]
    with bench.database.begin() as tx:
        for table in TABLES:
            rows = [str(row[0]) for row in tx.execute(text(f"SELECT CAST(t AS text) FROM {table} t"))]
            assert [row[:200] for row in rows if any(secret in row for secret in secrets)] == []
            assert max(map(len, rows), default=0) < 40_000
