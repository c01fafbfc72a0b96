"""Second entries of records: rows of their own, each `linked_to` the record whose body it is planned from.

What keeps the pair together stands in the claims: the second entry is intended once the first one is written, and the
first is reported once the second is.
"""

from collections.abc import Sequence
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

# Its first entry stands in the ledger, as far as we know, and is not being taken back.
FIRST_STANDS = (
    "({row}.linked_to IS NULL OR EXISTS (SELECT FROM records f JOIN writes w ON w.record_pk = f.id "
    "AND w.epoch = f.epoch WHERE f.id = {row}.linked_to AND f.stage IN ('written', 'acknowledged') "
    "AND w.kind = 'entry' AND w.outcome = 'written' AND w.removed_at IS NULL))"
)
# Its second entry stands, too, where its plan has one. {posted}: a condition on it, or nothing.
SECOND_STANDS = (
    "(NOT coalesce({row}.entry ? 'linked', false) OR EXISTS (SELECT FROM records l WHERE l.linked_to = {row}.id "
    "AND l.epoch >= {row}.epoch AND l.stage IN ('written', 'acknowledged') {posted}))"
)
# A second entry that waits to be planned, and whose first one is planned already and not being taken back.
TO_BRING = (
    "{row}.stage = 'received' AND {row}.linked_to IS NOT NULL AND EXISTS (SELECT FROM records f "
    "WHERE f.id = {row}.linked_to AND f.stage IN ('mapped', 'writing', 'written', 'acknowledged') "
    "AND f.epoch <= {row}.epoch AND coalesce(f.entry ? 'linked', false) AND NOT EXISTS (SELECT FROM writes w "
    "WHERE w.record_pk = f.id AND w.epoch = f.epoch AND w.kind IN ('removal', 'reversal') "
    "AND w.outcome IN ('open', 'uncertain')))"
)
_LIVE = (
    "EXISTS (SELECT FROM writes w WHERE w.record_pk = {row}.id AND w.epoch = {row}.epoch AND w.kind = 'entry' "
    "AND w.outcome IN ('open', 'written', 'uncertain'))"
)


def of(tx: Tx, firsts: Sequence[int]) -> list[Any]:
    """These records with their second entries: rows of first, record_id, epoch, body, and id, stage, linked_epoch and
    live of the second one (null where there is none yet)."""
    return list(
        sql.rows(
            tx,
            "SELECT f.id AS first, f.record_id, f.epoch, l.id, l.stage, l.epoch AS linked_epoch, "
            f"coalesce({_LIVE.format(row='l')}, false) AS live FROM records f LEFT JOIN records l "
            "ON l.linked_to = f.id WHERE f.id = ANY(CAST(:ids AS bigint[])) ORDER BY f.id",
            {"ids": list(firsts)},
        )
    )


def firsts(tx: Tx, ids: Sequence[int]) -> dict[int, Any]:
    """Second entry → its first: rows of record_id, entry, accepted, and stands (it has or may have an entry)."""
    found = sql.rows(
        tx,
        f"SELECT l.id, f.record_id, f.entry, f.accepted, {_LIVE.format(row='f')} AS stands FROM records l "
        "JOIN records f ON f.id = l.linked_to WHERE l.id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(ids)},
    )
    return {row.id: row for row in found}


def adopt(tx: Tx, connection_id: int, record_ids: dict[int, str]) -> None:
    """Rows just taken in by these names become the second entries of these records; Brex is never told of them."""
    for first, name in sorted(record_ids.items()):
        sql.run(
            tx,
            "UPDATE records SET linked_to = :first, export_status = 'NOT_APPLICABLE' "
            "WHERE connection_id = :connection AND record_id = :name",
            {"first": first, "connection": connection_id, "name": name},
        )


def copy(tx: Tx, ids: Sequence[int]) -> None:
    """Second entries get the body of their record as it is now: there is nothing else to fetch for them."""
    sql.run(
        tx,
        "UPDATE records l SET body = f.body, body_hash = f.body_hash, version = f.version, "
        "record_type = f.record_type, source_type = f.source_type, body_at = now(), heard_at = now(), "
        "looked_at = now() FROM records f WHERE f.id = l.linked_to AND l.id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(ids)},
    )


