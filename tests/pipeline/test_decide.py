"""`decide` as a table over everything it can be told, and what must hold wherever it says SEND."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.problems import PROBLEMS
from connector.pipeline.decide import Clock, Decision, Do, Found, JournalState, Reading, decide

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINES: Final = 3
PAUSE: Final = 2.0

ONE, OTHER = "USMF-000001", "USMF-000002"
WHOLE: Final = Found(ONE, LINES, whole=True, vouchers=("V1",))
FOUND: Final[dict[str, tuple[Found, ...]]] = {
    "nothing": (),
    "whole": (WHOLE,),
    "whole and posted": (Found(ONE, LINES, whole=True, vouchers=("V1",), posted=True),),
    "whole, moved to another journal": (Found(OTHER, LINES, whole=True, vouchers=("V1",)),),
    "changed": (Found(ONE, LINES, whole=True, differences=("DebitAmount",), vouchers=("V1",)),),
    "over two vouchers": (Found(ONE, LINES, whole=True, vouchers=("V1", "V2")),),
    "in a shared voucher": (Found(ONE, LINES, whole=True, vouchers=("V1",), voucher_shared=True),),
    "in part": (Found(ONE, 1, whole=False),),
    "in parts over two journals": (Found(ONE, 1, whole=False), Found(OTHER, 2, whole=False)),
    "as many lines, not to be compared": (Found(ONE, LINES, whole=False),),
    "twice": (WHOLE, Found(OTHER, LINES, whole=True, vouchers=("V2",))),
    "twice in one journal": (Found(ONE, 2 * LINES, whole=False),),
    "once and in part": (WHOLE, Found(OTHER, 1, whole=False)),
}
STANDS: Final = ("whole", "whole and posted", "whole, moved to another journal")
IN_PART: Final = ("in part", "in parts over two journals", "as many lines, not to be compared")
TWICE: Final = ("twice", "twice in one journal", "once and in part")
VOUCHERS: Final = ("over two vouchers", "in a shared voucher")
QUIET: Final = {"none": None, "left": NOW + timedelta(seconds=90), "over": NOW - timedelta(seconds=1)}
ABSENT: Final = {
    "never": None,
    "too soon": NOW - timedelta(seconds=PAUSE / 2),
    "long ago": NOW - timedelta(seconds=PAUSE),
}
OVER: Final = ("none", "over")
STATES: Final = tuple(JournalState)
HIDING: Final = (JournalState.POSTED, JournalState.GONE, JournalState.UNKNOWN)
PLAIN: Final = (JournalState.OPEN, JournalState.IN_USE)


@dataclass(frozen=True)
class Case:
    """One thing `decide` can be told, by the names above."""

    complete: bool
    found: str
    journal: JournalState
    known: bool
    quiet: str
    absent: str
    confirmed: bool


@dataclass(frozen=True)
class Row:
    """One row of the table: the values each field may have (all of them where not named), and what follows."""

    do: Do
    code: str = ""
    complete: tuple[bool, ...] = (True,)
    found: tuple[str, ...] = ("nothing",)
    journal: tuple[JournalState, ...] = STATES
    known: tuple[bool, ...] = (True, False)
    quiet: tuple[str, ...] = tuple(QUIET)
    absent: tuple[str, ...] = tuple(ABSENT)
    confirmed: tuple[bool, ...] = (True, False)
    elsewhere: bool = False
    noted: bool = False  # this reading counts as one that did not find it

    def cases(self) -> Iterator[Case]:
        return (Case(*values) for values in product(*(getattr(self, field.name) for field in fields(Case))))


NEW: Final = {"confirmed": (False,), "quiet": OVER}  # never seen in the ledger, and the quiet period is over
TABLE: Final = {
    "half a reading says nothing": Row(Do.WAIT, complete=(False,), found=tuple(FOUND)),
    "more than once": Row(Do.HOLD, "LEDGER-TWICE", found=TWICE),
    "once and whole": Row(Do.WRITTEN, found=STANDS),
    "F&O changed it": Row(Do.HOLD, "D365-ALTERED", found=("changed",)),
    "vouchers split or shared": Row(Do.HOLD, "D365-VOUCHER", found=VOUCHERS),
    "in part, the rest may land": Row(Do.WAIT, found=IN_PART, quiet=("left",)),
    "in part for good": Row(Do.HOLD, "LEDGER-PARTIAL", found=IN_PART, quiet=OVER),
    "once there, no longer": Row(Do.HOLD, "LEDGER-GONE", confirmed=(True,), journal=(*PLAIN, *HIDING[1:])),
    "once there, its journal posted": Row(
        Do.HOLD, "LEDGER-CANNOT-TELL", confirmed=(True,), journal=(JournalState.POSTED,)
    ),
    "absent, and may still land": Row(Do.WAIT, confirmed=(False,), quiet=("left",)),
    "absent, but may be hidden": Row(Do.HOLD, "LEDGER-CANNOT-TELL", **NEW, journal=HIDING),
    "absent, as other lines of ours are": Row(Do.HOLD, "LEDGER-CANNOT-TELL", **NEW, journal=PLAIN, known=(False,)),
    "absent for the first time": Row(Do.WAIT, **NEW, journal=PLAIN, known=(True,), absent=("never",), noted=True),
    "absent again, too soon": Row(Do.WAIT, **NEW, journal=PLAIN, known=(True,), absent=("too soon",), noted=True),
    "absent twice": Row(Do.SEND, **NEW, journal=(JournalState.OPEN,), known=(True,), absent=("long ago",)),
    "absent twice, journal in use": Row(
        Do.SEND, **NEW, journal=(JournalState.IN_USE,), known=(True,), absent=("long ago",), elsewhere=True
    ),
}


def decided(case: Case) -> Decision:
    reading = Reading(case.complete, FOUND[case.found], case.journal, case.known)
    clock = Clock(NOW, QUIET[case.quiet], ABSENT[case.absent], PAUSE)
    return decide(confirmed=case.confirmed, lines=LINES, reading=reading, clock=clock, looks=1)


def test_the_table_has_exactly_one_row_for_everything_that_can_be_told() -> None:
    every = Row(Do.WAIT, complete=(True, False), found=tuple(FOUND))
    listed = [case for row in TABLE.values() for case in row.cases()]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(every.cases())


@pytest.mark.parametrize("name", TABLE)
def test_it_decides_as_the_table_says(name: str) -> None:
    row = TABLE[name]
    for case in row.cases():
        decision = decided(case)
        told = (decision.do, decision.code, decision.elsewhere, decision.absent)
        assert told == (row.do, row.code, row.elsewhere, row.noted), case
        assert decision.why
        assert (decision.seconds > 0) == (decision.do is Do.WAIT), case


def test_it_waits_until_the_quiet_period_is_over_and_for_the_second_reading() -> None:
    quiet = decided(Case(True, "nothing", JournalState.OPEN, True, "left", "never", False))
    soon = decided(Case(True, "nothing", JournalState.OPEN, True, "over", "too soon", False))
    assert (quiet.seconds, soon.seconds) == (90, PAUSE / 2)


def test_it_comes_back_to_an_unreadable_ledger_ever_later_but_within_ten_minutes() -> None:
    clock = Clock(NOW, None, None, PAUSE)
    waits = [
        decide(confirmed=False, lines=1, reading=Reading(False), clock=clock, looks=looks).seconds
        for looks in range(12)
    ]
    assert waits == sorted(waits)
    assert waits[-1] == 600


times = st.none() | st.integers(-(10**6), 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds))
places = st.builds(
    Found,
    journal=st.sampled_from((ONE, OTHER, "")),
    lines=st.integers(0, 5),
    whole=st.booleans(),
    differences=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    vouchers=st.lists(st.sampled_from(("V1", "V2")), max_size=2).map(tuple),
    voucher_shared=st.booleans(),
    posted=st.booleans(),
)
readings = st.builds(
    Reading,
    complete=st.booleans(),
    found=st.lists(places, max_size=3).map(tuple),
    journal=st.sampled_from(JournalState),
    known_lines_present=st.booleans(),
)


@given(
    reading=readings, quiet=times, absent=times, pause=st.floats(0, 3600), confirmed=st.booleans(),
    lines=st.integers(1, 5), looks=st.integers(0, 10**6),
)  # fmt: skip
def test_it_always_answers_and_sends_only_where_nothing_can_have_hidden_the_lines(
    reading: Reading, quiet: Any, absent: Any, pause: float, confirmed: bool, lines: int, looks: int
) -> None:
    clock = Clock(NOW, quiet, absent, pause)
    decision = decide(confirmed=confirmed, lines=lines, reading=reading, clock=clock, looks=looks)
    assert (decision.do is Do.HOLD) == bool(decision.code)
    assert decision.code in ("", *PROBLEMS)
    assert not (decision.do is Do.WRITTEN and sum(found.lines for found in reading.found) > lines)
    if decision.do is Do.SEND:
        assert reading.complete
        assert sum(found.lines for found in reading.found) == 0
        assert not any(found.whole for found in reading.found)
        assert not confirmed
        assert reading.journal in PLAIN
        assert reading.known_lines_present
        assert quiet is None or quiet <= NOW
        assert absent is not None
        assert (NOW - absent).total_seconds() >= pause
