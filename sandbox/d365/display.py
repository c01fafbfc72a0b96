"""Account and dimension strings: segments, delimiter, and the backslash before a delimiter inside a value."""

from collections.abc import Iterable
from typing import Final

# Fact: DimensionSegmentDelimiter and the characters it stands for (Microsoft, dimensions; metadata).
DELIMITERS: Final = {
    "Hyphen": "-",
    "Period": ".",
    "Underscore": "_",
    "Bar": "|",
    "Tilde": "~",
    "DoubleHyphen": "--",
    "DoublePeriod": "..",
    "DoubleUnderscore": "__",
    "DoubleBar": "||",
    "DoubleTilde": "~~",
}


def split(text: str, delimiter: str) -> list[str]:
    """The segments of a string, unescaped.

    Fact: a delimiter inside a value is escaped with a backslash, a backslash as two (recorded; client code).
    """
    segments = [""]
    at = 0
    while at < len(text):
        if text[at] == "\\" and text.startswith(delimiter, at + 1):
            segments[-1] += delimiter
            at += 1 + len(delimiter)
        elif text[at] == "\\" and text[at + 1 : at + 2] in ("\\", delimiter[0]):
            segments[-1] += text[at + 1]
            at += 2
        elif text.startswith(delimiter, at):
            segments.append("")
            at += len(delimiter)
        else:
            segments[-1] += text[at]
            at += 1
    return segments


def join(segments: Iterable[str], delimiter: str) -> str:
    return delimiter.join(escape(segment, delimiter) for segment in segments)


def escape(value: str, delimiter: str) -> str:
    return value.replace("\\", "\\\\").replace(delimiter, "\\" + delimiter)
