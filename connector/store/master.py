"""F&O's master data row by row: what a reading found new, changed or gone, and the rows as they stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from connector.domain import jsonio
from connector.store import connections, sql
from connector.store.engine import Tx

Row = dict[str, Any]
STREAMED = 2000  # rows fetched at a time


@dataclass(frozen=True, slots=True)
class Found:
    """What a part of a reading found. `matters`: something that mapping reads is among it."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    matters: bool = False

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.new + other.new, self.changed + other.changed, self.gone + other.gone, self.matters or other.matters
        )


# `started`: when the reading began, by Postgres's clock. Where another reading has written a row since then, its word
# is at least as new as ours. Rows are inserted in the order of their keys: opposite orders would deadlock.
_PUT = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(key text, row jsonb, row_hash text)
), seen AS (
    INSERT INTO master_seen (connection_id, reading, entity_set, key) SELECT :id, :reading, :set, key FROM given
), old AS (
    SELECT g.key, o.row, o.active FROM given g CROSS JOIN LATERAL (SELECT row, active FROM master_rows m
        WHERE m.connection_id = :id AND m.entity_set = :set AND m.key = g.key LIMIT 1) o
), put AS (
    INSERT INTO master_rows AS m (connection_id, entity_set, key, row, row_hash, changed_at)
    SELECT :id, :set, key, row, row_hash, clock_timestamp() FROM given ORDER BY key
    ON CONFLICT (connection_id, entity_set, key) DO UPDATE SET row = excluded.row, row_hash = excluded.row_hash,
        active = true, last_seen = NULL, changed_at = clock_timestamp()
    WHERE (m.row_hash <> excluded.row_hash OR NOT m.active) AND m.changed_at < :started
    RETURNING m.key
), told AS (
    SELECT coalesce(o.active, false) AS known, o.row - CAST(:beside AS text[]) IS DISTINCT FROM
        g.row - CAST(:beside AS text[]) OR NOT coalesce(o.active, false) AS matters
    FROM put JOIN given g ON g.key = put.key LEFT JOIN old o ON o.key = put.key
)
SELECT count(*) FILTER (WHERE NOT known) AS new, count(*) FILTER (WHERE known) AS changed,
       coalesce(bool_or(matters), false) AS matters FROM told
"""
# NOT IN: PostgreSQL hashes the keys. Of a table that is never analysed it expects few rows, and an anti-join would
# compare each row with each key.
_GONE = """
WITH gone AS (
    UPDATE master_rows m SET active = false, changed_at = clock_timestamp(), last_seen = coalesce(
        (SELECT s.read_at FROM master_sets s WHERE s.connection_id = :id AND s.entity_set = :set), m.changed_at)
    WHERE m.connection_id = :id AND m.entity_set = :set AND m.active AND m.changed_at < :started
      AND m.key NOT IN (SELECT n.key FROM master_seen n WHERE n.connection_id = :id AND n.reading = :reading
                        AND n.entity_set = :set)
    RETURNING 1
)
SELECT count(*) FROM gone
"""
_SET = """
INSERT INTO master_sets AS s (connection_id, entity_set, read_at, unread, version, untold)
VALUES (:id, :set, CASE WHEN :whole THEN now() END, :unread, CASE WHEN :found THEN 1 ELSE 0 END, :matters)
ON CONFLICT (connection_id, entity_set) DO UPDATE SET read_at = coalesce(excluded.read_at, s.read_at),
    unread = excluded.unread, version = s.version + excluded.version, untold = s.untold OR excluded.untold
