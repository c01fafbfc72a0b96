r"""Ledger and default dimension strings: the active format's segments, joined by the environment's delimiter.

Facts (Microsoft, financial dimension configuration for integrating applications; live answers): segments
stand in the active format's order, blanks are kept (`401100---`), the delimiter inside a value is escaped by
a backslash (`DAT\-0000000002`), a backslash is doubled, and the same holds for the number of a vendor or bank
account.

Our reading for delimiters of two characters, of which no sample is known: every single occurrence of the
delimiter's character inside a value is escaped (`US-101` under `--` becomes `US\-101`). Otherwise a value
ending in `-` before `--` could not be told from one that begins with it. A parser to which a backslash makes
the next character an ordinary one reads back exactly what was written.
"""

from collections.abc import Iterable, Mapping, Sequence

ESCAPE = "\\"


def escape(value: str, delimiter: str) -> str:
    """A value (or account number) as it stands inside a display string."""
    special = frozenset(delimiter) | {ESCAPE}
    return "".join(ESCAPE + character if character in special else character for character in value)


def join(values: Iterable[str], delimiter: str) -> str:
    """The display string of these segment values; blanks keep their place, also at the end."""
    return delimiter.join(escape(value, delimiter) for value in values)


def display(segments: Sequence[str], values: Mapping[str, str], delimiter: str) -> str:
    """The display string in a format's order, blank where there is no value. Names match case-blind."""
    folded = {name.casefold(): value for name, value in values.items()}
    return join((folded.get(segment.casefold(), "") for segment in segments), delimiter)


def parse(text: str, delimiter: str) -> list[str]:
    """The inverse of `join`: the segment values of a display string. Never raises."""
    values, current, at = [], "", 0
    while at < len(text):
        if text[at] == ESCAPE and at + 1 < len(text):
            current += text[at + 1]
            at += 2
        elif delimiter and text.startswith(delimiter, at):
            values.append(current)
            current = ""
            at += len(delimiter)
        else:
            current += text[at]
            at += 1
    return [*values, current]
