"""One rung of the ladder: what was tried on which side, how it went, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEW_FILE: Final = "correct the connection file, then `connector connections add FILE --replace`"


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Rung:
    """`fix` is empty where there is nothing to do."""

    side: str
    rung: str
    state: State
    sentence: str
    fix: str = ""


def skipped(side: str, rung: str) -> Rung:
    return Rung(side, rung, State.SKIPPED, "not tried, as an earlier step failed")
