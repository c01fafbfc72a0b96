"""A journal header whose creation went wrong, in every way: it is found by its marker, and no entry suffers."""

from typing import Any

import pytest

from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    HEADER,
    announce,
    assert_all_done,
    change,
    codes,
    let_pass,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    stages_of,
)

Fault = tuple[str, dict[str, Any]]
WITHOUT_EFFECT: dict[str, Fault] = {
    "reset before": ("reset_before", {}),
    "503 page before": ("status_before", {"code": 503}),
}
WITH_EFFECT: dict[str, Fault] = {
    "reset after": ("reset_after", {}),
    "time-out after": ("latency", {"seconds": 100}),
    "500 page after": ("status_after", {"code": 500}),
    "503 page after": ("status_after", {"code": 503}),
    "404 page after": ("status_after", {"code": 404}),
    "cut answer": ("truncate_after", {"bytes": 60}),
    "nonsense": ("malformed_after", {}),
    "another object": ("malformed_after", {"body": '{"value": []}'}),
}
SIZES = (1, 2, 5)


def outcomes(runtime: Runtime) -> list[str]:
    """Of the header writes, in order."""
    found = scalar(
        runtime.database, "SELECT array_agg(outcome || ':' || looks ORDER BY id) FROM writes WHERE kind = 'journal'"
    )
    return [one.split(":")[0] for one in found or []]


@pytest.mark.parametrize("fault", WITH_EFFECT)
def test_a_header_whose_answer_was_lost_is_found_and_used(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    kind, options = WITH_EFFECT[fault]
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", HEADER, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == 1
    assert outcomes(runtime) == ["written"]


@pytest.mark.parametrize("fault", WITHOUT_EFFECT)
def test_a_header_that_never_arrived_is_forgotten_and_another_one_opened(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    kind, options = WITHOUT_EFFECT[fault]
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", HEADER, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == 1
    assert outcomes(runtime) == ["refused", "written"]


def test_a_header_that_lands_late_is_adopted_and_used_for_what_comes_next(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    first = spend_and_announce(runtime, connection, world, 1)
    world.d365.late_write(HEADER)
    run_chain(runtime, connection)
    let_pass(runtime.database, 60)
    run_chain(runtime, connection, 2)
    assert_all_done(runtime, connection, world, first)
    assert world.d365.release_late() == 1
    run_until_quiet(runtime, connection)
    assert outcomes(runtime) == ["written", "written"]
    change(runtime.database, "UPDATE journals SET lines_used = 899 WHERE status_reason = ''")
    more = spend(world, 5, 5, seed=2)
    announce(runtime, connection, more)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [*first, *more])
    assert len(world.d365.headers()) == 2


def test_twins_of_a_header_are_both_used(runtime: Runtime, connection: Connection, world: World) -> None:
    """A proxy repeats the request, and its answer is lost."""
    first = spend_and_announce(runtime, connection, world, 1)
    world.d365.repeat_next_write()
    world.faults.add("d365", HEADER, "reset_after")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, first)
    assert scalar(runtime.database, "SELECT count(*) FROM journals WHERE status = 'open'") == 2
    change(runtime.database, "UPDATE journals SET lines_used = 899 WHERE id = 1")
    more = spend(world, 5, 5, seed=2)
    announce(runtime, connection, more)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [*first, *more])
    assert len(world.d365.headers()) == 2


def test_f_and_o_that_never_answers_gets_only_a_few_journals(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Each of these requests makes a journal, and nothing can be read."""
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", HEADER, "status_after", times=None, code=504)
    world.faults.add("d365", "GET /data/LedgerJournal", "status_before", times=None, code=504)
    for _ in range(30):
        run_chain(runtime, connection)
        let_pass(runtime.database, 20)
    assert len(world.d365.headers()) <= 3
    world.faults.clear()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("retry_after", [None, 90])
def test_throttling_opens_nothing_and_is_waited_out(
    retry_after: int | None, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.faults.add("d365", HEADER, "throttle", retry_after=retry_after)
    run_chain(runtime, connection, 2)
    seconds = stages.next_seconds(runtime, connection.id)
    assert seconds is not None
    assert seconds > (retry_after or 10) - 10
    assert world.d365.headers() == []
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == 1


def test_a_journal_name_that_f_and_o_refuses_holds_what_waits_for_it_with_its_words(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    for stage in ("fetch", "map"):
        stages.run(runtime, stage, connection.id, seconds=60)
    world.d365.remove("JournalNames", dataAreaId="usmf", Name="BREX")  # it was there when master data were read
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)
    assert {(found[one]["stage"], *codes(found[one])) for one in ids} == {("held", "D365-JOURNAL")}
    assert "BREX" in found[ids[0]]["problems"][0]["sentence"]
    assert "is not found in the related table" in found[ids[0]]["problems"][0]["sentence"]
    assert set(stages_of(runtime, connection).values()) == {"held"}
    assert world.d365.lines() == []
