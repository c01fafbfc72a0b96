"""What mapping needs besides the record and F&O's master data: the mapping rows and the rules."""

from collections.abc import Sequence

from connector.store import connections, sql, versions
from connector.store.engine import Tx

MappingRow = tuple[str, str, str, str]  # brex_field, brex_value, d365_dimension, d365_value


def mappings(tx: Tx, connection_id: int) -> list[MappingRow]:
    found = sql.rows(
        tx,
        "SELECT brex_field, brex_value, d365_dimension, d365_value FROM mappings WHERE connection_id = :id "
        "ORDER BY position",
        {"id": connection_id},
    )
    return [(row.brex_field, row.brex_value, row.d365_dimension, row.d365_value) for row in found]


def replace_mappings(tx: Tx, connection_id: int, rows: Sequence[MappingRow], actor: str = "person") -> None:
    """The whole list at once; planned records that are not written yet are planned again."""
    sql.run(tx, "DELETE FROM mappings WHERE connection_id = :id", {"id": connection_id})
    sql.run(
        tx,
        "INSERT INTO mappings (connection_id, position, brex_field, brex_value, d365_dimension, d365_value) "
        "SELECT :id, position, brex_field, brex_value, d365_dimension, d365_value FROM jsonb_to_recordset("
        "CAST(:rows AS jsonb)) AS x(position integer, brex_field text, brex_value text, d365_dimension text, "
        "d365_value text)",
        {
            "id": connection_id,
            "rows": sql.pack([
                {"position": n, "brex_field": a, "brex_value": b, "d365_dimension": c, "d365_value": d}
                for n, (a, b, c, d) in enumerate(rows)
            ]),
        },
    )  # fmt: skip
    connections.bump_rules(tx, connection_id)
    versions.keep(tx, connection_id, "mappings", rows, actor)


def rules(tx: Tx, connection_id: int) -> list[tuple[str, ...]]:
    """The rules' lines in their order, each with the cells of `mapping.rules.Row`."""
    found = sql.rows(tx, "SELECT cells FROM rules WHERE connection_id = :id ORDER BY position", {"id": connection_id})
    return [tuple(row.cells) for row in found]


def replace_rules(tx: Tx, connection_id: int, rows: Sequence[Sequence[str]], actor: str = "person") -> None:
    """All lines at once; planned records that are not written yet are planned again."""
    sql.run(tx, "DELETE FROM rules WHERE connection_id = :id", {"id": connection_id})
    sql.run(
        tx,
        "INSERT INTO rules (connection_id, position, cells) SELECT :id, position, "
        "ARRAY(SELECT jsonb_array_elements_text(cells)) FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(position integer, cells jsonb)",
        {"id": connection_id, "rows": sql.pack([{"position": n, "cells": list(row)} for n, row in enumerate(rows)])},
    )
    connections.bump_rules(tx, connection_id)
    versions.keep(tx, connection_id, "rules", rows, actor)
