"""Everything that is printed: results on stdout, words beside them on stderr, colour only on a terminal."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import simplejson
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.domain import jsonio

Cell = str | Text
# Where the output goes to a file or a pipe a row stays on its line.
ENDLESS = 1000
WRAPPED = 18  # what a column that may wrap needs at least
GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`leave`: 0 stays; of the others the highest goes first where the terminal is too narrow."""

    title: str
    right: bool = False
    wrap: bool = False
    leave: int = 0


def out() -> Console:
    return _console(stderr=False)


def err() -> Console:
    return _console(stderr=True)


def say(text: Cell = "") -> None:
    """A line of the result."""
    out().print(clean(text), soft_wrap=True)


def note(text: str) -> None:
    """A line beside the result."""
    err().print(clean(text), soft_wrap=True)


def complain(text: str) -> None:
    err().print(Text(clean(text).plain, style="red"), soft_wrap=True)


def print_json(value: Any) -> None:
    """For programs: a list has one item a line, an object stands on one line. Amounts are exact numbers."""
    if isinstance(value, list) and value:
        text = "[" + ",\n ".join(jsonio.dumps(plain(item)) for item in value) + "]"
    else:
        text = jsonio.dumps(plain(value))
    sys.stdout.write(text + "\n")


def print_file(value: Any) -> None:
    """JSON as people keep it in a file."""
    text = simplejson.dumps(plain(value), use_decimal=True, ensure_ascii=False, indent=2)
    sys.stdout.write(text + "\n")


def plain(value: Any) -> Any:
    """The value as JSON knows it: dates in ISO 8601, sets and tuples as lists."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [plain(item) for item in sorted(value)]
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, title: str = "") -> None:
    """Print rows in aligned columns that fit the terminal; which columns had to be left out is said."""
    console = out()
    cells = [[clean(cell) for cell in row] for row in rows]
    shown = _fitting(columns, cells, console.width)
    printed = Table(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", title=title or None,
        title_justify="left", title_style="bold", show_header=any(column.title for column in columns),
    )  # fmt: skip
    for number in shown:
        column = columns[number]
        printed.add_column(
            column.title, justify="right" if column.right else "left", no_wrap=not column.wrap, overflow="fold"
        )
    for row in cells:
        printed.add_row(*(row[number] for number in shown))
    console.print(printed)
    left_out = [columns[number].title for number in _filled(columns, cells) if number not in shown]
    if left_out:
        note(f"Left out for want of room: {', '.join(left_out)} (--json has everything).")


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[Text]], room: int) -> list[int]:
    widths = [
        _width(column, [Text(column.title), *(row[number] for row in rows)]) for number, column in enumerate(columns)
    ]
    shown = _filled(columns, rows)
    while sum(widths[number] + GAP for number in shown) > room:
        going = max(shown, key=lambda number: columns[number].leave)
        if columns[going].leave == 0:
            break
        shown.remove(going)
    return shown


def _filled(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> list[int]:
    """The columns that stay in any case, and those with anything in them."""
    return [
        number for number, column in enumerate(columns) if column.leave == 0 or any(row[number].plain for row in rows)
    ]


def _width(column: Column, cells: Iterable[Text]) -> int:
    widest = max((cell_len(line) for cell in cells for line in cell.plain.split("\n")), default=0)
    return min(widest, WRAPPED) if column.wrap else widest


def clean(text: Cell) -> Text:
    """Text that came from outside may hold what moves the cursor or worse: such characters are shown as �."""
    styled = text if isinstance(text, Text) else Text(text)
    if styled.plain.isprintable():
        return styled
    safe = "".join(one if one.isprintable() or one == "\n" else "�" for one in styled.plain)
    return Text(safe, style=styled.style)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else ENDLESS
    return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)
