"""Checks before sending, on the way from Brex to F&O: what is held, what a person passes over, what F&O says itself."""

import pytest

from connector.pipeline import people, preview, refresh
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, COST_CENTERS, DEPARTMENTS, TRAVEL, UNITS, Value
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    announce,
    assert_all_done,
    assert_books,
    change,
    codes,
    key,
    rows,
    run_until_quiet,
)

STRICT = {"AccountStructure": "Manufacturing P&L", "Status": "Active", "Position": 2}


def coded(world: World, *coding: Value, seed: int = 3, day: str = "") -> str:
    """An expense on exactly this coding: nobody's, so no department comes from a user."""
    maker = Maker(seed)
    amount = maker.amount()
    lines = [maker.line(DEBIT, amount, "USD", coding), maker.line(CREDIT, amount, "USD")]
    spent = maker.record("CARD_EXPENSE_POST", "USD", world.clock(), lines) | {"user": None}
    if day:
        spent["erp_posting_date"] = f"{day}T18:00:00.000Z"
    return world.brex.add_record(spent)


def held_for(runtime: Runtime, connection: Connection, record_id: str) -> list[str]:
    row = rows(runtime, connection)[record_id]
    assert row["stage"] == "held"
    return codes(row)


def demand_a_department(world: World) -> None:
    world.d365.change("AccountStructureConstraints", STRICT, SegmentCriteria03="*")


def test_a_blank_that_the_structure_forbids_is_held_before_anything_is_sent(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    demand_a_department(world)
    one = coded(world, ACCOUNTS[2], UNITS[0])
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert held_for(runtime, connection, one) == ["MAP-VALUE-BLANK"]
    assert_books(world, [], [one])
    people.retry(runtime, connection, actor="person", record_ids=[one], reason="sure", anyway=True)
    run_until_quiet(runtime, connection)
    assert held_for(runtime, connection, one) == ["MAP-VALUE-BLANK"]


def test_a_mismatch_by_our_own_reading_is_sent_once_a_person_has_passed_over_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.change("AccountStructureConstraints", STRICT, SegmentCriteria02="002..004")
    refresh.run(runtime, connection)
    world.d365.change("AccountStructureConstraints", STRICT, SegmentCriteria02='001..004;""')  # nobody has told us yet
    first, second = (coded(world, ACCOUNTS[2], UNITS[0], seed=seed) for seed in (3, 4))
    announce(runtime, connection, [first, second])
    run_until_quiet(runtime, connection)
    assert [held_for(runtime, connection, one) for one in (first, second)] == [["MAP-COMBINATION"]] * 2
    people.retry(runtime, connection, actor="person", record_ids=[first], reason="F&O takes it", anyway=True)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [first])
    assert held_for(runtime, connection, second) == ["MAP-COMBINATION"]
    change(runtime.database, "UPDATE records SET accepted = '{MAP-COMBINATION}' WHERE record_id = :id", id=second)
    shown = preview.of(runtime, connection, second)
    assert shown is not None
    assert (shown.problems, shown.entry is not None) == ((), True)
    change(runtime.database, "UPDATE records SET accepted = '{}' WHERE record_id = :id", id=second)
    refresh.run(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [first, second])


def test_what_is_passed_over_and_refused_by_f_and_o_is_held_with_its_words(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.change("AccountStructureConstraints", STRICT, SegmentCriteria02="002..004")
    one = coded(world, ACCOUNTS[2], UNITS[0])
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    people.retry(runtime, connection, actor="person", record_ids=[one], reason="sure", anyway=True)
    run_until_quiet(runtime, connection)
    [problem] = rows(runtime, connection)[one]["problems"]
    assert problem["code"] == "MAP-COMBINATION"
    assert "BusinessUnit is not an allowed value in combination" in problem["sentence"]
    assert "--anyway" not in problem["fix"]
    again = people.retry(runtime, connection, actor="person", record_ids=[one], reason="do it", anyway=True)
    assert (again.changed, again.why) == ([], {one: "F&O itself refused it (MAP-COMBINATION) and would again"})
    assert_books(world, [], [one])


def test_what_only_f_and_o_can_judge_gets_the_code_of_the_check_and_its_words(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = coded(world, TRAVEL, UNITS[0])
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    [problem] = rows(runtime, connection)[one]["problems"]
    assert problem["code"] == "MAP-VALUE-BLANK"
    assert problem["sentence"].startswith(
        "F&O refused the entry: Blank isn't allowed for Department for the combination."
    )


def test_a_derived_dimension_is_filled_in_so_that_f_and_o_alters_nothing(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.add(
        "AttributeValueDerivedDimensions", DrivingDimensionAttributeName="CostCenter",
        DrivingDimensionAttributeValue="007", DerivedDimensionAttributeName1="Department",
        DerivedDimensionAttributeValue1="024",
    )  # fmt: skip
    blank = coded(world, ACCOUNTS[2], UNITS[0], COST_CENTERS[0])
    other = coded(world, ACCOUNTS[2], UNITS[0], COST_CENTERS[0], DEPARTMENTS[0], seed=4)
    announce(runtime, connection, [blank, other])
    run_until_quiet(runtime, connection)
    assert held_for(runtime, connection, other) == ["MAP-DERIVED-CONFLICT"]
    [line] = world.d365.lines(document=key(blank))
    assert line["AccountDisplayValue"] == "602100-001-024-007"
    assert rows(runtime, connection)[blank]["stage"] == "acknowledged"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-01-20", "Period 1 of 2026 of usmf, which is closed"),
        ("2026-02-20", "Period 2 of 2026 of usmf, which is on hold"),
        ("2026-03-20", "Period 3 of 2026 of usmf, which is not open for Ledger"),
    ],
)
def test_a_shut_period_holds_and_is_named(
    runtime: Runtime, connection: Connection, world: World, day: str, words: str
) -> None:
    one = coded(world, ACCOUNTS[2], UNITS[0], day=day)
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    [problem] = rows(runtime, connection)[one]["problems"]
    assert problem["code"] == "MAP-PERIOD-CLOSED"
    assert words in problem["sentence"]


def test_by_setting_it_is_booked_on_the_first_open_day_and_says_so(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, closed_period="first_open_day")
    one = coded(world, ACCOUNTS[2], UNITS[0], day="2026-01-20")
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    [line] = world.d365.lines(document=key(one))
    assert line["TransDate"] == "2026-04-01T12:00:00Z"
    row = rows(runtime, connection)[one]
    assert row["stage"] == "acknowledged"
    assert str(row["posting_date"]) == "2026-04-01"
