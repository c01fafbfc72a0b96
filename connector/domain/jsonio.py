"""JSON in and out without a float anywhere: numbers with a point become Decimal and leave as they came."""

import hashlib
from decimal import Decimal
from typing import Any, Final

import simplejson

# More digits, or places before or after the point, than any amount, rate or quantity has.
_MOST_DIGITS: Final = 100


class NotJson(ValueError):
    """The text is not JSON, or has what no ledger can hold: NaN, Infinity, 1e999999."""


def loads(text: str | bytes, *, unique: bool = False) -> Any:
    """Parse JSON; numbers with a fraction or exponent become `Decimal`, whole numbers `int`.

    Raises `NotJson` for anything that is not strict JSON (also for undecodable bytes and absurd nesting); with `unique`
    also where a name stands twice in one object, as then nobody knows which of its values is meant.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        hook = _unique if unique else None
        return simplejson.loads(text, parse_float=_number, allow_nan=False, object_pairs_hook=hook)
    except (ValueError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a name stands twice in one object")
    return found


def _number(text: str) -> Decimal:
    """Fact: `Decimal` takes any exponent, PostgreSQL's numeric does not, and neither does arithmetic in good time."""
    exponent = text.lower().partition("e")[2]
    if len(text) > _MOST_DIGITS or abs(int(exponent or 0)) > _MOST_DIGITS:
        raise NotJson("a number is larger, smaller or longer than any that is kept")
    return Decimal(text)


def doubled(text: str | bytes) -> list[str]:
    """Names that stand twice in one object, of which `loads` takes the last. The text is JSON (`loads` took it)."""
    found: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in pairs]
        found.update(dict.fromkeys(name for name in names if names.count(name) > 1))

    simplejson.loads(text, object_pairs_hook=note)
    return list(found)


def dumps(value: Any) -> str:
    """Compact JSON; Decimals are written as numbers with exactly the digits they have."""
    return simplejson.dumps(value, use_decimal=True, allow_nan=False, separators=(",", ":"), ensure_ascii=True)


def canonical(value: Any) -> str:
    """The same value always gives the same text: sorted keys, no blanks. For hashes and comparisons."""
    return simplejson.dumps(
        value, use_decimal=True, allow_nan=False, separators=(",", ":"), sort_keys=True, ensure_ascii=True
    )


def digest(value: Any) -> str:
    """SHA-256 (hex) over the canonical JSON of a value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
