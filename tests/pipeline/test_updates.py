"""Readings by cursor: bills, and what changed in Brex after it was written to the ledger."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from connector.pipeline import post, send, stages, updates
from connector.pipeline.runtime import Runtime, TimeBox
from connector.pipeline.stages import StageName
from connector.store import changes
from connector.store.connections import Connection
from sandbox.clock import parse, stamp
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    Json,
    after_answer,
    assert_books,
    change,
    codes,
    expense,
    poll,
    record,
    rows,
    run_until_quiet,
    scalar,
    stages_of,
    story,
)

CURSOR = "SELECT bills_cursor FROM connections"


def bill(world: World, seed: int = 5, **more: object) -> str:
    spent = expense(Maker(seed), world) | {"type": "BILL_MONEY_MOVEMENT_PAYIN", "source_type": "BILL"}
    return world.brex.add_record(spent | more, ready=False)


def bills_read(world: World) -> list[str]:
    return [one.path for one in world.traffic.latest if "source_type=BILL" in one.path]


def written(runtime: Runtime, connection: Connection, world: World) -> str:
    """A record that stands in the ledger, and that Brex was told of."""
    one = world.brex.add_record(expense(Maker(3), world))
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {one: "acknowledged"}
    return one


def changed(runtime: Runtime, connection: Connection, record_id: str) -> list[str]:
    found: Json = rows(runtime, connection)[record_id]["changed_in_brex"] or {}
    return list(found.get("differences", []))


def unsettled(runtime: Runtime, connection: Connection) -> int:
    with runtime.database.begin() as tx:
        return changes.count(tx, connection.id)


# -- bills


def test_bills_are_taken_in_and_held_by_name(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world, review_status="PREPARE")
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert codes(record(runtime, connection, one)) == ["TREATMENT-UNCONFIRMED"]
    assert_books(world, [])


def test_the_cursor_is_what_brex_showed_and_the_next_reading_overlaps(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    moment = world.clock() - timedelta(days=3)
    bill(world, updated_at=stamp(moment))
    poll(runtime, connection)
    at = scalar(runtime.database, CURSOR)
    assert moment - timedelta(minutes=5) < at <= moment  # less the time the reading took

    world.traffic.latest.clear()
    poll(runtime, connection)
    (read,) = bills_read(world)
    asked = parse(read.split("%5Bgt%5D=")[1].split("&")[0].replace("%3A", ":"))
    assert asked == at - updates.OVERLAP
    assert scalar(runtime.database, CURSOR) >= at


def test_the_cursor_stays_where_a_reading_broke_off(runtime: Runtime, connection: Connection, world: World) -> None:
    for number in range(501):
        bill(world, seed=100 + number)
    world.faults.add("brex", "GET source_type=BILL", "malformed_after", skip=1)
    with capture_logs() as logs:
        assert poll(runtime, connection) is not None  # the queue itself was read
    assert "reading broken off" in [one["event"] for one in logs]
    assert scalar(runtime.database, CURSOR) is None
    assert len(rows(runtime, connection)) == 500
    poll(runtime, connection)
    assert len(rows(runtime, connection)) == 501
    assert scalar(runtime.database, CURSOR) is not None


def test_a_date_from_the_far_future_does_not_end_all_reading(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    bill(world, updated_at="2999-01-01T00:00:00Z")
    poll(runtime, connection)
    later = bill(world, seed=6)
    poll(runtime, connection)
    assert later in rows(runtime, connection)


def test_a_bill_that_changed_is_read_again(runtime: Runtime, connection: Connection, world: World) -> None:
    one = bill(world)
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    world.brex.edit(one, memo="another memo")
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert "another memo" in record(runtime, connection, one)["body"]


# -- changed after it was written


def test_nothing_is_flagged_for_what_our_own_report_changed(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = written(runtime, connection, world)
    before = story(runtime, connection, one)
    world.brex.edit(one, receipts=[{"id": "receipt_1", "download_uris": None}])
    poll(runtime, connection)
    assert changed(runtime, connection, one) == []
    assert story(runtime, connection, one) == before


def test_a_change_is_flagged_once_with_what_changed_and_never_posted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = written(runtime, connection, world)
    spent = world.brex.records.get(one)
    assert spent is not None
    world.brex.edit(one, memo="for the offsite", amount=spent["amount"] | {"amount": 9999})
    with capture_logs() as logs:
        for _ in range(3):
            poll(runtime, connection)
            run_until_quiet(runtime, connection)
    told = changed(runtime, connection, one)
    assert [line.split(":")[0] for line in told] == ["amount", "memo"]
    assert "→ 9,999.00 USD" in told[0]
    assert [why for why in story(runtime, connection, one) if "changed in Brex" in why] == [
        f"changed in Brex after it was written: {'; '.join(told)}"
    ]
    assert [one["event"] for one in logs].count("changed in Brex after it was written") == 1
    assert stages_of(runtime, connection) == {one: "acknowledged"}
    assert len(world.d365.lines()) == 1


def test_another_coding_of_a_line_is_a_change(runtime: Runtime, connection: Connection, world: World) -> None:
    one = written(runtime, connection, world)
    spent = world.brex.records.get(one)
    assert spent is not None
    first = spent["line_items"][0]
    values = [first["accounting_field_values"][0] | {"brex_field_value_id": "efo_other"}]
    world.brex.edit(one, line_items=[first | {"accounting_field_values": values}, *spent["line_items"][1:]])
    poll(runtime, connection)
    (told,) = changed(runtime, connection, one)
    assert told.startswith(f"line {first['id']}, coding: ")


def test_a_record_edited_and_exported_again_is_compared_with_what_was_written(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """The queue shows the new body first; the one that was written must not be forgotten over it."""
    one = written(runtime, connection, world)
    before = record(runtime, connection, one)["body"]
    world.brex.edit(one, memo="another", review_status="READY_FOR_EXPORT")
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    told = changed(runtime, connection, one)
    assert told[0].endswith("→ another")
    assert told[1] == "review status: READY_FOR_EXPORT"
    assert record(runtime, connection, one)["body"] == before
    assert len(world.d365.lines()) == 1


def test_a_record_pulled_back_into_review_is_flagged(runtime: Runtime, connection: Connection, world: World) -> None:
    one = written(runtime, connection, world)
    world.brex.edit(one, review_status="REVIEW")
    poll(runtime, connection)
    assert changed(runtime, connection, one) == ["review status: REVIEW"]


def test_what_is_as_it_was_written_again_is_no_longer_flagged(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = written(runtime, connection, world)
    memo = (world.brex.records.get(one) or {})["memo"]
    world.brex.edit(one, memo="another")
    poll(runtime, connection)
    world.brex.edit(one, memo=memo)
    poll(runtime, connection)
    assert changed(runtime, connection, one) == []
    assert story(runtime, connection, one)[-1] == "Brex shows it again as it was written"


def test_what_a_person_has_seen_to_comes_back_only_with_another_change(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = written(runtime, connection, world)
    world.brex.edit(one, memo="another")
    poll(runtime, connection)
    assert updates.settle(runtime, connection, actor="person:x", reason="mended", record_ids=[one]) == [one]
    poll(runtime, connection)
    assert unsettled(runtime, connection) == 0
    world.brex.edit(one, memo="a third")
    poll(runtime, connection)
    assert unsettled(runtime, connection) == 1


@pytest.mark.parametrize("hours", [0.5, 200])
def test_a_change_is_found_however_long_after_the_last_poll(
    hours: float, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = written(runtime, connection, world)
    poll(runtime, connection)
    past = f"interval '{hours} hours'"
    change(runtime.database, f"UPDATE connections SET changes_cursor = changes_cursor - {past}")
    world.brex.edit(one, memo="another")
    poll(runtime, connection)
    assert len(changed(runtime, connection, one)) == 1


# -- changes that meet the sending


def test_a_change_that_comes_while_its_entry_waits_is_planned_before_anything_is_sent(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    one = world.brex.add_record(expense(Maker(3), world))
    poll(runtime, connection)
    for stage in (StageName.FETCH, StageName.MAP):
        stages.run(runtime, stage, connection.id, seconds=60)
    post.intend(runtime, connection)
    world.brex.edit(one, memo="another memo")
    poll(runtime, connection)
    send.run(runtime, connection, TimeBox(60))
    assert world.d365.lines() == []
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {one: "acknowledged"}
    assert "another memo" in record(runtime, connection, one)["body"]
    assert_books(world, [one])


def test_a_change_that_comes_while_its_entry_is_on_its_way_is_told_of(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """What was sent keeps the body that it was made from, so that the difference is seen."""
    one = world.brex.add_record(expense(Maker(3), world))
    poll(runtime, connection)

    def meanwhile() -> None:
        world.brex.edit(one, memo="another memo")
        poll(runtime, connection)

    after_answer(world, "d365", SEND, meanwhile)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {one: "acknowledged"}
    poll(runtime, connection)
    assert [told.split(":")[0] for told in changed(runtime, connection, one)] == ["memo"]
