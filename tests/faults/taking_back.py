"""Entries that a person has taken back, with one call gone wrong on the way: what is asked for, and how it must end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from connector.domain.reference import reference
from connector.pipeline import people
from connector.pipeline.mirror import left_over
from tests.faults import matrix
from tests.faults.bench import Bench
from tests.faults.calls import BY_NAME, Call
from tests.faults.kinds import BY_NAME as KINDS
from tests.faults.matrix import Cell
from tests.pipeline.helpers import SEND

JOURNAL: Final = "USMF-000001"
SIZES: Final = (1, 3)

# Each nature, and each way that the answer to a write can be spoilt. The others differ in how the transport fails,
# which `connector.outbound` and the clients have told apart before any of this is asked.
FOR_WRITES: Final = (
    "slow answer", "time-out", "refused", "reset before", "reset after", "503 before", "cut short", "other JSON",
    "429, Retry-After", "401 once", "credentials dead", "late", "part missing", "parts reversed", "part doubled",
)  # fmt: skip
FOR_READS: Final = ("time-out", "429, Retry-After", "401 once", "credentials dead")


@dataclass(frozen=True, slots=True)
class Step:
    """`call` goes wrong, `containing` in its body. `posted`: by reversing entries. `lost`: these did not arrive."""

    name: str
    call: Call
    posted: bool
    containing: str = ""
    lost: bool = False

    @property
    def kinds(self) -> tuple[str, ...]:
        return FOR_READS if self.call.kind == "read" else FOR_WRITES


STEPS: Final = (
    Step("the deletion of lines", BY_NAME["entries"], posted=False, containing="DELETE "),
    Step("the lines to be deleted", BY_NAME["lines by reference"], posted=False),
    Step("their journal", BY_NAME["a journal"], posted=False),
    Step("the reversing entry", BY_NAME["entries"], posted=True, containing="Reversal: "),
    Step("the lines to be reversed", BY_NAME["lines by reference"], posted=True),
    Step("a lost reversing entry", BY_NAME["lines by reference"], posted=True, lost=True),
    Step("the lines of its journal", BY_NAME["a journal's lines"], posted=True, lost=True),
)  # fmt: skip


def cells() -> Iterator[tuple[Step, Cell]]:
    for step in STEPS:
        for name in step.kinds:
            kind = KINDS[name]
            end = _EXCEPTIONS.get((step.name, name)) or matrix.expected(step.call, kind)
            yield step, Cell(step.call, kind, end)


# An answer to a deletion names no row: where the parts are not as sent none is believed, and the ledger is read.
_EXCEPTIONS: Final = {("the deletion of lines", kind): matrix.FOUND for kind in ("parts reversed", "part doubled")}


def play(bench: Bench, step: Step, spoil: Callable[[], None]) -> None:
    """Two entries stand, and a person has both taken back."""
    bench.spend(*SIZES)
    bench.announce()
    bench.settle()
    if step.posted:
        bench.world.d365.post_journal(JOURNAL)
    done = people.reverse(
        bench.runtime, bench.connection, actor="person:dana", reason="booked twice", record_ids=bench.ids
    )
    assert sorted(done.changed) == sorted(bench.ids)
    if step.lost:
        bench.world.faults.add("d365", SEND, "reset_before", containing="Reversal: ")
        bench.chain()
        bench.chain()
    spoil()
    bench.settle()


def assert_taken_back(bench: Bench, step: Step) -> None:
    """Nothing is left on any account: no line stands, or each entry has its reversing entry, once."""
    assert bench.ends() == dict.fromkeys(bench.ids, ("reversed", "EXPORTED", ()))
    for one in bench.ids:
        entry = bench.world.d365.lines(document=reference(one, 0, "entry"))
        counter = bench.world.d365.lines(document=reference(one, 0, "reversal"))
        assert (bool(entry), len(entry)) == (step.posted, len(counter))
        assert left_over([*entry, *counter]) == {}
    bench.assert_kept(taken_back=bench.ids)
