"""A worker killed by SIGKILL while it writes the first or the second of two linked entries, or between the two."""

import signal
from collections.abc import Iterator

import pytest

from connector.outbound.session import Outbound
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.guard import NoCallsInTransactions
from tests.invariants import assert_kept
from tests.pipeline.companies import DUE_FROM, DUE_TO, linked, on_account, spend, standing
from tests.pipeline.helpers import REPORT, SEND, let_pass, run_chain, run_until_quiet, stages_of
from tests.pipeline.processes import Doors, Worker, Workers

pytestmark = pytest.mark.sockets


@pytest.fixture
def world(doors: Doors) -> Iterator[World]:
    world = doors.open()
    yield world
    world.close()


@pytest.fixture
def runtime(database: Database, vault: Vault, world: World, doors: Doors) -> Runtime:
    """Whoever comes after the worker that was killed."""
    outbound = Outbound(adapter=NoCallsInTransactions(world.adapter()), trusted_hosts=frozenset(doors.hosts))
    return Runtime(database, vault, outbound, quiet_seconds=0)


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return linked(runtime, world)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("chains", "effect"), [(0, SEND), (1, SEND), (1, REPORT)])
def test_killed_at(
    chains: int,
    effect: str,
    after: bool,
    runtime: Runtime,
    connection: Connection,
    world: World,
    doors: Doors,
    forks: Workers,
    database_url: str,
) -> None:
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    for _ in range(chains):
        run_chain(runtime, connection)
    worker = Worker()
    doors.at(effect, after=after, stop=worker.kill)
    assert forks.run(worker, doors.job(database_url, connection.id)) == -signal.SIGKILL
    let_pass(runtime.database, 120)
    run_until_quiet(runtime, connection)
    found = stages_of(runtime, connection)
    assert [found[one] for one in pair] == ["acknowledged", "acknowledged"]
    assert [len(standing(world, one)) for one in pair] == [3, 1]
    assert [one["accounting_record_id"] for one in world.brex.reported()] == [pair[0]]
    assert on_account(world, DUE_FROM) + on_account(world, DUE_TO) == 0
    assert_kept(world, runtime.database, connection, settled=True)
