"""The nightly reconciliation: once a night, kept, compared with the night before, and acted upon."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from connector.domain.reference import reference
from connector.pipeline import nightly, people
from connector.pipeline.nightly import compare_nights
from connector.pipeline.runtime import Runtime
from connector.store import nights
from connector.store.connections import Connection
from connector.store.nights import Kept
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import announce, change, codes, expense, key, rows, run_until_quiet, scalar, stages_of


@pytest.fixture
def posted(runtime: Runtime, connection: Connection, world: World) -> list[str]:
    """Three records of three days ago, written and acknowledged."""
    maker = Maker(3)
    ids = [world.brex.add_record(expense(maker, world, lines, 3)) for lines in (1, 2, 1)]
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"acknowledged"}
    return ids


def kept(runtime: Runtime, connection: Connection) -> list[Kept]:
    with runtime.database.begin() as tx:
        return nights.kept(tx, connection.id)


def next_night(runtime: Runtime, days: int = 1) -> None:
    """As if what is kept was of an earlier night."""
    change(
        runtime.database,
        "UPDATE reconciliations SET last_day = last_day - :days, first_day = first_day - :days, "
        "done_at = done_at - :days * interval '1 day', claimed_until = claimed_until - :days * interval '1 day'",
        days=days,
    )


def due(runtime: Runtime) -> list[int]:
    with runtime.database.begin() as tx:
        return nights.due(tx)


def test_a_night_is_done_once_whoever_comes(runtime: Runtime, connection: Connection, posted: list[str]) -> None:
    assert due(runtime) == [connection.id]
    result = nightly.run(runtime, connection)
    assert result is not None
    assert (result.clean, result.records, (result.last - result.first).days + 1) == (True, 3, nightly.DAYS)
    assert (nightly.run(runtime, connection), due(runtime)) == (None, [])
    (night,) = kept(runtime, connection)
    assert (night.clean, night.found, night.totals[0]["difference"], night.problem) == (True, 0, 0, "")


def test_while_one_worker_has_the_night_another_does_nothing(
    runtime: Runtime, connection: Connection, posted: list[str]
) -> None:
    with runtime.database.begin() as tx:
        assert nights.claim(tx, connection.id, nightly.DAYS) is not None
    assert (nightly.run(runtime, connection), due(runtime)) == (None, [])
    change(runtime.database, "UPDATE reconciliations SET claimed_until = now()")  # that worker died
    assert due(runtime) == [connection.id]
    assert nightly.run(runtime, connection) is not None
    assert len(kept(runtime, connection)) == 1


def test_a_result_that_comes_after_its_turn_has_passed_changes_nothing(
    runtime: Runtime, connection: Connection, posted: list[str]
) -> None:
    with runtime.database.begin() as tx:
        late = nights.claim(tx, connection.id, nightly.DAYS)
    assert late is not None
    change(runtime.database, "UPDATE reconciliations SET claimed_until = now()")
    nightly.run(runtime, connection)
    with runtime.database.begin() as tx:
        assert not nights.done(tx, late, clean=False, found=9, totals=[], findings=[], since_before={})
    assert [night.found for night in kept(runtime, connection)] == [0]


@pytest.mark.parametrize("state", ["state = 'paused'", "removed_at = now()"])
def test_a_connection_that_may_not_work_has_no_night(
    runtime: Runtime, connection: Connection, posted: list[str], state: str
) -> None:
    change(runtime.database, f"UPDATE connections SET {state}")
    assert due(runtime) == []


def test_a_connection_without_records_has_no_night(runtime: Runtime, connection: Connection) -> None:
    assert due(runtime) == []


@pytest.mark.parametrize("system", ["brex", "d365"])
def test_a_side_that_cannot_be_read_is_told_and_read_again_later(
    runtime: Runtime, connection: Connection, world: World, posted: list[str], system: str
) -> None:
    world.faults.add(system, "GET ", "status_before", times=None, code=503)
    assert nightly.run(runtime, connection) is None
    (night,) = kept(runtime, connection)
    assert (night.done_at, "not available" in night.problem, due(runtime)) == (None, True, [])
    world.faults.clear()
    change(runtime.database, "UPDATE reconciliations SET claimed_until = now()")
    assert due(runtime) == [connection.id]
    assert nightly.run(runtime, connection) is not None
    assert [(night.clean, night.problem) for night in kept(runtime, connection)] == [(True, "")]


def test_the_window_ends_with_the_last_full_day_of_the_legal_entity_s_zone(
    runtime: Runtime, connection: Connection, posted: list[str]
) -> None:
    nightly.run(runtime, connection)
    there = scalar(
        runtime.database,
        "SELECT CAST((now() - interval '2 hours') AT TIME ZONE 'America/Los_Angeles' AS date) - 1",
    )
    assert kept(runtime, connection)[0].last == there


def test_what_is_new_what_is_open_and_what_was_mended_is_told(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    first, second, _ = posted
    # Nobody looks meanwhile: what the night finds is to stay as it is.
    lost = world.d365.lines(document=key(first))
    world.d365.change_line(lost[0]["JournalBatchNumber"], lost[0]["LineNumber"], SalesTaxGroup="TX")
    nightly.run(runtime, connection)
    next_night(runtime)
    world.d365.change_line(lost[0]["JournalBatchNumber"], lost[0]["LineNumber"], SalesTaxGroup="")
    world.d365.delete_lines(document=key(second), first=1)
    nightly.run(runtime, connection)
    next_night(runtime)
    nightly.run(runtime, connection)
    told = [(night.found, {name: night.since_before[name] for name in ("new", "still_open", "mended")})
            for night in reversed(kept(runtime, connection))]  # fmt: skip
    assert told == [
        (1, {"new": 1, "still_open": 0, "mended": 0}),
        (1, {"new": 1, "still_open": 0, "mended": 1}),
        (1, {"new": 0, "still_open": 1, "mended": 0}),
    ]


def test_what_the_night_misses_the_pipeline_looks_for_and_holds(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    gone, moved, _ = posted
    number = world.d365.lines(document=key(gone))[0]["JournalBatchNumber"]
    world.d365.delete_lines(document=key(gone))
    new = world.d365.move_lines(number, document=key(moved))
    result = nightly.run(runtime, connection)
    assert result is not None
    assert [(one.kind, one.record_id) for one in result.findings] == [("missing", gone), ("moved", moved)]
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)
    assert (found[gone]["stage"], codes(found[gone])) == ("held", ["LEDGER-GONE"])
    assert (found[moved]["stage"], found[moved]["journal"]) == ("acknowledged", new)
    next_night(runtime)
    again = nightly.run(runtime, connection)
    assert again is not None
    assert [(one.kind, one.record_id) for one in again.findings] == [("missing", gone)]


def test_a_reversing_entry_that_the_night_misses_is_looked_for_as_well(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    one = posted[0]
    number = world.d365.lines(document=key(one))[0]["JournalBatchNumber"]
    world.d365.post_journal(number)
    people.reverse(runtime, connection, actor="person", reason="booked twice", record_ids=[one])
    run_until_quiet(runtime, connection)
    world.d365.delete_lines(document=reference(one, 0, "reversal"))
    result = nightly.run(runtime, connection)
    assert result is not None
    assert [(found.kind, found.record_id) for found in result.findings] == [("missing", one)]
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", ["LEDGER-GONE"])


def finding(kind: str, record_id: str, day: str = "2026-11-10") -> dict[str, Any]:
    return {"kind": kind, "record_id": record_id, "reference": "", "day": day}


NIGHTS: list[tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]], tuple[int, int, int, int]]] = [
    ([], [], (0, 0, 0, 0)),
    ([], [finding("missing", "a")], (1, 0, 0, 0)),
    ([finding("missing", "a")], [finding("missing", "a")], (0, 1, 0, 0)),
    ([finding("missing", "a")], [], (0, 0, 1, 0)),
    ([finding("missing", "a")], [finding("doubled", "a")], (1, 0, 1, 0)),
    ([finding("missing", "a", "2026-10-31")], [], (0, 0, 0, 1)),
    ([finding("missing", "a"), finding("missing", "b")], [finding("missing", "b")], (0, 1, 1, 0)),
]


@pytest.mark.parametrize(("before", "now", "expected"), NIGHTS)
def test_two_nights_compared(
    before: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]], expected: tuple[int, int, int, int]
) -> None:
    since = compare_nights(before, now, date(2026, 11, 1))
    assert tuple(since.counts().values()) == expected


def test_old_nights_are_forgotten_but_the_last_one_that_was_done(
    runtime: Runtime, connection: Connection, posted: list[str]
) -> None:
    for _ in range(3):
        nightly.run(runtime, connection)
        next_night(runtime, 400)
    with runtime.database.begin() as tx:
        assert nights.old(tx, connection.id, 399) == 2
        assert nights.forget(tx, connection.id, 399) == 2
        assert len(nights.kept(tx, connection.id)) == 1
