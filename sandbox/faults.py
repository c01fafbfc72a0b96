"""Faults on demand: which request goes wrong, how, and how often. Applied by `sandbox.middleware`."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any, Final

# kind → the options it takes, besides `times`, `skip`, `chance` and `containing`, which every kind takes.
KINDS: Final[dict[str, frozenset[str]]] = {
    "latency": frozenset({"seconds"}),  # the answer comes late; the effect happens in any case
    "trickle": frozenset({"seconds", "bytes"}),  # the effect happens; so many bytes at a time, so many seconds apart
    "refuse": frozenset(),  # the TCP connection is refused (in process only; over sockets like reset_before)
    "unknown_name": frozenset(),  # the host's name does not resolve (in process only, like refuse)
    "untrusted": frozenset(),  # the host shows a certificate of nobody we trust (in process only, like refuse)
    "reset_before": frozenset(),  # the connection is cut before anything happened
    "reset_after": frozenset(),  # the effect happens, the connection is cut
    "late": frozenset({"seconds"}),  # cut now; the effect happens at `release()`, or after so many seconds
    "status_before": frozenset({"code", "body", "content_type", "headers"}),  # nothing happens, a gateway answers
    "status_after": frozenset({"code", "body", "content_type", "headers"}),  # the effect happens, a gateway answers
    "throttle": frozenset({"retry_after", "body", "content_type"}),  # 429, nothing happens
    "truncate_after": frozenset({"bytes"}),  # the effect happens, the answer breaks off after so many bytes
    "malformed_after": frozenset({"body", "content_type"}),  # the effect happens, a well-sent answer is nonsense
    # The effect happens; parts of a multipart answer are missing, doubled, or in another order.
    "parts_after": frozenset({"drop", "twice", "order"}),
}
SYSTEMS: Final = ("brex", "entra", "d365", "receipts")


@dataclass(slots=True)
class Rule:
    """One rule. `match` is "METHOD path-substring" (METHOD may be *; the path includes the query)."""

    number: int
    system: str
    match: str
    kind: str
    times: int | None  # None: for ever
    skip: int  # so many matching requests pass first
    chance: float  # probability that a matching request is hit
    containing: str  # only requests whose body contains this
    options: dict[str, Any] = field(default_factory=dict)

    def fits(self, system: str, method: str, path: str, body: bytes) -> bool:
        verb, _, part = self.match.partition(" ")
        return (
            system == self.system
            and verb.upper() in ("*", method.upper())
            and part in path
            and self.containing.encode() in body
        )


class Faults:
    """The rules, oldest first; the first that fits a request is used up by it. Safe for several threads."""

    def __init__(self, seed: int = 0) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable, not secret
        self._lock = Lock()
        self._numbers = itertools.count(1)
        self._rules: list[Rule] = []
        self._late: list[Callable[[], object]] = []

    def add(
        self,
        system: str,
        match: str,
        kind: str,
        times: int | None = 1,
        *,
        skip: int = 0,
        chance: float = 1.0,
        containing: str = "",
        **options: Any,
    ) -> int:
        """Add a rule and return its number. Raises ValueError for an unknown kind, system or option."""
        if system not in SYSTEMS:
            raise ValueError(f"no such system: {system}")
        if kind not in KINDS:
            raise ValueError(f"no such kind of fault: {kind}")
        if unknown := options.keys() - KINDS[kind]:
            raise ValueError(f"{kind} takes no {', '.join(sorted(unknown))}")
        with self._lock:
            number = next(self._numbers)
            self._rules.append(Rule(number, system, match, kind, times, skip, chance, containing, options))
            return number

    def take(self, system: str, method: str, path: str, body: bytes = b"") -> Rule | None:
        """The rule that hits this request, or None. Uses up one of its times."""
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not rule.fits(system, method, path, body):
                    continue
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.chance < 1 and self._random.random() >= rule.chance:
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule
            return None

    def pending(self) -> list[Rule]:
        """The rules that can still hit a request."""
        with self._lock:
            return [rule for rule in self._rules if rule.times != 0]

    def clear(self) -> None:
        """Forget every rule. Effects of `late` that wait for their release stay."""
        with self._lock:
            self._rules.clear()

    def postpone(self, effect: Callable[[], object]) -> None:
        with self._lock:
            self._late.append(effect)

    def release(self) -> int:
        """Let the waiting effects of `late` requests happen now, in order; returns how many."""
        with self._lock:
            effects, self._late = self._late, []
        for effect in effects:
            effect()
        return len(effects)
