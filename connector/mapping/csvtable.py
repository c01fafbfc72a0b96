"""Tables that people keep in a spreadsheet, as CSV: all mistakes at once, each with the number of its row."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.mapping.mappings import fold


@dataclass(frozen=True, slots=True)
class RowMistake:
    """`number` is the row's number in a spreadsheet: the header is row 1."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.number}: {self.reason}"


class BadRows(ValueError):
    """The file cannot be used; `mistakes` has every mistake in it, in the order of its rows."""

    def __init__(self, mistakes: Iterable[RowMistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda mistake: mistake.number)
        super().__init__("; ".join(map(str, self.mistakes)))


def read(text: str, columns: Sequence[str], mistakes: list[RowMistake]) -> list[tuple[int, tuple[str, ...]]]:
    """Row number and trimmed cells in the order of `columns`; the file may have them in any order.

    What is wrong with single rows is added to `mistakes`. Raises `BadRows` where the first row is not the header.
    """
    table = _table(text.removeprefix("\ufeff"), mistakes)
    order = _order(table[0][1], columns) if table else f"the file is empty; its first row must be {','.join(columns)}"
    if isinstance(order, str):
        raise BadRows([RowMistake(table[0][0] if table else 1, order), *mistakes])
    rows = []
    for number, cells in table[1:]:
        reason = _unusable(cells, order, columns)
        if reason:
            mistakes.append(RowMistake(number, reason))
        else:
            rows.append((number, tuple(cells[at] for at in order)))
    return rows


def write(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The inverse of `read`, with its header; lines end with a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()


def _table(text: str, mistakes: list[RowMistake]) -> list[tuple[int, list[str]]]:
    """The rows that hold anything, numbered as a spreadsheet shows them. What is no CSV ends the reading."""
    table = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            trimmed = [cell.strip() for cell in cells]
            if any(trimmed):
                table.append((number, trimmed))
    except csv.Error as error:
        mistakes.append(RowMistake(number + 1, f"is not CSV ({error}); the rows after it were not read"))
    return table


def _order(cells: list[str], columns: Sequence[str]) -> list[int] | str:
    """Where each column stands, or why that cannot be told."""
    names = [fold(cell) for cell in cells]
    if sorted(names) == sorted(columns):
        return [names.index(name) for name in columns]
    hint = "; separate the columns by commas" if ";" in "".join(cells) or "\t" in "".join(cells) else ""
    return f"the first row must be {','.join(columns)}{hint}"


def _unusable(cells: list[str], order: list[int], columns: Sequence[str]) -> str:
    if len(cells) != len(order):
        return f"has {len(cells)} columns instead of {len(order)}"
    odd = [name for name, at in zip(columns, order, strict=True) if _unstorable(cells[at])]
    return f"{' and '.join(odd)} {'has' if len(odd) == 1 else 'have'} a control character" if odd else ""


def _unstorable(cell: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in cell)
