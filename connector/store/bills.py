"""Vendor invoices by what people know them by: company, vendor and number, in any upper or lower case.

A number is taken while the record of its entry is planned or written, and until it is taken back or skipped.
"""

from collections.abc import Sequence
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


def lock(tx: Tx, connection_id: int) -> None:
    """One transaction at a time settles whose a number is, until it ends. Before any record is locked."""
    sql.run(
        tx,
        "INSERT INTO invoice_numbers (connection_id) VALUES (:id) "
        "ON CONFLICT (connection_id) DO UPDATE SET connection_id = excluded.connection_id",
        {"id": connection_id},
    )


def holders(tx: Tx, connection_id: int, keys: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Rows (id, legal_entity, vendor, number) of records → the id of another record that has the number."""
    found = sql.rows(
        tx,
        "SELECT k.id, min(r.record_id) AS record_id FROM jsonb_to_recordset(CAST(:keys AS jsonb)) "
        "AS k(id bigint, legal_entity text, vendor text, number text) "
        "JOIN records r ON r.connection_id = :connection AND r.legal_entity = k.legal_entity "
        "AND upper(r.entry->'invoice'->>'vendor') = upper(k.vendor) "
        "AND upper(r.entry->'invoice'->>'number') = upper(k.number) "
        "AND r.entry->>'form' IN ('invoice_journal', 'pending_invoice') AND r.id <> k.id "
        "WHERE r.stage IN ('mapped', 'writing', 'written', 'acknowledged') OR r.stage = 'held' AND EXISTS "
        "(SELECT FROM writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch AND w.kind = 'entry' "
        "AND w.outcome IN ('open', 'written', 'uncertain')) GROUP BY k.id",
        {"connection": connection_id, "keys": sql.pack(keys)},
    )
    return {row.id: row.record_id for row in found}


def vouchers(tx: Tx, record_pks: Sequence[int]) -> dict[int, set[str]]:
    """F&O's vouchers of everything that was written of these records, in any epoch."""
    found: dict[int, set[str]] = {}
    for row in sql.rows(
        tx,
        "SELECT record_pk, ledger->>'voucher' AS voucher FROM writes "
        "WHERE record_pk = ANY(CAST(:ids AS bigint[])) AND coalesce(ledger->>'voucher', '') <> ''",
        {"ids": list(record_pks)},
    ):
        found.setdefault(row.record_pk, set()).add(row.voucher)
    return found
