"""A company's name as it can be compared, from what a card feed or a vendor master calls it. Pure, and total."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from connector.vendors.words import BANK_WORDS, CITIES, COUNTRIES, LEGAL_FORMS, LETTERS, PROCESSORS, STATES

# Raised whenever the same name could come out differently: remembered decisions say which one they were made by.
VERSION: Final = 1

_LONGEST: Final = 200
_PROCESSOR: Final = re.compile(r"^\s*([a-z0-9]{2,9})\s?[*_]\s*(?=\S)")
_PHONE: Final = re.compile(r"\+?\d{0,2}[ .(-]{0,2}\d{3}[ .)-]{1,2}\d{3}[ .-]?\d{4}\b|\b1?8[0-9]{2}\d{7}\b")
_DATE: Final = re.compile(r"\b\d{1,4}[/.-]\d{1,2}([/.-]\d{2,4})?\b")
_URL: Final = re.compile(
    r"\b(?:https?://)?(?:www\.)?([a-z0-9-]{2,})\.(?:com|net|org|io|co|ai|app|dev|biz|info|us|eu|uk|de|fr|nl|ie|es|it|"
    r"ch|at|ca|au|jp|in|me|ly|tv|gg|inc|shop|store)(?:\.[a-z]{2})?(?:/\S*)?"
)
_MAIL: Final = re.compile(r"\S+@\S+")
_STORE: Final = re.compile(r"(?:#|\bno\.?|\bnr\.?|\bstore|\bunit|\bloc(?:ation)?|\bt-?|\bs-)\s*#?\s*\d+\b")
_JOINED_AND: Final = re.compile(r"(?<=\w)[&+](?=\w)")
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Name:
    """The words that make the name, in their order. `key` is them in one; equal keys are equal names."""

    words: tuple[str, ...]

    @property
    def key(self) -> str:
        return " ".join(self.words)

    @property
    def joined(self) -> str:
        return "".join(self.words)


def of_vendor(name: str) -> Name:
    """A name as a vendor master has it: with legal forms and accents, without a card feed's additions."""
    return Name(_without_forms(_words(_folded(name))))


@lru_cache(maxsize=65_536)
def of_merchant(descriptor: str) -> tuple[Name, ...]:
    """The ways to read a name as a card feed has it, the likeliest first; none where there is nothing to read.

    `SQ *JOE'S COFFEE #12 AUSTIN TX` is `joes coffee`. Where a state or country stands at the end, the words before it
    may be a place we have no list of: so there are readings without the last word and without the last two. And what
    looks like a state may be the beginning of a word that was cut off.
    """
    text = _without_processor(_folded(descriptor))
    text = _URL.sub(r" \1 ", _MAIL.sub(" ", text))
    text = _STORE.sub(" ", _DATE.sub(" ", _PHONE.sub(" ", text)))
    words = _without_numbers(_without_bank_words(_words(text)))
    bare, placed = _without_state(words)
    first = _without_city(bare)
    readings = [first]
    if placed and first == bare:
        readings += [one for one in (bare[:-1], bare[:-2]) if len(one) > 1]
    if placed:
        readings.append(words)
    named = [Name(_without_forms(one)) for one in readings if one]
    return tuple(dict.fromkeys(name for name in named if name.words))


def _folded(text: str) -> str:
    """Lower case Latin letters without accents; characters without a letter's worth are left out."""
    text = unicodedata.normalize("NFKD", text[:_LONGEST]).casefold().translate(LETTERS)
    return "".join(one for one in text if not unicodedata.combining(one))


def _without_processor(text: str) -> str:
    for _ in range(2):  # a processor's processor: PAYPAL *SQ *…
        found = _PROCESSOR.match(text)
        if found is None or found[1] not in PROCESSORS:
            break
        text = text[found.end() :]
    return text


def _words(text: str) -> tuple[str, ...]:
    text = re.sub(r"['’`´]", "", text)
    found = _WORD.findall(_JOINED_AND.sub("", text))
    words = [word for word in found if word not in ("and", "und", "et", "y", "e")] if len(found) > 2 else found
    return _initials_joined(words[1:] if len(words) > 1 and words[0] == "the" else words)


def _initials_joined(words: Sequence[str]) -> tuple[str, ...]:
    """`j p morgan` and `jp morgan`, `s a` and `sa` are the same."""
    joined: list[str] = []
    run = False
    for word in words:
        single = len(word) == 1 and word.isalpha()
        if single and run:
            joined[-1] += word
        else:
            joined.append(word)
        run = single
    return tuple(joined)


def _without_bank_words(words: tuple[str, ...]) -> tuple[str, ...]:
    start = 0
    while start < len(words) - 1 and (words[start] in BANK_WORDS or (start and words[start].isdigit())):
        start += 1
    return words[start:]


def _without_numbers(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without what a till or an order system adds. A number at the beginning belongs to the name: 7 eleven, 3m."""
    kept = [word for place, word in enumerate(words) if not place or not _is_code(word)]
    return tuple(kept)


def _is_code(word: str) -> bool:
    digits = sum(one.isdigit() for one in word)
    return digits == len(word) or (digits >= 2 and len(word) >= 5) or (digits >= 1 and len(word) >= 8)


def _without_state(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """Without a country and a state at the end, and whether there was one."""
    end = len(words)
    if end > 1 and words[end - 1] in COUNTRIES | STATES:
        end -= 1
        if end > 1 and words[end - 1] in STATES and words[end - 1] not in LEGAL_FORMS:
            end -= 1
    return words[:end], end < len(words)


def _without_city(words: tuple[str, ...]) -> tuple[str, ...]:
    for length in (4, 3, 2, 1):
        if len(words) > length and " ".join(words[-length:]) in CITIES:
            return words[:-length]
    return words


def _without_forms(words: tuple[str, ...]) -> tuple[str, ...]:
    end = len(words)
    while end > 1 and words[end - 1] in LEGAL_FORMS:
        end -= 1
    return words[:end]
