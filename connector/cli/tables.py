"""Tables that fit the terminal; in a file or a pipe each row stays on its line."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from connector.cli.output import ENDLESS, Cell, clean, note, out

WRAPPED = 18  # what a column that may wrap needs at least …
WORD = 28  # … or as much as its longest word, such as a problem's code, up to this
ID = 32  # no id is longer
GAP = 2
Rows = Sequence[Sequence[Text]]


@dataclass(frozen=True, slots=True)
class Column:
    """`leave`: 0 stays; of the others the highest goes first where the terminal is too narrow."""

    title: str
    right: bool = False
    wrap: bool = False
    leave: int = 0


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, title: str = "") -> None:
    """Print rows in aligned columns; which columns had to be left out for want of room is said."""
    console = out()
    cells = [[clean(cell) for cell in row] for row in rows]
    filled = _filled(columns, cells)
    if console.width >= ENDLESS:
        _print_lines(columns, cells, filled, title)
        return
    shown = _fitting(columns, cells, filled, console.width)
    _print_table(console, columns, cells, shown, title)
    left_out = [columns[number].title for number in filled if number not in shown]
    if left_out:
        note(f"Left out for want of room: {', '.join(left_out)} (--json has everything).")


def _filled(columns: Sequence[Column], rows: Rows) -> list[int]:
    """The columns that stay in any case, and those with anything in them."""
    return [
        number for number, column in enumerate(columns) if column.leave == 0 or any(row[number].plain for row in rows)
    ]


def _print_lines(columns: Sequence[Column], rows: Rows, shown: Sequence[int], title: str) -> None:
    """Plain text, quickly: such a table may have very many rows."""
    header = [column.title for column in columns]
    lines = [header] if any(header) else []
    lines += [[cell.plain.replace("\n", " ") for cell in row] for row in rows]
    widths = {number: max((cell_len(line[number]) for line in lines), default=0) for number in shown}
    if title:
        sys.stdout.write(title + "\n")
    for line in lines:
        sys.stdout.write(
            (" " * GAP).join(_padded(line[number], widths[number], columns[number].right) for number in shown).rstrip()
            + "\n"
        )


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _fitting(columns: Sequence[Column], rows: Rows, filled: Sequence[int], room: int) -> list[int]:
    widths = {number: _width(columns[number], [row[number] for row in rows]) for number in filled}
    shown = list(filled)
    while sum(widths[number] + GAP for number in shown) - GAP > room:
        going = max(shown, key=lambda number: columns[number].leave)
        if columns[going].leave == 0:
            break
        shown.remove(going)
    return shown


def _width(column: Column, cells: Sequence[Text]) -> int:
    widest = max((cell_len(line) for cell in (column.title, *cells) for line in str(cell).split("\n")), default=0)
    if not column.wrap:
        return widest
    word = max((cell_len(word) for cell in cells for word in str(cell).split()), default=0)
    return min(widest, max(WRAPPED, min(word, WORD)))


def _print_table(console: Console, columns: Sequence[Column], rows: Rows, shown: Sequence[int], title: str) -> None:
    if title:  # above the table and not part of it: it may be wider
        console.print(Text(clean(title).plain, style="bold"), soft_wrap=True)
    printed = Table(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold",
        show_header=any(column.title for column in columns),
    )  # fmt: skip
    widths = {number: _width(columns[number], [row[number] for row in rows]) for number in shown}
    least = {number: min(width, WRAPPED) if columns[number].wrap else width for number, width in widths.items()}
    tight = sum(least.values()) + GAP * (len(least) - 1) > console.width
    for number in shown:
        column = columns[number]
        # Words may be folded where nothing else helps; numbers and ids never: half a number is another number.
        folded = column.wrap or (tight and not column.right and (widths[number] > ID or _has_blanks(rows, number)))
        printed.add_column(
            column.title, justify="right" if column.right else "left", overflow="fold",
            no_wrap=not folded, min_width=None if folded and tight else least[number],
        )  # fmt: skip
    for row in rows:
        printed.add_row(*(row[number] for number in shown))
    console.print(printed)


def _has_blanks(rows: Rows, number: int) -> bool:
    return any(" " in row[number].plain for row in rows)
