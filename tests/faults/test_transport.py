"""Every cell of the first fault matrix: the real pipeline against the stand-ins, with one call gone wrong."""

from functools import partial

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults import matrix, stories
from tests.faults.bench import Bench
from tests.faults.calls import ENTITY_SET, WRITE
from tests.faults.matrix import Cell

CELLS = [cell for cell in matrix.cells() if cell.end]
# Where the call is one of a connection's first day, that day is played; all others have it behind them.
MASTER_DATA = {ENTITY_SET, "account formats"}


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_it_ends_as_the_matrix_says(cell: Cell, shared: Database) -> None:
    known = cell.call.system != "entra" and cell.call.name not in MASTER_DATA
    bench = benches.bench(shared, benches.vault(), known=known)
    try:
        stories.STORIES[cell.call.name](bench, partial(stories.spoil, bench, cell.call, cell.kind))
        assert observed(bench, cell) == cell.end
        bench.assert_all_done()
        bench.assert_kept()
    finally:
        benches.close(bench)


def observed(bench: Bench, cell: Cell) -> str:  # noqa: PLR0911 - one line for each end
    """Which end it was, by the requests that were made, the pauses, and what was noticed."""
    call, kind = cell.call, cell.kind
    seen = bench.requests(call)
    struck = [place for place, one in enumerate(seen) if one.fault or one.status == 401]
    assert struck or (call.system == "entra" and not kind.fault), "the fault struck nothing"
    again = bool(struck) and len(seen) > struck[-1] + 1
    if bench.pauses:
        assert all(bench.pauses)
        return matrix.PAUSED
    if bench.said:
        assert all(bench.said)
        return matrix.SAID
    if kind.nature == matrix.WHOLE:
        return "doubted" if call.kind == WRITE and bench.noticed() else matrix.ONCE
    if kind.nature == matrix.ENDED and call.system == "d365":
        return matrix.RENEWED if again else "not renewed"
    if call.name.startswith("webhook"):
        return matrix.OTHER_HOST if again else "not asked again"
    if not again:
        return matrix.FOUND if call.kind == WRITE else matrix.WITHOUT
    if call.name == "a new journal":
        return matrix.ANOTHER
    return matrix.SENT_AGAIN if call.kind == WRITE else matrix.ASKED_AGAIN
