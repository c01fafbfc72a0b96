"""The states that a connection's mappings and rules have had: since when, by whom, and every row of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connector.store import sql
from connector.store.engine import Tx

Kind = Literal["mappings", "rules"]


@dataclass(frozen=True, slots=True)
class Version:
    """`version`: the connection's rules version from which it is in force, and until the next one of its kind."""

    version: int
    at: datetime
    actor: str
    rows: int


def keep(tx: Tx, connection_id: int, kind: Kind, rows: Sequence[Sequence[str]], actor: str) -> None:
    """Called when the connection's rules version was raised for these rows, in the same transaction."""
    sql.run(
        tx,
        "INSERT INTO rule_versions (connection_id, kind, version, actor, rows) "
        "SELECT id, :kind, rules_version, :actor, CAST(:rows AS jsonb) FROM connections WHERE id = :id",
        {"id": connection_id, "kind": kind, "actor": actor, "rows": sql.one([list(row) for row in rows])},
    )


def history(tx: Tx, connection_id: int, kind: Kind) -> list[Version]:
    """The newest first."""
    found = sql.rows(
        tx,
        "SELECT version, at, actor, jsonb_array_length(rows) AS rows FROM rule_versions "
        "WHERE connection_id = :id AND kind = :kind ORDER BY version DESC",
        {"id": connection_id, "kind": kind},
    )
    return [Version(**row._mapping) for row in found]


def rows_at(tx: Tx, connection_id: int, kind: Kind, version: int) -> list[tuple[str, ...]] | None:
    """The rows in force at a rules version; None where nothing of that kind had been imported by then."""
    found = sql.value(
        tx,
        "SELECT rows FROM rule_versions WHERE connection_id = :id AND kind = :kind AND version <= :version "
        "ORDER BY version DESC LIMIT 1",
        {"id": connection_id, "kind": kind, "version": version},
    )
    return None if found is None else [tuple(row) for row in found]


def in_force(tx: Tx, connection_id: int, version: int) -> dict[str, Version]:
    """What a record planned with this rules version was planned with, by kind."""
    found = sql.rows(
        tx,
        "SELECT DISTINCT ON (kind) kind, version, at, actor, jsonb_array_length(rows) AS rows FROM rule_versions "
        "WHERE connection_id = :id AND version <= :version ORDER BY kind, version DESC",
        {"id": connection_id, "version": version},
    )
    return {row.kind: Version(row.version, row.at, row.actor, row.rows) for row in found}
