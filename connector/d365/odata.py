"""F&O's dialect of OData: filters, keys and URLs. Pure.

Fact: `eq` with a `*` in the text is a wildcard search; `in` and `has` are not supported, `contains()` and
`startswith()` fail on some entities (Microsoft, odata.md; seen live). Single quotes are doubled.
"""

from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import quote as percent

# What may stand in a query as it is. The rest is percent-encoded, blanks as %20: a plus is no blank in OData.
_PLAIN = "$'()*,/:@!"
_PLAIN_IN_KEY = "'"


def quote(value: str) -> str:
    """A string literal, with its quotes: O'Hara becomes 'O''Hara'."""
    return "'" + value.replace("'", "''") + "'"


def equals(field: str, value: str) -> str:
    """`field eq 'value'`. Raises ValueError for a `*`, which F&O would take as a wildcard."""
    if "*" in value:
        raise ValueError(f"{field} cannot be compared with {value!r}: F&O takes * as a wildcard")
    return f"{field} eq {quote(value)}"


def has_text(field: str, value: str) -> str:
    """True where the field has the text anywhere in it (F&O's wildcard comparison)."""
    if "*" in value:
        raise ValueError(f"{field} cannot be searched for {value!r}: F&O takes * as a wildcard")
    return f"{field} eq {quote(f'*{value}*')}"


def any_of(field: str, values: Iterable[str]) -> str:
    """`(field eq 'a' or field eq 'b')`."""
    return "(" + " or ".join(equals(field, value) for value in values) + ")"


def key(entity_set: str, **parts: str | int | Decimal) -> str:
    """`Set(a='…',b=1)`, encoded for a path. Fact: every part of the key must be given (Microsoft)."""
    inside = ",".join(f"{name}={percent(_literal(value), safe=_PLAIN_IN_KEY)}" for name, value in parts.items())
    return f"{entity_set}({inside})"


def _literal(value: str | int | Decimal) -> str:
    if isinstance(value, str):
        return quote(value)
    return str(int(value)) if value == int(value) else f"{value:f}"


def query(options: Iterable[tuple[str, str]]) -> str:
    """The query string of options such as ("$filter", "…"), without the question mark."""
    return "&".join(f"{percent(name, safe=_PLAIN)}={percent(value, safe=_PLAIN)}" for name, value in options)
