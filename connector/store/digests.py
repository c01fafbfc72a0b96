"""Digests of the audit trail: what the heads of all record chains came to, span by span, each chained to the last.

A span ends at midnight UTC and is digested an hour later at the earliest, when every transaction that was under way at
midnight is long over: what belongs to a span never changes, so its digest can be computed again at any time. A record's
head is its last event of the span, whose hash covers all events before it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

_UNTIL = "date_trunc('day', (now() - interval '1 hour') AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
# Digests looked at in one statement: their spans are read from the events by the index on time.
PART = 31

# Over the last event of each record, in the order of the records' ids.
_HEADS = (
    "sha256(coalesce(string_agg(convert_to(concat_ws(E'\\x1f', h.record_id, h.seq, ''), 'UTF8') || h.hash, '' "
    "ORDER BY h.record_id COLLATE \"C\"), CAST('' AS bytea)))"
)
# The digest covers all that its row says, and the digest before it.
HASH = (
    "sha256({prev} || convert_to(concat_ws(E'\\x1f', {connection}, extract(epoch FROM {since}), "
    "extract(epoch FROM {until}), {records}, {events}), 'UTF8') || {heads})"
)

_ADD = f"""
WITH last AS (
    SELECT c.id, coalesce(d.until, '2000-01-01 00:00Z') AS since, {_UNTIL} AS until, coalesce(d.hash, '') AS prev
    FROM connections c LEFT JOIN LATERAL (SELECT until, hash FROM audit_digests
        WHERE connection_id = c.id ORDER BY until DESC LIMIT 1) d ON true
), heads AS (
    SELECT DISTINCT ON (e.record_pk) l.id, r.record_id, e.seq, e.hash,
        count(*) OVER (PARTITION BY e.record_pk) AS events
    FROM last l JOIN events e ON e.at >= l.since AND e.at < l.until
    JOIN records r ON r.id = e.record_pk AND r.connection_id = l.id
    WHERE l.since < l.until ORDER BY e.record_pk, e.seq DESC
), summed AS (
    SELECT l.id, l.since, l.until, l.prev, count(h.id) AS records, coalesce(sum(h.events), 0) AS events,
        {_HEADS} AS heads
    FROM last l LEFT JOIN heads h ON h.id = l.id WHERE l.since < l.until GROUP BY l.id, l.since, l.until, l.prev
)
INSERT INTO audit_digests (connection_id, since, until, records, events, heads, prev_hash, hash)
SELECT id, since, until, records, events, heads, prev, {
    HASH.format(
        prev="prev", connection="id", since="since", until="until", records="records", events="events", heads="heads"
    )
} FROM summed ORDER BY id
ON CONFLICT DO NOTHING RETURNING connection_id, until, records, events, encode(hash, 'hex') AS digest
"""

_CHECK = f"""
WITH part AS (
    SELECT * FROM audit_digests WHERE connection_id = :connection AND until > CAST(:after AS timestamptz)
    ORDER BY until LIMIT :limit
), heads AS (
    SELECT DISTINCT ON (p.id, e.record_pk) p.id, r.record_id, e.seq, e.hash,
        count(*) OVER (PARTITION BY p.id, e.record_pk) AS events
    FROM events e JOIN records r ON r.id = e.record_pk AND r.connection_id = :connection
    JOIN part p ON e.at >= p.since AND e.at < p.until
    WHERE e.at >= (SELECT min(since) FROM part) AND e.at < (SELECT max(until) FROM part)
    ORDER BY p.id, e.record_pk, e.seq DESC
), summed AS (
    SELECT p.id, count(h.id) AS records, coalesce(sum(h.events), 0) AS events, {_HEADS} AS heads
    FROM part p LEFT JOIN heads h ON h.id = p.id GROUP BY p.id
)
SELECT p.until, encode(p.hash, 'hex') AS digest, p.since, encode(p.prev_hash, 'hex') AS prev,
    s.heads = p.heads AS same, p.events, s.events AS found, p.records, s.records AS found_records,
    p.hash = {
    HASH.format(
        prev="p.prev_hash",
        connection="p.connection_id",
        since="p.since",
        until="p.until",
        records="p.records",
        events="p.events",
        heads="p.heads",
    )
} AS sound
FROM part p JOIN summed s ON s.id = p.id ORDER BY p.until
"""


@dataclass(frozen=True, slots=True)
class Digest:
    connection_id: int
    until: datetime
    records: int
    events: int
    digest: str  # hexadecimal


def add(tx: Tx) -> list[Digest]:
    """Digest every connection's span since its last digest, up to the last midnight; those that were added.

    Nothing for a connection whose span was digested: two at once, and the second finds nothing to do.
    """
    found = sql.rows(tx, _ADD)
    return [Digest(row.connection_id, row.until, row.records, row.events, row.digest) for row in found]


def check(tx: Tx, connection_id: int, after: datetime | None) -> list[Any]:
    """The next digests, each with what its span comes to now: rows of until, digest, since, prev, same (the heads),
    events and found (events), records and found_records, sound (the digest is that of its own row)."""
    return list(sql.rows(tx, _CHECK, {"connection": connection_id, "after": after or "-infinity", "limit": PART}))


def moved(tx: Tx, connection_id: int, since: datetime, until: datetime, limit: int) -> list[str]:
    """Records with an event in the span, by their ids."""
    found = sql.rows(
        tx,
        "SELECT DISTINCT r.record_id FROM events e JOIN records r ON r.id = e.record_pk "
        "WHERE r.connection_id = :id AND e.at >= :since AND e.at < :until ORDER BY 1 LIMIT :limit",
        {"id": connection_id, "since": since, "until": until, "limit": limit},
    )
    return [row.record_id for row in found]
