"""What must hold of records once all is done, whatever went before: the books, our tables, and the trail."""

from collections.abc import Collection, Sequence

from connector.domain.reference import reference
from connector.pipeline.mirror import left_over
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.invariants import assert_kept
from tests.pipeline.helpers import assert_all_done, record, scalar, stages_of, story

FLOW = ["received", "fetched", "mapped", "writing", "written", "acknowledged"]


def assert_done(
    runtime: Runtime, connection: Connection, world: World, ids: Sequence[str], *, journals: int = 1
) -> None:
    """Each record once in F&O and told once to Brex, in so many journals; nothing open; trails whole and verified."""
    assert_all_done(runtime, connection, world, ids)
    assert len(world.d365.headers()) == journals
    assert_settled(runtime, connection, world)
    assert_trails(runtime, connection, ids, FLOW)


def assert_reversed(
    runtime: Runtime, connection: Connection, world: World, ids: Sequence[str], *, by_an_entry: bool
) -> None:
    """Each record told once to Brex and taken back once: by a reversing entry, or nothing of it stands any more."""
    assert set(stages_of(runtime, connection).values()) == {"reversed"}
    for one in ids:
        lines, counter = (world.d365.lines(document=reference(one, 0, kind)) for kind in ("entry", "reversal"))
        assert (bool(lines), bool(counter)) == (by_an_entry, by_an_entry)
        assert left_over([*lines, *counter]) == {}
        assert len(lines) == len(counter)
    assert len(world.d365.headers()) == (2 if by_an_entry else 1)
    assert sorted(result["accounting_record_id"] for result in world.brex.reported()) == sorted(ids)
    assert_settled(runtime, connection, world, taken_back=() if by_an_entry else ids)
    assert_trails(runtime, connection, ids, [*FLOW, "writing", "reversed"])


def assert_settled(runtime: Runtime, connection: Connection, world: World, taken_back: Collection[str] = ()) -> None:
    """`taken_back`: told to Brex and gone from F&O since, by a person's wish."""
    assert_kept(world, runtime.database, connection, settled=True, taken_back=taken_back)
    assert scalar(runtime.database, "SELECT count(*) FROM batches WHERE status IN ('sending', 'uncertain')") == 0
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE outcome IN ('open', 'uncertain')") == 0


def assert_trails(runtime: Runtime, connection: Connection, ids: Sequence[str], flow: list[str]) -> None:
    """Through these stages and no others, each event going on where the one before it ended."""
    for one in ids:
        events = record(runtime, connection, one)["events"]
        steps = [(event["from_stage"], event["to_stage"]) for event in events]
        assert [to for start, to in steps if start != to] == flow, story(runtime, connection, one)
        assert [start for start, _ in steps[1:]] == [to for _, to in steps[:-1]], story(runtime, connection, one)
