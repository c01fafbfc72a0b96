"""Criteria of account structures and advanced rules: which values a segment may have.

Facts: alternatives are separated by `;` (`1*;2*`); `a..b` is a range compared as text (`1..2000` does not hold `4`);
`*` stands for any text (`abc*`); anything else is an exact value; `""` is a blank one. F&O compares without regard to
case. An empty criterion says nothing.

Whatever is written in another way (quoted texts, `?`, `<`, `!`, brackets …) is not guessed at: such a criterion is
unreadable, and what depends on it is left to F&O to judge. So are ranges over anything but letters and digits, whose
order is a matter of F&O's collation.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

BLANK: Final = '""'
_RANGE: Final = ".."
# Meaningful in other query languages of F&O, and of no documented meaning in a criterion.
_UNREADABLE: Final = re.compile(r'["?!<>=(),]')
_ORDERED: Final = re.compile(r"[0-9A-Za-z]*")


@dataclass(frozen=True, slots=True)
class _Range:
    """Edges are folded; an empty one is open."""

    low: str
    high: str
    ordered: bool

    def takes(self, value: str) -> bool | None:
        if not value:
            return False
        if not self.ordered or not _ORDERED.fullmatch(value):
            return None
        return (not self.low or self.low <= value) and (not self.high or value <= self.high)


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Text with asterisks, or without any: then it is an exact value."""

    expression: re.Pattern[str]

    def takes(self, value: str) -> bool | None:
        return bool(value) and self.expression.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class _Blank:
    def takes(self, value: str) -> bool | None:
        return not value


@dataclass(frozen=True, slots=True)
class _Unreadable:
    def takes(self, value: str) -> bool | None:  # noqa: ARG002 - whatever the value is
        return None


@dataclass(frozen=True, slots=True)
class Criterion:
    """No alternatives: it takes any value, a blank one too."""

    alternatives: tuple[_Range | _Pattern | _Blank | _Unreadable, ...]

    def takes(self, value: str) -> bool | None:
        """Is this value ("" for a blank one) allowed? None: that cannot be told."""
        if not self.alternatives:
            return True
        answers = [one.takes(value.casefold()) for one in self.alternatives]
        if True in answers:
            return True
        return None if None in answers else False

    @property
    def readable(self) -> bool:
        return not any(isinstance(one, _Unreadable) for one in self.alternatives)


@lru_cache(maxsize=4096)
def read(text: str) -> Criterion:
    """Never raises; see `Criterion.readable`."""
    parts = [part.strip() for part in text.split(";")]
    return Criterion(tuple(_alternative(part) for part in parts if part))


def _alternative(part: str) -> _Range | _Pattern | _Blank | _Unreadable:
    if part == BLANK:
        return _Blank()
    if _UNREADABLE.search(part):
        return _Unreadable()
    low, dots, high = (piece.strip().casefold() for piece in part.partition(_RANGE))
    if not dots:
        pieces = map(re.escape, part.casefold().split("*"))
        return _Pattern(re.compile(".*".join(pieces), re.DOTALL))
    if "*" in low + high or _RANGE in high or low.endswith(".") or high.startswith(".") or not (low or high):
        return _Unreadable()
    return _Range(low, high, bool(_ORDERED.fullmatch(low) and _ORDERED.fullmatch(high)))
