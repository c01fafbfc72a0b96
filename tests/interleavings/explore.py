"""Every order in which workers can take their steps, by running the scenario again and again from its beginning.

Depth first: a run follows a prefix of choices, and from there on takes the first worker that can go on, until the
end or until a state that an earlier run has been in. Each state's other choices are prefixes of later runs. That is
sound: what happens after a state depends on nothing but the state, and a worker's state is all that it has seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.interleavings.states import States
from tests.interleavings.stepping import Stage, Stepped

Choices = tuple[int, ...]


@dataclass(slots=True)
class Found:
    """`schedules`: runs made; `complete`: those among them that did not end in a state that was known already.

    `left`: prefixes that were not followed, where the number of runs was bounded.
    """

    schedules: int = 0
    complete: int = 0
    states: int = 0
    ends: int = 0  # different states in which nobody has anything left to do
    waits: int = 0  # steps at which a worker had to wait for another one's lock
    longest: int = 0
    left: int = 0
    failures: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        rest = f"{self.left} more were not followed" if self.left else "these are all"
        return (
            f"{self.schedules} schedules of at most {self.longest} steps, {self.complete} of them to an end of their "
            f"own; {self.states} states, {self.ends} different ends, {self.waits} waits for a lock; {rest}"
        )


class Explorer:
    """`calls`: what each worker does. `judge` is called after each new end and says what is wrong; "" for nothing."""

    def __init__(
        self,
        stage: Stage,
        states: States,
        calls: Sequence[Callable[[], object]],
        prepare: Callable[[], object],
        judge: Callable[[], str],
    ) -> None:
        self._stage, self._states, self._calls = stage, states, calls
        self._prepare, self._judge = prepare, judge
        self._seen: set[str] = set()
        self._ends: set[str] = set()
        self._todo: list[tuple[Choices, str]] = [((), "")]
        self.found = Found()

    def run(self, most: int | None = None, seed: int | None = None) -> Found:
        """Follow prefixes until none is left, or so many runs are made; with a seed in random order."""
        random = None if seed is None else Random(seed)
        while self._todo and (most is None or self.found.schedules < most):
            place = -1 if random is None else random.randrange(len(self._todo))
            self._todo[place], self._todo[-1] = self._todo[-1], self._todo[place]
            self._follow(*self._todo.pop())
        self.found.left = len(self._todo)
        self.found.states, self.found.ends = len(self._seen), len(self._ends)
        return self.found

    def _follow(self, prefix: Choices, start: str) -> None:
        """One run. `start`: the state in which the prefix's last choice was found to be open."""
        self._states.put_back()
        self._prepare()
        found, stage, made, steps = self.found, self._stage, list[int](), list[str]()
        found.schedules += 1
        threads = stage.open(self._calls)
        ended = False
        try:
            while enabled := stage.enabled():
                if len(made) >= len(prefix) - 1:
                    key = self._states.key(stage)
                    assert len(made) != len(prefix) - 1 or key == start, self._strange(steps)
                    if len(made) >= len(prefix) and not self._new(key, made, enabled):
                        break
                choice = prefix[len(made)] if len(made) < len(prefix) else 0
                made.append(choice)
                steps.append(f"{enabled[choice].name} {enabled[choice].at}")
                stage.go(enabled[choice])
                found.waits += any(one.state == "waiting" for one in stage.workers)
            else:
                ended = True
                assert all(one.state == "done" for one in stage.workers), self._strange(steps)
            found.longest = max(found.longest, len(made))
        finally:
            stage.close(threads)
        self._look(ended, steps)

    def _new(self, key: str, made: list[int], enabled: Sequence[Stepped]) -> bool:
        """Note a state that nobody was in before, and what else could be done in it."""
        if key in self._seen:
            return False
        self._seen.add(key)
        # At the very beginning the workers are alike in all: it does not matter which of them is the first.
        others = range(1, len(enabled)) if made else ()
        self._todo += [((*made, other), key) for other in others]
        return True

    def _look(self, ended: bool, steps: list[str]) -> None:
        failures = [f"{one.name}: {type(one.error).__name__}: {one.error}" for one in self._stage.workers if one.error]
        failures += self._stage.surprises
        if ended and not failures:
            self.found.complete += 1
            key = self._states.key(self._stage)
            if key not in self._ends:
                self._ends.add(key)
                if told := self._judge():
                    failures.append(told)
        if failures:
            self.found.failures.append("\n".join([*failures, "after:", *steps]))

    def _strange(self, steps: list[str]) -> str:
        places: list[Any] = [(one.name, one.state, one.at) for one in self._stage.workers]
        return "\n".join([f"not the same as before, or nobody can go on: {places}", *steps])
