"""What an event of a record's history says besides its words: the keys of both sides, and hashes."""

from collections.abc import Mapping
from typing import Any, Final

_SHORT: Final = 12  # of a hash: --json has all of it
_NAMED: Final = {
    "reference": "reference",
    "reference_id": "told Brex",
    "batch": "batch",
    "ms_dyn_aid": "F&O's activity",
    "trace_id": "Brex's trace",
    "rules": "rules",
    "version": "version",
    "journal": "journal",
}
_HASHES: Final = {"body_hash": "body", "intent_hash": "intent"}


def keys(data: Mapping[str, Any]) -> str:
    """In words, such as `journal USMF-000001, voucher V1, lines 1 2; F&O's activity …`."""
    told = [f"{word} {data[name]}" for name, word in _NAMED.items() if data.get(name) not in (None, "", {}, [])]
    told += [f"{word} {str(data[name])[:_SHORT]}" for name, word in _HASHES.items() if data.get(name)]
    ledger = data.get("ledger")
    if isinstance(ledger, Mapping):
        told.insert(0, _place(ledger))
    return "; ".join(one for one in told if one)


def _place(ledger: Mapping[str, Any]) -> str:
    lines = ledger.get("lines")
    numbers = " ".join(str(one) for one in lines if one is not None) if isinstance(lines, list) else ""
    parts = {
        "company": ledger.get("data_area"),
        "journal": ledger.get("journal"),
        "voucher": ledger.get("voucher"),
        "lines": numbers,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value)


def short(digest: str) -> str:
    return digest[:_SHORT]
