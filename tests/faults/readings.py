"""The reconciliation's reading of both sides, with one request gone wrong: it may never end with half of a side."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from connector.pipeline import reconcile
from connector.pipeline.balance import Result
from tests.faults import matrix
from tests.faults.bench import Bench
from tests.faults.calls import BY_NAME, Call
from tests.faults.kinds import ENDED, KINDS, REFUSED, WHOLE, Kind
from tests.faults.matrix import Cell
from tests.pipeline.helpers import key

FIRST, LAST = date(2025, 1, 1), date(2030, 12, 31)
CALLS: Final = tuple(
    BY_NAME[name]
    for name in ("changed records", "bills", "a later page", "records by id", "a period's lines", "lines by reference")
)


def cells(call: Call) -> Iterator[Cell]:
    for kind in KINDS:
        if call.system in kind.systems and not kind.calls and not kind.writes_only:
            yield Cell(call, kind, _expected(call, kind))


def _expected(call: Call, kind: Kind) -> str:
    if kind.nature == WHOLE:
        return matrix.ONCE
    if kind.nature in (REFUSED, ENDED):
        return matrix.credentials(call, kind)
    return matrix.SAID


def unequal(bench: Bench) -> list[tuple[str, str]]:
    """Books that differ on both sides, so that "everything agrees" is always wrong; what is to be said of them.

    One entry was deleted in F&O, one record is gone from Brex: both are looked for by name, too.
    """
    bench.world.brex.options.set(most_per_page=1)
    bench.spend(1, 2, 1)
    bench.announce()
    bench.settle()
    first, second, _ = bench.ids
    bench.world.d365.delete_lines(document=key(first))
    bench.world.brex.remove(second)
    return sorted([("missing", first), ("vanished", second)])


def read(bench: Bench) -> list[Result]:
    """What a person runs, until it works: every result that it gave."""
    results: list[Result] = []
    bench.command(lambda: results.append(reconcile.run(bench.runtime, bench.connection, FIRST, LAST)))
    return results
