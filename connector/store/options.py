"""What F&O has for people to choose from, and what Brex has of it as last read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import text

from connector.store import sql
from connector.store.engine import Tx

Row = Mapping[str, Any]
STREAMED = 2000  # rows fetched at a time


# -- F&O's side, from the master data. Sorted by code points, as Python does.


def accounts(tx: Tx, connection_id: int, charts: Sequence[str]) -> Iterator[Row]:
    """Main accounts of these charts by their id; of the same id the one of the earlier chart first."""
    return _stream(
        tx,
        "SELECT row FROM master_rows WHERE connection_id = :id AND active AND entity_set = 'MainAccounts' "
        "AND row ->> 'ChartOfAccounts' = ANY(CAST(:charts AS text[])) "
        "ORDER BY btrim(row ->> 'MainAccountId') COLLATE \"C\", "
        "array_position(CAST(:charts AS text[]), row ->> 'ChartOfAccounts')",
        {"id": connection_id, "charts": list(charts)},
    )


def values(tx: Tx, connection_id: int, dimension: str, entities: Sequence[str]) -> Iterator[Row]:
    """A dimension's values: those that all companies share, and those of these companies (in lower case)."""
    return _stream(
        tx,
        "SELECT row FROM master_rows WHERE connection_id = :id AND active "
        "AND entity_set = 'FinancialDimensionValues' AND row ->> 'FinancialDimension' = :dimension "
        "AND lower(coalesce(row ->> 'LegalEntityId', '')) = ANY(CAST(:entities AS text[])) "
        "ORDER BY btrim(row ->> 'DimensionValue') COLLATE \"C\"",
        {"id": connection_id, "dimension": dimension, "entities": ["", *entities]},
    )


def exceptions(tx: Tx, connection_id: int, entity_set: str, entities: Sequence[str]) -> Iterator[Row]:
    """What these companies have decided for themselves, of accounts or of values."""
    return _stream(
        tx,
        "SELECT row FROM master_rows WHERE connection_id = :id AND active AND entity_set = :set "
        "AND lower(row ->> 'LegalEntityId') = ANY(CAST(:entities AS text[]))",
        {"id": connection_id, "set": entity_set, "entities": list(entities)},
    )


def ledgers(tx: Tx, connection_id: int) -> dict[str, str]:
    """Legal entity, in lower case, → its chart of accounts."""
    found = sql.rows(
        tx,
        "SELECT lower(row ->> 'LegalEntityId') AS entity, row ->> 'ChartOfAccounts' AS chart FROM master_rows "
        "WHERE connection_id = :id AND active AND entity_set = 'Ledgers'",
        {"id": connection_id},
    )
    return {row.entity: row.chart for row in found if row.chart}


def dimensions(tx: Tx, connection_id: int) -> list[str]:
    """The dimensions of which F&O has values, as it writes them."""
    found = sql.rows(
        tx,
        "SELECT DISTINCT row ->> 'FinancialDimension' AS name FROM master_rows WHERE connection_id = :id AND active "
        "AND entity_set = 'FinancialDimensionValues'",
        {"id": connection_id},
    )
    return sorted(row.name for row in found if row.name)


# -- Brex's side, as last read.


def see_fields(tx: Tx, connection_id: int, fields: Sequence[Row]) -> None:
    """All fields that Brex has now, those before forgotten."""
    sql.run(tx, "DELETE FROM brex_fields WHERE connection_id = :id", {"id": connection_id})
    sql.run(
        tx,
        "INSERT INTO brex_fields (connection_id, remote_id, brex_id, name, field_group, disabled) "
        "SELECT :id, remote_id, brex_id, name, field_group, disabled FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(remote_id text, brex_id text, name text, field_group text, disabled boolean) ON CONFLICT DO NOTHING",
        {"id": connection_id, "rows": sql.pack(fields)},
    )


def see_options(tx: Tx, connection_id: int, field: str, reading: str, options: Sequence[Row]) -> None:
    """Some options of a field, as Brex has just shown them."""
    unique = {one["brex_id"]: one for one in options}
    sql.run(
        tx,
        "INSERT INTO brex_options (connection_id, field, brex_id, remote_id, value, disabled, reading) "
        "SELECT :id, :field, brex_id, remote_id, value, disabled, :reading "
        "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(brex_id text, remote_id text, value text, disabled boolean) ORDER BY brex_id "
        "ON CONFLICT (connection_id, field, brex_id) DO UPDATE SET remote_id = excluded.remote_id, "
        "value = excluded.value, disabled = excluded.disabled, reading = excluded.reading",
        {"id": connection_id, "field": field, "reading": reading, "rows": sql.pack(list(unique.values()))},
    )


def seen_whole(tx: Tx, connection_id: int, field: str, reading: str) -> None:
    """The reading has shown all options: what it did not show is not there."""
    sql.run(
        tx,
        "DELETE FROM brex_options WHERE connection_id = :id AND field = :field AND reading <> :reading",
        {"id": connection_id, "field": field, "reading": reading},
    )


def present(tx: Tx, connection_id: int, field: str) -> Iterator[Row]:
    """The field's options that have a remote id, sorted by it: brex_id, remote_id, value, disabled."""
    found = tx.execute(
        text(
            "SELECT brex_id, remote_id, value, disabled FROM brex_options WHERE connection_id = :id AND field = :field "
            'AND remote_id <> \'\' ORDER BY remote_id COLLATE "C", brex_id COLLATE "C"'
        ),
        {"id": connection_id, "field": field},
        execution_options={"stream_results": True, "yield_per": STREAMED},
    )
    for row in found:
        yield dict(row._mapping)


def number(tx: Tx, connection_id: int, field: str) -> int:
    """How many options of F&O's the field has that can be chosen."""
    return int(
        sql.value(
            tx,
            "SELECT count(*) FROM brex_options WHERE connection_id = :id AND field = :field AND remote_id <> '' "
            "AND NOT disabled",
            {"id": connection_id, "field": field},
        )
    )


def shown(tx: Tx, connection_id: int, field: str, remote_ids: Sequence[str], brex_ids: Sequence[str]) -> list[Row]:
    """Of the field's options those with one of these ids."""
    found = sql.rows(
        tx,
        "SELECT brex_id, remote_id, value, disabled FROM brex_options WHERE connection_id = :id AND field = :field "
        "AND (remote_id = ANY(CAST(:remote AS text[])) OR brex_id = ANY(CAST(:brex AS text[])))",
        {"id": connection_id, "field": field, "remote": list(remote_ids), "brex": list(brex_ids)},
    )
    return [dict(row._mapping) for row in found]


def has_field(tx: Tx, connection_id: int, remote_id: str, *, selectable: bool) -> bool:
    """`selectable`: one that is not disabled."""
    return bool(
        sql.value(
            tx,
            "SELECT EXISTS (SELECT FROM brex_fields WHERE connection_id = :id AND remote_id = :remote "
            "AND NOT (disabled AND :selectable))",
            {"id": connection_id, "remote": remote_id, "selectable": selectable},
        )
    )


def _stream(tx: Tx, statement: str, params: Row) -> Iterator[Row]:
    """Rows of the master data, fetched as they are asked for: the transaction must stay open."""
    found = tx.execute(text(statement), params, execution_options={"stream_results": True, "yield_per": STREAMED})
    for row in found:
        yield row.row
