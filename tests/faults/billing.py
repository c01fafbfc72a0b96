"""Bills on their way into an invoice journal, with one call gone wrong: the same machinery, other entity sets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tests.faults import matrix
from tests.faults.bench import Bench
from tests.faults.calls import BY_NAME, Call
from tests.faults.kinds import BY_NAME as KINDS
from tests.faults.matrix import Cell
from tests.faults.taking_back import FOR_READS, FOR_WRITES
from tests.pipeline.helpers import SEND
from tests.pipeline.payables import INVOICE_HEADER, assert_in_ledger, bills

SIZES: Final = (1, 3)


@dataclass(frozen=True, slots=True)
class Step:
    """`call` goes wrong; where `lost` is one, the answer to it was lost before."""

    name: str
    call: Call
    lost: str = ""
    fault: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        return FOR_READS if self.call.kind == "read" else FOR_WRITES


STEPS: Final = (
    Step("bills", BY_NAME["entries"]),
    Step("a new invoice journal", replace(BY_NAME["a new journal"], match=INVOICE_HEADER)),
    Step("a lost one, by its marker", BY_NAME["a journal by its marker"], INVOICE_HEADER, "reset_after"),
    Step("lost bills, by reference", BY_NAME["lines by reference"], SEND, "reset_before"),
    Step("their journal", BY_NAME["a journal"], SEND, "reset_before"),
    Step("the lines of their journal", BY_NAME["a journal's lines"], SEND, "reset_before"),
)


def cells() -> Iterator[tuple[Step, Cell]]:
    for step in STEPS:
        for name in step.kinds:
            kind = KINDS[name]
            if not matrix.senseless(step.call, kind):
                yield step, Cell(step.call, kind, matrix.expected(step.call, kind))


def play(bench: Bench, step: Step, spoil: Callable[[], None]) -> None:
    """Two bills are heard of on the connection's second day."""
    bench.ids += bills(bench.world, 2, seed=1)
    if step.call.name != "a new journal":
        bench.announce()
        bench.settle()
    bench.ids += bills(bench.world, *SIZES, seed=2)
    if step.lost == INVOICE_HEADER:
        bench.world.d365.post_journal("USMF-000001")
    bench.announce()
    if step.lost:
        bench.world.faults.add("d365", step.lost, step.fault)
        bench.chain()
    spoil()
    bench.settle()


def assert_booked(bench: Bench) -> None:
    """Each bill stands once and whole in an invoice journal, and Brex is told nothing."""
    assert bench.ends() == dict.fromkeys(bench.ids, ("acknowledged", "NOT_APPLICABLE", ()))
    assert_in_ledger(bench.world, bench.ids)
    bench.watch()
    bench.assert_kept()
