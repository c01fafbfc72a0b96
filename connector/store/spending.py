"""Records of card transactions, by the expenses behind them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

# The posting date as `domain.spend` writes it, which sorts as text.
_POSTED = """substring(body FROM '"erp_posting_date"\\s*:\\s*"([0-9]{4}-[0-9]{2}-[0-9]{2})')"""


def oldest_without_expense(tx: Tx, connection_id: int, first: date) -> date | None:
    """The earliest posting date, from `first` on, of those that wait and whose expense was not seen yet."""
    found = sql.value(
        tx,
        f"SELECT min({_POSTED}) FROM records WHERE connection_id = :id AND stage IN ('received', 'held') "
        f"AND source_type = 'TRANSACTION' AND source_id = '' AND {_POSTED} >= :first",
        {"id": connection_id, "first": first.isoformat()},
    )
    return None if found is None else date.fromisoformat(found)


def of_expenses(tx: Tx, connection_id: int, expense_ids: Sequence[str], before: datetime) -> list[str]:
    """Ids of the records of these expenses that are dated before this moment."""
    found = sql.rows(
        tx,
        "SELECT record_id FROM records WHERE connection_id = :id AND source_id <> '' "
        f"AND source_id = ANY(CAST(:expenses AS text[])) AND {_POSTED} < :before ORDER BY id",
        {"id": connection_id, "expenses": list(expense_ids), "before": before.date().isoformat()},
    )
    return [row.record_id for row in found]


def twins(tx: Tx, connection_id: int, expense_ids: Sequence[str], *, lock: bool) -> list[Any]:
    """What stands in the ledger of these expenses, or may: rows (record_id, source_id, record_type, amount, currency,
    posting_date, reference). With `lock` nobody else pairs them meanwhile.
    """
    return _standing(
        tx,
        f"r.source_id <> '' AND r.source_id = ANY(CAST(:expenses AS text[])) {_LIVE} ORDER BY r.id"
        + (" FOR UPDATE OF r" if lock else ""),
        {"id": connection_id, "expenses": list(expense_ids)},
    )


def standing(tx: Tx, connection_id: int, types: Sequence[str], first: date, last: date) -> list[Any]:
    """The same of records of these types that were dated within these days."""
    return _standing(
        tx,
        "r.record_type = ANY(CAST(:types AS text[])) AND r.posting_date BETWEEN :first AND :last "
        f"{_LIVE} ORDER BY r.id",
        {"id": connection_id, "types": list(types), "first": first, "last": last},
    )


_LIVE = (
    "AND r.stage <> 'reversed' AND EXISTS (SELECT FROM writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch "
    "AND w.kind = 'entry' AND w.outcome IN ('open', 'written', 'uncertain'))"
)


def _standing(tx: Tx, where: str, params: dict[str, Any]) -> list[Any]:
    return list(
        sql.rows(
            tx,
            "SELECT r.record_id, r.source_id, r.record_type, r.amount, r.currency, r.posting_date, r.reference "
            f"FROM records r WHERE r.connection_id = :id AND r.linked_to IS NULL AND {where}",
            params,
        )
    )
