"""Reconciliation with a request gone wrong: it says that it could not read, and never that the books agree."""

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults import readings, stories
from tests.faults.calls import Call
from tests.faults.test_transport import observed


@pytest.mark.parametrize("call", readings.CALLS, ids=lambda call: call.name)
def test_no_kind_of_fault_makes_it_say_anything_but_what_differs(call: Call, shared: Database) -> None:
    bench = benches.bench(shared, benches.vault(), known=True)
    try:
        differs = readings.unequal(bench)
        for cell in readings.cells(call):
            bench.pauses, bench.said, bench.mend = [], [], None
            stories.spoil(bench, call, cell.kind)
            (result,) = readings.read(bench)
            assert not result.clean
            assert sorted((one.kind, one.record_id) for one in result.findings) == differs, cell.name
            assert (cell.name, observed(bench, cell)) == (cell.name, cell.end)
            bench.world.faults.clear()
        bench.assert_kept(by_hand=bench.ids[:2], settled=False)
    finally:
        benches.close(bench)
