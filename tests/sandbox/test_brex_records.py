from decimal import Decimal
from typing import Any

import pytest

from sandbox.world import World
from tests.sandbox.conftest import Caller, Clock, record

RECORDS = "/v3/accounting/records"
WIDE = "updated_at[gt]=2020-01-01"


def _ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


@pytest.fixture
def five(world: World) -> World:
    for number in range(5):
        world.brex.add_record(record(f"accr_{number}"), ready=number != 4)
    return world


def test_it_answers_items_cursor_next_page_and_total(five: World, call: Caller) -> None:
    answer = call.get(f"{RECORDS}?{WIDE}")
    assert _ids(answer) == [f"accr_{number}" for number in range(5)]
    assert (answer["next_cursor"], answer["has_next_page"], answer["total_count"]) == (None, False, 5)


def test_a_cursor_leads_through_every_page(five: World, call: Caller) -> None:
    first = call.get(f"{RECORDS}?{WIDE}&limit=2")
    second = call.get(f"{RECORDS}?{WIDE}&limit=2&cursor={first['next_cursor']}")
    third = call.get(f"{RECORDS}?{WIDE}&limit=2&cursor={second['next_cursor']}")
    assert [_ids(page) for page in (first, second, third)] == [
        ["accr_0", "accr_1"],
        ["accr_2", "accr_3"],
        ["accr_4"],
    ]
    assert [page["has_next_page"] for page in (first, second, third)] == [True, True, False]
    assert third["next_cursor"] is None


def test_pages_shift_when_a_record_leaves_the_queue_between_two_pages(five: World, call: Caller) -> None:
    query = f"{RECORDS}?{WIDE}&limit=2&review_status=READY_FOR_EXPORT"
    first = call.get(query)
    five.brex.pull_back("accr_0")
    second = call.get(f"{query}&cursor={first['next_cursor']}")
    assert (_ids(first), _ids(second)) == (["accr_0", "accr_1"], ["accr_3"])


def test_a_cursor_serves_only_the_query_it_came_from(five: World, call: Caller) -> None:
    cursor = call.get(f"{RECORDS}?{WIDE}&limit=2")["next_cursor"]
    status, body = call.refused(f"{RECORDS}?limit=2&cursor={cursor}")
    assert (status, body["error_code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("review_status=READY_FOR_EXPORT", 4),
        ("review_status=REVIEW", 1),
        ("review_status=EXPORTED", 0),
        ("ids=accr_1&ids=accr_3&ids=accr_unknown", 2),
        ("ids=accr_4&review_status=READY_FOR_EXPORT", 0),
        ("source_type=CARD", 5),
        ("source_type=REIMBURSEMENT&review_status=REVIEW", 0),
        ("limit=500", 5),
    ],
)
def test_it_filters(five: World, call: Caller, query: str, found: int) -> None:
    assert len(call.get(f"{RECORDS}?{WIDE}&{query}")["items"]) == found


@pytest.mark.parametrize(
    "query",
    [
        "limit=501",
        "limit=0",
        "limit=many",
        "review_status=DONE",
        "review_status=READY_FOR_EXPORT&source_type=BILL",
        "source_type=INVOICE",
        "single_entry=1",
        "updated_at[gt]=yesterday",
        "updated_at=2026-01-01",
        "cursor=abc",
        "cursor=e30=",
        "export_status=EXPORTED",
        "ids[]=accr_1",
        "limit=1&limit=2",
        "&".join(f"ids=accr_{number}" for number in range(501)),
    ],
)
def test_it_refuses_a_query_the_specification_does_not_know(five: World, call: Caller, query: str) -> None:
    status, body = call.refused(f"{RECORDS}?{query}")
    assert (status, body["error_code"]) == (400, "INVALID_REQUEST")


def test_the_bounds_of_updated_at_are_exclusive_or_inclusive_as_named(world: World, call: Caller, clock: Clock) -> None:
    for number in range(3):
        world.brex.add_record(record(f"accr_{number}"))
        clock.advance(hours=1)
    at = "2026-11-20T13:00:00.000000Z"
    found = {name: _ids(call.get(f"{RECORDS}?updated_at[{name}]={at}")) for name in ("gt", "gte", "lt", "lte")}
    assert found == {
        "gt": ["accr_2"],
        "gte": ["accr_1", "accr_2"],
        "lt": ["accr_0"],
        "lte": ["accr_0", "accr_1"],
    }


