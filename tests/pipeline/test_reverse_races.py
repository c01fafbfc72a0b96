"""Taking entries back while people and other workers are at the same journals and records."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy.exc import IntegrityError

from connector.pipeline.mirror import left_over
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.pipeline.helpers import (
    SEND,
    after_answer,
    announce,
    assert_books,
    change,
    key,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
)
from tests.pipeline.taking_back import assert_nothing_left, counter, reverse, written


def test_asked_twice_it_is_done_once(runtime: Runtime, connection: Connection, world: World) -> None:
    (one,) = written(runtime, connection, world, 1)
    world.d365.post_journal("USMF-000001")
    assert reverse(runtime, connection, one).changed == [one]
    second = reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    third = reverse(runtime, connection, one)
    run_until_quiet(runtime, connection)
    assert second.why == {one: "it is being taken back already"}
    assert third.why == {one: "it was taken back already"}
    assert_nothing_left(world, one)
    assert len(world.d365.lines(document=counter(one))) == 1


def test_a_journal_posted_between_looking_and_deleting_turns_it_into_a_reversing_entry(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 3)
    reverse(runtime, connection, one)
    after_answer(world, "d365", "GET /data/LedgerJournalHeaders", lambda: world.d365.post_journal("USMF-000001"))
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert len(world.d365.lines(document=counter(one))) == 4
    assert_nothing_left(world, one)


@pytest.mark.parametrize("missing", [400, 204])
def test_lines_moved_to_another_journal_between_looking_and_deleting_are_found_there(
    missing: int, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.set(delete_missing=missing)
    (one,) = written(runtime, connection, world, 3)
    reverse(runtime, connection, one)
    after_answer(
        world, "d365", "GET /data/LedgerJournalHeaders",
        lambda: world.d365.move_lines("USMF-000001", document=key(one)),
    )  # fmt: skip
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert world.d365.lines() == []


def test_a_persons_line_in_the_place_of_ours_is_not_deleted(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Between looking and deleting the line is somebody else's: another version of it, another ETag."""
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    after_answer(
        world, "d365", "GET /data/LedgerJournalHeaders",
        lambda: world.d365.change_line("USMF-000001", 1, Document="INV-7", DebitAmount=5),
    )  # fmt: skip
    run_until_quiet(runtime, connection)
    assert [line["Document"] for line in world.d365.lines()] == ["INV-7"]
    row = record(runtime, connection, one)
    assert (row["stage"], row["writes"][-1]["ledger"]["form"]) == ("reversed", "removed")


def test_others_go_on_while_one_is_taken_back(runtime: Runtime, connection: Connection, world: World) -> None:
    """Nothing of ours goes into a journal any more that lines were taken out of."""
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    more = spend(world, 2, 1, seed=5)
    announce(runtime, connection, more)
    run_until_quiet(runtime, connection)
    assert_books(world, more, [])
    assert {line["JournalBatchNumber"] for line in world.d365.lines()} == {"USMF-000002"}
    assert Decimal(0) == sum(left_over(world.d365.lines()).values())


def test_two_workers_at_once_take_back_once(
    runtime: Runtime, connection: Connection, world: World, database: Database
) -> None:
    """The second looks, decides and begins while the first one's deletion is on its way."""
    (one,) = written(runtime, connection, world, 3)
    other = Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
    reverse(runtime, connection, one)
    after_answer(world, "d365", SEND, lambda: run_chain(other, connection))
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "reversed"
    assert scalar(runtime.database, "SELECT attempts FROM writes WHERE kind = 'removal'") == 1


def test_two_people_at_once_ask_once(
    runtime: Runtime, connection: Connection, world: World, database: Database
) -> None:
    (one,) = written(runtime, connection, world, 1)
    other = Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(lambda which: reverse(which, connection, one), (runtime, other)))
    assert sorted(len(done.changed) for done in asked) == [0, 1]
    assert scalar(database, "SELECT count(*) FROM writes WHERE kind = 'removal'") == 1


def test_the_database_refuses_a_second_way_of_taking_an_entry_back(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    reverse(runtime, connection, one)
    with pytest.raises(IntegrityError, match="writes_taken_back_once"):
        change(
            runtime.database,
            "INSERT INTO writes (connection_id, record_pk, kind, reference, intent, intent_hash) "
            "SELECT connection_id, record_pk, 'reversal', 'BX', '[]', '' FROM writes WHERE kind = 'removal'",
        )
