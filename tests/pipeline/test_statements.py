"""No stage asks the database, Brex or F&O anything per record: ten times the records cost a few statements more."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import event

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    HEADER,
    REPORT,
    SEND,
    announce,
    assert_all_done,
    let_pass,
    poll,
    run_chain,
    run_until_quiet,
    spend,
    spend_and_announce,
    stages_of,
)

FEW, MANY = 20, 200
# A `$batch` is sized by time, 40 lines at first and more once F&O was seen to be quick; a URL takes 200 ids or so.
BATCHES = 9
PER_BATCH = 30
STAGE = 40  # of one stage, whatever there is to do


@dataclass
class Cost:
    statements: int = 0
    alike: Counter[str] = field(default_factory=Counter)  # by their text
    requests: Counter[str] = field(default_factory=Counter)


@contextmanager
def counted(runtime: Runtime, world: World) -> Iterator[Cost]:
    """Statements sent to PostgreSQL and requests to each system while the block runs."""
    cost, before = Cost(), Counter(world.requests)

    def count(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool) -> None:
        assert not executemany
        cost.statements += 1
        cost.alike[statement] += 1

    event.listen(runtime.database.engine, "before_cursor_execute", count)
    try:
        yield cost
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", count)
        cost.requests = Counter(world.requests) - before


@pytest.fixture
def warm(runtime: Runtime, connection: Connection, world: World) -> None:
    """Once for every connection: master data, tokens, a journal."""
    ids = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def heard(runtime: Runtime, connection: Connection, world: World, count: int) -> list[str]:
    ids = spend(world, *[1] * count, seed=count)
    announce(runtime, connection, ids)
    return ids


def run(runtime: Runtime, connection: Connection, stage: StageName) -> None:
    stages.run(runtime, stage, connection.id, seconds=60)


@pytest.mark.usefixtures("warm")
def test_the_whole_way_costs_a_few_statements_and_requests_more(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    costs: dict[int, dict[StageName, Cost]] = {}
    for count in (FEW, MANY):
        heard(runtime, connection, world, count)
        costs[count] = {}
        for stage in stages.CHAIN:
            with counted(runtime, world) as cost:
                run(runtime, connection, stage)
            costs[count][stage] = cost
    assert set(stages_of(runtime, connection).values()) == {"acknowledged"}
    for stage in (StageName.FETCH, StageName.MAP, StageName.ACKNOWLEDGE):
        assert costs[MANY][stage].statements == costs[FEW][stage].statements <= STAGE, stage
        assert sum(costs[MANY][stage].requests.values()) <= 2, stage
    few, many = costs[FEW][StageName.POST], costs[MANY][StageName.POST]
    assert few.requests["d365"] == 1
    assert many.requests["d365"] <= BATCHES
    assert many.statements <= few.statements + PER_BATCH * (many.requests["d365"] - 1)


@pytest.mark.usefixtures("warm")
def test_intake_costs_the_same_for_any_number(runtime: Runtime, connection: Connection, world: World) -> None:
    costs = []
    for count in (FEW, MANY):
        ids = spend(world, *[1] * count, seed=count)
        with counted(runtime, world) as cost:
            announce(runtime, connection, ids)
        costs.append(cost.statements)
        with counted(runtime, world) as cost:
            announce(runtime, connection, ids)
        costs.append(cost.statements)
        with counted(runtime, world) as cost:
            poll(runtime, connection)
        costs.append(cost.statements)
    assert costs[3:5] == costs[:2]
    assert costs[5] <= costs[2]


def uncertain_and_absent(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", SEND, "reset_before", times=None)


def uncertain_and_there(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", SEND, "reset_after", times=None)


def refused_by_the_gateway(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", SEND, "status_before", times=None, code=413)


def refused_one_by_one(runtime: Runtime, connection: Connection, world: World) -> None:
    world.d365.change("MainAccounts", {"ChartOfAccounts": "Shared", "MainAccountId": "602100"}, IsSuspended="Yes")


def journal_posted(runtime: Runtime, connection: Connection, world: World) -> None:
    for header in world.d365.headers(posted=False):
        world.d365.post_journal(header["JournalBatchNumber"])
    world.faults.add("d365", HEADER, "throttle", times=None)


def report_refused(runtime: Runtime, connection: Connection, world: World) -> None:
    body = '{"error_code": "INVALID_REQUEST", "message": "Invalid request."}'
    world.faults.add("brex", REPORT, "status_before", code=400, body=body, content_type="application/json")


def report_lost(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("brex", REPORT, "reset_before")


def records_gone(runtime: Runtime, connection: Connection, world: World) -> None:
    for record_id, status in world.brex.statuses().items():
        if status != "EXPORTED":
            world.store.delete("brex_record", record_id)


BEFORE_POST = (uncertain_and_absent, uncertain_and_there, refused_by_the_gateway, refused_one_by_one, journal_posted)
BEFORE_REPORT = (report_refused, report_lost, records_gone)


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("trouble", [*BEFORE_POST, *BEFORE_REPORT])
def test_trouble_costs_no_statement_per_record(
    trouble: Callable[[Runtime, Connection, World], None], runtime: Runtime, connection: Connection, world: World
) -> None:
    heard(runtime, connection, world, MANY)
    order = [StageName.FETCH, StageName.MAP, StageName.POST, StageName.ACKNOWLEDGE]
    first = StageName.POST if trouble in BEFORE_POST else StageName.ACKNOWLEDGE
    for stage in order[: order.index(first)]:
        run(runtime, connection, stage)
    trouble(runtime, connection, world)
    with counted(runtime, world) as cost:
        run(runtime, connection, first)
        let_pass(runtime.database, 60)
        run(runtime, connection, first)
    requests = cost.requests["d365"] + cost.requests["brex"]
    with runtime.database.begin() as tx:
        tries = tx.exec_driver_sql("SELECT max(attempts) FROM writes WHERE kind = 'entry'").scalar_one()
    # What fails as a whole comes back in halves: a slow machine sees more of the tries that follow within the run.
    assert requests <= max(2 * BATCHES + MANY // 20 + 4, BATCHES * 2**tries)
    assert cost.statements <= 2 * STAGE + PER_BATCH * requests
    assert max(cost.alike.values()) <= 6 + 4 * requests


@pytest.mark.usefixtures("warm")
def test_reading_the_ledger_costs_a_request_for_twenty_entries(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    heard(runtime, connection, world, 100)
    world.faults.add("d365", SEND, "reset_before", times=1)
    run_chain(runtime, connection)
    let_pass(runtime.database, 60)
    with counted(runtime, world) as cost:
        run(runtime, connection, StageName.POST)
    assert cost.requests["d365"] <= 100 // 20 + 4
    assert cost.statements <= 2 * STAGE + PER_BATCH * 4


@pytest.mark.usefixtures("warm")
@pytest.mark.parametrize("wish", ["retry", "skip"])
def test_what_a_person_asks_of_many_records_costs_the_same(
    wish: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    costs = []
    for count in (FEW, MANY):
        heard(runtime, connection, world, count)
        with counted(runtime, world) as cost:
            if wish == "retry":
                people.retry(runtime, connection, actor="person", stage="received")
            else:
                people.skip(runtime, connection, actor="person", reason="a test", stage="received")
        costs.append(cost.statements)
    assert costs[0] == costs[1] <= 12
