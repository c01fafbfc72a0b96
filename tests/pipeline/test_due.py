"""What is due, and when: nothing that waits is forgotten, and nothing is woken for nothing."""

from typing import Any

import pytest

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import connections, due
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    HEADER,
    RECORDS,
    REPORT,
    SEND,
    announce,
    assert_all_done,
    change,
    let_pass,
    run_chain,
    run_until_quiet,
    spend,
    spend_and_announce,
    stages_of,
    unbookable,
)


def seconds(runtime: Runtime, connection: Connection) -> float | None:
    return stages.next_seconds(runtime, connection.id)


def work(runtime: Runtime, connection: Connection) -> bool:
    with runtime.database.begin() as tx:
        return due.work(tx, connection.id)


def test_where_nothing_waits_nothing_is_due(runtime: Runtime, connection: Connection, world: World) -> None:
    assert (work(runtime, connection), seconds(runtime, connection)) == (False, None)
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    bad = unbookable(world)
    announce(runtime, connection, [bad, "accr_unknown"])
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == dict.fromkeys(ids, "acknowledged") | {bad: "held", "accr_unknown": "held"}
    assert (work(runtime, connection), seconds(runtime, connection)) == (False, None)


@pytest.mark.parametrize("stage", ["received", "fetched", "mapped", "written"])
def test_what_waits_for_a_stage_is_due_now(stage: str, runtime: Runtime, connection: Connection, world: World) -> None:
    spend_and_announce(runtime, connection, world, 1)
    done = ["received", "fetched", "mapped", "written"].index(stage)
    for name in (StageName.FETCH, StageName.MAP, StageName.POST)[:done]:
        stages.run(runtime, name, connection.id)
    assert set(stages_of(runtime, connection).values()) == {stage}
    assert (work(runtime, connection), seconds(runtime, connection)) == (True, 0)


def test_a_paused_connection_is_not_woken(runtime: Runtime, connection: Connection, world: World) -> None:
    spend_and_announce(runtime, connection, world, 1)
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "a person")
        assert due.everything(tx) == []
    assert seconds(runtime, connection) is None


TROUBLE: dict[str, list[tuple[str, str, str, dict[str, Any]]]] = {
    "Brex throttles": [("brex", RECORDS, "throttle", {})],
    "Brex is down": [("brex", "/v3/", "status_before", {"code": 503})],
    "Brex answers nonsense": [("brex", RECORDS, "malformed_after", {})],
    "F&O throttles": [("d365", "POST /data/", "throttle", {})],
    "F&O is unreachable": [("d365", "POST /data/", "refuse", {})],
    "F&O opens journals and never says so": [
        ("d365", HEADER, "reset_after", {}),
        ("d365", "GET /data/LedgerJournal", "status_before", {"code": 503}),
    ],
    "F&O never answers a send": [("d365", SEND, "reset_before", {})],
    "F&O cannot be read after a lost send": [
        ("d365", SEND, "reset_after", {}),
        ("d365", "GET /data/LedgerJournal", "status_before", {"code": 503}),
    ],
    "Entra is unreachable": [("entra", "* /", "refuse", {})],
    "Brex takes no report": [("brex", REPORT, "status_before", {"code": 500})],
    "Brex refuses every report": [
        ("brex", REPORT, "status_before",
         {"code": 400, "body": '{"error_code": "X", "message": "no"}', "content_type": "application/json"}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLE)
def test_lasting_trouble_is_not_met_with_endless_haste(
    trouble: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """Within half an hour of it a connection is woken some hundred times, not thousands; afterwards all is done."""
    runtime.quiet_seconds = 600
    first = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    change(runtime.database, "UPDATE journals SET status = 'closed'")
    ids = spend(world, 1, 2, 1, seed=2)
    announce(runtime, connection, ids)
    for system, match, kind, options in TROUBLE[trouble]:
        match = match if " " in match else f"* {match}"  # noqa: PLW2901
        world.faults.add(system, match, kind, times=None, **options)
    passed, woken = 0.0, 0
    while passed < 1800:
        run_chain(runtime, connection)
        woken += 1
        assert woken < 200, f"woken {woken} times in {passed:.0f} seconds"
        wait = seconds(runtime, connection)
        pause = min(60.0, 60.0 if wait is None else max(wait, 0.2))  # the sweep comes each minute
        passed += pause
        let_pass(runtime.database, pause)
    world.faults.clear()
    people.retry(runtime, connection, actor="person", stage="held")
    run_until_quiet(runtime, connection, most=80)
    assert_all_done(runtime, connection, world, [*first, *ids])


def test_a_held_record_that_is_heard_of_again_is_due(runtime: Runtime, connection: Connection, world: World) -> None:
    announce(runtime, connection, ["accr_unknown"])
    run_until_quiet(runtime, connection)
    assert not work(runtime, connection)
    announce(runtime, connection, ["accr_unknown"])
    assert work(runtime, connection)


def test_a_record_that_brex_would_not_take_is_due_when_it_is_heard_of_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend(world, 1)
    announce(runtime, connection, [one])
    for name in (StageName.FETCH, StageName.MAP, StageName.POST):
        stages.run(runtime, name, connection.id)
    world.brex.pull_back(one)
    run_until_quiet(runtime, connection)
    assert (stages_of(runtime, connection)[one], work(runtime, connection)) == ("held", False)
    announce(runtime, connection, [one])
    assert (work(runtime, connection), seconds(runtime, connection)) == (True, 0)


def test_what_a_dead_worker_left_is_due_at_its_deadline(runtime: Runtime, connection: Connection, world: World) -> None:
    spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    change(
        runtime.database,
        "INSERT INTO batches (connection_id, deadline) SELECT id, now() + interval '45 seconds' FROM connections",
    )
    wait = seconds(runtime, connection)
    assert wait is not None
    assert 44 < wait <= 45
    let_pass(runtime.database, 46)
    assert work(runtime, connection)
