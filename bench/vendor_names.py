"""Merchants as card feeds write them, and the vendors they are, by the naming patterns of public registers and
published card descriptors. The same seed gives the same names."""

import random
from dataclasses import dataclass

from bench.vendor_words import ADJECTIVES, CITIES, FORMS, NOUNS, PREFIXES, SURNAMES, SYLLABLES, TRADES
from connector.vendors.match import Vendor


@dataclass(frozen=True, slots=True)
class Labelled:
    """A merchant string and the account of the vendor that it is; "" where no vendor in the register is it."""

    merchant: str
    account: str
    noise: tuple[str, ...] = ()  # what was done to the name


class Names:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - names, not secrets
        self._taken: set[str] = set()

    def vendors(self, count: int) -> list[Vendor]:
        found = [f"{self.company()} {self._chance.choice(FORMS)}".strip() for _ in range(count)]
        return [Vendor(f"V-{number:05}", name) for number, name in enumerate(found, start=1)]

    def company(self) -> str:
        """A name that this seed has not given before."""
        while True:
            name = self._company()
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name

    def _company(self) -> str:
        one = self._chance.choice
        kind = self._chance.random()
        if kind < 0.30:
            return f"{one(SURNAMES)} {one(TRADES)}"
        if kind < 0.40:
            return f"{one(SURNAMES)} & {one(SURNAMES)} {one(TRADES)}"
        if kind < 0.65:
            return f"{one(ADJECTIVES)} {one(NOUNS)} {one(TRADES)}"
        if kind < 0.90:
            return f"{self._coined()} {one(TRADES)}"
        if kind < 0.95:
            return self._coined() + self._coined().lower()
        letters = "".join(self._chance.sample("ABCDEGHKLMNPRSTW", 3))
        return f"{letters} {one(TRADES)}"

    def _coined(self) -> str:
        return "".join(self._chance.choices(SYLLABLES, k=self._chance.choice((2, 3, 3)))).capitalize()

    def merchants(self, vendors: list[Vendor], count: int) -> list[Labelled]:
        """Three in four are vendors, the others are companies that no vendor is, many of them much like one."""
        found = []
        for _ in range(count):
            if self._chance.random() < 0.75:
                vendor = self._chance.choice(vendors)
                found.append(Labelled(self.descriptor(vendor.name), vendor.account, tuple(self.noise)))
            else:
                found.append(Labelled(self.descriptor(self.company()), "", tuple(self.noise)))
        return found

    def descriptor(self, name: str) -> str:
        """The name as a card feed has it."""
        chance, one = self._chance.random, self._chance.choice
        self.noise: list[str] = []
        words = name.split()
        if words[-1] in FORMS and chance() < 0.7:
            words = words[:-1]
        text = " ".join(words)
        if text.endswith("z o.o.") and chance() < 0.7:
            text = text.removesuffix("Sp. z o.o.").strip()
        if chance() < 0.06:
            text = self._typo(text)
            self.noise.append("a slip")
        if chance() < 0.05:
            text = text.replace(" ", "", 1)
            self.noise.append("written together")
        if chance() < 0.8:
            text = text.upper()
        if chance() < 0.15:
            text = text[:22].rstrip()
            self.noise.append("cut at 22 letters")
        if chance() < 0.25:
            text = one(PREFIXES) + text
            self.noise.append("a processor's prefix")
        if chance() < 0.25:
            text += one((f" #{self._digits(4)}", f" {self._digits(5)}", f" STORE {self._digits(3)}"))
            self.noise.append("a store number")
        if chance() < 0.10:
            text += f" {self._digits(3)}-{self._digits(3)}-{self._digits(4)}"
            self.noise.append("a phone number")
        if chance() < 0.45:
            text += " " + one(CITIES)
            self.noise.append("a place")
        return text

    def _typo(self, text: str) -> str:
        place = self._chance.randrange(1, max(2, len(text) - 1))
        kind = self._chance.random()
        if kind < 0.4:
            return text[:place] + text[place + 1 :]
        if kind < 0.7:
            return text[:place] + text[place] + text[place:]
        return text[: place - 1] + text[place : place + 1] + text[place - 1 : place] + text[place + 1 :]

    def _digits(self, count: int) -> str:
        return "".join(self._chance.choices("123456789", k=count))
