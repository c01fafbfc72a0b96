"""The Brex client against the strict stand-in, in process; what is about sockets is tested in tests/outbound."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.brex.client import LONG_AGO, MAX_URL_BYTES, BrexClient
from connector.brex.errors import (
    BrexError,
    LacksScope,
    NoAnswer,
    NotSent,
    Refused,
    ReportRefused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from connector.brex.wire import Export, FailedExport, Reported
from connector.domain import record
from sandbox.population import populate
from sandbox.world import World
from tests.brex.conftest import client_with

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXPORTS = "POST export-results"
RECORDS = "GET /v3/accounting/records"


def fill(world: World, count: int = 30) -> list[str]:
    return [world.brex.add_record(case.record) for case in populate(count, NOW)]


def pages(client: BrexClient, **changed: Any) -> list[list[dict[str, Any]]]:
    filters: dict[str, Any] = {"review_status": "READY_FOR_EXPORT", "source_type": "CARD", "updated_after": LONG_AGO}
    return list(client.pages(**(filters | changed)))


# -- reading


def test_it_knows_the_company(world: World, client: BrexClient) -> None:
    company = client.company()
    assert company.id.startswith("cuacc_")
    assert company.legal_name


def test_every_page_is_followed(world: World, client: BrexClient) -> None:
    fill(world)
    everything = {item["id"] for page in pages(client) for item in page}
    small = pages(client, limit=7)
    assert [len(page) for page in small[:-1]] == [7] * (len(small) - 1)
    assert {item["id"] for page in small for item in page} == everything
    assert len(everything) > 20


def test_items_are_as_brex_sent_them_with_amounts_as_decimals(world: World, client: BrexClient) -> None:
    fill(world)
    for page in pages(client):
        for item in page:
            assert isinstance(item["amount"]["amount"], int | Decimal)
            assert record.parse(item).id == item["id"]


def test_the_filters_are_sent_with_every_page(world: World, client: BrexClient) -> None:
    fill(world)
    pages(client, limit=7)
    asked = [seen.path for seen in world.traffic.latest if "/records" in seen.path]
    assert len(asked) > 2
    for path in asked:
        assert "review_status=READY_FOR_EXPORT" in path
        assert "source_type=CARD" in path
        assert "updated_at%5Bgt%5D=2000-01-01T00%3A00%3A00.000000Z" in path
    assert ["cursor=" in path for path in asked] == [False] + [True] * (len(asked) - 1)


def test_only_what_changed_later_is_returned(world: World, client: BrexClient) -> None:
    fill(world)
    times = sorted(item["updated_at"] for page in pages(client) for item in page)
    middle = datetime.fromisoformat(times[len(times) // 2])
    later = [item["updated_at"] for page in pages(client, updated_after=middle) for item in page]
    assert sorted(later) == [time for time in times if datetime.fromisoformat(time) > middle]


def test_records_are_found_by_id_in_calls_that_no_gateway_refuses(world: World, client: BrexClient) -> None:
    ids = fill(world, 40)
    missing = [f"accr_{index:040d}" for index in range(300)]
    found = client.by_ids([*missing, *ids, *ids])
    assert sorted(item["id"] for item in found) == sorted(ids)
    asked = [seen.path for seen in world.traffic.latest]
    assert len(asked) == client.requests > 1
    assert all(len(world.urls["brex"]) + len(path) <= MAX_URL_BYTES for path in asked)
    assert all(path.count("ids=") <= 500 and "updated_at%5Bgt%5D=" in path for path in asked)


def test_no_ids_take_no_call(client: BrexClient) -> None:
    assert client.by_ids([]) == []
    assert client.requests == 0


def test_many_short_ids_are_split_at_500(world: World, client: BrexClient) -> None:
    assert client.by_ids([f"a{index}" for index in range(501)]) == []
    counts = [seen.path.count("ids=") for seen in world.traffic.latest]
    assert counts == [500, 1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "JSON"),
        ("<html></html>", "JSON"),
        ("[]", "JSON"),
        ('{"items":[{"amount":NaN}],"has_next_page":false}', "JSON"),
        ("{}", "list of records"),
        ('{"items":null,"has_next_page":false}', "list of records"),
        ('{"items":{},"has_next_page":false}', "list of records"),
        ('{"items":["accr_1"],"has_next_page":false}', "list of records"),
        ('{"items":[],"has_next_page":true,"next_cursor":null}', "not where"),
        ('{"items":[],"has_next_page":true,"next_cursor":""}', "not where"),
        ('{"items":[],"has_next_page":true,"next_cursor":7}', "whether there is another"),
        ('{"items":[],"has_next_page":"no","next_cursor":"x"}', "whether there is another"),
        ('{"items":[],"has_next_page":true,"next_cursor":"same"}', "circle"),
        ('{"items":[],"next_cursor":"same"}', "circle"),
    ],
)
def test_a_strange_page_ends_in_an_error_and_never_in_a_loop(
    world: World, client: BrexClient, body: str, words: str
) -> None:
    world.faults.add("brex", RECORDS, "status_before", times=5, code=200, body=body, content_type="application/json")
    with pytest.raises(Unreadable, match=words):
        pages(client)


@pytest.mark.parametrize(
    "body", ['{"items":[],"has_next_page":false,"next_cursor":"x"}', '{"items":[]}', '{"items":[],"next_cursor":null}']
)
def test_the_last_page_is_known_by_either_sign(world: World, client: BrexClient, body: str) -> None:
    world.faults.add("brex", RECORDS, "malformed_after", body=body, content_type="application/json")
    assert pages(client) == [[]]


def test_records_nobody_asked_for_are_left_out(world: World, client: BrexClient) -> None:
    body = '{"items":[{"id":"accr_2"},{"id":["accr_1"]},{},{"id":"accr_1"}],"has_next_page":false}'
    world.faults.add("brex", RECORDS, "malformed_after", body=body, content_type="application/json")
    assert client.by_ids(["accr_1"]) == [{"id": "accr_1"}]


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("reset_before", {}, Unavailable),
        ("reset_after", {}, Unavailable),
        ("truncate_after", {"bytes": 10}, Unavailable),
        ("status_before", {"code": 500}, Unavailable),
        ("status_before", {"code": 503}, Unavailable),
        ("status_before", {"code": 408}, Unavailable),
        ("status_before", {"code": 404}, Unreadable),
        ("status_before", {"code": 302}, Unreadable),
        ("status_before", {"code": 401, "body": ""}, Unauthorized),
        ("throttle", {"retry_after": 9}, Throttled),
        ("throttle", {}, Throttled),
        ("refuse", {}, NotSent),
    ],
)
def test_a_read_that_fails_says_how(
    world: World, client: BrexClient, kind: str, options: dict[str, Any], error: type[BrexError]
) -> None:
    world.faults.add("brex", RECORDS, kind, **options)
    with pytest.raises(BrexError) as caught:
        pages(client)
    assert type(caught.value) is error
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == (9.0 if options else None)


def test_a_refused_query_carries_brex_s_code_and_trace(client: BrexClient) -> None:
    with pytest.raises(Refused) as caught:
        pages(client, limit=501)
    assert caught.value.status == 400
    assert caught.value.error_code == "INVALID_REQUEST"
    assert caught.value.trace_id


# -- tokens


def test_a_dead_token_is_said_plainly(world: World, client: BrexClient) -> None:
    world.brex.revoke_token()
    with pytest.raises(Unauthorized, match="wrong, expired or revoked") as caught:
        client.company()
    assert caught.value.status in (401, 403)
    assert world.brex.token not in str(caught.value)


def test_a_missing_scope_does_not_read_as_a_dead_token(world: World) -> None:
    client = client_with(world, world.brex.new_token("companies.readonly"))
    client.company()
    with pytest.raises(LacksScope, match=r"knows the token .* lacks a scope"):
        pages(client)
    with pytest.raises(LacksScope):
        client_with(world, world.brex.new_token("accounting.record.read")).company()


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (403, '{"type": "UNAUTHORIZED", "message": "Expired token"}', Unauthorized, "wrong, expired or revoked$"),
        (401, '{"message": "PERMISSION_DENIED: Invalid or Revoked Token"}', Unauthorized, "expired or revoked$"),
        (401, "", Unauthorized, "expired or revoked, or lacks a scope$"),
        (403, "<html>no</html>", Unauthorized, "expired or revoked, or lacks a scope$"),
        (403, '{"error_code": "FORBIDDEN", "message": "No."}', LacksScope, "lacks a scope"),
        (401, '{"message": "Must be cash admin, bookkeeper or user."}', LacksScope, "its user a role"),
    ],
)
def test_dead_or_not_allowed_is_told_apart_by_brexs_words(
    status: int, body: str, kind: type[Unauthorized], words: str, world: World, client: BrexClient
) -> None:
    world.faults.add("brex", "*", "status_before", code=status, body=body, content_type="application/json")
    with pytest.raises(Unauthorized, match=words) as caught:
        client.company()
    assert type(caught.value) is kind


def test_how_many_there_are_is_known_where_brex_says_so(world: World, client: BrexClient) -> None:
    fill(world)
    shown = sum(len(page) for page in pages(client))
    assert client.count(review_status="READY_FOR_EXPORT", source_type="CARD", updated_after=LONG_AGO) == shown > 20
    world.brex.options.set(total_count=False)
    assert client.count(review_status="READY_FOR_EXPORT", source_type="CARD", updated_after=LONG_AGO) is None


def test_a_token_that_brex_repeats_is_not_repeated_by_us(world: World, client: BrexClient) -> None:
    body = f'{{"message":"Invalid token {world.brex.token} given"}}'
    world.faults.add("brex", "*", "status_before", code=403, body=body, content_type="application/json")
    with pytest.raises(Unauthorized) as caught:
        client.company()
    assert world.brex.token not in str(caught.value)
    assert "Invalid token ********" in str(caught.value)


# -- reporting


def test_a_report_makes_records_exported(world: World, client: BrexClient) -> None:
    first, second, third, *_ = fill(world)
    answer = client.report(
        [Export(first, "BX1"), Export(second, "BX2", "https://contoso.operations.dynamics.com/?cmp=usmf")],
        [FailedExport(third, "Café ‘closed’ – 失敗")],
    )
    assert answer.updated == {first, second, third}
    assert answer.trace_id
    statuses = world.brex.statuses()
    assert (statuses[first], statuses[second]) == ("EXPORTED", "EXPORTED")
    assert statuses[third] != "READY_FOR_EXPORT"


def test_nothing_to_report_takes_no_call(client: BrexClient) -> None:
    assert client.report([], []) == Reported(frozenset())
    assert client.requests == 0


def test_a_refused_report_names_the_records(world: World, client: BrexClient) -> None:
    first, second, *_ = fill(world)
    with pytest.raises(ReportRefused) as caught:
        client.report([Export(first, "BX1"), Export("accr_nobody", "BX2")], [])
    assert caught.value.not_found == {"accr_nobody"}
    client.report([Export(first, "BX1")], [])
    with pytest.raises(ReportRefused) as caught:
        client.report([Export(first, "BX1"), Export(second, "BX2")], [])
    assert caught.value.not_ready == {first}
    assert caught.value.status == 422
    with pytest.raises(ReportRefused) as caught:
        client.report([Export(second, "BX1")], [FailedExport(second, "no")])
    assert caught.value.duplicated == {second}
    assert caught.value.error_code == "DUPLICATE_ACCOUNTING_RECORD_IDS"


CERTAIN: list[tuple[str, dict[str, Any], type[BrexError]]]
CERTAIN = [("throttle", {"retry_after": 3}, Throttled), ("refuse", {}, NotSent)]
CERTAIN += [("status_before", {"code": code}, Unauthorized) for code in (401, 403)]
UNCERTAIN: list[tuple[str, dict[str, Any]]]
UNCERTAIN = [("reset_before", {}), ("reset_after", {}), ("truncate_after", {"bytes": 10})]
UNCERTAIN += [("status_before", {"code": code}) for code in (302, 400, 404, 408, 500, 502, 503)]
UNCERTAIN += [("status_after", {"code": code}) for code in (204, 500, 502)]
UNCERTAIN += [
    ("malformed_after", {"body": body, "content_type": "application/json"})
    for body in ("", "{", "[]", "{}", '{"updated_accounting_record_ids":null}', '{"updated_accounting_record_ids":[1]}')
]


@pytest.mark.parametrize(("kind", "options", "error"), CERTAIN)
def test_a_report_that_surely_changed_nothing_is_told_apart(
    world: World, client: BrexClient, kind: str, options: dict[str, Any], error: type[BrexError]
) -> None:
    first, *_ = fill(world)
    world.faults.add("brex", EXPORTS, kind, **options)
    with pytest.raises(error):
        client.report([Export(first, "BX1")], [])
    assert world.brex.statuses()[first] == "READY_FOR_EXPORT"


@pytest.mark.parametrize(("kind", "options"), UNCERTAIN)
def test_every_other_end_of_a_report_is_no_answer(
    world: World, client: BrexClient, kind: str, options: dict[str, Any]
) -> None:
    first, *_ = fill(world)
    world.faults.add("brex", EXPORTS, kind, **options)
    with pytest.raises(NoAnswer):
        client.report([Export(first, "BX1")], [])
    assert client.requests == 1


# -- logs


def test_every_call_is_one_log_line_without_query_or_token(world: World, client: BrexClient) -> None:
    with capture_logs() as logs:
        pages(client)
    (log,) = logs
    assert {"side": "brex", "method": "GET", "path": "/v3/accounting/records", "status": 200}.items() <= log.items()
    assert log["trace_id"]
    assert world.brex.token not in repr(log)
    assert "updated_at" not in repr(log)
