"""Is every record's trail whole? The hash chain is computed again, in the database, from what the events say."""

from dataclasses import dataclass

from connector.store import sql
from connector.store.engine import Tx
from connector.store.moves import EVENT_HASH

# Records looked at in one statement, which must end well within the statement's time limit.
RECORDS = 2000


@dataclass(frozen=True, slots=True)
class Break:
    """Where a record's trail first contradicts itself. `seq` 0: the record itself, not one of its events."""

    record_id: str
    seq: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one step found. `last` is where the next one goes on; None at the end."""

    records: int
    events: int
    breaks: list[Break]
    last: int | None


_CHECK = f"""
WITH part AS (
    SELECT id, record_id, event_seq, event_hash, stage FROM records
    WHERE connection_id = :connection AND id > :after ORDER BY id LIMIT :limit
), chain AS (
    SELECT e.record_pk, e.seq, e.prev_hash, e.hash,
        row_number() OVER trail AS place, lag(e.hash) OVER trail AS before,
        e.from_stage, e.to_stage, lag(e.to_stage) OVER trail AS stood,
        {
    EVENT_HASH.format(
        prev="e.prev_hash",
        record_pk="e.record_pk",
        seq="e.seq",
        at="e.at",
        actor="e.actor",
        from_stage="e.from_stage",
        to_stage="e.to_stage",
        why="e.why",
        data="e.data",
    )
} AS again
    FROM events e JOIN part ON part.id = e.record_pk
    WINDOW trail AS (PARTITION BY e.record_pk ORDER BY e.seq)
), judged AS (
    SELECT record_pk, seq, CASE
        WHEN seq <> place THEN 'an event before it is missing'
        WHEN prev_hash <> coalesce(before, '') THEN 'it does not follow from the event before it'
        WHEN hash <> again THEN 'it does not say what it said when it was written'
        WHEN from_stage <> coalesce(stood, '') THEN 'it does not begin where the event before it ended'
    END AS sentence FROM chain
), ends AS (
    SELECT part.id, count(c.seq) AS events, max(c.seq) AS seq, (array_agg(c.hash ORDER BY c.seq DESC))[1] AS hash,
        (array_agg(c.to_stage ORDER BY c.seq DESC))[1] AS stage
    FROM part LEFT JOIN chain c ON c.record_pk = part.id GROUP BY part.id
)
SELECT part.id, part.record_id, ends.events, first.seq, coalesce(first.sentence, CASE
        WHEN ends.seq IS DISTINCT FROM part.event_seq OR ends.hash IS DISTINCT FROM part.event_hash
        THEN 'its last event is not the one that the record names'
        WHEN ends.stage IS DISTINCT FROM part.stage THEN 'the record stands elsewhere than its last event says'
        END) AS sentence
FROM part JOIN ends ON ends.id = part.id LEFT JOIN (
    SELECT DISTINCT ON (record_pk) record_pk, seq, sentence FROM judged WHERE sentence IS NOT NULL
    ORDER BY record_pk, seq) first ON first.record_pk = part.id
ORDER BY part.id
"""


# Each write of an entry was intended by an event that names it and the hash of what was to be sent.
_WRITES = """
WITH part AS (
    SELECT id, record_id FROM records WHERE connection_id = :connection AND id > :after ORDER BY id LIMIT :limit
), told AS (
    SELECT e.record_pk, e.seq, e.data->>'reference' AS reference, e.data->>'intent_hash' AS hash
    FROM events e JOIN part ON part.id = e.record_pk WHERE e.data ? 'intent_hash'
)
SELECT part.record_id, t.seq, CASE
        WHEN t.seq IS NULL THEN 'no event tells of the write ' || w.reference
        ELSE 'the write ' || w.reference || ' is not what the event says was to be sent' END AS sentence
FROM part JOIN writes w ON w.record_pk = part.id AND w.kind = 'entry' AND w.intent_hash <> ''
LEFT JOIN LATERAL (SELECT max(seq) AS seq, bool_or(hash = w.intent_hash) AS same FROM told
    WHERE told.record_pk = part.id AND told.reference = w.reference) t ON true
WHERE t.same IS NOT TRUE ORDER BY part.id, w.id
"""


def check_writes(tx: Tx, connection_id: int, after: int = 0) -> list[Break]:
    """Of the same records as `check` with this key: what was sent, against what their events say was to be sent."""
    found = sql.rows(tx, _WRITES, {"connection": connection_id, "after": after, "limit": RECORDS})
    return [Break(row.record_id, row.seq or 0, row.sentence) for row in found]


def check(tx: Tx, connection_id: int, after: int = 0) -> Part:
    """Check the trails of the next records after this key, each up to its first break."""
    found = sql.rows(tx, _CHECK, {"connection": connection_id, "after": after, "limit": RECORDS})
    breaks = [Break(row.record_id, row.seq or 0, row.sentence) for row in found if row.sentence]
    last = found[-1].id if len(found) == RECORDS else None
    return Part(len(found), sum(row.events for row in found), breaks, last)
