"""What planning finds on its way: problems and notes, gathered over the whole record, told once per cause."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from connector.domain.problems import Problem


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a record something was found; `order` is the order in which a reader would meet it."""

    order: int
    words: str
    line: int = 0  # the line's number, from 1; 0 for what is not a line


RECORD = Place(0, "the record")


def line_place(number: int) -> Place:
    return Place(number, f"line {number}", number)


def role_place(role: str) -> Place:
    return Place(10**9, f"the account role {role}")


@dataclass(slots=True)
class Findings:
    """Collects; the same finding at several places becomes one, naming all of them ("lines 1–3")."""

    _problems: dict[tuple[str, tuple[tuple[str, str], ...]], set[Place]] = field(default_factory=dict)
    _notes: dict[str, set[Place]] = field(default_factory=dict)

    def at(self, place: Place) -> "Spot":
        return Spot(self, place)

    def problems(self) -> list[Problem]:
        """In the record's order, then by code."""
        found = sorted(self._problems.items(), key=lambda item: (min(item[1]), item[0]))
        return [Problem(code, where(places), dict(values)) for (code, values), places in found]

    def notes(self) -> tuple[str, ...]:
        """In the record's order, each naming the lines it is about."""
        found = sorted(self._notes.items(), key=lambda item: (min(item[1]), item[0]))
        return tuple(_sentence(text, places) for text, places in found)

    def take_problems(self, others: "Findings") -> None:
        for (code, values), places in others._problems.items():
            self._problems.setdefault((code, values), set()).update(places)

    def add_problem(self, place: Place, code: str, values: dict[str, str]) -> None:
        self._problems.setdefault((code, tuple(sorted(values.items()))), set()).add(place)

    def add_note(self, place: Place, text: str) -> None:
        self._notes.setdefault(text, set()).add(place)


@dataclass(frozen=True, slots=True)
class Spot:
    """One place, where findings are written down."""

    findings: Findings
    place: Place

    def problem(self, code: str, **values: str) -> None:
        self.findings.add_problem(self.place, code, values)

    def note(self, text: str) -> None:
        self.findings.add_note(self.place, text)


def where(places: Iterable[Place]) -> str:
    """The places in words: "line 2", "lines 1–3, 7", "line 1, the account role cash"."""
    ordered = sorted(places)
    numbers = [place.line for place in ordered if place.line]
    others = [place.words for place in ordered if not place.line]
    lines = [f"line{'s' if len(numbers) > 1 else ''} {', '.join(_runs(numbers))}"] if numbers else []
    return ", ".join(lines + others)


def _sentence(text: str, places: set[Place]) -> str:
    if places == {RECORD}:
        return text
    begin = where(places)
    return f"{begin[0].upper()}{begin[1:]}: {text}"


def _runs(numbers: list[int]) -> list[str]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return [str(first) if first == last else f"{first}–{last}" for first, last in runs]
