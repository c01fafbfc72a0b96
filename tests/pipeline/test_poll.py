"""The hourly poll: the whole queue of Brex, and nothing else; a lost webhook only costs time."""

from datetime import timedelta

import pytest

from connector.pipeline import poll as polling
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import (
    RECORDS,
    announce,
    assert_all_done,
    change,
    codes,
    expense,
    poll,
    record,
    rows,
    run_until_quiet,
    scalar,
    spend,
    stages_of,
    story,
)


def test_it_finds_what_no_webhook_told_of(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, 1, 2, 3)
    counts = poll(runtime, connection)
    assert counts == polling.Counts(seen=3, new=3, known=0, without_id=0)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_what_it_brings_is_not_fetched_again(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, 1, 2, 3)
    poll(runtime, connection)
    world.traffic.latest.clear()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert [seen.method for seen in world.traffic.latest if seen.system == "brex"] == ["POST"]


def test_it_reads_every_page(runtime: Runtime, connection: Connection, world: World) -> None:
    spend(world, *[1] * 1010)
    counts = poll(runtime, connection)
    assert counts is not None
    assert (counts.seen, counts.new) == (1010, 1010)
    read = [seen.path for seen in world.traffic.latest if seen.system == "brex"]
    assert len(read) == 5  # three pages of CARD, one of REIMBURSEMENT, one of bills
    assert scalar(runtime.database, "SELECT count(*) FROM records") == 1010


def test_it_asks_only_for_what_is_ready_whenever_it_was_changed(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Without a wide updated_at Brex shows only the last days."""
    maker = Maker(3)
    old = expense(maker, world) | {
        "review_status": "READY_FOR_EXPORT",
        "updated_at": (world.clock() - timedelta(days=300)).isoformat(),
    }
    waiting = world.brex.add_record(old)
    world.brex.add_record(expense(maker, world), ready=False)
    world.brex.add_record(expense(maker, world) | {"review_status": "EXPORTED"}, ready=False)
    poll(runtime, connection)
    assert list(rows(runtime, connection)) == [waiting]


def test_what_it_shows_again_changes_nothing(runtime: Runtime, connection: Connection, world: World) -> None:
    """Held records stay in Brex's queue, and are shown by every poll."""
    held = world.brex.add_record(expense(Maker(3), world) | {"type": "INVOICE"})
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    before = record(runtime, connection, held)
    assert codes(before) == ["TREATMENT-UNKNOWN"]
    for _ in range(3):
        assert poll(runtime, connection) == polling.Counts(seen=1, new=0, known=1)
        run_until_quiet(runtime, connection)
    after = record(runtime, connection, held)
    assert after["events"] == before["events"]
    assert (after["version"], after["times_heard"]) == (before["version"], 4)


def test_a_held_record_that_was_corrected_and_exported_again_is_planned_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    spent = expense(Maker(3), world)
    wrong = spent["line_items"][0] | {"accounting_field_values": []}
    one = world.brex.add_record(spent | {"line_items": [wrong, spent["line_items"][1]]})
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection)[one] == "held"
    world.brex.pull_back(one)
    world.brex.edit(one, line_items=spent["line_items"])
    world.brex.export([one])
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_a_poll_that_fails_is_tried_again_soon(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, 1)
    world.faults.add("brex", RECORDS, "status_before", code=503)
    assert poll(runtime, connection) is None
    wait = "SELECT CAST(extract(epoch FROM next_poll_at - now()) AS integer) FROM connections"
    assert 0 < scalar(runtime.database, wait) <= polling.AFTER_FAILURE_SECONDS
    poll(runtime, connection)
    assert 0.9 * polling.EVERY_SECONDS < scalar(runtime.database, wait) < 1.1 * polling.EVERY_SECONDS
    assert list(rows(runtime, connection)) == ids


def test_a_page_that_breaks_off_keeps_the_pages_before_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    spend(world, *[1] * 700)
    world.faults.add("brex", "GET /v3/accounting/records", "reset_after", skip=1)
    assert poll(runtime, connection) is None
    assert scalar(runtime.database, "SELECT count(*) FROM records") == 500
    poll(runtime, connection)
    assert scalar(runtime.database, "SELECT count(*) FROM records") == 700


def test_only_one_of_two_polls_has_the_turn(runtime: Runtime, connection: Connection, world: World) -> None:
    assert polling.run(runtime, connection) is not None
    assert polling.run(runtime, connection) is None
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "a person")
    change(runtime.database, "UPDATE connections SET next_poll_at = now()")
    assert polling.run(runtime, connection) is None


def test_a_record_without_a_readable_id_is_left_out_and_counted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (good,) = spend(world, 1)
    world.brex.add_record(expense(Maker(9), world) | {"id": "accr \n bad"})
    counts = poll(runtime, connection)
    assert counts == polling.Counts(seen=2, new=1, known=0, without_id=1)
    assert list(rows(runtime, connection)) == [good]


@pytest.mark.parametrize("first", ["webhook", "poll"])
def test_webhook_and_poll_of_the_same_records_make_one_row_each(
    first: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, 1, 2)
    if first == "webhook":
        announce(runtime, connection, [*ids, *ids])
    poll(runtime, connection)
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert story(runtime, connection, ids[0]).count("heard of for the first time") == 1
