"""What people and programs read of records: lists, one record with its history, counts."""

from collections.abc import Sequence
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

_SUMMARY = (
    "record_id, stage, export_status, ledger_status, problems, reference, journal, voucher, record_type, "
    "legal_entity, currency, amount, posting_date, reason, epoch, version, times_heard, source_type, changed_in_brex, "
    "accepted, (SELECT f.record_id FROM records f WHERE f.id = records.linked_to) AS linked_to, "
    "(SELECT l.record_id FROM records l WHERE l.linked_to = records.id) AS linked"
)


def listing(tx: Tx, connection_id: int, *, stage: str | None = None, limit: int = 100_000) -> list[dict[str, Any]]:
    found = sql.rows(
        tx,
        f"SELECT {_SUMMARY} FROM records WHERE connection_id = :connection "
        "AND (CAST(:stage AS text) IS NULL OR stage = :stage) ORDER BY id LIMIT :limit",
        {"connection": connection_id, "stage": stage, "limit": limit},
    )
    return [dict(row._mapping) for row in found]


def one(tx: Tx, connection_id: int, record_id: str) -> dict[str, Any] | None:
    """The record's row with its body and entry, its events and its writes."""
    row = sql.row(
        tx,
        f"SELECT id, {_SUMMARY}, body, body_hash, entry, created_at, written_at, acknowledged_at, attempts, "
        "planned_rules, next_attempt_at FROM records WHERE connection_id = :connection AND record_id = :record",
        {"connection": connection_id, "record": record_id},
    )
    if row is None:
        return None
    events = sql.rows(
        tx,
        "SELECT seq, at, actor, from_stage, to_stage, why, data, encode(hash, 'hex') AS hash FROM events "
        "WHERE record_pk = :id ORDER BY seq",
        {"id": row.id},
    )
    writes = sql.rows(
        tx,
        "SELECT w.kind, w.epoch, w.reference, w.outcome, w.attempts, w.intent, w.intent_hash, w.ledger, w.evidence, "
        "w.created_at, w.wish, w.removed_at, w.resent, j.number AS journal, b.id AS batch, b.status AS batch_status, "
        "b.started_at AS sent_at, b.answered_at, b.trace, b.evidence AS batch_evidence "
        "FROM writes w LEFT JOIN journals j ON j.id = w.journal_id LEFT JOIN batches b ON b.id = w.batch_id "
        "WHERE w.record_pk = :id ORDER BY w.id",
        {"id": row.id},
    )
    return {
        **row._mapping,
        "events": [dict(event._mapping) for event in events],
        "writes": [dict(write._mapping) for write in writes],
    }


def counts(tx: Tx, connection_id: int) -> dict[str, int]:
    found = sql.rows(
        tx,
        "SELECT stage, count(*) AS number FROM records WHERE connection_id = :connection GROUP BY stage",
        {"connection": connection_id},
    )
    return {row.stage: int(row.number) for row in found}


def problem_counts(tx: Tx, connection_id: int) -> list[tuple[str, int]]:
    found = sql.rows(
        tx,
        "SELECT p->>'code' AS code, count(DISTINCT r.id) AS records FROM records r, jsonb_array_elements(r.problems) p "
        "WHERE r.connection_id = :connection AND r.stage = 'held' GROUP BY 1 ORDER BY 2 DESC, 1",
        {"connection": connection_id},
    )
    return [(row.code, int(row.records)) for row in found]


def oldest_unwritten_seconds(tx: Tx) -> int | None:
    """Age of the oldest record that is on its way and not yet in the ledger, over all connections."""
    found = sql.value(
        tx,
        "SELECT CAST(extract(epoch FROM now() - min(created_at)) AS bigint) FROM records "
        "WHERE stage IN ('received', 'fetched', 'mapped', 'writing') AND written_at IS NULL",
    )
    return None if found is None else int(found)


def ids(
    tx: Tx,
    connection_id: int,
    *,
    record_ids: Sequence[str] = (),
    stage: str | None = None,
    problem: str | None = None,
) -> list[Any]:
    """Rows (id, record_id, stage, epoch, problems) that match every condition given."""
    return list(
        sql.rows(
            tx,
            "SELECT id, record_id, stage, epoch, problems FROM records r WHERE connection_id = :connection "
            "AND (CAST(:stage AS text) IS NULL OR stage = :stage) "
            "AND (cardinality(CAST(:records AS text[])) = 0 OR record_id = ANY(CAST(:records AS text[]))) "
            "AND (CAST(:problem AS text) IS NULL OR EXISTS "
            "(SELECT FROM jsonb_array_elements(r.problems) p WHERE p->>'code' = :problem)) ORDER BY id",
            {"connection": connection_id, "stage": stage, "problem": problem, "records": list(record_ids)},
        )
    )
