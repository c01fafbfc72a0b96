"""What the table says is due: the sweep wakes it, whatever became of the broker's messages."""

from dataclasses import dataclass

from connector.store import sql
from connector.store.engine import Tx
from connector.store.linked import FIRST_STANDS, SECOND_STANDS, TO_BRING
from connector.store.open_writes import REPORTABLE
from connector.store.receipts import STANDS
from connector.store.records import TO_REPLAN, TO_REPORT_AGAIN


@dataclass(frozen=True, slots=True)
class Due:
    connection_id: int
    work: bool  # something for the chain
    poll: bool
    refresh: bool
    watch: bool


_REPLAN = TO_REPLAN.format(rules="c.rules_version", record="r.id", epoch="r.epoch")
_REPORT = TO_REPORT_AGAIN.format(record="r.id", epoch="r.epoch")
_BOTH = f"""CASE WHEN c.settings #>> '{{posting,acknowledge_when}}' = 'posted'
    THEN {SECOND_STANDS.format(row="r", posted="AND l.ledger_status = 'posted'")}
    ELSE {SECOND_STANDS.format(row="r", posted="")} END"""
_WORK = f"""
    EXISTS (SELECT FROM records r WHERE r.connection_id = c.id AND r.next_attempt_at <= now() AND (
        r.stage = 'fetched' OR (r.stage = 'mapped' AND {FIRST_STANDS.format(row="r")})
        OR ({TO_BRING.format(row="r")})
        OR (r.stage = 'received' AND r.linked_to IS NULL AND (r.looked_at IS NULL OR r.heard_at > r.looked_at))
        OR (r.stage = 'written' AND {_BOTH}
            AND (c.settings #>> '{{posting,acknowledge_when}}' <> 'posted' OR r.ledger_status = 'posted'))))
    OR EXISTS (SELECT FROM records r WHERE r.connection_id = c.id AND r.stage = 'held' AND r.next_attempt_at <= now()
        AND r.linked_to IS NULL AND (r.looked_at IS NULL OR r.heard_at > r.looked_at)
        AND NOT EXISTS (SELECT FROM writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch
            AND w.kind = 'entry' AND w.outcome IN ('open', 'written', 'uncertain')))
    OR EXISTS (SELECT FROM records r WHERE r.connection_id = c.id AND r.next_attempt_at <= now()
        AND (({_REPLAN}) OR ({_REPORT})))
    OR EXISTS (SELECT FROM writes w WHERE w.connection_id = c.id AND w.next_look_at <= now())
    OR EXISTS (SELECT FROM writes w WHERE w.connection_id = c.id AND w.outcome = 'open' AND w.batch_id IS NULL
        AND w.kind NOT IN ('journal', 'removal') AND w.not_before <= now() {REPORTABLE})
    OR EXISTS (SELECT FROM batches b WHERE b.connection_id = c.id AND b.status = 'sending' AND b.deadline <= now())
    OR EXISTS (SELECT FROM receipts r WHERE r.connection_id = c.id AND r.state = 'waiting' AND r.next_at <= now()
        AND {STANDS})
"""


def everything(tx: Tx) -> list[Due]:
    """Active connections for which something is due now. One query, whatever their number."""
    found = sql.rows(
        tx,
        f"""
        SELECT * FROM (SELECT c.id AS connection_id, ({_WORK}) AS work, c.next_poll_at <= now() AS poll,
                              c.next_refresh_at <= now() AS refresh,
                              EXISTS (SELECT FROM journals j WHERE j.connection_id = c.id AND j.number IS NOT NULL
                                  AND j.posted_at IS NULL AND j.lines_used > 0 AND j.watch_at <= now())
                              OR EXISTS (SELECT FROM invoices i WHERE i.connection_id = c.id AND i.ended_at IS NULL
                                  AND i.watch_at <= now()) AS watch
                       FROM connections c WHERE c.state = 'active' AND c.removed_at IS NULL) due
        WHERE work OR poll OR refresh OR watch ORDER BY connection_id
        """,
    )
    return [Due(**row._mapping) for row in found]


def work(tx: Tx, connection_id: int) -> bool:
    return bool(sql.value(tx, f"SELECT ({_WORK}) FROM connections c WHERE c.id = :id", {"id": connection_id}))


def next_seconds(tx: Tx, connection_id: int) -> float | None:
    """Seconds until something of this connection becomes due; 0 where it is now, None where nothing is waiting."""
    found: float | None = sql.value(
        tx,
        f"""
        SELECT CAST(extract(epoch FROM min(at) - now()) AS float8) FROM (
            SELECT min(next_attempt_at) AS at FROM records WHERE connection_id = :id AND stage = 'received'
                AND linked_to IS NULL AND (looked_at IS NULL OR heard_at > looked_at)
            UNION ALL SELECT min(next_attempt_at) FROM records WHERE connection_id = :id AND stage = 'fetched'
            UNION ALL SELECT min(next_attempt_at) FROM records r WHERE connection_id = :id AND stage = 'mapped'
                AND {FIRST_STANDS.format(row="r")}
            UNION ALL SELECT min(next_attempt_at) FROM records r WHERE connection_id = :id
                AND {TO_BRING.format(row="r")}
            UNION ALL SELECT min(r.next_attempt_at) FROM records r JOIN connections c ON c.id = r.connection_id
                WHERE c.id = :id AND r.stage = 'written' AND {_BOTH}
                AND (c.settings #>> '{{posting,acknowledge_when}}' <> 'posted' OR r.ledger_status = 'posted')
            UNION ALL SELECT min(r.next_attempt_at) FROM records r JOIN connections c ON c.id = r.connection_id
                WHERE c.id = :id AND (({_REPLAN}) OR ({_REPORT}))
            UNION ALL SELECT min(next_look_at) FROM writes WHERE connection_id = :id AND next_look_at IS NOT NULL
            UNION ALL SELECT min(not_before) FROM writes WHERE connection_id = :id AND outcome = 'open'
                AND batch_id IS NULL AND kind NOT IN ('journal', 'removal') {REPORTABLE}
            UNION ALL SELECT min(deadline) FROM batches WHERE connection_id = :id AND status = 'sending'
            UNION ALL SELECT min(next_at) FROM receipts r WHERE connection_id = :id AND state = 'waiting' AND {STANDS}
        ) times
        """,
        {"id": connection_id},
    )
    # Not greatest() in SQL, which passes over NULL: nothing waiting would become "now".
    return None if found is None else max(0.0, found)
