"""Which of many vendors are worth comparing with a name: found by rare words, by words alike, and by joined letters.

Pure. A vendor that is left out could not have reached the threshold of a suggestion: what a name could win with it at
most is added up first, from weights that are kept, and only what may suffice is compared word by word.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import log
from typing import Final

from rapidfuzz import fuzz, process

from connector.vendors.names import Name

ALIKE: Final = 82  # per cent; words less alike than this are different words
COMMON: Final = 400  # a word in more vendors' names brings none of them, unless no rarer one does
AS_ONE: Final = 6  # letters; shorter names written together are too much alike
_EDGE: Final = 3  # letters at either end that names written together begin or end alike with

Likeness = Callable[[str, str, bool], float]


class Index:
    """Of names by their numbers. `compared` counts the names that were compared word by word, ever."""

    def __init__(self, all_names: Sequence[Name]) -> None:
        self.names = all_names
        self.compared = 0
        self.holders: dict[str, list[int]] = defaultdict(list)
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_edge: dict[str, list[int]] = defaultdict(list)
        self._words_by_edge: dict[str, list[str]] = defaultdict(list)
        self._joined_by_edge: dict[str, list[str]] = defaultdict(list)
        for number, name in enumerate(all_names):
            self._by_key[name.key].append(number)
            for word in dict.fromkeys(name.words):
                self.holders[word].append(number)
            joined = name.joined
            for edge in _edges(joined, _EDGE) if len(joined) >= AS_ONE else ():
                self._by_edge[edge].append(number)
                self._joined_by_edge[edge].append(joined)
        for word in self.holders:
            for edge in _edges(word, 2):
                self._words_by_edge[edge].append(word)
        self._unknown = log(len(all_names) + 2)
        self._weights = {word: log((len(all_names) + 2) / (len(some) + 0.5)) for word, some in self.holders.items()}
        self._totals = [sum(map(self.weight, name.words)) for name in all_names]

    def same_key(self) -> list[list[int]]:
        return [found for key, found in self._by_key.items() if key and len(found) > 1]

    def weight(self, word: str) -> float:
        """Rare words tell companies apart; a word that no vendor has may be anything."""
        return self._weights.get(word, self._unknown * 0.7)

    def near(self, name: Name, likeness: Likeness, enough: float) -> set[int]:
        """Those that could have `enough` (0 to 1) of their weight in this name, or are like it written together."""
        alike = [self._words_like(word, likeness, cut=place == len(name.words) - 1)
                 for place, word in enumerate(name.words)]  # fmt: skip
        words: dict[str, float] = {}
        for some in alike:
            for known, much in some.items():
                words[known] = max(words.get(known, 0.0), much)
        gain = {word: self.weight(word) * much for word, much in words.items()}
        found = {
            number for number in self._brought(words)
            if sum([gain[word] for word in self.names[number].words if word in gain]) >= enough * self._totals[number]
        }  # fmt: skip
        found.update(self._by_key.get(name.key, ()))
        found.update(self._as_one(name))
        self.compared += len(found)
        return found

    def _brought(self, words: dict[str, float]) -> set[int]:
        """Holders of the words that are not common; where all are, of the rarest."""
        found: set[int] = set()
        for word in sorted(words, key=lambda one: len(self.holders[one])):
            if found and len(self.holders[word]) > COMMON:
                break
            found.update(self.holders[word])
        return found

    def _words_like(self, word: str, likeness: Likeness, *, cut: bool) -> dict[str, float]:
        """Words of vendors, and how much they are like it. A word that some vendor has is that word, and no other that
        looks like it: Ross is not Rossi."""
        if word in self.holders:
            return {word: 1.0}
        found = {}
        first, last = _edges(word, 2)
        for edge in (first, last):
            some = self._words_by_edge.get(edge, ())
            told = process.extract_iter(word, some, scorer=fuzz.ratio, score_cutoff=ALIKE - 1)
            near = [known for known, _, _ in told]
            if cut and edge == first:
                near += [known for known in some if known.startswith(word)]
            for known in near:
                if much := likeness(word, known, cut):
                    found[known] = much
        return found

    def _as_one(self, name: Name) -> set[int]:
        joined = name.joined
        found: set[int] = set()
        if len(joined) < AS_ONE - 1:
            return found
        for edge in _edges(joined, _EDGE):
            numbers, choices = self._by_edge.get(edge, ()), self._joined_by_edge.get(edge, ())
            found.update(
                numbers[place]
                for _, _, place in process.extract(joined, choices, scorer=fuzz.ratio, score_cutoff=89, limit=None)
            )
        return found


def _edges(text: str, length: int) -> tuple[str, str]:
    """Both told apart: what begins with `ab` is not what ends with it."""
    return f"^{text[:length]}", f"{text[-length:]}$"
