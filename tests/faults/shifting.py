"""Lists that change while their pages are read, one record to a page: what slips through, and when it is found.

Fact: a cursor is an offset inside (seen decoded with Brex's sister APIs), so what comes and goes pushes the rest along.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.clock import stamp
from sandbox.middleware import Faulty
from tests.faults.bench import Bench
from tests.faults.calls import BY_NAME, name_of
from tests.pipeline.helpers import rows
from tests.pipeline.test_bills import add

Do = Callable[[Bench], object]
CIRCLE: Final = '{"items": [], "next_cursor": "again", "has_next_page": true, "total_count": null}'


@dataclass(frozen=True, slots=True)
class Reading:
    """`call`: its first page. `seen`: which of the records the reading has taken in."""

    name: str
    call: str
    begin: Do
    come: Do
    leave: Do
    seen: Callable[[Bench], set[str]]
    back: Do = lambda _: None


def _known(bench: Bench) -> set[str]:
    return set(rows(bench.runtime, bench.connection))


def _flagged(bench: Bench) -> set[str]:
    return {one for one, row in rows(bench.runtime, bench.connection).items() if row["changed_in_brex"]}


def _ago(bench: Bench, minutes: int) -> str:
    """An `updated_at` that is apart from the others: what slips through is older than the last one shown."""
    return stamp(bench.world.clock() - timedelta(minutes=minutes))


def _bills(bench: Bench, count: int) -> None:
    for _ in range(count):
        number = len(bench.ids)
        moment = _ago(bench, 400 - 100 * number)
        bench.ids.append(add(bench.world, "BILL_EXPENSE", seed=20 + number, ready=False, updated_at=moment))


def _written(bench: Bench) -> None:
    """Three of four records that stand in the ledger change in Brex."""
    bench.spend(1, 1, 1, 1)
    bench.announce()
    bench.settle()
    for number, one in enumerate(bench.ids[:3]):
        bench.world.brex.edit(one, memo="another word", updated_at=_ago(bench, 400 - 100 * number))
    bench.world.brex.edit(bench.ids[3], updated_at=_ago(bench, 500))


def _remove_first(bench: Bench) -> None:
    bench.world.brex.remove(bench.ids[0])


READINGS: Final = (
    Reading(
        "the queue", "the queue", lambda bench: bench.spend(1, 1, 1), lambda bench: bench.spend(1),
        lambda bench: bench.world.brex.pull_back(bench.ids[0]), _known,
        back=lambda bench: bench.world.brex.export([bench.ids[0]]),
    ),
    Reading("bills", "bills", lambda bench: _bills(bench, 3), lambda bench: _bills(bench, 1), _remove_first, _known),
    Reading(
        "changed after export", "changed records", _written,
        lambda bench: bench.world.brex.edit(bench.ids[3], memo="another word"), _remove_first, _flagged,
    ),
)  # fmt: skip
# What happens after the first page was read → what becomes of it.
SHIFTS: Final = {
    "a record comes before it": "that page is shown twice, and is no news; the new record is found: in the queue by "
    "the next poll, by cursor in the same one",
    "a record of it leaves": "the next record slips through, and is found: in the queue by the next poll, by cursor in "
    "the same one",
    "one comes, one leaves": "the same",
    "a cursor comes again": "an error and no circle; read again from the start",
}
COMES, LEAVES, BOTH, AGAIN = SHIFTS


def play(bench: Bench, reading: Reading, shift: str) -> tuple[set[str], set[str]]:
    """What is to be taken in, and what of it the first poll missed. Then comes the next poll."""
    bench.world.brex.options.set(most_per_page=1)
    reading.begin(bench)
    bench.world.brex.options.set(newest_first=shift == COMES)

    def happen() -> None:
        if shift in (LEAVES, BOTH):
            reading.leave(bench)
        if shift in (COMES, BOTH):
            reading.come(bench)

    if shift == AGAIN:
        bench.world.faults.add("brex", BY_NAME[reading.call].match, "malformed_after", 2, body=CIRCLE)
    else:
        _after_first_page(bench, reading.call, happen)
    bench.poll()
    assert not bench.world.faults.pending()
    wanted = set(bench.ids if shift in (COMES, BOTH) else bench.ids[:3])
    missed = wanted - reading.seen(bench)
    if shift in (LEAVES, BOTH):
        reading.back(bench)
    bench.poll()
    bench.settle()
    return wanted, missed


def _after_first_page(bench: Bench, call: str, do: Callable[[], None]) -> None:
    """Once, after the first page was read and before the second is asked for."""
    faulty = bench.world.apps["brex"]
    assert isinstance(faulty, Faulty)
    inner, waiting = faulty.app, [do]

    def app(environ: Any, start_response: Any) -> Any:
        answer = inner(environ, start_response)
        path = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        if waiting and name_of("brex", environ["REQUEST_METHOD"], path) == call:
            waiting.pop()()
        return answer

    faulty.app = app