"""


def put(
    tx: Tx,
    connection_id: int,
    entity_set: str,
    rows: Mapping[str, Row],
    *,
    reading: str,
    started: Any,
    beside: Sequence[str] = (),
) -> Found:
    """Keep some rows of a reading under way, by their keys. Two statements at most, whatever their number.

    `beside`: columns that mapping does not read.
    """
    packed = [{"key": key, "row": row, "row_hash": jsonio.digest(row)} for key, row in rows.items()]
    params = {"id": connection_id, "set": entity_set, "reading": reading, "started": started}
    found = sql.row(tx, _PUT, {**params, "rows": sql.pack(packed), "beside": list(beside)})
    assert found is not None  # noqa: S101 - it counts
    done = Found(found.new, found.changed, 0, found.matters)
    if done.new or done.changed:  # told at once: should the reading end here, the next one tells of it
        _note(tx, connection_id, entity_set, done, whole=False)
    return done


def complete(tx: Tx, connection_id: int, entity_set: str, *, reading: str, started: Any) -> Found:
    """The reading has seen the whole set: what it has not seen is gone, unless another reading has seen it since."""
    params = {"id": connection_id, "set": entity_set, "reading": reading, "started": started}
    gone = sql.value(tx, _GONE, params)
    first = not sql.value(
        tx, "SELECT read_at IS NOT NULL FROM master_sets WHERE connection_id = :id AND entity_set = :set",
        {"id": connection_id, "set": entity_set},
    )  # fmt: skip
    # A set that becomes known changes what is checked, an empty one too.
    done = Found(gone=gone, matters=gone > 0 or first)
    _note(tx, connection_id, entity_set, done, whole=True, first=first)
    sql.run(
        tx,
        "DELETE FROM master_seen WHERE connection_id = :id AND ((reading = :reading AND entity_set = :set) "
        "OR seen_at < now() - interval '1 day')",
        {"id": connection_id, "reading": reading, "set": entity_set},
    )
    return done


def broken_off(tx: Tx, connection_id: int, entity_set: str, reading: str, why: str) -> None:
    """The set could not be read to its end: what was read stays, nothing is gone, and the reason is kept."""
    _note(tx, connection_id, entity_set, Found(), whole=False, unread=why[:500])
    sql.run(tx, "DELETE FROM master_seen WHERE connection_id = :id AND reading = :reading",
            {"id": connection_id, "reading": reading})  # fmt: skip


def _note(
    tx: Tx, connection_id: int, entity_set: str, found: Found, *, whole: bool, unread: str = "", first: bool = False
) -> None:
    something = first or bool(found.new or found.changed or found.gone)
    sql.run(
        tx,
        _SET,
        {"id": connection_id, "set": entity_set, "whole": whole, "unread": unread, "found": something,
         "matters": found.matters},
    )  # fmt: skip


def refreshed(tx: Tx, connection_id: int) -> bool:
    """The reading of all sets is over. Where something that mapping reads has changed, plans are made anew: True."""
    untold = sql.run(
        tx,
        "UPDATE master_sets SET untold = false WHERE connection_id = :id AND untold",
        {"id": connection_id},
    )
    sql.run(tx, "UPDATE connections SET refreshed_at = now() WHERE id = :id", {"id": connection_id})
    if untold:
        connections.bump_rules(tx, connection_id)
    return bool(untold)


def again(tx: Tx, connection_id: int, seconds: float) -> None:
    """The next scheduled reading comes no later than this."""
    sql.run(
        tx,
        "UPDATE connections SET next_refresh_at = least(next_refresh_at, now() + :seconds * interval '1 second') "
        "WHERE id = :id",
        {"id": connection_id, "seconds": seconds},
    )


def version(tx: Tx, connection_id: int) -> int:
    """Moves with every change of any row: what was built from the rows is good for as long as it stays."""
    return int(sql.value(tx, "SELECT coalesce(sum(version), 0) FROM master_sets WHERE connection_id = :id",
                         {"id": connection_id}))  # fmt: skip


def known(tx: Tx, connection_id: int) -> list[str]:
    """The sets that were read whole at least once; all others are unknown, which is not empty."""
    found = sql.rows(
        tx,
        "SELECT entity_set FROM master_sets WHERE connection_id = :id AND read_at IS NOT NULL ORDER BY entity_set",
        {"id": connection_id},
    )
    return [row.entity_set for row in found]


def rows(tx: Tx, connection_id: int, entity_sets: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """The active rows of these sets with their set's name, in the order of their keys. One statement; they are
    fetched as they are asked for, so the transaction must stay open."""
    found = tx.execute(
        text(
            "SELECT entity_set, row FROM master_rows WHERE connection_id = :id AND active "
            "AND entity_set = ANY(CAST(:sets AS text[])) ORDER BY entity_set, key"
        ),
        {"id": connection_id, "sets": list(entity_sets)},
        execution_options={"stream_results": True, "yield_per": STREAMED},
    )
    for row in found:
        yield row.entity_set, row.row


def before_rows(tx: Tx, connection_id: int) -> dict[str, list[Row]]:
    """Rows by set as earlier releases kept them, for a connection that has not been refreshed since."""
    found = sql.rows(tx, "SELECT entity_set, rows FROM master_data WHERE connection_id = :id", {"id": connection_id})
    return {row.entity_set: row.rows for row in found}
