"""The decision about a pending vendor invoice, as a table: nothing here reads or writes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from connector.pipeline.decide import Clock
from connector.pipeline.invoices.compare import Shown
from connector.pipeline.invoices.decide import Do, Known, Posted, Reading, next_step
from connector.pipeline.poison import MOST_ATTEMPTS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
QUIET = Clock(NOW, NOW - timedelta(seconds=1), None, 60)  # the quiet period is over, and nothing was read before
TWICE = replace(QUIET, absent_at=NOW - timedelta(seconds=61))  # and not found at a reading before
SOON = replace(QUIET, absent_at=NOW - timedelta(seconds=59))
NOISY = replace(QUIET, quiet_until=NOW + timedelta(seconds=120))

NEW = Known()
MADE = Known(sent=True, made=True)
LOST = Known(sent=True, uncertain=True, attempts=1)
LOST_LATER = replace(LOST, made=True)
SEEN = Known(sent=True, made=True, confirmed=True, released=True)
TIRED = replace(LOST, attempts=MOST_ATTEMPTS)
REFUSED = Known(sent=True, made=True, refused="Blank isn't allowed for Department")

HEADER = Shown("VI-1", on_hold=True, missing=(0, 1))
HALF = Shown("VI-1", on_hold=True, missing=(1,), lines=1)
WHOLE = Shown("VI-1", on_hold=True, lines=2)
OUT = replace(WHOLE, on_hold=False)
CHANGED = replace(WHOLE, differences=('Currency sent "USD", F&O has "EUR"',))
OTHERS_LINE = replace(WHOLE, strange=("line 3 of 5 on 1",), lines=3)
POSTED = Posted("APINV-1", same=True, told="invoice 7")


def reading(*ours: Shown, posted: tuple[Posted, ...] = (), others: tuple[str, ...] = ()) -> Reading:
    return Reading(True, ours, posted, others)


@pytest.mark.parametrize(
    ("known", "shown", "clock", "do", "code"),
    [
        (NEW, Reading(False), QUIET, Do.WAIT, ""),
        # Nothing of it stands.
        (NEW, reading(), QUIET, Do.CREATE, ""),
        (LOST, reading(), NOISY, Do.WAIT, ""),
        (LOST, reading(), QUIET, Do.WAIT, ""),
        (LOST, reading(), SOON, Do.WAIT, ""),
        (LOST, reading(), TWICE, Do.CREATE, ""),
        (TIRED, reading(), TWICE, Do.HOLD, "POST-GIVEN-UP"),
        (MADE, reading(), QUIET, Do.WAIT, ""),
        (MADE, reading(), TWICE, Do.HOLD, "LEDGER-GONE"),
        (SEEN, reading(), QUIET, Do.WAIT, ""),
        (SEEN, reading(), TWICE, Do.HOLD, "LEDGER-GONE"),
        (REFUSED, reading(), TWICE, Do.REFUSED, ""),
        # Somebody else's has its number.
        (NEW, reading(others=("pending VI-9",)), QUIET, Do.HOLD, "INVOICE-TAKEN"),
        (LOST, reading(others=("pending VI-9",)), TWICE, Do.HOLD, "INVOICE-TAKEN"),
        # A half-made one is finished.
        (MADE, reading(HEADER), QUIET, Do.ADD, ""),
        (NEW, reading(HEADER), QUIET, Do.ADD, ""),
        (LOST_LATER, reading(HEADER), NOISY, Do.WAIT, ""),
        (LOST_LATER, reading(HEADER), QUIET, Do.WAIT, ""),
        (LOST_LATER, reading(HEADER), TWICE, Do.ADD, ""),
        (LOST_LATER, reading(HALF), TWICE, Do.ADD, ""),
        (replace(TIRED, made=True), reading(HEADER), TWICE, Do.HOLD, "POST-GIVEN-UP"),
        (MADE, reading(WHOLE), QUIET, Do.RELEASE, ""),
        (LOST_LATER, reading(WHOLE), NOISY, Do.WAIT, ""),
        (LOST_LATER, reading(WHOLE), QUIET, Do.RELEASE, ""),
        (LOST_LATER, reading(OUT), NOISY, Do.WRITTEN, ""),
        (MADE, reading(OUT), QUIET, Do.WRITTEN, ""),
        (SEEN, reading(OUT), QUIET, Do.WRITTEN, ""),
        (SEEN, reading(WHOLE), QUIET, Do.WRITTEN, ""),  # a person has put it on hold again
        # Not as it was made.
        (MADE, reading(CHANGED), QUIET, Do.HOLD, "INVOICE-ALTERED"),
        (MADE, reading(OTHERS_LINE), QUIET, Do.HOLD, "INVOICE-ALTERED"),
        (MADE, reading(replace(HEADER, on_hold=False)), QUIET, Do.HOLD, "LEDGER-PARTIAL"),
        (SEEN, reading(HALF), QUIET, Do.HOLD, "LEDGER-PARTIAL"),
        # F&O refused its lines.
        (REFUSED, reading(HEADER), QUIET, Do.DISCARD, ""),
        (replace(REFUSED, uncertain=True), reading(HEADER), NOISY, Do.WAIT, ""),
        (REFUSED, reading(HALF), QUIET, Do.HOLD, "LEDGER-PARTIAL"),
        (REFUSED, reading(replace(HEADER, on_hold=False)), QUIET, Do.HOLD, "LEDGER-PARTIAL"),
        # F&O refused them since they stood already: an earlier request came late, or a person put them there.
        (REFUSED, reading(WHOLE), QUIET, Do.RELEASE, ""),
        (REFUSED, reading(OUT), QUIET, Do.WRITTEN, ""),
        # Posted.
        (SEEN, reading(posted=(POSTED,)), QUIET, Do.WRITTEN, ""),
        (LOST_LATER, reading(posted=(POSTED,)), NOISY, Do.WRITTEN, ""),
        (MADE, reading(posted=(replace(POSTED, same=False),)), QUIET, Do.HOLD, "INVOICE-ALTERED"),
        # More than once.
        (LOST, reading(HEADER, HEADER), QUIET, Do.HOLD, "LEDGER-TWICE"),
        (SEEN, reading(OUT, posted=(POSTED,)), QUIET, Do.WAIT, ""),
        (replace(SEEN, looks=9), reading(OUT, posted=(POSTED,)), QUIET, Do.HOLD, "LEDGER-TWICE"),
        (LOST, reading(posted=(POSTED, POSTED)), QUIET, Do.HOLD, "LEDGER-TWICE"),
    ],
)
def test_what_comes_next(known: Known, shown: Reading, clock: Clock, do: Do, code: str) -> None:
    decision = next_step(known, shown, clock)
    assert (decision.do, decision.code) == (do, code)
    assert decision.why
    assert (decision.seconds > 0) == (do is Do.WAIT)


def test_there_is_an_answer_to_everything_and_nothing_is_made_twice() -> None:
    """Every combination: a header is created only where nothing stands, lines only where ours lacks them."""
    states = (NEW, MADE, LOST, LOST_LATER, SEEN, TIRED, REFUSED)
    standing: list[tuple[Shown, ...]] = [
        (),
        (HEADER,),
        (HALF,),
        (WHOLE,),
        (OUT,),
        (CHANGED,),
        (OTHERS_LINE,),
        (OUT, OUT),
    ]
    booked: list[tuple[Posted, ...]] = [(), (POSTED,), (replace(POSTED, same=False),)]
    others: list[tuple[str, ...]] = [(), ("pending VI-9",)]
    clocks = (QUIET, TWICE, SOON, NOISY)
    for known, ours, posted, taken, clock in product(states, standing, booked, others, clocks):
        decision = next_step(known, Reading(True, ours, posted, taken), clock)
        if decision.do is Do.CREATE:
            assert not ours
            assert not posted
            assert not taken
            assert not known.made
            assert not known.sent or clock is TWICE
        if decision.do in (Do.ADD, Do.RELEASE, Do.DISCARD):
            assert len(ours) == 1
            assert not posted
            assert ours[0].on_hold
            assert not ours[0].altered
            assert not (known.uncertain and clock is NOISY)
        if decision.do is Do.ADD:
            assert decision.positions == ours[0].missing != ()
        if decision.do is Do.RELEASE:
            assert not ours[0].missing
        if decision.do is Do.DISCARD:
            assert not ours[0].lines
        if decision.do is Do.WRITTEN:
            assert len(ours) + len(posted) == 1


def test_the_second_reading_is_marked_by_the_first() -> None:
    first = next_step(LOST, reading(), QUIET)
    assert first.absent
    assert first.seconds == QUIET.second_reading_seconds
    assert next_step(LOST, reading(), SOON).seconds == pytest.approx(1)
    assert not next_step(LOST, reading(), NOISY).absent
