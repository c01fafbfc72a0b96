"""A group that failed as a whole comes back in halves, then alone, so that one bad record stops nobody else."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

MOST_ATTEMPTS = 10


class Attempted(Protocol):
    @property
    def attempts(self) -> int: ...


T = TypeVar("T", bound=Attempted)


def group_size(attempts: int, most: int) -> int:
    """`attempts` counts this one too: the first goes whole, each later one in halves of the one before."""
    return max(1, most >> max(0, attempts - 1))


def groups(items: Sequence[T], most: int) -> Iterator[list[T]]:
    """Split into groups of equal attempts, none larger than its attempts allow."""
    for attempts, alike in groupby(sorted(items, key=lambda one: one.attempts), key=lambda one: one.attempts):
        rest, size = list(alike), group_size(attempts, most)
        yield from (rest[start : start + size] for start in range(0, len(rest), size))


def retry_seconds(attempts: int) -> float:
    """5 s, 10 s, 20 s … at most 10 minutes: work must not hide behind long waits."""
    return min(600.0, 5.0 * 2.0 ** min(max(attempts, 1) - 1, 10))
