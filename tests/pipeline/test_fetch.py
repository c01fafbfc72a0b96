"""What Brex has for a record we have heard of, and what becomes of records that change while they are on their way."""

from decimal import Decimal
from typing import Any

import pytest

from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import connections, rules
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.conftest import mapping_rows
from tests.pipeline.helpers import (
    RECORDS,
    SEND,
    after_answer,
    announce,
    assert_all_done,
    codes,
    expense,
    key,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
    stages_of,
    story,
)


def export_as(world: World, record_id: str, amount: str) -> None:
    """A person takes the record back, corrects its amount and exports it again."""
    spent = world.brex.records.get(record_id)
    assert spent is not None
    money = {"amount": Decimal(amount), "currency": "USD"}
    lines: list[dict[str, Any]] = [line | {"amount": money} for line in spent["line_items"]]
    if spent["review_status"] == "READY_FOR_EXPORT":
        world.brex.pull_back(record_id)
    world.brex.edit(record_id, amount=money, line_items=lines)
    world.brex.export([record_id])


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("PREPARE", "RECORD-NOT-READY"),
        ("REVIEW", "RECORD-NOT-READY"),
        ("EXPORTED", "RECORD-EXPORTED-ELSEWHERE"),
    ],
)
def test_a_record_that_is_not_ready_is_held_by_its_status(
    status: str, code: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    one = world.brex.add_record(expense(Maker(1), world) | {"review_status": status}, ready=False)
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == ("held", [code])
    assert world.d365.lines() == []


def test_a_record_that_becomes_ready_goes_on_by_itself(runtime: Runtime, connection: Connection, world: World) -> None:
    one = world.brex.add_record(expense(Maker(1), world), ready=False)
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    world.brex.export([one])
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_an_id_that_brex_does_not_know_is_held_and_goes_on_when_it_does(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    spent = expense(Maker(9), world)
    others = spend(world, 1, 2)
    announce(runtime, connection, [spent["id"], *others])
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[spent["id"]]) == ["RECORD-NOT-FOUND"]
    world.brex.add_record(spent)
    people.retry(runtime, connection, actor="person", problem="RECORD-NOT-FOUND")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [spent["id"], *others])


def test_a_record_changed_while_it_is_planned_is_booked_as_changed(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    stages.run(runtime, StageName.FETCH, connection.id)
    stages.run(runtime, StageName.MAP, connection.id)
    assert stages_of(runtime, connection)[one] == "mapped"
    export_as(world, one, "77.70")
    announce(runtime, connection, [one])
    stages.run(runtime, StageName.POST, connection.id)
    assert world.d365.lines() == []
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    assert [line["DebitAmount"] for line in world.d365.lines()] == [Decimal("77.7")]


def test_a_record_changed_while_it_waits_to_be_sent_is_booked_as_changed(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "throttle", retry_after=600)
    run_chain(runtime, connection)
    assert stages_of(runtime, connection)[one] == "writing"
    export_as(world, one, "77.70")
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    assert [line["DebitAmount"] for line in world.d365.lines()] == [Decimal("77.7")]
    assert "changed before it was sent: planned again" in story(runtime, connection, one)


def test_mappings_changed_while_an_entry_waits_to_be_sent_are_heeded(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, "throttle", retry_after=600)
    run_chain(runtime, connection)
    with runtime.database.begin() as tx:
        rules.replace_mappings(tx, connection.id, [*mapping_rows(), ("GL_ACCOUNT", "602100", "MainAccount", "602150")])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    assert [line["AccountDisplayValue"][:6] for line in world.d365.lines()] == ["602150"]


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
def test_a_record_changed_after_it_may_have_been_sent_keeps_the_entry_that_was_sent(
    fault: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """One entry a record and epoch: what was sent, or its like."""
    (one,) = spend_and_announce(runtime, connection, world, 1)
    world.faults.add("d365", SEND, fault)
    run_chain(runtime, connection)
    sent = record(runtime, connection, one)["writes"][0]["intent"][0]["DebitAmount"]
    export_as(world, one, "77.70")
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert [line["DebitAmount"] for line in world.d365.lines(document=key(one))] == [sent]
    assert stages_of(runtime, connection)[one] == "acknowledged"


@pytest.mark.parametrize("reader", ["poll", "fetch"])
def test_what_was_read_before_the_latest_word_is_read_again(
    reader: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """The record is changed, and announced, while the answer that shows it as it was is on its way."""
    (one,) = spend(world, 1)

    def meanwhile() -> None:
        export_as(world, one, "77.70")
        announce(runtime, connection, [one])

    after_answer(world, "brex", RECORDS, meanwhile)
    if reader == "poll":
        poll(runtime, connection)
    else:
        announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_a_page_of_the_poll_that_is_older_than_what_was_fetched_is_no_news(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """The poll's page is on its way while a webhook's chain has fetched and planned the record as it is now."""
    (one,) = spend(world, 1)

    def meanwhile() -> None:
        export_as(world, one, "77.70")
        announce(runtime, connection, [one])
        stages.run(runtime, StageName.FETCH, connection.id)

    after_answer(world, "brex", RECORDS, meanwhile)
    poll(runtime, connection)
    assert stages_of(runtime, connection)[one] == "fetched"
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])


def test_a_dead_token_pauses_the_connection_with_the_reason_and_the_records_wait(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    world.brex.revoke_token()
    run_chain(runtime, connection, 2)
    assert scalar(runtime.database, "SELECT state FROM connections") == "paused"
    assert "refused the token" in scalar(runtime.database, "SELECT state_reason FROM connections")
    assert world.brex.token not in scalar(runtime.database, "SELECT state_reason FROM connections")
    assert set(stages_of(runtime, connection).values()) == {"received"}
    assert stages.next_seconds(runtime, connection.id) is None
    asked = world.requests["brex"]
    run_chain(runtime, connection)
    assert world.requests["brex"] == asked
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", world.brex.new_token())
        connections.resume(tx, connection.id)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


@pytest.mark.parametrize("when", ["before reading master data", "before sending"])
def test_a_dead_client_secret_pauses_the_connection_with_the_reason_and_the_records_wait(
    when: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    file = world.connection()["d365"]
    if when == "before sending":
        spend_and_announce(runtime, connection, world, 3)
        run_until_quiet(runtime, connection)
        world.entra.revoke_all()
    world.entra.register(file["client_id"], "another")
    ids = spend(world, 1, 2, seed=2)
    announce(runtime, connection, ids)
    run_chain(runtime, connection, 2)
    reason = scalar(runtime.database, "SELECT state_reason FROM connections WHERE state = 'paused'")
    assert "secret" in reason
    assert file["client_secret"] not in reason
    assert {stages_of(runtime, connection)[one] for one in ids} <= {"received", "fetched", "writing"}
    world.entra.register(file["client_id"], file["client_secret"])
    with runtime.database.begin() as tx:
        connections.resume(tx, connection.id)
    run_until_quiet(runtime, connection)
    assert {stages_of(runtime, connection)[one] for one in ids} == {"acknowledged"}


def test_a_token_that_dies_between_writing_and_reporting_loses_nothing(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    for stage in (StageName.FETCH, StageName.MAP, StageName.POST):
        stages.run(runtime, stage, connection.id)
    world.brex.expire_token()
    run_chain(runtime, connection, 2)
    assert world.brex.reported() == []
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, connection.id, "brex.token", world.brex.new_token())
        connections.resume(tx, connection.id)
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
