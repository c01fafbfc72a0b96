"""What comes next of a pending vendor invoice. A pure, total function of what is stored, what F&O shows, and the clock;
tested as a table.

As with journals, F&O has no idempotency key and certainty comes from reading: absence is believed only when nothing can
still be on its way, and twice. What was made half is finished; what is not as we made it is held, and never doubled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from connector.domain.plural import counted
from connector.pipeline.decide import Clock
from connector.pipeline.invoices.compare import Shown
from connector.pipeline.poison import MOST_ATTEMPTS

# While F&O posts an invoice it may be seen in both lists, or a moment in neither.
MOST_LOOKS_AT_BOTH: Final = 3


class Do(StrEnum):
    CREATE = "create"
    ADD = "add lines"
    RELEASE = "release"
    DISCARD = "discard"  # delete an empty header of ours, as F&O refused its lines
    WRITTEN = "written"
    REFUSED = "refused"  # nothing of it stands, and F&O said why
    WAIT = "wait"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted invoice with our reference. `same`: of the vendor, number, currency and amount intended."""

    voucher: str
    same: bool
    told: str = ""
    amount: Decimal = Decimal(0)  # as F&O shows it


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at F&O. `complete` False: it could not be read to the end, and nothing follows from it.

    `others`: what has the same vendor and invoice number and is not ours, in words.
    """

    complete: bool
    ours: tuple[Shown, ...] = ()
    posted: tuple[Posted, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored. `sent`: something of it may have left this machine. `uncertain`: the last step has no answer.

    `made`: F&O showed its header once. `confirmed`: it was seen whole. `released`: F&O said so. `refused`: F&O's words
    to its lines. `attempts`: of the present step.
    """

    sent: bool = False
    uncertain: bool = False
    made: bool = False
    confirmed: bool = False
    released: bool = False
    refused: str = ""
    attempts: int = 0
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    do: Do
    why: str
    code: str = ""  # the problem, when held
    values: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # how long to wait
    absent: bool = False  # this reading did not find it
    positions: tuple[int, ...] = ()  # of the lines to be added


def next_step(known: Known, reading: Reading, clock: Clock) -> Decision:
    """The next step of an invoice, by one reading of F&O."""
    if not reading.complete:
        return Decision(Do.WAIT, "F&O could not be read", seconds=_pause(known.looks))
    places = len(reading.ours) + len(reading.posted)
    if places > 1:
        return _several(known, reading)
    if reading.posted:
        return _posted(reading.posted[0])
    if reading.ours:
        return _standing(known, reading.ours[0], clock)
    if reading.others:
        return _hold("INVOICE-TAKEN", "its number is taken", found="; ".join(reading.others[:3]))
    return _absent(known, clock)


def _several(known: Known, reading: Reading) -> Decision:
    found = ", ".join([f"pending {one.number}" for one in reading.ours] + [one.told for one in reading.posted])
    if reading.posted and reading.ours and known.looks < MOST_LOOKS_AT_BOTH:
        return Decision(Do.WAIT, f"F&O is posting it, it seems: {found}", seconds=_pause(known.looks))
    return _hold("LEDGER-TWICE", "found more than once", found=found)


def _posted(posted: Posted) -> Decision:
    if posted.same:
        return Decision(Do.WRITTEN, f"found posted: {posted.told}")
    return _hold("INVOICE-ALTERED", "posted, and otherwise than intended", difference=posted.told, invoice=posted.told)


def _standing(known: Known, shown: Shown, clock: Clock) -> Decision:
    quiet = clock.quiet_left if known.uncertain else 0.0
    if shown.altered:
        told = "; ".join(shown.altered[:5])
        return _hold("INVOICE-ALTERED", "it is not as it was made", difference=told, invoice=shown.number)
    if known.refused and shown.missing:
        return _half(known, shown, quiet)
    if shown.missing:
        return _incomplete(known, shown, clock, quiet)
    if not shown.on_hold or known.released:
        return Decision(Do.WRITTEN, f"found whole: pending vendor invoice {shown.number}")
    if quiet > 0:
        return Decision(Do.WAIT, "whole and on hold; what was sent last may still land", seconds=quiet)
    return _tried(known, Decision(Do.RELEASE, "whole, and read back as it was meant"), "it is still on hold")


def _half(known: Known, shown: Shown, quiet: float) -> Decision:
    """F&O refused its lines: an empty header of ours that is on hold is of no use to anybody."""
    if shown.lines or not shown.on_hold:
        return _partial(shown)
    if quiet > 0:
        return Decision(Do.WAIT, "what was sent last may still land", seconds=quiet)
    return _tried(known, Decision(Do.DISCARD, f"F&O refused its lines: {known.refused}"), "its header stays")


def _incomplete(known: Known, shown: Shown, clock: Clock, quiet: float) -> Decision:
    if known.confirmed or not shown.on_hold:
        return _partial(shown)
    if quiet > 0:
        return Decision(Do.WAIT, "lines are missing, but a late request may still land", seconds=quiet)
    if known.uncertain and (again := _seen_before(clock)) > 0:
        return Decision(Do.WAIT, "lines are missing, first reading", seconds=again, absent=True)
    lines = counted(len(shown.missing), "line")
    step = Decision(Do.ADD, f"{lines} of it missing", positions=shown.missing)
    return _tried(known, step, f"{lines} never arrived")


def _partial(shown: Shown) -> Decision:
    lines = f"{counted(shown.lines, 'line')} of pending vendor invoice {shown.number}"
    return _hold("LEDGER-PARTIAL", "found in part", found=lines)


def _absent(known: Known, clock: Clock) -> Decision:
    if not known.sent and not known.uncertain and not known.made:
        return Decision(Do.CREATE, "not there yet")
    quiet = clock.quiet_left if known.uncertain else 0.0
    if quiet > 0:
        return Decision(Do.WAIT, "absent, but a late request may still land", seconds=quiet)
    if (again := _seen_before(clock)) > 0:
        return Decision(Do.WAIT, "absent, first reading", seconds=again, absent=True)
    if known.refused:
        return Decision(Do.REFUSED, known.refused)
    if known.confirmed or known.made:
        return _hold("LEDGER-GONE", "once there, now gone")
    step = Decision(Do.CREATE, "absent from F&O in two readings after the quiet period")
    return _tried(known, step, "it never arrived")


def _tried(known: Known, step: Decision, reason: str) -> Decision:
    if known.attempts < MOST_ATTEMPTS:
        return step
    return _hold("POST-GIVEN-UP", "tried too often", attempts=str(known.attempts), reason=reason)


def _seen_before(clock: Clock) -> float:
    """How long until a second reading may be believed; 0 where there was a first one, long enough ago."""
    if clock.absent_at is None:
        return clock.second_reading_seconds
    return max(0.0, clock.second_reading_seconds - (clock.now - clock.absent_at).total_seconds())


def _hold(code: str, why: str, **values: str) -> Decision:
    return Decision(Do.HOLD, why, code=code, values=values)



def _pause(looks: int) -> float:
    return min(600.0, 10.0 * 2.0 ** min(looks, 6))


def worth(amount: object) -> Decimal | None:
    return Decimal(amount) if isinstance(amount, int | Decimal) and not isinstance(amount, bool) else None
