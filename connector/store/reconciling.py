"""For reconciliation: our records of a period with their writes into the ledger, and whose a reference is."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


def records(tx: Tx, connection_id: int, first: date, last: date, record_ids: Sequence[str]) -> list[Any]:
    """Rows of the records dated in the period, of those with a reversing entry dated in it, and of those named.

    `event` is the number of the record's last event, of all events of this database.
    """
    return list(
        sql.rows(
            tx,
            """
            WITH wanted AS (
                SELECT id FROM records WHERE connection_id = :id AND posting_date BETWEEN :first AND :last
                UNION SELECT id FROM records
                    WHERE connection_id = :id AND record_id = ANY(CAST(:records AS text[]))
                UNION SELECT record_pk FROM writes
                    WHERE connection_id = :id AND kind = 'reversal' AND posting_date BETWEEN :first AND :last
            )
            SELECT r.id, r.record_id, r.stage, r.legal_entity, r.currency, r.amount, r.posting_date, r.export_status,
                r.epoch, r.accepted, coalesce(r.changed_in_brex ? 'settled', false) AS settled, e.id AS event,
                r.linked_to
            FROM records r JOIN wanted ON wanted.id = r.id
            LEFT JOIN events e ON e.record_pk = r.id AND e.seq = r.event_seq ORDER BY r.id
            """,
            {"id": connection_id, "first": first, "last": last, "records": list(record_ids)},
        )
    )


def writes(tx: Tx, connection_id: int, ids: Sequence[int]) -> list[Any]:
    """Rows of everything that was to happen in the ledger for these records, in the order it was intended."""
    return list(
        sql.rows(
            tx,
            "SELECT w.record_pk, w.kind, w.epoch, w.reference, w.outcome, w.intent, w.lines, w.legal_entity, "
            "w.posting_date, coalesce(w.ledger->>'journal', '') AS journal, w.removed_at, w.form FROM writes w "
            "WHERE w.connection_id = :id AND w.record_pk = ANY(CAST(:ids AS bigint[])) "
            "AND w.kind IN ('entry', 'removal', 'reversal') ORDER BY w.id",
            {"id": connection_id, "ids": list(ids)},
        )
    )


def last_event(tx: Tx) -> int:
    """The number of the last event of this database: what happens later has a greater one."""
    return int(sql.value(tx, "SELECT coalesce(max(id), 0) FROM events"))


def known_references(tx: Tx, references: Sequence[str]) -> frozenset[str]:
    """Which of these references belong to a write of any connection here: another one may post to the same company."""
    found = sql.rows(
        tx,
        "SELECT w.reference FROM connections c JOIN writes w ON w.connection_id = c.id "
        "AND w.reference = ANY(CAST(:references AS text[]))",
        {"references": list(references)},
    )
    return frozenset(row.reference for row in found)


def look_again(tx: Tx, connection_id: int, references: Sequence[str]) -> int:
    """Entries and reversing entries that stand, as far as we know, are looked for in F&O once more; how many."""
    return sql.run(
        tx,
        "UPDATE writes w SET next_look_at = now(), looks = 0 FROM records r WHERE r.id = w.record_pk "
        "AND w.connection_id = :id AND w.reference = ANY(CAST(:references AS text[])) AND w.outcome = 'written' "
        "AND w.epoch = r.epoch AND w.next_look_at IS NULL AND r.purged_at IS NULL "
        "AND (w.kind = 'entry' AND r.stage IN ('written', 'acknowledged') "
        "OR w.kind = 'reversal' AND r.stage = 'reversed')",
        {"id": connection_id, "references": list(references)},
    )
