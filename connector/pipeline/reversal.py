"""Taking an entry back: what to do next, decided by what F&O shows. Pure and total; tested as a table.

An entry in an unposted journal is taken out of it; one that is posted gets a reversing entry; where nothing stands any
more there is nothing to do. Which of them it is can change between two looks, so every look decides anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from connector.domain.plural import counted
from connector.pipeline.decide import Clock, JournalState
from connector.pipeline.poison import MOST_ATTEMPTS

# After so many looks at lines whose journal F&O does not show, a person is asked.
MOST_LOOKS: Final = 6


class Do(StrEnum):
    REMOVE = "remove"  # delete the lines that stand in one unposted journal
    REVERSE = "reverse"  # write the reversing entry
    DONE = "done"
    WAIT = "wait"
    HOLD = "hold"


class Form(StrEnum):
    """How an entry came to be taken back."""

    REMOVED = "removed"  # by us, out of an unposted journal
    GONE = "gone"  # by somebody else before us
    REVERSED = "reversed"  # its reversing entry stands


@dataclass(frozen=True, slots=True)
class Place:
    """Lines with one reference in one journal. `posted` None: F&O shows no header of that journal."""

    journal: str
    lines: int
    posted: bool | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One look at F&O. `complete` False: it could not be read to the end, and nothing follows from it."""

    complete: bool
    entry: tuple[Place, ...] = ()
    counter: tuple[Place, ...] = ()  # the reversing entry, where one stands
    cancels: bool = False  # both together are zero for each account and currency
    vendor: bool = False  # a line of the entry is on a vendor account, on either side, and may be settled
    journal: JournalState = JournalState.UNKNOWN  # the one that the entry was last known to stand in


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried so far. `deleted`: F&O said of each line that it is deleted. `refusal`: its words otherwise."""

    sent: int = 0
    deleted: bool = False
    refusal: str = ""
    looks: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    do: Do
    why: str
    code: str = ""  # the problem, when held
    values: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # how long to wait
    absent: bool = False  # this look found nothing
    journal: str = ""  # whose lines are to be removed
    form: Form = Form.GONE  # when done


def decide(
    standing: Standing, tries: Tries, clock: Clock, *, vendor_checked: bool = False, gone: bool = False
) -> Decision:
    """`clock.quiet_until` is the later of the entry's own and of the last deletion's: before it a request may land.

    A person's word: `vendor_checked`, no vendor line of it is settled; `gone`, F&O has nothing of it, posted neither.
    """
    if not standing.complete:
        return Decision(Do.WAIT, "F&O could not be read", seconds=_pause(tries.looks))
    if not standing.entry:
        return _nothing(standing, tries, clock, gone)
    if standing.counter:
        return _pair(standing)
    if standing.vendor and not vendor_checked:
        return Decision(Do.HOLD, "a line is on a vendor account", code="REVERSAL-VENDOR")
    return _something(standing.entry, tries, clock)


def _pair(standing: Standing) -> Decision:
    if standing.cancels:
        return Decision(Do.DONE, "its reversing entry stands", form=Form.REVERSED)
    return _unclear("the entry and its reversing entry both stand and do not cancel each other")


def _something(places: Sequence[Place], tries: Tries, clock: Clock) -> Decision:
    told = ", ".join(f"{counted(place.lines, 'line')} in journal {place.journal}" for place in places)
    if any(place.posted is None for place in places):
        if tries.looks < MOST_LOOKS:
            return Decision(Do.WAIT, f"F&O shows no journal to {told}", seconds=_pause(tries.looks))
        return _unclear(f"F&O shows no journal to {told}")
    unposted = [place for place in places if place.posted is False]
    if unposted:
        return _remove(unposted[0], tries, clock)
    return Decision(Do.REVERSE, f"posted: {told}")


def _remove(place: Place, tries: Tries, clock: Clock) -> Decision:
    if tries.sent < MOST_ATTEMPTS:
        why = f"unposted: {counted(place.lines, 'line')} in journal {place.journal}"
        return Decision(Do.REMOVE, why, journal=place.journal)
    quiet = quiet_left(clock)
    if quiet > 0:
        return Decision(Do.WAIT, "a deletion may still be on its way", seconds=quiet)
    told = tries.refusal or f"{tries.sent} deletions in journal {place.journal} came to nothing"
    return Decision(Do.HOLD, "the lines cannot be removed", code="REVERSAL-REFUSED", values={"message": told})


def _nothing(standing: Standing, tries: Tries, clock: Clock, gone: bool) -> Decision:
    """No line of the entry stands."""
    hidden = _hidden(standing, gone)
    if hidden:
        return _unclear(hidden)
    if tries.deleted:
        return Decision(Do.DONE, "F&O deleted its lines, and shows none any more", form=Form.REMOVED)
    quiet = quiet_left(clock)
    if quiet > 0:
        return Decision(Do.WAIT, "no line of it stands, but a late request may still land", seconds=quiet)
    if clock.absent_at is None:
        return Decision(Do.WAIT, "no line of it stands, first look", seconds=clock.second_reading_seconds, absent=True)
    left = clock.second_reading_seconds - (clock.now - clock.absent_at).total_seconds()
    if left > 0:
        return Decision(Do.WAIT, "no line of it stands, second look too soon", seconds=left, absent=True)
    return Decision(Do.DONE, "no line of it stands, in two looks", form=Form.REMOVED if tries.sent else Form.GONE)


def _hidden(standing: Standing, gone: bool) -> str:
    """Why the entry may stand although no line of it is shown. Posted lines may be deleted from a journal, and stand in
    the general ledger all the same.
    """
    if standing.counter:
        return "a reversing entry stands, and the entry itself does not"
    if gone:
        return ""
    if standing.journal is JournalState.POSTED:
        return "its journal is posted and shows no line of it; posted lines may be deleted there"
    if standing.journal is JournalState.UNKNOWN:
        return "no line of it is found, and it is not known which journal it stood in"
    return ""


def _unclear(reason: str) -> Decision:
    return Decision(Do.HOLD, reason, code="REVERSAL-UNCLEAR", values={"reason": reason})


def _pause(looks: int) -> float:
    return min(600.0, 10.0 * 2.0 ** min(looks, 6))


def quiet_left(clock: Clock) -> float:
    return 0.0 if clock.quiet_until is None else max(0.0, (clock.quiet_until - clock.now).total_seconds())
