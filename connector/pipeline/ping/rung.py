"""One rung of the ladder: what was tried on which side, what came back, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEW_FILE: Final = "correct the connection file, then `connector connections add FILE --replace`"


class State(StrEnum):
    GREEN = "green"
    AMBER = "amber"  # it works, or may work: a person should look
    RED = "red"  # nothing can be done before this is mended
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Rung:
    """`tried` is what was asked, `sentence` what came back; `fix` is empty where there is nothing to do."""

    side: str
    rung: str
    state: State
    tried: str
    sentence: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one side; saves repeating it."""

    side: str

    def green(self, rung: str, tried: str, sentence: str) -> Rung:
        return Rung(self.side, rung, State.GREEN, tried, sentence)

    def amber(self, rung: str, tried: str, sentence: str, fix: str = "") -> Rung:
        return Rung(self.side, rung, State.AMBER, tried, sentence, fix)

    def red(self, rung: str, tried: str, sentence: str, fix: str) -> Rung:
        return Rung(self.side, rung, State.RED, tried, sentence, fix)

    def skipped(self, *rungs: str) -> list[Rung]:
        return [Rung(self.side, one, State.SKIPPED, "", "not tried") for one in rungs]
