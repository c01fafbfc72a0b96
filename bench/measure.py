"""Measuring in one process: several rounds taken in turn, the best and the spread of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Measured:
    """Microseconds for each call: the median of the rounds, and how far the rounds lie apart, in per cent of it."""

    median: float
    noise: float


def in_turn(cases: Mapping[str, Callable[[], object]], calls: int) -> dict[str, Measured]:
    """Measure each case `ROUNDS` times, always one after the other, so that a busy machine is busy for all of them."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for work in cases.values():  # warm
        work()
    for _ in range(ROUNDS):
        for name, work in cases.items():
            start = perf_counter()
            for _ in range(calls):
                work()
            times[name].append((perf_counter() - start) / calls * 1e6)
    return {
        name: Measured(median(found), (max(found) - min(found)) / median(found) * 100)
        for name, found in times.items()
    }
