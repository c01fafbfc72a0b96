"""Batches: who is sending what, until when. Committed before bytes leave; a unique index keeps one writer a journal."""

from collections.abc import Sequence
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


def begin(tx: Tx, connection_id: int, journal_id: int | None, write_ids: Sequence[int], seconds: float) -> int | None:
    """Open a batch with a deadline and put the writes in it, raising their attempts.

    None where another worker is writing into this journal, or where one of the writes is no longer free.
    """
    batch_id = sql.value(
        tx,
        "INSERT INTO batches (connection_id, journal_id, deadline) "
        "VALUES (:connection, :journal, now() + :seconds * interval '1 second') "
        "ON CONFLICT (journal_id) WHERE status IN ('sending', 'uncertain') DO NOTHING RETURNING id",
        {"connection": connection_id, "journal": journal_id, "seconds": seconds},
    )
    if batch_id is None:
        return None
    taken = sql.run(
        tx,
        "UPDATE writes SET batch_id = :batch, journal_id = :journal, attempts = attempts + 1 "
        "WHERE id = ANY(CAST(:ids AS bigint[])) AND outcome = 'open' AND batch_id IS NULL",
        {"batch": batch_id, "journal": journal_id, "ids": list(write_ids)},
    )
    if taken != len(write_ids):
        raise Taken
    return int(batch_id)


class Taken(Exception):
    """A write was taken by another worker meanwhile; the transaction must be rolled back."""


def half_gone(tx: Tx, batch_id: int) -> bool:
    """True where more than half of the deadline has passed: then it is too late to begin sending."""
    return bool(
        sql.value(
            tx,
            "SELECT now() > started_at + (deadline - started_at) / 2 FROM batches WHERE id = :id",
            {"id": batch_id},
        )
    )


def mine(tx: Tx, batch_id: int) -> bool:
    """Lock the batch and say whether it is still ours to answer: nobody has declared it uncertain.

    Where it is, its writes are locked as well, in the order in which people and readings lock them.
    """
    found = sql.row(tx, "SELECT status FROM batches WHERE id = :id FOR UPDATE", {"id": batch_id})
    if found is None or found.status != "sending":
        return False
    sql.run(tx, "SELECT id FROM writes WHERE batch_id = :id ORDER BY id FOR UPDATE", {"id": batch_id})
    return True


def end(tx: Tx, batch_id: int, status: str, *, trace: str = "", evidence: str = "") -> None:
    sql.run(
        tx,
        "UPDATE batches SET status = :status, answered_at = now(), trace = :trace, evidence = :evidence WHERE id = :id",
        {"id": batch_id, "status": status, "trace": trace[:200], "evidence": evidence[:4000]},
    )


def late_answer(tx: Tx, batch_id: int, evidence: str) -> None:
    """An answer after the batch was declared uncertain decides nothing; it is kept."""
    sql.run(
        tx,
        "UPDATE batches SET answered_at = now(), evidence = left(evidence || :evidence, 8000) WHERE id = :id",
        {"id": batch_id, "evidence": f"\nlate answer: {evidence}"[:4000]},
    )


def past_deadline(tx: Tx, connection_id: int) -> list[Any]:
    """Batches nobody answered in time (the worker died, or waits still): rows (id, journal_id), locked."""
    return list(
        sql.rows(
            tx,
            "SELECT id, journal_id FROM batches WHERE connection_id = :connection AND status = 'sending' "
            "AND deadline <= now() ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED",
            {"connection": connection_id},
        )
    )


def settle_finished(tx: Tx, connection_id: int) -> None:
    """Uncertain batches none of whose writes is uncertain any more free their journal for the next writer."""
    sql.run(
        tx,
        "UPDATE batches b SET status = 'settled' WHERE connection_id = :connection AND status = 'uncertain' "
        "AND NOT EXISTS (SELECT FROM writes w WHERE w.batch_id = b.id AND w.outcome = 'uncertain')",
        {"connection": connection_id},
    )
