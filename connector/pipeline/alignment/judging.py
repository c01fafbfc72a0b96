"""What to do about a vendor to be created, by what stands on the other side now. Pure and total."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Made:
    """A vendor that stands there. `row`: as F&O shows it."""

    id: str
    name: str
    row: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """`ours` carry our reference; `others` have the same name without it."""

    ours: tuple[Made, ...] = ()
    others: tuple[Made, ...] = ()


class Step(StrEnum):
    WRITTEN = "written"  # ours stands there, once
    REFUSE = "refuse"  # there is one of that name, and nothing was sent
    SEND = "send"
    WAIT = "wait"  # sent, and not to be seen: whether to believe that, time will tell
    HOLD = "hold"  # it cannot be told, or it stands there twice


def judge(standing: Standing, *, sent: bool, idempotent: bool) -> tuple[Step, str]:
    """The next step, and why. `sent`: a request may have left; `idempotent`: sending it again does no harm."""
    if len(standing.ours) > 1:
        return Step.HOLD, f"it stands there {len(standing.ours)} times: {_named(standing.ours)}"
    if standing.ours:
        return Step.WRITTEN, "found when it was looked for"
    if standing.others and sent:
        return Step.HOLD, (
            f"there is a vendor of that name now, without our reference: {_named(standing.others)}; whether it is ours "
            "cannot be told"
        )
    if standing.others:
        return Step.REFUSE, f"there is a vendor of that name: {_named(standing.others)}"
    if not sent:
        return Step.SEND, "not there yet"
    return (Step.SEND, "not there, and sent again unchanged") if idempotent else (Step.WAIT, "not there so far")


def _named(some: tuple[Made, ...]) -> str:
    return ", ".join(f"{one.id} {one.name}" for one in some)