def test_without_updated_at_a_narrow_window_applies_also_to_ids(world: World, call: Caller, clock: Clock) -> None:
    world.brex.add_record(record("accr_old"))
    clock.advance(days=8)
    assert call.get(f"{RECORDS}?ids=accr_old")["items"] == []
    assert _ids(call.get(f"{RECORDS}?ids=accr_old&{WIDE}")) == ["accr_old"]
    world.brex.options.set(default_window_days=None)
    assert _ids(call.get(f"{RECORDS}?ids=accr_old")) == ["accr_old"]


def test_review_status_leaves_bills_out(world: World, call: Caller) -> None:
    world.brex.add_record(record("accr_bill", type="BILL_EXPENSE", source_type="BILL"))
    assert call.get(f"{RECORDS}?{WIDE}&review_status=READY_FOR_EXPORT")["items"] == []
    assert _ids(call.get(f"{RECORDS}?{WIDE}&source_type=BILL")) == ["accr_bill"]


def test_single_entry_leaves_the_offsetting_lines_out(five: World, call: Caller) -> None:
    line_ids = {
        flag: [line["id"] for line in call.get(f"{RECORDS}/accr_0?single_entry={flag}")["line_items"]]
        for flag in ("true", "false")
    }
    assert line_ids == {"true": ["accr_0_1"], "false": ["accr_0_1", "accr_0_2"]}


def test_one_record_by_its_id_or_404(five: World, call: Caller) -> None:
    assert call.get(f"{RECORDS}/accr_2")["id"] == "accr_2"
    status, body = call.refused(f"{RECORDS}/accr_none")
    assert (status, body["error_code"]) == (404, "NOT_FOUND")


def test_amounts_leave_as_decimals_without_trailing_zeros(world: World, call: Caller) -> None:
    money = {"currency": "USD"}
    for number, amount in enumerate(("100.50", "100.00", "0.10", "171.75")):
        changes = {"amount": money | {"amount": Decimal(amount)}}
        world.brex.add_record(record(f"accr_{number}", **changes))
    text = call("GET", f"{RECORDS}?{WIDE}").text
    for shown in ('"amount":100.5}', '"amount":100}', '"amount":0.1}', '"amount":171.75}'):
        assert shown in text


def test_an_export_in_brex_gives_a_newer_time_and_the_next_version(world: World, call: Caller, clock: Clock) -> None:
    world.brex.add_record(record("accr_1", review_status="PREPARE"), ready=False)
    before = call.get(f"{RECORDS}/accr_1")
    clock.advance(minutes=5)
    world.brex.export(["accr_1"])
    after = call.get(f"{RECORDS}/accr_1")
    assert after["review_status"] == "READY_FOR_EXPORT"
    assert after["version"] == before["version"] + 1
    assert after["updated_at"] > before["updated_at"]


def test_a_person_cannot_export_twice_nor_one_bad_id_among_good_ones(five: World) -> None:
    with pytest.raises(ValueError, match="accr_0 is in READY_FOR_EXPORT"):
        five.brex.export(["accr_4", "accr_0"])
    assert five.brex.statuses()["accr_4"] == "REVIEW"


def test_an_edit_shows_in_the_next_answer(five: World, call: Caller) -> None:
    five.brex.edit("accr_0", memo="other")
    seen = call.get(f"{RECORDS}/accr_0")
    assert (seen["memo"], seen["version"]) == ("other", 3)


def test_unknown_fields_and_enum_constants_can_be_switched_on(five: World, call: Caller) -> None:
    five.brex.options.set(unknown_fields=True)
    seen = call.get(f"{RECORDS}/accr_0")
    assert seen["status"] == "UNSEEN"
    assert seen["line_items"][0]["tax_treatment"] == {"kind": "UNSEEN"}


def test_a_record_needs_what_the_schema_requires(world: World) -> None:
    with pytest.raises(ValueError, match="line_items"):
        world.brex.add_record({**record("accr_1"), "line_items": None})
