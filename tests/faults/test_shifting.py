"""Pages that shift while they are read cost an hour at most, and neither a record nor an entry too many."""

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults.shifting import AGAIN, READINGS, SHIFTS, Reading, play


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.name)
def test_what_slips_through_is_found_and_once(reading: Reading, shift: str, shared: Database) -> None:
    bench = benches.bench(shared, benches.vault(), known=True)
    try:
        wanted, missed = play(bench, reading, shift)
        if shift != AGAIN:  # the queue is read whole each hour; lists by cursor until they show nothing new
            assert len(missed) == (1 if reading.name == "the queue" else 0)
        assert reading.seen(bench) == wanted
        told = "NOT_APPLICABLE" if reading.name == "bills" else "EXPORTED"
        assert bench.ends() == dict.fromkeys(bench.ids, ("acknowledged", told, ()))
        bench.assert_kept()
    finally:
        benches.close(bench)
