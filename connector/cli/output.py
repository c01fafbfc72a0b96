"""Everything that is printed: results on stdout, words beside them on stderr, colour only on a terminal."""

import os
import sys
from datetime import date, datetime
from typing import Any

import simplejson
from rich.console import Console
from rich.text import Text

from connector.domain import jsonio

Cell = str | Text
# Where the output goes to a file or a pipe a row stays on its line.
ENDLESS = 1000


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
