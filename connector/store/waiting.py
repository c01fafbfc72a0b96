"""Records that are not written yet and can be planned: what a change of mappings or rules is tried on."""

from dataclasses import dataclass

from connector.domain.stages import Stage
from connector.store import sql
from connector.store.engine import Tx
from connector.store.records import Claimed


@dataclass(frozen=True, slots=True)
class Page:
    """`last` is where the next page goes on; None after the last one."""

    records: list[Claimed]
    last: int | None


# With their second entries that are held for reasons of their own, while the first one stands.
_OR_SECOND = """
    OR stage = 'held' AND EXISTS (SELECT FROM records f WHERE f.id = r.linked_to
    AND f.stage IN ('written', 'acknowledged'))
"""
_WAITING = """
    (linked_to IS NULL {second}) AND stage IN ('fetched', 'mapped', 'held') AND body IS NOT NULL
    AND NOT EXISTS (SELECT FROM writes w
    WHERE w.record_pk = r.id AND w.epoch = r.epoch AND w.kind = 'entry'
    AND w.outcome IN ('open', 'written', 'uncertain'))
"""


def page(tx: Tx, connection_id: int, after: int, limit: int, *, seconds: bool = False) -> Page:
    """The next of them, by key. Nothing is claimed or locked. `seconds`: held second entries of records as well."""
    found = sql.rows(
        tx,
        "SELECT r.id, r.record_id, r.stage, r.attempts, r.epoch, r.body, true AS body_fresh, r.entry, "
        "r.planned_rules, r.problems, r.accepted, r.linked_to FROM records r WHERE r.connection_id = :connection "
        f"AND r.id > :after AND {_WAITING.format(second=_OR_SECOND if seconds else '')} ORDER BY r.id LIMIT :limit",
        {"connection": connection_id, "after": after, "limit": limit},
    )
    records = [Claimed(**{**row._mapping, "stage": Stage(row.stage)}) for row in found]
    return Page(records, records[-1].id if len(records) == limit else None)


def count(tx: Tx, connection_id: int) -> int:
    """With held second entries."""
    where = _WAITING.format(second=_OR_SECOND)
    statement = f"SELECT count(*) FROM records r WHERE r.connection_id = :connection AND {where}"
    return int(sql.value(tx, statement, {"connection": connection_id}))
