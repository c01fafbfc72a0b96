"""One bad record stops nobody else: what fails as a whole comes back in halves, then alone, and then waits visibly."""

from typing import Any

import pytest

from connector.pipeline import people
from connector.pipeline.poison import group_size, groups, retry_seconds
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.records import BODY_LIMIT
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    RECORDS,
    SEND,
    announce,
    assert_all_done,
    assert_books,
    codes,
    expense,
    key,
    let_pass,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    stages_of,
)

REFUSED = '{"error_code": "INVALID_REQUEST", "message": "ids is invalid."}'
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "refused": ("status_before", {"code": 400, "body": REFUSED, "content_type": "application/json"}),
    "answered with an error": ("status_before", {"code": 500}),
    "cut off": ("reset_before", {}),
    "answered with a page": ("malformed_after", {"body": "<html>", "content_type": "text/html"}),
}


@pytest.mark.parametrize("what", ANSWERS)
@pytest.mark.parametrize("count", [1, 20])
def test_an_id_for_which_brex_fails_is_held_alone_with_the_reason(
    count: int, what: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    kind, options = ANSWERS[what]
    ids = spend(world, *[1] * count)
    bad = sorted(ids)[count // 2]
    fail_for(world, bad, kind, options)
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection, most=80)
    row = rows(runtime, connection)[bad]
    assert (row["stage"], codes(row)) == ("held", ["RECORD-UNREADABLE"])
    good = [one for one in ids if one != bad]
    assert_books(world, good, [bad])
    asked = [seen for seen in world.traffic.latest if seen.method == "GET" and f"ids={bad}" in seen.path]
    assert len(asked) == 10
    others = [seen for seen in world.traffic.latest if seen.method == "GET" and "ids=" in seen.path]
    assert len(others) <= 10 + 12
    world.faults.clear()
    people.retry(runtime, connection, actor="person", record_ids=[bad])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def fail_for(world: World, record_id: str, kind: str, options: dict[str, Any]) -> None:
    world.faults.add("brex", f"GET ids={record_id}", kind, times=None, **options)


def test_neighbours_of_a_bad_id_do_not_wait_long(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, *[1] * 20)
    bad = sorted(ids)[7]
    fail_for(world, bad, "status_before", {"code": 500})
    announce(runtime, connection, ids)
    for seconds in (6, 11, 21, 41):
        run_chain(runtime, connection)
        let_pass(runtime.database, seconds)
    run_chain(runtime, connection)
    assert_books(world, [one for one in ids if one != bad], [bad])


def test_while_brex_is_down_as_a_whole_nothing_is_held_however_long(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *[1] * 20)
    world.faults.add("brex", RECORDS, "status_before", times=None, code=503)
    for _ in range(30):
        run_chain(runtime, connection)
        let_pass(runtime.database, 700)
    assert set(stages_of(runtime, connection).values()) == {"received"}
    assert scalar(runtime.database, "SELECT max(attempts) FROM records") == 0
    world.faults.clear()
    world.traffic.latest.clear()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert sum(seen.method == "GET" and seen.system == "brex" for seen in world.traffic.latest) == 1


def test_throttling_costs_no_attempt(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend_and_announce(runtime, connection, world, *[1] * 20)
    world.faults.add("brex", RECORDS, "throttle", times=15, retry_after=5)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


UNREADABLE: dict[str, dict[str, Any]] = {
    "amount is text": {"amount": {"amount": "twelve", "currency": "USD"}},
    "the currency is none": {"amount": {"amount": 12, "currency": None}},
    "the date is nonsense": {"erp_posting_date": "soon"},
    "no lines but a text": {"line_items": "none"},
    "a line's amount is negative": {
        "line_items": [{"id": "1", "type": "DEBIT", "amount": {"amount": -1, "currency": "USD"}}]
    },
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("by", ["webhook", "poll"])
def test_an_unreadable_record_is_held_with_its_raw_body(
    by: str, kind: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    good = spend(world, 1, 2)
    spent = expense(Maker(9), world)
    world.brex.add_record(spent)
    kept = world.brex.records.get(spent["id"])
    assert kept is not None
    world.store.put("brex_record", spent["id"], kept | UNREADABLE[kind])
    if by == "webhook":
        announce(runtime, connection, [spent["id"], *good])
    else:
        poll(runtime, connection)
    run_until_quiet(runtime, connection)
    row = record(runtime, connection, spent["id"])
    assert (row["stage"], codes(row)) == ("held", ["RECORD-UNREADABLE"])
    assert spent["id"] in row["body"]
    assert spent["source_id"] in row["body"]
    assert_books(world, good, [spent["id"]])


@pytest.mark.parametrize("by", ["webhook", "poll"])
def test_a_record_larger_than_we_keep_is_held_with_the_beginning_of_its_body(
    by: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    good = spend(world, 1, 2)
    large = expense(Maker(9), world) | {"memo": "x" * BODY_LIMIT}
    world.brex.add_record(large)
    for _ in range(2):
        if by == "webhook":
            announce(runtime, connection, [large["id"], *good])
        else:
            poll(runtime, connection)
        run_until_quiet(runtime, connection)
    row = record(runtime, connection, large["id"])
    assert (row["stage"], codes(row)) == ("held", ["RECORD-UNREADABLE"])
    assert f"larger than {BODY_LIMIT} bytes" in row["problems"][0]["sentence"]
    assert len(row["body"]) == BODY_LIMIT
    assert_books(world, good, [large["id"]])


@pytest.mark.parametrize("fault", ["reset_before", "status_before"])
def test_an_entry_for_which_f_and_o_never_answers_is_given_up_alone(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *[1] * 8)
    bad = sorted(ids)[3]
    world.faults.add("d365", SEND, fault, times=None, containing=key(bad))
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection, most=150)
    assert codes(rows(runtime, connection)[bad]) == ["POST-GIVEN-UP"]
    assert_books(world, [one for one in ids if one != bad], [bad])
    world.faults.clear()
    people.retry(runtime, connection, actor="person", record_ids=[bad])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_groups_are_halved_for_each_attempt_and_hold_everybody_once() -> None:
    assert [group_size(attempts, 500) for attempts in (1, 2, 3, 9, 10, 60)] == [500, 250, 125, 1, 1, 1]
    numbers = [(number, 1 + number % 4) for number in range(100)]
    parts = list(groups(numbers, 500, tries=lambda one: one[1]))
    assert sorted(one for part in parts for one in part) == numbers
    assert {tries: max(len(part) for part in parts if part[0][1] == tries) for tries in (1, 2, 3, 4)} == {
        1: 25, 2: 12, 3: 6, 4: 3,
    }  # fmt: skip


def test_waits_double_up_to_ten_minutes() -> None:
    assert [retry_seconds(attempts) for attempts in (0, 1, 2, 3, 8, 1000)] == [5, 5, 10, 20, 600, 600]
