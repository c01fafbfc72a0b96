"""Every cell of the second fault matrix: what people and jobs do to the books, at each moment it matters."""

import pytest

from connector.store.engine import Database
from tests.faults import bench as benches
from tests.faults.bench import Bench
from tests.faults.mishaps import DONE, MISHAPS, UNNOTICED, Mishap, play
from tests.pipeline.helpers import problem_with

CELLS = [(mishap, moment) for mishap in MISHAPS for moment in mishap.ends]


@pytest.mark.parametrize(("mishap", "moment"), CELLS, ids=[f"{mishap.name}, {moment}" for mishap, moment in CELLS])
def test_it_ends_as_the_matrix_says(mishap: Mishap, moment: str, shared: Database) -> None:
    bench = benches.bench(shared, benches.vault(), known=True)
    try:
        touched = play(bench, mishap, moment)
        ends = [end(bench, one) for one in bench.ids]
        assert ends == expected(mishap.ends[moment])
        bench.assert_kept(by_hand=touched, settled=UNNOTICED not in ends, **mishap.allowed)
    finally:
        benches.close(bench)


def expected(text: str) -> list[str]:
    parts = text.split(" | ")
    if len(parts) >= 3:
        return parts
    earlier = parts[0] if len(parts) == 2 else DONE
    return [earlier, parts[-1], parts[-1]]


def end(bench: Bench, record_id: str) -> str:
    """`done`, the problem it is held for, or `unnoticed` where the ledger says otherwise."""
    stage, told, codes = bench.ends()[record_id]
    exported = told == "EXPORTED"
    if stage == "held":
        return ", ".join([*codes[:1], *["told"] * exported])
    if (stage, exported, codes) != ("acknowledged", True, ()):
        return f"{stage} {told} {codes}"
    there = bench.world.brex.records.get(record_id) is not None
    return UNNOTICED if there and problem_with(bench.world, record_id) else DONE
