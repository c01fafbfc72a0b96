"""The mappings of a connection: which Brex value stands for which F&O value.

A row says: where the field `brex_field` has the value `brex_value`, `d365_dimension` is `d365_value`. Fields
and values are matched on their Brex id, remote id or name, trimmed and without regard to case.
`d365_dimension` is `MainAccount`, `LegalEntity`, `Vendor` (for the fields user and vendor: the vendor account that an
account role takes) or the name of a financial dimension.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from connector.domain.master import MAIN_ACCOUNT
from connector.mapping.text import clean

LEGAL_ENTITY: Final = "LegalEntity"
VENDOR: Final = "Vendor"


class Row(NamedTuple):
    """One mapping, as stored and as in the CSV file."""

    brex_field: str
    brex_value: str
    d365_dimension: str
    d365_value: str


def fold(name: str) -> str:
    """The form in which names are compared: cleaned, without regard to case."""
    return clean(name).casefold()


def folds(*names: str) -> tuple[str, ...]:
    """The folded forms of these names, each once, without empty ones."""
    return tuple(dict.fromkeys(folded for name in names if (folded := fold(name))))


FOLDED_MAIN_ACCOUNT: Final = fold(MAIN_ACCOUNT)
FOLDED_LEGAL_ENTITY: Final = fold(LEGAL_ENTITY)
FOLDED_VENDOR: Final = fold(VENDOR)


class Mappings:
    """Looks rows up; the cost of a look-up does not grow with their number. Plain tuples will do as rows."""

    def __init__(self, rows: Iterable[tuple[str, str, str, str]] = ()) -> None:
        self._targets: dict[tuple[str, str], dict[str, list[str]]] = {}
        self._dimensions: dict[str, set[str]] = {}
        self._written: dict[str, str] = {}
        for field, value, dimension, target in rows:
            self._add(fold(field), fold(value), dimension.strip(), target.strip())

    def _add(self, field: str, value: str, dimension: str, target: str) -> None:
        folded = fold(dimension)
        self._written.setdefault(folded, dimension)
        self._dimensions.setdefault(field, set()).add(folded)
        targets = self._targets.setdefault((field, value), {}).setdefault(folded, [])
        if target and target not in targets:
            targets.append(target)

    def targets(self, fields: Sequence[str], values: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Folded dimension → the F&O values mapped for this field and value by any of their folded names."""
        found: dict[str, dict[str, None]] = {}
        for field in fields:
            for value in values:
                for dimension, targets in self._targets.get((field, value), {}).items():
                    found.setdefault(dimension, {}).update(dict.fromkeys(targets))
        return {dimension: tuple(targets) for dimension, targets in found.items() if targets}

    def dimensions_of(self, fields: Sequence[str]) -> frozenset[str]:
        """The folded dimensions that some row gives for this field, whatever its value."""
        return frozenset().union(*(self._dimensions.get(field, ()) for field in fields))

    def written(self, dimension: str) -> str:
        """A folded dimension's name as the mappings write it (itself where they do not)."""
        return self._written.get(dimension, dimension)
