"""Taking a pending vendor invoice back: what to do next, by what F&O shows. Pure and total; tested as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connector.pipeline.decide import Clock
from connector.pipeline.invoices.decide import Reading
from connector.pipeline.poison import MOST_ATTEMPTS


class Do(StrEnum):
    DELETE = "delete"
    DONE = "done"
    WAIT = "wait"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Undo:
    do: Do
    why: str
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    absent: bool = False


def undo(
    reading: Reading, clock: Clock, *, attempts: int, looks: int, deleted: bool, refusal: str = "", gone: bool = False
) -> Undo:
    """`deleted`: F&O said that it is. `refusal`: its words otherwise. `gone`: a person's word that nothing stands."""
    if not reading.complete:
        return Undo(Do.WAIT, "F&O could not be read", seconds=min(600.0, 10.0 * 2.0 ** min(looks, 6)))
    if reading.posted:
        found = f"voucher {reading.posted[0].voucher or '?'}"
        return Undo(Do.HOLD, "it is posted", code="INVOICE-POSTED", values={"found": found})
    if len(reading.ours) > 1:
        return _unclear("it stands more than once: " + ", ".join(one.number for one in reading.ours))
    if reading.ours:
        return _delete(reading, clock, attempts, refusal)
    return _nothing(clock, deleted=deleted, gone=gone)


def _nothing(clock: Clock, *, deleted: bool, gone: bool) -> Undo:
    quiet = 0.0 if clock.quiet_until is None else (clock.quiet_until - clock.now).total_seconds()
    if deleted or gone:
        return Undo(Do.DONE, "F&O deleted it, and shows it no more" if deleted else "nothing of it stands")
    if quiet > 0:
        return Undo(Do.WAIT, "it does not stand, but a late request may still land", seconds=quiet)
    left = clock.second_reading_seconds
    if clock.absent_at is not None:
        left -= (clock.now - clock.absent_at).total_seconds()
    if left > 0:
        return Undo(Do.WAIT, "it does not stand, first look", seconds=left, absent=True)
    return Undo(Do.DONE, "it does not stand, in two looks")


def _delete(reading: Reading, clock: Clock, attempts: int, refusal: str) -> Undo:
    shown = reading.ours[0]
    if shown.altered:
        return _unclear(f"pending vendor invoice {shown.number} was changed: {'; '.join(shown.altered[:3])}")
    if attempts < MOST_ATTEMPTS:
        return Undo(Do.DELETE, f"pending vendor invoice {shown.number}, unchanged")
    quiet = 0.0 if clock.quiet_until is None else (clock.quiet_until - clock.now).total_seconds()
    if quiet > 0:
        return Undo(Do.WAIT, "a deletion may still be on its way", seconds=quiet)
    told = refusal or f"{attempts} deletions came to nothing"
    return Undo(Do.HOLD, "it cannot be deleted", code="REVERSAL-REFUSED", values={"message": told})


def _unclear(reason: str) -> Undo:
    return Undo(Do.HOLD, reason, code="REVERSAL-UNCLEAR", values={"reason": reason})
