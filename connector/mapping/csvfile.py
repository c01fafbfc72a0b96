"""Mappings as a CSV file, as people keep it in a spreadsheet: all mistakes at once, nothing half-applied."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from connector.domain.master import MAIN_ACCOUNT
from connector.mapping.mappings import LEGAL_ENTITY, Row, fold

_SPELLING = {fold(name): name for name in (MAIN_ACCOUNT, LEGAL_ENTITY)}
HEADER = ",".join(Row._fields)


@dataclass(frozen=True, slots=True)
class RowMistake:
    """`number` is the row's number in a spreadsheet: the header is row 1."""

    number: int
    reason: str

    def __str__(self) -> str:
        return f"row {self.number}: {self.reason}"


class BadMappings(ValueError):
    """The file cannot be used; `mistakes` has every mistake in it, in the order of its rows."""

    def __init__(self, mistakes: list[RowMistake]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes


def read_csv(text: str) -> list[Row]:
    """The rows of the file, trimmed, each once, in their order. Raises `BadMappings` with all mistakes.

    The columns may stand in any order. Two rows that give one value of one field two values of one dimension
    are a mistake naming both.
    """
    mistakes: list[RowMistake] = []
    table = _table(text.removeprefix("\ufeff"), mistakes)
    order = _columns(table[0][1]) if table else f"the file is empty; its first row must be {HEADER}"
    if isinstance(order, str):
        raise BadMappings([RowMistake(table[0][0] if table else 1, order), *mistakes])
    first: dict[tuple[str, str, str], tuple[int, Row]] = {}
    for number, cells in table[1:]:
        row = _row(cells, order)
        reason = row if isinstance(row, str) else _clash(number, row, first)
        if reason:
            mistakes.append(RowMistake(number, reason))
    if mistakes:
        raise BadMappings(sorted(mistakes, key=lambda mistake: mistake.number))
    return [row for _, row in first.values()]


def write_csv(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """The inverse of `read_csv`, with its header; lines end with a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Row._fields)
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


def _columns(cells: list[str]) -> list[int] | str:
    """Where each column of a Row stands, or why that cannot be told."""
    names = [fold(cell) for cell in cells]
    if sorted(names) == sorted(Row._fields):
        return [names.index(name) for name in Row._fields]
    hint = "; separate the columns by commas" if ";" in "".join(cells) or "\t" in "".join(cells) else ""
    return f"the first row must be {HEADER}{hint}"


def _row(cells: list[str], order: list[int]) -> Row | str:
    if len(cells) != len(order):
        return f"has {len(cells)} columns instead of {len(order)}"
    row = Row(*(cells[at] for at in order))
    empty = [name for name, cell in zip(Row._fields, row, strict=True) if not cell]
    if empty:
        return f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty"
    odd = [name for name, cell in zip(Row._fields, row, strict=True) if _unstorable(cell)]
    if odd:
        return f"{' and '.join(odd)} {'has' if len(odd) == 1 else 'have'} a control character"
    return row._replace(d365_dimension=_SPELLING.get(fold(row.d365_dimension), row.d365_dimension))


def _unstorable(cell: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in cell)


def _clash(number: int, row: Row, first: dict[tuple[str, str, str], tuple[int, Row]]) -> str:
    """The reason why this row contradicts an earlier one; "" where it does not (a repetition is dropped)."""
    key = (fold(row.brex_field), fold(row.brex_value), fold(row.d365_dimension))
    earlier, known = first.setdefault(key, (number, row))
    if known.d365_value == row.d365_value:
        return ""
    return (
        f'maps {row.brex_field} = "{row.brex_value}" to {row.d365_dimension} {row.d365_value}, '
        f"but row {earlier} maps it to {known.d365_value}"
    )
