"""A group that failed as a whole comes back in halves, then alone, so that one bad record stops nobody else."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeVar

MOST_ATTEMPTS = 10

T = TypeVar("T")


def attempts_of(item: Any) -> int:
    return int(item.attempts)


def group_size(attempts: int, most: int) -> int:
    """`attempts` counts this one too: the first goes whole, each later one in halves of the one before."""
    return max(1, most >> max(0, attempts - 1))


def groups(items: Sequence[T], most: int, tries: Callable[[T], int] = attempts_of) -> Iterator[list[T]]:
    """Split into groups of equally many tries, none larger than these allow. `tries` counts this one too."""
    for number, alike in groupby(sorted(items, key=tries), key=tries):
        rest = list(alike)
        size = group_size(number, min(most, len(rest)))
        yield from (rest[start : start + size] for start in range(0, len(rest), size))


def retry_seconds(attempts: int) -> float:
    """5 s, 10 s, 20 s … at most 10 minutes: work must not hide behind long waits."""
    return min(600.0, 5.0 * 2.0 ** min(max(attempts, 1) - 1, 10))
