"""Which vendor a merchant is: names compared word by word, rare words counting more. Pure; every answer is explained.

A vendor is accepted only where its score is above the threshold *and* clear of the runner-up: an almost certain match
that is not the only one is a suggestion, and a person decides.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz.distance import OSA
from thefuzz import fuzz

from connector.vendors import names
from connector.vendors.index import ALIKE, AS_ONE, Index
from connector.vendors.names import Name

ACCEPT: Final = 0.90
CLEAR_OF_RUNNER_UP: Final = 0.06
SUGGEST: Final = 0.60
CANDIDATES: Final = 5

_SLIP: Final = 0.96  # one letter doubled, left out or swapped with its neighbour
_LONG: Final = 7  # in a shorter word that makes another name: Ross and Rossi
_TRUNCATED: Final = 4  # a descriptor's last word may be cut; with fewer letters it says too little
_EXTRA: Final = 0.45  # what words of the merchant cost that the vendor's name does not have
_READING: Final = 0.02


@dataclass(frozen=True, slots=True)
class Vendor:
    """An F&O vendor account. `usable` False: on hold, blocked or one-time; it is never accepted by itself."""

    account: str
    name: str
    search_name: str = ""
    tax_id: str = ""
    email: str = ""
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Candidate:
    """`score`: 0 to 1."""

    vendor: Vendor
    score: float
    why: str


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    SUGGESTED = "suggested"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match:
    """`candidates`: the best first. Accepted means the first of them."""

    verdict: Verdict
    candidates: tuple[Candidate, ...]
    why: str

    @property
    def vendor(self) -> Vendor | None:
        return self.candidates[0].vendor if self.verdict is Verdict.ACCEPTED else None


class Register:
    """The vendors of a legal entity, prepared once: names normalised, words weighed and indexed."""

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self.vendors = list(vendors)
        self._names = [names.of_vendor(vendor.name) for vendor in self.vendors]
        self.index = Index(self._names)
        self._by_exact: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, vendor in enumerate(self.vendors):
            for kind, value in (("account", vendor.account), ("tax id", vendor.tax_id), ("e-mail", vendor.email)):
                if value.strip():
                    self._by_exact[kind, value.strip().casefold()].append(number)

    def same_name(self) -> list[list[Vendor]]:
        """Vendors that have one name, as far as names go: most likely one company entered twice."""
        return [[self.vendors[n] for n in found] for found in self.index.same_key()]

    def exact(self, kind: str, value: str) -> list[Vendor]:
        """By `account`, `tax id` or `e-mail`, without regard to case."""
        return [self.vendors[number] for number in self._by_exact.get((kind, value.strip().casefold()), ())]

    def match(self, descriptor: str, without: frozenset[str] = frozenset()) -> Match:
        """By name alone, among all vendors but those. Never raises; the same input gives the same answer."""
        readings = names.of_merchant(descriptor)
        ranked = self._ranked(readings, without)
        if not ranked or ranked[0].score < SUGGEST:
            read_as = readings[0].key if readings else descriptor.strip()
            return Match(Verdict.UNKNOWN, (), f'no vendor is called anything like "{read_as}"')
        best = ranked[0]
        lead = best.score - ranked[1].score if len(ranked) > 1 else 1.0
        shown = tuple(ranked[:CANDIDATES])
        if not best.vendor.usable:
            return Match(Verdict.SUGGESTED, shown, f"{best.why}; but that vendor cannot be used (on hold or one-time)")
        if best.score < ACCEPT:
            return Match(Verdict.SUGGESTED, shown, f"{best.why}; below the threshold of {ACCEPT:.2f}")
        if lead < CLEAR_OF_RUNNER_UP:
            rival = ranked[1].vendor
            return Match(Verdict.SUGGESTED, shown, f"{best.why}; but {rival.account} {rival.name} is as close")
        return Match(Verdict.ACCEPTED, shown, best.why)

    def _ranked(self, readings: Sequence[Name], without: frozenset[str]) -> list[Candidate]:
        """The best reading of each vendor; a less likely reading costs a little."""
        best: dict[int, tuple[float, Name]] = {}
        for place, name in enumerate(readings):
            for number in self.index.near(name, _likeness, SUGGEST):
                if self.vendors[number].account in without:
                    continue
                score = self._score(name, self._names[number]) - _READING * min(place, 2)
                if score > best.get(number, (0.0, name))[0]:
                    best[number] = (score, name)
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], self.vendors[item[0]].account))
        return [
            Candidate(self.vendors[number], round(score, 4), self._why(name, self._names[number], score))
            for number, (score, name) in ranked[: CANDIDATES + 1]
        ]

    def _score(self, merchant: Name, vendor: Name) -> float:
        if merchant.words == vendor.words:
            return 1.0
        if not vendor.words:
            return 0.0
        left = dict(enumerate(merchant.words))
        found = total = 0.0
        for word in vendor.words:
            weight = self.index.weight(word)
            total += weight
            alike, place = max(((self._likeness(left[place], word, place == len(merchant.words) - 1), -place)
                                for place in left), default=(0.0, 0))  # fmt: skip
            if alike:
                found += weight * alike
                del left[-place]
        extra = sum(self.index.weight(word) for word in left.values())
        by_words = found / total * (1 - _EXTRA * extra / (extra + total))
        return max(by_words, self._as_one(merchant, vendor))

    def _as_one(self, merchant: Name, vendor: Name) -> float:
        """Written together or apart: `wal mart` is `walmart`. A slip besides makes it a suggestion at most."""
        if len(vendor.joined) < AS_ONE:
            return 0.0
        if merchant.joined == vendor.joined:
            return 0.99
        ratio = fuzz.ratio(merchant.joined, vendor.joined) / 100
        return min(ratio, ACCEPT - 0.01) if ratio >= ACCEPT else 0.0

    def _likeness(self, word: str, known: str, cut: bool) -> float:
        return float(word == known) if word in self.index.holders else _likeness(word, known, cut)

    def _why(self, merchant: Name, vendor: Name, score: float) -> str:
        if merchant.words == vendor.words:
            return f'the same name, "{vendor.key}"'
        return f'"{merchant.key}" is like "{vendor.key}" ({score:.2f})'


def _likeness(word: str, known: str, cut: bool) -> float:
    """1 for the same word, 0 for different ones. `cut`: the word may be the beginning of a longer one.

    Descriptors are copied by machines: letters get lost, doubled or swapped, but are hardly ever replaced by others.
    A replaced letter more often makes another company, so it is never enough by itself.
    """
    if word == known:
        return 1.0
    if cut and len(word) >= _TRUNCATED and known.startswith(word):
        return 0.97
    if min(len(word), len(known)) < 4 or abs(len(word) - len(known)) > 2:
        return 0.0
    slipped = len(word) != len(known) or sorted(word) == sorted(known)
    if slipped and max(len(word), len(known)) >= _LONG and OSA.distance(word, known, score_cutoff=1) == 1:
        return _SLIP
    ratio = fuzz.ratio(word, known)
    return ratio / 100 * 0.85 if ratio >= ALIKE else 0.0


def explain(candidates: Sequence[Candidate]) -> list[str]:
    """A line for each candidate, the best first."""
    return [f"{one.vendor.account} {one.vendor.name}: {one.score:.2f}, {one.why}" for one in candidates]
