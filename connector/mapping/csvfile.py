"""Mappings as a CSV file, as people keep it in a spreadsheet: all mistakes at once, nothing half-applied."""

from collections.abc import Iterable

from connector.domain.master import MAIN_ACCOUNT
from connector.mapping import csvtable
from connector.mapping.csvtable import BadRows, RowMistake
from connector.mapping.mappings import LEGAL_ENTITY, VENDOR, Row, fold

_SPELLING = {fold(name): name for name in (MAIN_ACCOUNT, LEGAL_ENTITY, VENDOR)}


def read_csv(text: str) -> list[Row]:
    """The rows of the file, trimmed, each once, in their order. Raises `BadRows` with all mistakes.

    The columns may stand in any order. Two rows that give one value of one field two values of one dimension
    are a mistake naming both.
    """
    mistakes: list[RowMistake] = []
    first: dict[tuple[str, str, str], tuple[int, Row]] = {}
    for number, cells in csvtable.read(text, Row._fields, mistakes):
        row = Row(*cells)
        row = row._replace(d365_dimension=_SPELLING.get(fold(row.d365_dimension), row.d365_dimension))
        reason = _empty(row) or _clash(number, row, first)
        if reason:
            mistakes.append(RowMistake(number, reason))
    if mistakes:
        raise BadRows(mistakes)
    return [row for _, row in first.values()]


def write_csv(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """The inverse of `read_csv`, with its header; lines end with a line feed."""
    return csvtable.write(Row._fields, rows)


def _empty(row: Row) -> str:
    empty = [name for name, cell in zip(Row._fields, row, strict=True) if not cell]
    return f"{' and '.join(empty)} {'is' if len(empty) == 1 else 'are'} empty" if empty else ""


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
