"""Webhooks that stop are noticed by what the polls find alone."""

from datetime import date

import pytest
from structlog.testing import capture_logs

from connector.pipeline import notices
from connector.pipeline import poll as polling
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.pipeline.helpers import announce, change, expense, poll, spend


def told(runtime: Runtime, connection: Connection) -> str:
    with runtime.database.begin() as tx:
        return notices.webhooks(tx, connection)


def hours_later(runtime: Runtime, hours: float) -> None:
    change(
        runtime.database,
        f"UPDATE records SET created_at = created_at - interval '{hours} hours', "
        f"announced_at = announced_at - interval '{hours} hours'",
    )


def announced_then_polled(runtime: Runtime, connection: Connection, world: World) -> str:
    """One that a webhook told of; two hours later one that only a poll found. The latter's id."""
    announce(runtime, connection, spend(world, 1))
    hours_later(runtime, 2)
    one = world.brex.add_record(expense(Maker(8), world))
    poll(runtime, connection)
    return one


def test_a_record_that_no_webhook_announced_within_an_hour_is_told_of(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    announced_then_polled(runtime, connection, world)
    assert told(runtime, connection) == ""  # it may still come
    hours_later(runtime, 1.1)
    sentence = told(runtime, connection)
    assert "found 1 record that none announced" in sentence
    assert "/webhooks/brex/acme" in sentence
    with capture_logs() as logs:
        poll(runtime, connection)
    assert [one["reason"] for one in logs if one["event"] == "webhooks may have stopped"] == [sentence]


def test_a_webhook_that_was_only_late_is_no_gap(runtime: Runtime, connection: Connection, world: World) -> None:
    one = announced_then_polled(runtime, connection, world)
    announce(runtime, connection, [one])
    hours_later(runtime, 5)
    assert told(runtime, connection) == ""


def test_once_webhooks_come_again_the_gap_is_over(runtime: Runtime, connection: Connection, world: World) -> None:
    announced_then_polled(runtime, connection, world)
    hours_later(runtime, 2)
    assert told(runtime, connection)
    announce(runtime, connection, ["accr_new"])
    assert told(runtime, connection) == ""


@pytest.mark.parametrize("found_by", ["poll", "backfill"])
def test_where_webhooks_never_came_none_have_stopped(
    found_by: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    spend(world, 1)
    if found_by == "poll":
        poll(runtime, connection)
    else:
        polling.take(runtime, connection, since=date(2025, 1, 1), actor="x", source="backfill")
    hours_later(runtime, 5)
    assert told(runtime, connection) == ""


def test_what_a_backfill_takes_in_and_bills_are_no_gap(runtime: Runtime, connection: Connection, world: World) -> None:
    announce(runtime, connection, spend(world, 1))
    hours_later(runtime, 2)
    world.brex.add_record(expense(Maker(8), world))
    polling.take(runtime, connection, since=date(2025, 1, 1), actor="x", source="backfill")
    world.brex.add_record(expense(Maker(9), world) | {"type": "BILL_EXPENSE", "source_type": "BILL"}, ready=False)
    poll(runtime, connection)
    change(runtime.database, "UPDATE records SET source_type = 'BILL' WHERE body LIKE '%BILL_EXPENSE%'")
    hours_later(runtime, 2)
    assert told(runtime, connection) == ""
