from typing import Any

import pytest
import requests

from sandbox.faults import Faults
from sandbox.parts import rearranged
from sandbox.world import World
from tests.sandbox.conftest import Caller, record

RECORDS = "/v3/accounting/records"
EXPORTS = f"{RECORDS}/export-results"


@pytest.fixture
def report(world: World) -> dict[str, object]:
    world.brex.add_record(record("accr_1"))
    return {"results": [{"accounting_record_id": "accr_1", "success": {}}]}


def _status(world: World) -> str:
    return world.brex.statuses()["accr_1"]


def test_a_reset_before_leaves_no_effect(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /export-results", "reset_before")
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        call("POST", EXPORTS, report)
    assert _status(world) == "READY_FOR_EXPORT"
    assert call("POST", EXPORTS, report).status_code == 200


def test_a_reset_after_has_its_effect(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /export-results", "reset_after")
    with pytest.raises(requests.exceptions.ConnectionError):
        call("POST", EXPORTS, report)
    assert _status(world) == "EXPORTED"


def test_a_late_request_has_its_effect_only_when_released(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /export-results", "late")
    with pytest.raises(requests.exceptions.ConnectionError):
        call("POST", EXPORTS, report)
    assert _status(world) == "READY_FOR_EXPORT"
    assert world.faults.release() == 1
    assert _status(world) == "EXPORTED"
    assert world.faults.release() == 0


def test_a_refused_connection_looks_like_one(world: World, call: Caller) -> None:
    world.faults.add("brex", "* /", "refuse")
    with pytest.raises(requests.exceptions.ConnectionError, match="Failed to establish a new connection"):
        call("GET", "/v2/company")


@pytest.mark.parametrize(
    ("kind", "words"), [("unknown_name", "Failed to resolve"), ("untrusted", "certificate verify")]
)
def test_an_unknown_name_and_a_strange_certificate_look_like_them(
    world: World, call: Caller, kind: str, words: str
) -> None:
    world.faults.add("brex", "* /", kind)
    with pytest.raises(requests.exceptions.ConnectionError, match=words):
        call("GET", "/v2/company")
    assert call("GET", "/v2/company").status_code == 200


def test_an_unknown_host_is_not_reached(call: Caller) -> None:
    with pytest.raises(requests.exceptions.ConnectionError, match="Failed to establish a new connection"):
        call("GET", "/", host="https://elsewhere.brex.com")


def test_a_latency_beyond_the_patience_times_out_after_the_effect(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /export-results", "latency", seconds=3000)
    with pytest.raises(requests.exceptions.ReadTimeout):
        call("POST", EXPORTS, report, timeout=2)
    assert _status(world) == "EXPORTED"


def test_a_latency_within_the_patience_is_not_even_noticed(world: World, call: Caller) -> None:
    world.faults.add("brex", "* /", "latency", seconds=3)
    assert call("GET", "/v2/company", timeout=5).status_code == 200


def test_a_gateway_answers_before_or_after_the_effect(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /", "status_before", code=503, headers={"X-Cache": "no"})
    world.faults.add("brex", "POST /", "status_after", code=504)
    before = call("POST", EXPORTS, report)
    assert (before.status_code, before.headers["X-Cache"], _status(world)) == (503, "no", "READY_FOR_EXPORT")
    assert before.text.startswith("<html>")
    after = call("POST", EXPORTS, report)
    assert (after.status_code, _status(world)) == (504, "EXPORTED")


@pytest.mark.parametrize("wait", [None, 30])
def test_throttling_comes_with_and_without_retry_after(world: World, call: Caller, wait: int | None) -> None:
    world.faults.add("brex", "* /", "throttle", retry_after=wait)
    seen = call("GET", "/v2/company")
    assert (seen.status_code, seen.headers.get("Retry-After")) == (429, wait and str(wait))


def test_a_truncated_answer_breaks_off_after_the_effect(world: World, call: Caller, report: object) -> None:
    world.faults.add("brex", "POST /", "truncate_after", bytes=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="10 bytes read"):
        call("POST", EXPORTS, report)
    assert _status(world) == "EXPORTED"


def test_a_malformed_answer_arrives_whole_and_is_nonsense(world: World, call: Caller) -> None:
    world.faults.add("brex", "* /", "malformed_after")
    seen = call("GET", "/v2/company")
    assert seen.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        seen.json()


def test_a_rule_counts_its_times_skips_and_looks_into_the_body() -> None:
    faults = Faults()
    faults.add("d365", "POST /data/$batch", "reset_before", times=2, skip=1, containing="BX")
    hits = [
        faults.take("d365", method, path, body) is not None
        for method, path, body in (
            ("POST", "/data/$batch", b"other"),
            ("GET", "/data/$batch", b"BX"),
            ("POST", "/data/Ledgers", b"BX"),
            ("POST", "/data/$batch", b"-BX-"),  # skipped
            ("POST", "/data/$batch", b"-BX-"),
            ("POST", "/data/$batch?x=1", b"-BX-"),
            ("POST", "/data/$batch", b"-BX-"),  # used up
        )
    ]
    assert hits == [False, False, False, False, True, True, False]
    assert faults.pending() == []


def test_chance_is_seeded() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add("brex", "* /", "reset_before", times=None, chance=0.5)
        return [faults.take("brex", "GET", "/") is not None for _ in range(30)]

    assert hits(1) == hits(1) != hits(2)
    assert 5 < sum(hits(1)) < 25


@pytest.mark.parametrize(
    ("system", "kind", "options"),
    [("bank", "latency", {}), ("brex", "explode", {}), ("brex", "latency", {"code": 500})],
)
def test_a_rule_that_makes_no_sense_is_refused(system: str, kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no "):
        Faults().add(system, "* /", kind, **options)


def test_requests_are_counted_and_the_latest_are_kept(world: World, call: Caller) -> None:
    call("GET", "/v2/company")
    call("GET", f"{RECORDS}?limit=5")
    world.faults.add("brex", "* /", "reset_before")
    with pytest.raises(requests.exceptions.ConnectionError):
        call("GET", "/v2/company")
    assert world.requests["brex"] == 3
    assert [(seen.path, seen.status, seen.fault) for seen in world.traffic.latest] == [
        ("/v2/company", 200, ""),
        (f"{RECORDS}?limit=5", 200, ""),
        ("/v2/company", 0, "reset_before"),
    ]


def test_a_trickle_is_whole_within_the_patience_and_a_time_out_beyond_it(
    world: World, call: Caller, report: object
) -> None:
    world.faults.add("brex", "GET /v2/company", "trickle", bytes=50, seconds=1)
    assert call("GET", "/v2/company", timeout=60).json()["legal_name"]
    world.faults.add("brex", "POST /export-results", "trickle", bytes=1, seconds=5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        call("POST", EXPORTS, report, timeout=20)
    assert _status(world) == "EXPORTED"


@pytest.mark.parametrize(
    ("options", "left"),
    [({"drop": [1]}, "ac"), ({"twice": [0]}, "aabc"), ({"order": "reversed"}, "cba"), ({"drop": [-1, 0]}, "b")],
)
def test_parts_of_an_answer_get_lost_doubled_and_shuffled(options: dict[str, Any], left: str) -> None:
    body = b"".join(b"--b\r\n%c\r\n" % letter for letter in b"abc") + b"--b--\r\n"
    found = rearranged("multipart/mixed; boundary=b", body, **options)
    assert found == b"".join(b"--b\r\n%c\r\n" % letter for letter in left.encode()) + b"--b--\r\n"
    assert rearranged("application/json", body, **options) == body


def test_pages_may_be_shorter_than_asked_for(world: World, call: Caller) -> None:
    world.brex.options.set(most_per_page=1)
    for name in ("accr_1", "accr_2"):
        world.brex.add_record(record(name))
    page = call("GET", f"{RECORDS}?limit=500").json()
    assert (len(page["items"]), page["has_next_page"]) == (1, True)
    rest = call("GET", f"{RECORDS}?limit=500&cursor={page['next_cursor']}").json()
    assert (len(rest["items"]), rest["has_next_page"]) == (1, False)
