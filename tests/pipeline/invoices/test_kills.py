"""A worker dies in the middle of a pending invoice's life, one death at a time: at each request, before and after its
effect, and at the commits between them.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from connector.outbound.session import Outbound
from connector.pipeline import people, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from connector.vault import Vault
from sandbox.world import World
from tests.conftest import KEY
from tests.guard import NoCallsInTransactions
from tests.pipeline.crashing import Crash, CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import announce, change, let_pass, record, run_until_quiet, scalar
from tests.pipeline.invoices.helpers import bill, connected, pending, problem_with

# Three steps with four looks, and what else the stage does, have fewer. Every fifth: the cells above are named ones.
POINTS = range(1, 400, 5)
UNSETTLED = "SELECT count(*) FROM writes WHERE outcome IN ('open', 'uncertain')"


class DeadlyRequest(BaseAdapter):
    """The worker dies at the first request that contains the mark, before or after its effect."""

    def __init__(self, inner: BaseAdapter, mark: str, *, after: bool) -> None:
        super().__init__()
        self._inner, self._mark, self._after = inner, mark, after
        self.died = False

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        deadly = not self.died and self._mark.encode() in f"{request.method} {request.url}\n".encode() + body
        if deadly:
            self.died = True
            if not self._after:
                raise Crash
        answer = self._inner.send(request, *args, **kwargs)
        if deadly:
            raise Crash
        return answer

    def close(self) -> None:
        self._inner.close()


class Worker:
    """One process after another over the same database and the same world."""

    def __init__(self, url: str, world: World) -> None:
        self.world, self.fuse = world, Fuse()
        self.database = CrashingDatabase(url, self.fuse)
        self.start()

    def start(self) -> None:
        """A new process: whatever the one before kept in memory is gone."""
        adapter = CrashingCalls(NoCallsInTransactions(self.world.adapter()), self.fuse)
        self.runtime = Runtime(self.database, Vault([KEY]), Outbound(adapter=adapter), quiet_seconds=0)

    def killed_after(self, points: int, connection: Connection) -> bool:
        """In the stage that writes. Whether it came to that point at all."""
        self.fuse.light(points)
        try:
            stages.run(self.runtime, StageName.POST, connection.id, seconds=60)
        except Crash:
            return True
        finally:
            self.fuse.put_out()
            self.start()
        return False


@pytest.fixture
def worker(database_url: str, world: World) -> Iterator[Worker]:
    worker = Worker(database_url, world)
    yield worker
    worker.database.dispose()


@pytest.fixture
def connection(worker: Worker, world: World) -> Connection:
    """It has read the ledger and the master data before, with another bill."""
    connection = connected(worker.runtime, world)
    announce(worker.runtime, connection, [bill(world, seed=999, number="INV-999")])
    run_until_quiet(worker.runtime, connection)
    return connection


def anew(worker: Worker, connection: Connection) -> None:
    """Deadlines of the dead one, and waits that its death left behind, are over."""
    let_pass(worker.database, 400)
    change(worker.database, "UPDATE pacing SET strikes = 0, not_before = now()")
    run_until_quiet(worker.runtime, connection)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("mark", "left"),
    [
        ('"IsOnHold":"Yes"', ("nothing", "header")),
        ("/data/VendorInvoiceLines HTTP", ("header", "lines")),
        ("PATCH ", ("lines", "released")),
        ("GET https://brex-receipts.", ("released", "released")),
        (
            "POST https://contoso.operations.dynamics.com/data/VendorInvoiceDocumentAttachments",
            ("released", "attached"),
        ),
        ("DELETE ", ("attached", "nothing")),
    ],
    ids=["create", "lines", "release", "download", "attach", "delete"],
)
def test_killed_at_a_request(
    mark: str, left: tuple[str, str], after: bool, worker: Worker, connection: Connection, world: World
) -> None:
    one = bill(world, "4.00", "5.00", receipts=[{"id": world.brex.receipts.add("pdf"), "download_uris": None}])
    announce(worker.runtime, connection, [one])
    taken_back = mark == "DELETE "
    if taken_back:
        run_until_quiet(worker.runtime, connection)
        people.reverse(worker.runtime, connection, actor="person:dana", reason="twice", record_ids=[one])
    deadly = DeadlyRequest(NoCallsInTransactions(world.adapter()), mark, after=after)
    runtime = Runtime(worker.database, Vault([KEY]), Outbound(adapter=deadly), quiet_seconds=0)
    with pytest.raises(Crash):
        run_until_quiet(runtime, connection)
    assert state(world, one) == left[after]
    anew(worker, connection)
    if taken_back:
        assert pending(world, one) == []
        assert record(worker.runtime, connection, one)["stage"] == "reversed"
        return
    assert problem_with(world, one) == ""
    assert state(world, one) == "attached"
    assert len(world.d365.payables.documents(pending(world, one)[0]["HeaderReference"])) == 1
    assert scalar(worker.database, UNSETTLED) == 0


def test_a_worker_killed_at_any_point_of_making_one_leaves_it_to_be_finished_once(
    worker: Worker, connection: Connection, world: World
) -> None:
    left: set[str] = set()
    for point in POINTS:
        one = bill(world, "4.00", "5.00", seed=point, number=f"INV-{point}")
        announce(worker.runtime, connection, [one])
        for stage in (StageName.FETCH, StageName.MAP):
            stages.run(worker.runtime, stage, connection.id, seconds=60)
        died = worker.killed_after(point, connection)
        left.add(state(world, one))
        anew(worker, connection)
        assert problem_with(world, one) == "", f"killed at point {point}"
        assert record(worker.runtime, connection, one)["stage"] == "acknowledged"
        if not died:
            break
    else:
        raise AssertionError("the life of an invoice never ended")
    assert left == {"nothing", "header", "lines", "released"}
    assert scalar(worker.database, UNSETTLED) == 0


def state(world: World, record_id: str) -> str:
    """What stands at the moment of death."""
    found = pending(world, record_id)
    if not found:
        return "nothing"
    if found[0]["IsOnHold"] == "No":
        return "attached" if world.d365.payables.documents(found[0]["HeaderReference"]) else "released"
    return "lines" if world.d365.payables.lines(found[0]["HeaderReference"]) else "header"


def test_a_worker_killed_at_any_point_of_taking_one_back_leaves_it_to_be_finished(
    worker: Worker, connection: Connection, world: World
) -> None:
    left: set[bool] = set()
    for point in POINTS:
        one = bill(world, seed=point, number=f"INV-{point}")
        announce(worker.runtime, connection, [one])
        run_until_quiet(worker.runtime, connection)
        people.reverse(worker.runtime, connection, actor="person:dana", reason="twice", record_ids=[one])
        died = worker.killed_after(point, connection)
        left.add(bool(pending(world, one)))
        anew(worker, connection)
        assert pending(world, one) == [], f"killed at point {point}"
        assert record(worker.runtime, connection, one)["stage"] == "reversed"
        if not died:
            break
    else:
        raise AssertionError("taking an invoice back never ended")
    assert left == {True, False}
    assert scalar(worker.database, UNSETTLED) == 0
