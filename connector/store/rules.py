"""What mapping needs besides the record: the mapping rows and F&O's master data, as last read."""

from collections.abc import Sequence
from typing import Any

from connector.domain import jsonio
from connector.store import connections, sql
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


def replace_mappings(tx: Tx, connection_id: int, rows: Sequence[MappingRow]) -> None:
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


def master_rows(tx: Tx, connection_id: int) -> dict[str, list[dict[str, Any]]]:
    """Rows by entity set; a set that could not be read is missing."""
    found = sql.rows(tx, "SELECT entity_set, rows FROM master_data WHERE connection_id = :id", {"id": connection_id})
    return {row.entity_set: row.rows for row in found}


def store_master(tx: Tx, connection_id: int, sets: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Keep what was read; returns the names of the sets that changed. Sets that could not be read stay as they were."""
    packed = [{"entity_set": name, "rows": rows, "rows_hash": jsonio.digest(rows)} for name, rows in sets.items()]
    found = sql.rows(
        tx,
        "INSERT INTO master_data AS m (connection_id, entity_set, rows, rows_hash) "
        "SELECT :id, entity_set, rows, rows_hash FROM jsonb_to_recordset(CAST(:sets AS jsonb)) "
        "AS x(entity_set text, rows jsonb, rows_hash text) "
        "ON CONFLICT (connection_id, entity_set) DO UPDATE SET rows = excluded.rows, rows_hash = excluded.rows_hash, "
        "read_at = now() WHERE m.rows_hash <> excluded.rows_hash RETURNING entity_set",
        {"id": connection_id, "sets": sql.pack(packed)},
    )
    sql.run(tx, "UPDATE connections SET refreshed_at = now() WHERE id = :id", {"id": connection_id})
    changed = sorted(row[0] for row in found)
    if changed:
        connections.bump_rules(tx, connection_id)
    return changed
