"""Small helpers for set-based SQL: many rows travel as one JSON parameter."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from connector.domain import jsonio
from connector.store.engine import Tx

Params = Mapping[str, Any]
# How JSON writes a NUL or half of a surrogate pair; whole pairs match too, and come through unharmed.
_UNSTORABLE = re.compile(r"\\u(0000|[dD][89a-fA-F])")


def rows(tx: Tx, statement: str, params: Params | None = None) -> Sequence[Row[Any]]:
    return tx.execute(text(statement), params or {}).all()


def row(tx: Tx, statement: str, params: Params | None = None) -> Row[Any] | None:
    return tx.execute(text(statement), params or {}).first()


def value(tx: Tx, statement: str, params: Params | None = None) -> Any:
    return tx.execute(text(statement), params or {}).scalar()


def run(tx: Tx, statement: str, params: Params | None = None) -> int:
    """Returns how many rows it touched."""
    return tx.execute(text(statement), params or {}).rowcount


def pack(items: Sequence[Mapping[str, Any]]) -> str:
    """Rows for `jsonb_to_recordset(CAST(:name AS jsonb))`."""
    return one(list(items))


def one(item: Any) -> str:
    """One JSON value for `CAST(:name AS jsonb)`."""
    text = jsonio.dumps(item)
    return jsonio.dumps(_storable(item)) if _UNSTORABLE.search(text) else text


def _storable(item: Any) -> Any:
    """Without what jsonb refuses: NUL and lone surrogates, which mean nothing in any text we keep."""
    if isinstance(item, str):
        return item.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(item, Mapping):
        return {_storable(key): _storable(value) for key, value in item.items()}
    return [_storable(value) for value in item] if isinstance(item, list | tuple) else item
