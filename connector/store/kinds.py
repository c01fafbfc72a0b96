"""Records by what Brex calls them."""

from collections.abc import Sequence

from connector.domain.record import SILENT
from connector.store import sql
from connector.store.engine import Tx


def silent(tx: Tx, connection_id: int, ids: Sequence[int]) -> set[int]:
    """Those of them that Brex takes no export result for: bills, card transactions, and second entries of records."""
    found = sql.rows(
        tx,
        "SELECT id FROM records WHERE connection_id = :connection AND id = ANY(CAST(:ids AS bigint[])) "
        "AND (source_type = ANY(CAST(:silent AS text[])) OR linked_to IS NOT NULL)",
        {"connection": connection_id, "ids": list(ids), "silent": list(SILENT)},
    )
    return {row.id for row in found}


def has_reimbursements(tx: Tx, connection_id: int) -> bool:
    return bool(
        sql.value(
            tx,
            "SELECT EXISTS (SELECT FROM records WHERE connection_id = :connection AND source_type = 'REIMBURSEMENT')",
            {"connection": connection_id},
        )
    )
