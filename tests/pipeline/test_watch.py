"""ledger_status follows F&O: posted, moved to another journal, gone."""

from typing import Any

import pytest
from sqlalchemy import text

from connector.pipeline import notices, watch
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from sandbox.population import populate
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.test_end_to_end import run_chain
from tests.pipeline.test_recover import announce


@pytest.fixture
def spend(world: World) -> list[str]:
    cases = [case for case in populate(80, world.clock()) if case.end == "written"][:8]
    for case in cases:
        world.brex.add_record(case.record, ready=False)
    ids = [case.record["id"] for case in cases]
    world.brex.export(ids)
    return ids


def rows(runtime: Runtime, connection: Connection) -> list[dict[str, Any]]:
    with runtime.database.begin() as tx:
        return views.listing(tx, connection.id)


def look_later(runtime: Runtime) -> None:
    """An hour goes by, by PostgreSQL's clock."""
    with runtime.database.begin() as tx:
        tx.execute(text("UPDATE journals SET watch_at = watch_at - interval '2 hours' WHERE watch_at < 'infinity'"))


def test_records_of_a_posted_journal_are_posted(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    assert {row["ledger_status"] for row in rows(runtime, connection)} == {"unposted"}

    first = rows(runtime, connection)[0]["journal"]
    world.d365.post_journal(first)
    look_later(runtime)
    watch.run(runtime, connection)

    told = {row["journal"] == first: set() for row in rows(runtime, connection)}
    for row in rows(runtime, connection):
        told[row["journal"] == first].add(row["ledger_status"])
    assert told == {True: {"posted"}, False: {"unposted"}}


def test_brex_is_told_only_after_posting_where_the_connection_says_so(
    runtime: Runtime, world: World, spend: list[str]
) -> None:
    connection = store_connection(runtime, world, acknowledge_when="posted", journal_period="month")
    announce(runtime, connection, spend)
    run_chain(runtime, connection, times=2)
    assert {row["stage"] for row in rows(runtime, connection)} == {"written"}

    for number in {row["journal"] for row in rows(runtime, connection)}:
        world.d365.post_journal(number)
    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection)

    assert {(row["stage"], row["ledger_status"]) for row in rows(runtime, connection)} == {("acknowledged", "posted")}


def test_lines_moved_to_another_journal_are_followed(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    before = rows(runtime, connection)[0]["journal"]
    references = [row["reference"] for row in rows(runtime, connection) if row["journal"] == before]
    moved = world.d365.move_lines(before)
    world.d365.delete_journal(before)

    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection)

    found = {row["reference"]: (row["journal"], row["stage"]) for row in rows(runtime, connection)}
    assert {found[reference] for reference in references} == {(moved, "acknowledged")}


def test_what_posting_moved_to_another_journal_is_followed_there_and_is_not_called_posted(
    runtime: Runtime, world: World, spend: list[str]
) -> None:
    """Fact: Transfer errors posts the good vouchers and moves the others to a new journal."""
    connection = store_connection(runtime, world, acknowledge_when="posted", journal_period="month")
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    row = rows(runtime, connection)[0]
    moved = world.d365.move_lines(row["journal"], document=row["reference"])
    world.d365.post_journal(row["journal"])

    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection, times=2)
    found = {one["reference"]: one for one in rows(runtime, connection)}[row["reference"]]
    assert (found["journal"], found["stage"], found["ledger_status"]) == (moved, "written", "unposted")
    assert world.brex.statuses()[found["record_id"]] == "READY_FOR_EXPORT"
    others = {one["ledger_status"] for one in rows(runtime, connection) if one["journal"] == row["journal"]}
    assert others == {"posted"}

    world.d365.post_journal(moved)
    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection)
    assert world.brex.statuses()[found["record_id"]] == "EXPORTED"


def test_a_journal_that_deletes_its_lines_on_posting_is_posted_all_the_same(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    world.d365.journal_name("BREX", DeleteLinesAfterPosting="Yes")
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    journal = rows(runtime, connection)[0]["journal"]
    world.d365.post_journal(journal)
    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection)
    told = {(row["stage"], row["ledger_status"]) for row in rows(runtime, connection) if row["journal"] == journal}
    assert told == {("acknowledged", "posted")}


def test_deleted_entries_are_held_as_gone_and_not_sent_again(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    journal = rows(runtime, connection)[0]["journal"]
    world.d365.delete_journal(journal)

    look_later(runtime)
    watch.run(runtime, connection)
    run_chain(runtime, connection, times=2)

    gone = [row for row in rows(runtime, connection) if row["journal"] == journal]
    assert gone
    for row in gone:
        assert (row["stage"], row["ledger_status"], row["export_status"]) == ("held", "gone", "EXPORTED")
        assert [problem["code"] for problem in row["problems"]] == ["LEDGER-GONE"]
        assert world.d365.lines(document=row["reference"]) == []


def test_a_journal_that_nobody_posts_is_told_of_after_a_week(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend)
    run_chain(runtime, connection)
    journal = rows(runtime, connection)[0]["journal"]
    with runtime.database.begin() as tx:
        assert notices.unposted(tx, connection) == ""
        tx.execute(
            text("UPDATE journals SET created_at = created_at - interval '8 days' WHERE number = :number"),
            {"number": journal},
        )
        assert f"not posted in F&O yet: {journal}." in notices.unposted(tx, connection)

    world.d365.post_journal(journal)
    look_later(runtime)
    watch.run(runtime, connection)

    with runtime.database.begin() as tx:
        assert notices.unposted(tx, connection) == ""
