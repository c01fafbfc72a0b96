"""Receipts of records that were written as pending vendor invoices: whose turn it is, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Receipt:
    """`header`: of its invoice in F&O. `attempts` counts this one too, and is the fence of what follows."""

    id: int
    record_pk: int
    record_id: str
    receipt_id: str
    legal_entity: str
    header: str
    reference: str
    attempts: int
    sent_until: datetime | None
    absent_at: datetime | None


def body_of(tx: Tx, record_pk: int) -> str | None:
    found: str | None = sql.value(tx, "SELECT body FROM records WHERE id = :id", {"id": record_pk})
    return found


def expect(tx: Tx, connection_id: int, write_id: int, receipt_ids: Sequence[str]) -> None:
    """These belong to the invoice that was written; known ones stay as they are."""
    sql.run(
        tx,
        "INSERT INTO receipts (connection_id, record_pk, write_id, receipt_id) "
        "SELECT :connection, w.record_pk, w.id, x.receipt_id FROM writes w, unnest(CAST(:ids AS text[])) "
        "AS x(receipt_id) WHERE w.id = :write ON CONFLICT (write_id, receipt_id) DO NOTHING",
        {"connection": connection_id, "write": write_id, "ids": list(dict.fromkeys(receipt_ids))},
    )


# Of an invoice that stands: what was taken back takes no receipts any more.
_INVOICE = "w.id = r.write_id AND w.outcome = 'written' AND w.removed_at IS NULL"
STANDS = f"EXISTS (SELECT FROM writes w WHERE {_INVOICE})"


def claim(tx: Tx, connection_id: int, limit: int, lease_seconds: float) -> list[Receipt]:
    """Those whose turn it is; nobody else takes them meanwhile."""
    found = sql.rows(
        tx,
        "WITH due AS (SELECT r.id FROM receipts r, writes w WHERE r.connection_id = :connection "
        f"AND r.state = 'waiting' AND r.next_at <= now() AND {_INVOICE} ORDER BY r.id LIMIT :limit "
        "FOR UPDATE OF r SKIP LOCKED) "
        "UPDATE receipts r SET attempts = r.attempts + 1, next_at = now() + :lease * interval '1 second' "
        "FROM due, writes w, records o WHERE r.id = due.id AND w.id = r.write_id AND o.id = r.record_pk "
        "RETURNING r.id, r.record_pk, o.record_id, r.receipt_id, w.legal_entity, w.ledger->>'journal' AS header, "
        "w.reference, r.attempts, r.sent_until, r.absent_at",
        {"connection": connection_id, "limit": limit, "lease": lease_seconds},
    )
    return sorted((Receipt(**row._mapping) for row in found), key=lambda one: one.id)


_MINE = "WHERE id = :id AND state = 'waiting' AND attempts = :attempts"


def settle(tx: Tx, one: Receipt, state: str, reason: str, file: Mapping[str, Any] | None = None) -> bool:
    """attached, refused or given up. `file`: name, size and digest, where it is known. False where it moved on."""
    told = file or {"name": "", "size": None, "digest": ""}
    return bool(
        sql.run(
            tx,
            "UPDATE receipts SET state = :state, reason = left(:reason, 500), sent_until = NULL, absent_at = NULL, "
            "file = CASE WHEN :name <> '' THEN :name ELSE file END, size = coalesce(:size, size), "
            "digest = CASE WHEN :digest <> '' THEN :digest ELSE digest END, "
            f"attached_at = CASE WHEN :state = 'attached' THEN now() END {_MINE}",
            {"id": one.id, "attempts": one.attempts, "state": state, "reason": reason, **told},
        )
    )


def later(tx: Tx, one: Receipt, reason: str, seconds: float, *, counts: bool = True, absent: bool = False) -> None:
    """Tried again after so many seconds. `absent`: it may have left before, and F&O does not show it."""
    sql.run(
        tx,
        "UPDATE receipts SET reason = left(:reason, 500), next_at = now() + :seconds * interval '1 second', "
        "absent_at = CASE WHEN :absent THEN coalesce(absent_at, now()) ELSE absent_at END, "
        f"attempts = CASE WHEN :counts THEN attempts ELSE attempts - 1 END {_MINE}",
        {"id": one.id, "attempts": one.attempts, "reason": reason, "seconds": seconds, "counts": counts,
         "absent": absent},
    )  # fmt: skip


def sending(tx: Tx, one: Receipt, seconds: float) -> bool:
    """It is about to leave, and from now on it may have. Committed before it does.

    False where it is not ours, or where another has it in hand as well and was faster.
    """
    return bool(
        sql.run(
            tx,
            "UPDATE receipts SET sent_until = now() + :seconds * interval '1 second', absent_at = NULL, "
            f"next_at = now() + :seconds * interval '1 second' {_MINE} "
            "AND sent_until IS NOT DISTINCT FROM CAST(:sent AS timestamptz)",
            {"id": one.id, "attempts": one.attempts, "seconds": seconds, "sent": one.sent_until},
        )
    )


def unsent(tx: Tx, one: Receipt) -> None:
    """Surely nothing of it left this machine."""
    sql.run(tx, f"UPDATE receipts SET sent_until = NULL {_MINE}", {"id": one.id, "attempts": one.attempts})


def again(tx: Tx, record_pks: Sequence[int]) -> set[int]:
    """A person asked: what is not attached is tried at once, as if for the first time. The records that have such."""
    found = sql.rows(
        tx,
        "UPDATE receipts r SET state = 'waiting', attempts = 0, next_at = now() FROM writes w "
        f"WHERE r.record_pk = ANY(CAST(:ids AS bigint[])) AND r.state <> 'attached' AND {_INVOICE} "
        "RETURNING r.record_pk",
        {"ids": list(record_pks)},
    )
    return {row.record_pk for row in found}


def of_record(tx: Tx, connection_id: int, record_id: str) -> list[dict[str, Any]]:
    """For people: each receipt with its state and reason, the newest invoice's last."""
    found = sql.rows(
        tx,
        "SELECT r.receipt_id, r.state, r.reason, r.attempts, r.next_at, r.file, r.size, r.digest, r.attached_at "
        "FROM receipts r JOIN records o ON o.id = r.record_pk WHERE o.connection_id = :connection "
        "AND o.record_id = :record ORDER BY r.id",
        {"connection": connection_id, "record": record_id},
    )
    return [dict(row._mapping) for row in found]


def counts(tx: Tx, connection_id: int) -> dict[str, int]:
    """State → how many, of invoices that stand."""
    found = sql.rows(
        tx,
        f"SELECT r.state, count(*) AS number FROM receipts r, writes w WHERE r.connection_id = :id AND {_INVOICE} "
        "GROUP BY 1 ORDER BY 1",
        {"id": connection_id},
    )
    return {row.state: int(row.number) for row in found}
