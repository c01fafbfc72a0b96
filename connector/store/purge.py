"""Taking the contents out of old records that are done. Events, hashes, amounts, dates and references stay."""

from dataclasses import dataclass

from connector.store import sql
from connector.store.engine import Tx

# A record is done with where nothing of it is looked for any more and nothing has happened to it for so long. One that
# is acknowledged is still followed until F&O has posted its journal: what stands there is compared with the intent.
_OLD = """
    r.connection_id = :id AND r.stage IN ('acknowledged', 'skipped', 'reversed') AND r.purged_at IS NULL
    AND r.heard_at < now() - :days * interval '1 day'
    AND (SELECT e.at FROM events e WHERE e.record_pk = r.id AND e.seq = r.event_seq) < now() - :days * interval '1 day'
"""
_DONE = """
    (r.stage = 'skipped' OR r.ledger_status = 'posted' OR (r.stage = 'reversed' AND r.ledger_status = 'none'))
    AND (r.changed_in_brex IS NULL OR r.changed_in_brex ? 'settled')
    AND NOT EXISTS (SELECT FROM writes w WHERE w.record_pk = r.id
        AND (w.next_look_at IS NOT NULL OR w.outcome IN ('open', 'uncertain')))
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """`records` and `webhooks` would go; `followed` are old enough, but still followed: in F&O, or by a person."""

    records: int
    webhooks: int
    followed: int


def count(tx: Tx, connection_id: int, days: int) -> Counts:
    row = sql.row(
        tx,
        f"SELECT count(*) FILTER (WHERE {_DONE}) AS records, count(*) FILTER (WHERE NOT ({_DONE})) AS followed "
        f"FROM records r WHERE {_OLD}",
        {"id": connection_id, "days": days},
    )
    webhooks = sql.value(
        tx,
        "SELECT count(*) FROM webhooks WHERE connection_id = :id AND received_at < now() - :days * interval '1 day'",
        {"id": connection_id, "days": days},
    )
    return Counts(row.records if row else 0, int(webhooks), row.followed if row else 0)


def records(tx: Tx, connection_id: int, days: int, limit: int) -> int:
    """Empty the next records, at most so many; how many there were."""
    found = sql.rows(
        tx,
        f"SELECT r.id FROM records r WHERE {_OLD} AND {_DONE} ORDER BY r.id LIMIT :limit FOR UPDATE OF r SKIP LOCKED",
        {"id": connection_id, "days": days, "limit": limit},
    )
    ids = [row.id for row in found]
    # The hash of what was sent stays, and its number of lines.
    sql.run(
        tx,
        "UPDATE writes SET intent = '[]' WHERE record_pk = ANY(CAST(:ids AS bigint[])) "
        "AND kind IN ('entry', 'reversal')",
        {"ids": ids},
    )
    sql.run(
        tx,
        "UPDATE records SET body = NULL, entry = NULL, purged_at = now() WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": ids},
    )
    return len(ids)


def webhooks(tx: Tx, connection_id: int, days: int) -> int:
    """Forget old deliveries; how many. One that old is refused for its time, should it ever come again."""
    return sql.run(
        tx,
        "DELETE FROM webhooks WHERE connection_id = :id AND received_at < now() - :days * interval '1 day'",
        {"id": connection_id, "days": days},
    )
