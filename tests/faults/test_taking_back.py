"""Every cell of the third fault matrix: an entry is taken back with one call gone wrong."""

from functools import partial

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults import matrix, stories, taking_back
from tests.faults.bench import Bench
from tests.faults.matrix import Cell
from tests.faults.taking_back import Step
from tests.faults.test_transport import observed

CELLS = list(taking_back.cells())


@pytest.mark.parametrize(("step", "cell"), CELLS, ids=[f"{step.name} × {cell.kind.name}" for step, cell in CELLS])
def test_it_is_taken_back_once_and_ends_as_the_matrix_says(step: Step, cell: Cell, shared: Database) -> None:
    bench = benches.bench(shared, benches.vault(), known=True)
    try:
        taking_back.play(bench, step, partial(stories.spoil, bench, cell.call, cell.kind, step.containing))
        assert end(bench, cell) == cell.end
        taking_back.assert_taken_back(bench, step)
    finally:
        benches.close(bench)


def end(bench: Bench, cell: Cell) -> str:
    """An answer in full that was not believed is as one that was lost, where nothing was sent again."""
    told = observed(bench, cell)
    return matrix.FOUND if told == "doubted" and len(bench.requests(cell.call)) == 1 else told
