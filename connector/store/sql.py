"""Small helpers for set-based SQL: many rows travel as one JSON parameter."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from connector.domain import jsonio
from connector.store.engine import Tx

Params = Mapping[str, Any]


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
    return jsonio.dumps(list(items))


def one(item: Any) -> str:
    """One JSON value for `CAST(:name AS jsonb)`."""
    return jsonio.dumps(item)
