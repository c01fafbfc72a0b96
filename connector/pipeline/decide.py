"""What to do about a write whose outcome is unknown. A pure, total function of what is stored, what F&O shows, and
the clock; tested as a table.

F&O has no idempotency key, so certainty comes from reading. Absence is the dangerous answer: it is believed only
when nothing can still be on its way and nothing can have hidden the lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.domain.plural import counted


class Do(StrEnum):
    WRITTEN = "written"
    SEND = "send"
    WAIT = "wait"
    HOLD = "hold"


class JournalState(StrEnum):
    """The header we wrote into, as F&O shows it now."""

    OPEN = "open"
    POSTED = "posted"
    IN_USE = "in use or in workflow"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Found:
    """Lines with our reference in one journal."""

    journal: str
    lines: int
    whole: bool  # exactly the entry's lines, once
    differences: tuple[str, ...] = ()
    vouchers: tuple[str, ...] = ()
    voucher_shared: bool = False  # with another entry
    posted: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at F&O. `complete` False: it could not be read to the end, and nothing follows from it."""

    complete: bool
    found: tuple[Found, ...] = ()
    journal: JournalState = JournalState.UNKNOWN
    known_lines_present: bool = False  # every line we know to stand in that journal is there


@dataclass(frozen=True, slots=True)
class Clock:
    """Times as Postgres tells them. `second_reading_seconds`: how far apart two readings are at least."""

    now: datetime
    quiet_until: datetime | None
    absent_at: datetime | None
    second_reading_seconds: float

    @property
    def quiet_left(self) -> float:
        """Seconds until nothing that was sent can still be on its way."""
        return 0.0 if self.quiet_until is None else max(0.0, (self.quiet_until - self.now).total_seconds())


@dataclass(frozen=True, slots=True)
class Decision:
    do: Do
    why: str
    code: str = ""  # the problem, when held
    values: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # how long to wait
    absent: bool = False  # this reading did not find it
    elsewhere: bool = False  # send into another journal


def decide(*, confirmed: bool, lines: int, reading: Reading, clock: Clock, looks: int) -> Decision:
    """`confirmed`: it once was seen whole in the ledger. `lines`: how many it has. `looks`: readings so far."""
    if not reading.complete:
        return Decision(Do.WAIT, "F&O could not be read", seconds=min(600.0, 10.0 * 2 ** min(looks, 6)))
    total = sum(found.lines for found in reading.found)
    places = ", ".join(f"{counted(found.lines, 'line')} in journal {found.journal}" for found in reading.found)
    if total > lines or len([found for found in reading.found if found.whole]) > 1:
        return _hold("LEDGER-TWICE", "found more than once", found=places)
    if len(reading.found) == 1 and reading.found[0].whole:
        return _whole(reading.found[0])
    quiet = clock.quiet_left
    if total:
        if quiet > 0:
            return Decision(Do.WAIT, f"found in part ({places})", seconds=quiet)
        return _hold("LEDGER-PARTIAL", "found in part", found=places)
    return _absent(confirmed, reading, clock, quiet)


def _whole(found: Found) -> Decision:
    if found.differences:
        return _hold(
            "D365-ALTERED",
            "F&O changed it",
            difference="; ".join(found.differences[:5]),
            journal=found.journal,
        )
    if len(found.vouchers) > 1 or found.voucher_shared:
        return _hold(
            "D365-VOUCHER",
            "spread over vouchers, or sharing one",
            difference="vouchers " + ", ".join(found.vouchers),
            journal=found.journal,
        )
    return Decision(Do.WRITTEN, f"found whole in journal {found.journal}")


def _absent(confirmed: bool, reading: Reading, clock: Clock, quiet: float) -> Decision:
    if confirmed:
        return _gone(reading)
    if quiet > 0:
        return Decision(Do.WAIT, "absent, but a late request may still land", seconds=quiet, absent=False)
    hidden = _hidden(reading)
    if hidden:
        return _cannot_tell(hidden)
    if clock.absent_at is None:
        return Decision(Do.WAIT, "absent, first reading", seconds=clock.second_reading_seconds, absent=True)
    since = (clock.now - clock.absent_at).total_seconds()
    if since < clock.second_reading_seconds:
        return Decision(
            Do.WAIT,
            "absent, second reading too soon",
            seconds=clock.second_reading_seconds - since,
            absent=True,
        )
    return Decision(
        Do.SEND,
        "absent from the ledger in two readings after the quiet period",
        elsewhere=reading.journal is JournalState.IN_USE,
    )


def _gone(reading: Reading) -> Decision:
    if reading.journal is JournalState.POSTED:
        # A journal name may be set to delete its lines after posting: then they are gone from here, not from F&O.
        return _cannot_tell("it was written, its journal is posted now, and posted lines may be deleted there")
    return _hold("LEDGER-GONE", "once written, now gone")


def _hidden(reading: Reading) -> str:
    """Why the lines may be there although they were not found; empty where nothing can have hidden them."""
    if reading.journal in (JournalState.POSTED, JournalState.GONE, JournalState.UNKNOWN):
        return f"its journal is {reading.journal}"
    return "" if reading.known_lines_present else "lines we know of are missing from its journal as well"


def _cannot_tell(reason: str) -> Decision:
    return _hold("LEDGER-CANNOT-TELL", "F&O cannot tell", reason=reason)


def _hold(code: str, why: str, **values: str) -> Decision:
    return Decision(Do.HOLD, why, code=code, values=values)
