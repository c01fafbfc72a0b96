"""Every cell of the fault matrix of bills: they go into an invoice journal with one call gone wrong."""

from functools import partial

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults import billing, stories
from tests.faults.billing import Step
from tests.faults.matrix import Cell
from tests.faults.test_transport import observed

CELLS = list(billing.cells())


@pytest.mark.parametrize(("step", "cell"), CELLS, ids=[f"{step.name} × {cell.kind.name}" for step, cell in CELLS])
def test_it_is_booked_once_and_ends_as_the_matrix_says(step: Step, cell: Cell, shared: Database) -> None:
    bench = benches.bench(shared, benches.vault())
    try:
        billing.play(bench, step, partial(stories.spoil, bench, cell.call, cell.kind))
        assert observed(bench, cell) == cell.end
        billing.assert_booked(bench)
    finally:
        benches.close(bench)
