"""Templates of the texts that accountants read: which placeholders there are, and filling them in."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

# Of a ledger line, of a journal's description, and of the link to a receipt.
LINE: Final = (
    "merchant", "user", "memo", "type", "invoice", "record", "department", "location",
)  # fmt: skip
JOURNAL: Final = ("period", "journal", "entity")
RECEIPT: Final = ("record_id", "source_id", "receipt_id", "reference", "link")

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_BRACES: Final = re.compile(r"\{[^{}]*\}|[{}]")


def fill(template: str, values: Mapping[str, str]) -> str:
    """What is no known placeholder stays as it was written."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


def placeholders(template: str) -> list[str]:
    """The words in braces, in their order; one that comes twice is there twice."""
    return _PLACEHOLDER.findall(template)


def mistakes(template: str, known: tuple[str, ...], what: str) -> Iterator[str]:
    """A sentence for what is in braces and is no placeholder."""
    odd = [found for found in dict.fromkeys(_BRACES.findall(template)) if found[1:-1] not in known]
    if odd:
        there_are = ", ".join(f"{{{name}}}" for name in known)
        yield f"{what} has {' and '.join(odd)}; there are {there_are}"
