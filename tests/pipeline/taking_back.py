"""What tests of taking entries back share: something written, the wish, and books that come to zero."""

from connector.domain.reference import reference
from connector.pipeline import people
from connector.pipeline.mirror import left_over
from connector.pipeline.people import Done
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import (
    rows,
    run_until_quiet,
    spend_and_announce,
)

PERSON = "person:dana"
LINES = "GET /data/LedgerJournalLines"
DELETION = "DELETE "  # as it stands in the body of a $batch


def counter(record_id: str, epoch: int = 0) -> str:
    return reference(record_id, epoch, "reversal")


def written(runtime: Runtime, connection: Connection, world: World, *sizes: int) -> list[str]:
    """Records of so many lines each, written, acknowledged."""
    ids = spend_and_announce(runtime, connection, world, *sizes)
    run_until_quiet(runtime, connection)
    assert {rows(runtime, connection)[one]["stage"] for one in ids} == {"acknowledged"}
    return ids


def reverse(runtime: Runtime, connection: Connection, *ids: str, **options: object) -> Done:
    return people.reverse(
        runtime,
        connection,
        actor=PERSON,
        reason="booked twice",
        record_ids=ids,
        **options,  # type: ignore[arg-type]
    )


def assert_nothing_left(world: World, record_id: str, epoch: int = 0) -> None:
    """No line of the entry stands, or the entry and its reversing entry come to zero on each account."""
    lines = world.d365.lines(document=reference(record_id, epoch, "entry"))
    counters = world.d365.lines(document=counter(record_id, epoch))
    assert left_over([*lines, *counters]) == {}
    assert bool(lines) == bool(counters)
