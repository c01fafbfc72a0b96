"""Entries that F&O cannot tell about are held for a person; everything else of their day goes on."""

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.invariants import assert_kept
from tests.pipeline.helpers import SEND, announce, codes, rows, run_chain, run_until_quiet, spend


def test_three_journals_nobody_can_tell_about_do_not_stop_the_day(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Each was posted by people while a write into it was unknown."""
    lost = []
    for number in range(3):
        lost += spend(world, 1, seed=number)
        announce(runtime, connection, lost[-1:])
        world.faults.add("d365", SEND, "reset_before")
        run_chain(runtime, connection)
        world.d365.post_journal(world.d365.headers(posted=False)[-1]["JournalBatchNumber"])
        run_until_quiet(runtime, connection)
    assert {tuple(codes(rows(runtime, connection)[one])) for one in lost} == {("LEDGER-CANNOT-TELL",)}

    (another,) = spend(world, 1, seed=9)
    announce(runtime, connection, [another])
    run_until_quiet(runtime, connection)

    assert rows(runtime, connection)[another]["stage"] == "acknowledged"
    assert_kept(world, runtime.database, connection, settled=True)
