"""One connection following another: who ended for whom, and what is left of it."""

from collections.abc import Sequence
from typing import Any

from connector.store import linked, sql
from connector.store.engine import Tx


def followed_by(tx: Tx, connection_id: int) -> str:
    """The name of the connection that goes on in its place; empty where it has not ended."""
    found: str | None = sql.value(tx, "SELECT followed_by FROM connections WHERE id = :id", {"id": connection_id})
    return found or ""


def predecessor(tx: Tx, name: str, follower: str) -> int | None:
    """The key of the connection of this name that ended for `follower`, removed or not; None before the cut-over."""
    found: int | None = sql.value(
        tx,
        "SELECT max(id) FROM connections WHERE name = :name AND followed_by = :follower",
        {"name": name, "follower": follower},
    )
    return found


def end(tx: Tx, connection_id: int, follower: str) -> None:
    sql.run(
        tx,
        "UPDATE connections SET followed_by = :follower, state = 'paused', state_reason = :reason WHERE id = :id",
        {"id": connection_id, "follower": follower, "reason": f"ended: {follower} goes on in its place"},
    )


def unsettled(tx: Tx, connection_id: int) -> int:
    """Records of which it is not settled whether they stand in the ledger."""
    entries: int = sql.value(
        tx,
        "SELECT count(DISTINCT record_pk) FROM writes WHERE connection_id = :id AND record_pk IS NOT NULL "
        "AND kind <> 'acknowledge' AND outcome IN ('open', 'uncertain')",
        {"id": connection_id},
    )
    return entries + linked.waiting(tx, connection_id)


def waiting(tx: Tx, connection_id: int) -> list[Any]:
    """Records that nothing was written of, locked: rows (id, record_id, stage, day)."""
    return list(
        sql.rows(
            tx,
            "SELECT r.id, r.record_id, r.stage, coalesce(CAST(r.posting_date AS text), "
            """substring(r.body FROM '"erp_posting_date"\\s*:\\s*"([0-9]{4}-[0-9]{2}-[0-9]{2})')) AS day """
            "FROM records r WHERE r.connection_id = :id AND r.stage IN ('received', 'fetched', 'mapped', 'held') "
            "AND NOT EXISTS (SELECT FROM writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch AND w.kind = 'entry' "
            "AND w.outcome IN ('open', 'written', 'uncertain')) ORDER BY r.id FOR UPDATE OF r",
            {"id": connection_id},
        )
    )


def paired(tx: Tx, connection_id: int, expense_ids: Sequence[str], others_than: Sequence[str]) -> list[str]:
    """Why other records of these expenses were skipped: the reasons name the transactions they were paired with."""
    found = sql.rows(
        tx,
        "SELECT reason FROM records WHERE connection_id = :id AND stage = 'skipped' AND source_id <> '' "
        "AND source_id = ANY(CAST(:expenses AS text[])) AND record_id <> ALL(CAST(:others AS text[]))",
        {"id": connection_id, "expenses": list(expense_ids), "others": list(others_than)},
    )
    return [row.reason for row in found]


def no_twins(tx: Tx, connection_id: int, ids: Sequence[int]) -> set[int]:
    """Those of them of which a person has said that they are records of their own."""
    found = sql.rows(
        tx,
        "SELECT id FROM records WHERE connection_id = :id AND id = ANY(CAST(:ids AS bigint[])) AND no_twin",
        {"id": connection_id, "ids": list(ids)},
    )
    return {row.id for row in found}


def say_no_twin(tx: Tx, connection_id: int, record_ids: Sequence[str]) -> list[int]:
    """Keys of those that are held here as perhaps booked before; from now on they are records of their own."""
    found = sql.rows(
        tx,
        "UPDATE records SET no_twin = true WHERE connection_id = :id AND record_id = ANY(CAST(:ids AS text[])) "
        "AND stage = 'held' AND problems @> '[{\"code\": \"RECORD-CUT-OVER\"}]' RETURNING id",
        {"id": connection_id, "ids": list(record_ids)},
    )
    return [row.id for row in found]


def doubled(tx: Tx, connection_id: int, old_id: int) -> list[Any]:
    """Pairs that both stand in the ledger, of one expense, type and amount: rows (record_id, twin). None, ever."""
    return list(
        sql.rows(
            tx,
            "SELECT n.record_id, o.record_id AS twin FROM records n JOIN records o ON o.source_id = n.source_id "
            "AND o.record_type = n.record_type AND o.amount = n.amount AND o.currency = n.currency "
            "WHERE n.connection_id = :new AND o.connection_id = :old AND n.source_id <> '' AND NOT n.no_twin "
            "AND n.stage <> 'reversed' AND o.stage <> 'reversed' "
            "AND EXISTS (SELECT FROM writes w WHERE w.record_pk = n.id AND w.epoch = n.epoch AND w.kind = 'entry' "
            "AND w.outcome = 'written') "
            "AND EXISTS (SELECT FROM writes w WHERE w.record_pk = o.id AND w.epoch = o.epoch AND w.kind = 'entry' "
            "AND w.outcome = 'written') ORDER BY n.id",
            {"new": connection_id, "old": old_id},
        )
    )
