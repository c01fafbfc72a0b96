"""What people ask of a connection as a whole: does it wait, has it records, whom does it share a company with."""

from collections.abc import Sequence

from connector.store import sql
from connector.store.engine import Tx


def waits(tx: Tx, connection_id: int) -> dict[str, float]:
    """The sides (brex, d365) that asked to be left alone, and for how many seconds yet."""
    found = sql.rows(
        tx,
        "SELECT side, CAST(extract(epoch FROM not_before - now()) AS float8) AS seconds FROM pacing "
        "WHERE connection_id = :id AND not_before > now() ORDER BY side",
        {"id": connection_id},
    )
    return {row.side: row.seconds for row in found}


def has_records(tx: Tx, connection_id: int) -> bool:
    return bool(sql.value(tx, "SELECT EXISTS (SELECT FROM records WHERE connection_id = :id)", {"id": connection_id}))


def unfinished(tx: Tx, connection_id: int) -> int:
    """Records with an entry that stands or may stand in F&O while Brex has not been told."""
    found = sql.value(
        tx,
        "SELECT count(DISTINCT r.id) FROM records r JOIN writes w ON w.record_pk = r.id AND w.epoch = r.epoch "
        "WHERE r.connection_id = :id AND w.kind = 'entry' AND w.outcome IN ('open', 'written', 'uncertain') "
        "AND r.export_status = 'NONE' AND r.stage NOT IN ('skipped', 'reversed')",
        {"id": connection_id},
    )
    return int(found)


def held_for_approval(tx: Tx, connection_id: int, record_types: Sequence[str]) -> int:
    """How many records of these types are held because nobody has approved the type."""
    found = sql.value(
        tx,
        "SELECT count(*) FROM records r WHERE connection_id = :id AND stage = 'held' "
        "AND record_type = ANY(CAST(:types AS text[])) "
        "AND EXISTS (SELECT FROM jsonb_array_elements(r.problems) p WHERE p->>'code' = 'TREATMENT-UNCONFIRMED')",
        {"id": connection_id, "types": list(record_types)},
    )
    return int(found)


def same_company(tx: Tx, connection_id: int, company_id: str) -> list[str]:
    """Names of the other connections whose Brex token was seen to belong to the same company."""
    found = sql.rows(
        tx,
        "SELECT name FROM connections WHERE company_id = :company AND id <> :id AND removed_at IS NULL ORDER BY name",
        {"id": connection_id, "company": company_id},
    )
    return [row.name for row in found]
