"""The host's clock an hour off, either way, or jumping: it decides nothing. PostgreSQL's clock is the only one."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import time_machine

from connector.outbound.session import Outbound
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    HEADER,
    REPORT,
    SEND,
    after_answer,
    announce,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend,
    spend_and_announce,
)
from tests.pipeline.processes import Doors, Worker, Workers
from tests.pipeline.trails import assert_done

SIZES = (1, 2)
HOUR = timedelta(hours=1)
BOTH_WAYS = pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["ahead", "behind"])


def true_clock() -> datetime:
    """Not moved by `time_machine`: what the rest of the world goes by."""
    return datetime.fromtimestamp(_BEGAN + time.monotonic(), UTC)


_BEGAN = time.time() - time.monotonic()


@pytest.fixture
def world() -> World:
    return World(clock=true_clock)


def shifted(off: timedelta) -> time_machine.travel:
    return time_machine.travel(true_clock() + off)


@pytest.mark.sockets
@BOTH_WAYS
def test_a_worker_whose_clock_is_off_does_all_of_it(
    off: timedelta, database: Database, database_url: str, vault: Vault, doors: Doors, forks: Workers
) -> None:
    """A process of its own, with MSAL's tokens, over TLS. Webhooks it takes for messages of another time: the poll
    finds what they told of."""
    world = doors.open()
    outbound = Outbound(adapter=world.adapter(), trusted_hosts=frozenset(doors.hosts))
    runtime = Runtime(database, vault, outbound, quiet_seconds=0)
    connection = store_connection(runtime, world)
    ids = spend(world, *SIZES)
    clock = (true_clock() + off).timestamp()
    body, headers = world.brex.signed_webhook(ids, "msg_1")

    refused = {"does": "webhook", "body": body.decode(), "headers": headers, "status": 401}
    assert forks.run(Worker(), doors.job(database_url, connection.id, clock=clock) | refused) == 0
    assert rows(runtime, connection) == {}
    for does in ("poll", "chain"):
        assert forks.run(Worker(), doors.job(database_url, connection.id, clock=clock, does=does)) == 0
    assert_done(runtime, connection, world, ids)
    world.close()


@BOTH_WAYS
@pytest.mark.parametrize("match", [HEADER, SEND, REPORT])
def test_a_worker_whose_clock_is_off_declares_nobody_dead(
    match: str, off: timedelta, runtime: Runtime, connection: Connection, world: World
) -> None:
    """It comes by while another one waits for an answer."""
    ids = spend_and_announce(runtime, connection, world, *SIZES)

    def meanwhile() -> None:
        with shifted(off):
            run_chain(runtime, connection, 2)
        assert scalar(runtime.database, "SELECT array_agg(status) FROM batches WHERE status <> 'settled'") == [
            "sending"
        ]

    after_answer(world, "brex" if match == REPORT else "d365", match, meanwhile)
    run_chain(runtime, connection)
    assert_done(runtime, connection, world, ids)


@BOTH_WAYS
def test_an_uncertain_write_is_not_sent_again_the_sooner_for_a_clock_that_is_off(
    off: timedelta, runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    world.d365.late_write(SEND)
    run_chain(runtime, connection)
    with shifted(off):
        run_chain(runtime, connection, 3)
        assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE absent_at IS NOT NULL") == 0
        world.d365.release_late()
        run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)


def test_a_clock_that_jumps_before_every_stage_costs_a_token_at_most(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *SIZES)
    for number, one in enumerate(ids):
        announce(runtime, connection, [one])
        for place, stage in enumerate(stages.CHAIN):
            with shifted(HOUR * (-1) ** (number + place)):
                stages.run(runtime, stage, connection.id, seconds=60)
    assert_done(runtime, connection, world, ids)


@BOTH_WAYS
@pytest.mark.parametrize("match", [SEND, REPORT])
def test_a_date_to_come_back_at_counts_from_the_peers_own_clock(
    match: str, off: timedelta, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend_and_announce(runtime, connection, world, *SIZES)
    now = true_clock()
    headers = {"Date": format_datetime(now, usegmt=True),
               "Retry-After": format_datetime(now + timedelta(seconds=240), usegmt=True)}  # fmt: skip
    world.faults.add("brex" if match == REPORT else "d365", match, "status_before", code=429, headers=headers)
    with shifted(off):
        run_chain(runtime, connection)
        seconds = stages.next_seconds(runtime, connection.id)
        assert seconds is not None
        assert 200 < seconds <= 301
        run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)
