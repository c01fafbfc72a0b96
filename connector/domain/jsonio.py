"""JSON in and out without a float anywhere: numbers with a point become Decimal and leave as they came."""

import hashlib
from typing import Any

import simplejson


class NotJson(ValueError):
    """The text is not JSON, or uses NaN/Infinity, which no ledger can hold."""


def loads(text: str | bytes) -> Any:
    """Parse JSON; numbers with a fraction or exponent become `Decimal`, whole numbers `int`.

    Raises `NotJson` for anything that is not strict JSON (also for undecodable bytes and absurd nesting).
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return simplejson.loads(text, use_decimal=True, allow_nan=False)
    except (ValueError, RecursionError, UnicodeDecodeError) as error:
        raise NotJson(str(error)) from error


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
