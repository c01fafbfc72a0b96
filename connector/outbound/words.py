"""Another system's words, fit to be kept and shown."""

import re
from typing import Final

LONGEST_NAME: Final = 100  # numbers, vouchers, trace ids: what is a few characters long when nothing is wrong
# What looks like a credential: an answer may repeat the request's own headers. Fact: Brex's tokens begin with bxt_.
_SECRET: Final = re.compile(r"\bBearer\s+[^\s,;\"']+|\bbxt_[\w.~-]+|[A-Za-z0-9_+/=-]{48,}", re.IGNORECASE)


def plain(text: str, longest: int) -> str:
    """On one line, at most so long, without control characters and halves of surrogate pairs, which no table takes,
    and without what may be a token.
    """
    cut = text[: 20 * longest]
    line = " ".join("".join(char if char.isprintable() else " " for char in cut).split())
    return _SECRET.sub("********", line)[:longest]
