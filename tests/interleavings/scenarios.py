"""What two workers do at the same time: the write path from an intent to a confirmed entry, and the acknowledgement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import extract_tb

from connector.outbound.session import Outbound
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.guard import NoCallsInTransactions
from tests.interleavings.explore import Explorer
from tests.interleavings.points import Calls
from tests.interleavings.states import States
from tests.interleavings.stepping import Stage, Stepped
from tests.invariants import broken
from tests.pipeline.helpers import SEND, assert_all_done, let_pass, run_until_quiet, scalar, spend_and_announce

QUIET_SECONDS = 600.0
WRITES = frozenset({"records", "writes", "journals", "batches"})
WITH_PACING = WRITES | {"pacing"}
POST, ACKNOWLEDGE = (StageName.POST,), (StageName.ACKNOWLEDGE,)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`before`: brings everything to the moment at which two workers begin with these stages.

    `most`: so many schedules in every run of the tests; None: all of them.
    """

    about: str
    before: Callable[[Runtime, Connection, World], None]
    stages: tuple[StageName, ...]
    most: int | None
    tables: frozenset[str] = WRITES
    faults: tuple[tuple[str, str], ...] = ()  # at F&O: request, kind
    passes: float = 0.0  # seconds that go by at a moment of its own choice
    journals: int = 1  # how many may have been opened in the end


def _run(runtime: Runtime, connection: Connection, *names: StageName) -> None:
    for name in names:
        stages.run(runtime, name, connection.id, seconds=60)


def _mapped(runtime: Runtime, connection: Connection, world: World) -> None:
    _run(runtime, connection, StageName.FETCH, StageName.MAP)


def _written(runtime: Runtime, connection: Connection, world: World) -> None:
    _run(runtime, connection, StageName.FETCH, StageName.MAP, StageName.POST)


def _lost(kind: str) -> Callable[[Runtime, Connection, World], None]:
    def before(runtime: Runtime, connection: Connection, world: World) -> None:
        world.faults.add("d365", SEND, kind)
        _written(runtime, connection, world)
        let_pass(runtime.database, 2 * QUIET_SECONDS)

    return before


def _missed_once(runtime: Runtime, connection: Connection, world: World) -> None:
    _lost("reset_before")(runtime, connection, world)
    _run(runtime, connection, StageName.POST)
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE absent_at IS NOT NULL") == 1
    let_pass(runtime.database, 120)


SCENARIOS: dict[str, Scenario] = {
    "post": Scenario("one mapped record and no journal: both open one, both post", _mapped, POST, 70),
    "acknowledge": Scenario("one written record: both tell Brex", _written, ACKNOWLEDGE, None),
    "found": Scenario(
        "the answer to a send was lost after the effect: both look for the entry",
        _lost("reset_after"), POST, None, WITH_PACING,
    ),
    "absent": Scenario(
        "a send never arrived, and one reading has missed it: both look again, and it is sent again once",
        _missed_once, POST, 40, WITH_PACING,
    ),
    "reset": Scenario(
        "both post, and the answer to the first send is lost after the effect",
        _mapped, POST, 40, WITH_PACING, faults=((SEND, "reset_after"),),
    ),
    "late": Scenario(
        "both post, and at any moment the deadlines of all that is under way pass",
        _mapped, POST, 30, WITH_PACING, passes=60.0, journals=2,
    ),
    "overtaken": Scenario(
        "as `absent`, and at any moment the time passes within which nobody else looks",
        _missed_once, POST, 30, WITH_PACING, passes=100.0,
    ),
    "told late": Scenario(
        "one written record: both tell Brex, and at any moment the deadlines pass",
        _written, (StageName.POST, StageName.ACKNOWLEDGE), 30, WITH_PACING, passes=60.0,
    ),
}  # fmt: skip


@contextmanager
def explorer(
    name: str, url: str, runtime: Runtime, connection: Connection, world: World, patch: Callable[[Stage], object]
) -> Iterator[Explorer]:
    """Everything brought to the scenario's beginning. `patch` puts the stage's chance in place of the real one."""
    scenario = SCENARIOS[name]
    runtime.quiet_seconds = QUIET_SECONDS
    ids = spend_and_announce(runtime, connection, world, 1)
    scenario.before(runtime, connection, world)
    stage = Stage(url, scenario.tables)
    calls = [_worker(stage, number, scenario.stages, url, runtime, connection, world) for number in range(2)]
    if scenario.passes:
        calls.append(_clock(stage, url, scenario.passes))
    states = States(url, world)  # after the workers have their tokens: Entra ID has to know them
    patch(stage)

    def prepare() -> None:
        for match, kind in scenario.faults:
            world.faults.add("d365", match, kind)

    def judge() -> str:
        return _judged(scenario, runtime, connection, world, ids)

    for call in calls:  # everything that is made once is made: sessions, tokens, clients
        call()
        states.put_back()
    try:
        yield Explorer(stage, states, calls, prepare, judge)
    finally:
        states.end()
        stage.end()
        for worker in stage.workers:
            worker.database.dispose()


def _worker(
    stage: Stage,
    number: int,
    names: tuple[StageName, ...],
    url: str,
    runtime: Runtime,
    connection: Connection,
    world: World,
) -> Callable[[], object]:
    worker = Stepped(f"worker {number}", stage, Database(url))
    stage.workers.append(worker)
    outbound = Outbound(adapter=Calls(worker, NoCallsInTransactions(world.adapter())))
    own = Runtime(worker.database, runtime.vault, outbound, quiet_seconds=QUIET_SECONDS)
    own.clients(connection).d365.header("usmf", "none")
    return lambda: _run(own, connection, *names)


def _clock(stage: Stage, url: str, seconds: float) -> Callable[[], object]:
    clock = Stepped("time", stage, Database(url))
    stage.workers.append(clock)
    return lambda: let_pass(clock.database, seconds)


def _judged(scenario: Scenario, runtime: Runtime, connection: Connection, world: World, ids: list[str]) -> str:
    """At once, and when all the rest has been done: every invariant. What does not hold, in words."""
    if told := broken(world, runtime.database, connection):
        return f"right after: {told}"
    runtime.quiet_seconds = 0
    try:
        let_pass(runtime.database, 2 * QUIET_SECONDS)
        run_until_quiet(runtime, connection)
        assert_all_done(runtime, connection, world, ids)
    except AssertionError as error:
        return f"in the end: {error} {extract_tb(error.__traceback__)[-1].line}"
    finally:
        runtime.quiet_seconds = QUIET_SECONDS
    if told := broken(world, runtime.database, connection, settled=True):
        return f"in the end: {told}"
    opened = len(world.d365.headers())
    return "" if opened <= scenario.journals else f"in the end: {opened} journals were opened"