def astray(tx: Tx, connection_id: int) -> list[Any]:
    """Second entries that nothing was sent of, by what becomes of them: rows of id, stage, first_id, first, why.

    `why` is empty where the first is planned and this one waits to be; else it is the stage of a first that is not on
    its way.
    """
    to_bring = TO_BRING.format(row="l")
    return list(
        sql.rows(
            tx,
            "SELECT l.id, l.stage, f.id AS first_id, f.record_id AS first, "
            f"CASE WHEN {to_bring} THEN '' ELSE f.stage END AS why FROM records l JOIN records f "
            "ON f.id = l.linked_to WHERE l.connection_id = :id AND l.stage IN ('received', 'fetched', 'mapped', "
            f"'held') AND ({to_bring} OR (f.stage = 'reversed' OR f.stage IN ('held', 'skipped') "
            f"AND NOT {_LIVE.format(row='f')}) AND NOT {_LIVE.format(row='l')}) ORDER BY l.id",
            {"id": connection_id},
        )
    )


def alone(tx: Tx, connection_id: int) -> list[Any]:
    """Entries that stand though the other one of their pair was taken back: rows of id, record_id, stage, other."""
    return list(
        sql.rows(
            tx,
            "SELECT f.id, f.record_id, f.stage, l.record_id AS other FROM records l JOIN records f "
            "ON f.id = l.linked_to WHERE l.connection_id = :id AND l.stage = 'reversed' AND l.epoch >= f.epoch "
            "AND f.stage IN ('written', 'acknowledged') AND coalesce(f.entry ? 'linked', false) UNION ALL "
            "SELECT l.id, l.record_id, l.stage, f.record_id FROM records f JOIN records l ON l.linked_to = f.id "
            "WHERE f.connection_id = :id AND f.stage = 'reversed' AND l.stage IN ('written', 'acknowledged')",
            {"id": connection_id},
        )
    )


def partners(tx: Tx, ids: Sequence[int]) -> dict[int, int]:
    """Record → the other one of its pair, both ways."""
    found = sql.rows(
        tx,
        "SELECT id, linked_to FROM records WHERE linked_to IS NOT NULL AND (id = ANY(CAST(:ids AS bigint[])) "
        "OR linked_to = ANY(CAST(:ids AS bigint[])))",
        {"ids": list(ids)},
    )
    return {row.id: row.linked_to for row in found} | {row.linked_to: row.id for row in found}


def count(tx: Tx, connection_id: int) -> int:
    """How many second entries there are; they are no records of Brex."""
    statement = "SELECT count(*) FROM records WHERE connection_id = :id AND linked_to IS NOT NULL"
    return int(sql.value(tx, statement, {"id": connection_id}))


def waiting(tx: Tx, connection_id: int) -> int:
    """Second entries that are not written while their first one stands."""
    return int(
        sql.value(
            tx,
            "SELECT count(*) FROM records l JOIN records f ON f.id = l.linked_to WHERE l.connection_id = :id "
            "AND l.stage IN ('received', 'fetched', 'mapped', 'held') AND f.stage <> 'reversed' "
            f"AND {_LIVE.format(row='f')}",
            {"id": connection_id},
        )
    )


def rows(tx: Tx, ids: Sequence[int]) -> list[Any]:
    """These records as `views.ids` gives them, with linked_to."""
    return list(
        sql.rows(
            tx,
            "SELECT id, record_id, stage, epoch, problems, linked_to FROM records "
            "WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id",
            {"ids": list(ids)},
        )
    )


def seconds(tx: Tx, firsts_: Sequence[int]) -> dict[int, int]:
    """The second entries of these records → their record."""
    found = sql.rows(
        tx, "SELECT id, linked_to FROM records WHERE linked_to = ANY(CAST(:ids AS bigint[]))", {"ids": list(firsts_)}
    )
    return {row.id: row.linked_to for row in found}
