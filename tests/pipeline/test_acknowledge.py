"""Telling Brex: once per record, in large calls, and right again after every way in which a call can fail."""

from collections import Counter

import pytest

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    RECORDS,
    REPORT,
    announce,
    assert_all_done,
    assert_books,
    change,
    codes,
    let_pass,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend_and_announce,
    stages_of,
    story,
)

SIZES = (1, 1, 2)


def written(runtime: Runtime, connection: Connection, world: World, *sizes: int) -> list[str]:
    """Records that stand in the ledger and are still to be reported."""
    ids = spend_and_announce(runtime, connection, world, *sizes)
    for stage in (StageName.FETCH, StageName.MAP, StageName.POST):
        stages.run(runtime, stage, connection.id, seconds=60)
    assert set(stages_of(runtime, connection).values()) == {"written"}
    return ids


def calls(world: World) -> Counter[str]:
    """Calls to Brex by method, and whether they reported or read."""
    return Counter(seen.method for seen in world.traffic.latest if seen.system == "brex")


def forget_calls(world: World) -> None:
    world.traffic.latest.clear()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("latency", {"seconds": 100}),
        ("reset_after", {}),
        ("status_after", {"code": 500}),
        ("status_after", {"code": 503}),
        ("status_after", {"code": 404}),
        ("truncate_after", {"bytes": 10}),
        ("malformed_after", {}),
        ("malformed_after", {"body": '{"updated_accounting_record_ids": []}'}),
        ("malformed_after", {"body": '{"updated_accounting_record_ids": null}'}),
    ],
)
def test_a_report_whose_answer_was_lost_is_looked_for_and_not_repeated(
    kind: str, options: dict[str, object], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    forget_calls(world)
    world.faults.add("brex", REPORT, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert calls(world) == {"POST": 1, "GET": 1}
    assert story(runtime, connection, ids[0])[-1] == "Brex shows it EXPORTED: the earlier report won"


def test_the_history_has_brexs_trace_of_the_call_that_told_it(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = written(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    found = record(runtime, connection, one)
    trace = found["events"][-1]["data"]["trace_id"]
    assert trace
    assert [write["trace"] for write in found["writes"] if write["kind"] == "acknowledge"] == [trace]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("reset_before", {}), ("status_before", {"code": 500}), ("status_before", {"code": 404}), ("refuse", {})],
)
def test_a_report_that_never_arrived_is_made_again(
    kind: str, options: dict[str, object], runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    world.faults.add("brex", REPORT, kind, **options)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_a_report_that_lands_after_it_was_made_again_counts_once(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    world.faults.add("brex", REPORT, "late")
    run_until_quiet(runtime, connection)
    world.faults.release()
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_records_that_were_reported_before_are_seen_in_the_refusal(
    all_or_nothing: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    """The success was lost together with our memory of having asked."""
    world.brex.options.set(all_or_nothing_exports=all_or_nothing)
    ids = written(runtime, connection, world, *SIZES)
    world.brex.edit(ids[1], review_status="EXPORTED")
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"acknowledged"}
    assert set(world.brex.statuses().values()) == {"EXPORTED"}
    reported = [result["accounting_record_id"] for result in world.brex.reported()]
    assert sorted(reported) == sorted([ids[0], ids[2]])


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_one_bad_record_of_each_kind_stops_none_of_the_others(
    all_or_nothing: bool, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.brex.options.set(all_or_nothing_exports=all_or_nothing)
    ids = written(runtime, connection, world, *SIZES, *SIZES)
    pulled, vanished, exported, *good = ids
    world.brex.pull_back(pulled)
    world.store.delete("brex_record", vanished)
    world.brex.edit(exported, review_status="EXPORTED")
    forget_calls(world)
    run_until_quiet(runtime, connection)
    found = rows(runtime, connection)
    assert {one: (found[one]["stage"], codes(found[one])) for one in (pulled, vanished, exported)} == {
        pulled: ("held", ["ACK-NOT-READY"]),
        vanished: ("held", ["ACK-NOT-FOUND"]),
        exported: ("acknowledged", []),
    }
    assert {(found[one]["stage"], found[one]["export_status"]) for one in good} == {("acknowledged", "EXPORTED")}
    assert "in REVIEW" in found[pulled]["problems"][0]["sentence"]
    assert calls(world)["POST"] <= 4
    assert calls(world)["GET"] <= 3


@pytest.mark.parametrize("how", ["webhook", "poll", "retry"])
def test_a_record_pulled_back_and_exported_again_is_reported_without_a_second_entry(
    how: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    world.brex.pull_back(ids[0])
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[ids[0]]) == ["ACK-NOT-READY"]
    if how != "retry":
        announce(runtime, connection, [ids[0]])
        run_until_quiet(runtime, connection)
        assert codes(rows(runtime, connection)[ids[0]]) == ["ACK-NOT-READY"]
    lines = len(world.d365.lines())
    world.brex.export([ids[0]])
    if how == "webhook":
        announce(runtime, connection, [ids[0]])
    elif how == "retry":
        people.retry(runtime, connection, actor="person", record_ids=[ids[0]])
    else:
        poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.lines()) == lines


def test_word_of_a_record_that_is_held_for_another_reason_reports_nothing(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", NewVoucher="OneVoucher")
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    run_until_quiet(runtime, connection)
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection)
    assert {codes(row)[0] for row in rows(runtime, connection).values()} == {"D365-VOUCHER"}
    assert world.brex.reported() == []


def test_five_hundred_records_are_reported_in_one_call(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = written(runtime, connection, world, *[1] * 500)
    forget_calls(world)
    run_chain(runtime, connection)
    assert_books(world, ids)
    assert calls(world) == {"POST": 1}


def test_five_hundred_records_whose_report_was_lost_are_read_in_few_calls(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *[1] * 500)
    forget_calls(world)
    world.faults.add("brex", REPORT, "reset_after")
    run_until_quiet(runtime, connection)
    assert_books(world, ids)
    # As many ids as an address of 7,500 bytes holds.
    assert calls(world) == {"POST": 1, "GET": 3}


def test_a_report_that_is_always_refused_without_a_reason_holds_only_what_is_refused(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *[1] * 20)
    bad = sorted(ids)[7]
    body = '{"error_code": "INVALID_REQUEST", "message": "Invalid request."}'
    world.faults.add("brex", REPORT, "status_before", times=None, containing=bad, code=400, body=body,
                     content_type="application/json")  # fmt: skip
    forget_calls(world)
    run_until_quiet(runtime, connection, most=80)
    assert codes(rows(runtime, connection)[bad]) == ["ACK-GIVEN-UP"]
    assert "Invalid request." in rows(runtime, connection)[bad]["problems"][0]["sentence"]
    good = [one for one in ids if one != bad]
    statuses = world.brex.statuses()
    assert {statuses[one] for one in good} == {"EXPORTED"}
    assert statuses[bad] == "READY_FOR_EXPORT"
    assert calls(world)["POST"] <= 25
    world.faults.clear()
    people.retry(runtime, connection, actor="person", record_ids=[bad])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_throttled_and_down_it_waits_and_reports_all_in_one_call_afterwards(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    forget_calls(world)
    world.faults.add("brex", REPORT, "throttle", times=3, retry_after=30)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    assert calls(world) == {"POST": 4}
    assert scalar(runtime.database, "SELECT max(attempts) FROM writes WHERE kind = 'acknowledge'") == 1


def test_looks_that_fail_are_repeated_until_brex_answers(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = written(runtime, connection, world, *SIZES)
    world.faults.add("brex", REPORT, "reset_after")
    world.faults.add("brex", RECORDS, "status_before", times=12, code=503)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_it_waits_for_posting_where_that_is_asked(runtime: Runtime, world: World) -> None:
    connection = store_connection(runtime, world, acknowledge_when="posted")
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"written"}
    assert world.brex.reported() == []
    change(runtime.database, "UPDATE records SET ledger_status = 'posted'")
    let_pass(runtime.database, 1)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
