"""The path after /data/: which set, which key, and what of it."""

import re
from typing import Any

from sandbox.d365.errors import Refusal, bad_query
from sandbox.d365.schema import EntitySet
from sandbox.d365.values import as_value, literal

_PATH = re.compile(r"([A-Za-z_]\w*)(?:\(((?:[^']|'[^']*')*?)\))?(?:/(\$?\w+))?")
_NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*")


def split(path: str) -> tuple[str, str | None, str]:
    """Set name, what stands in the key's parentheses (None without them), and the segment after it."""
    found = _PATH.fullmatch(path.rstrip("/"))
    if not found:
        raise bad_query(f"Resource not found for the segment '{path}'.")
    return found[1], found[2], found[3] or ""


def key(entity: EntitySet, text: str) -> dict[str, Any]:
    """The values of a key such as `dataAreaId='usmf',JournalBatchNumber='00461'`.

    Fact: every key field must be given ("Only 1 of 2 keys provided for lookup, provide keys for …").
    """
    values: dict[str, Any] = {}
    at = 0
    while at < len(text):
        named = _NAMED.match(text, at)
        name = named[1] if named else entity.keys[0]  # a single key may stand without its name
        found = literal(text, named.end() if named else at)
        if name not in entity.keys or name in values or not found or text[found[1] : found[1] + 1] not in (",", ""):
            raise _syntax(entity, text)
        values[name] = as_value(entity.properties[name], found[0])
        at = found[1] + 1
    if len(values) < len(entity.keys):
        names = ", ".join(entity.keys)
        raise bad_query(f"Only {len(values)} of {len(entity.keys)} keys provided for lookup, provide keys for {names}.")
    return values


def _syntax(entity: EntitySet, text: str) -> Refusal:
    return bad_query(f"Bad Request - Error in query syntax: '{entity.name}({text})'.")
