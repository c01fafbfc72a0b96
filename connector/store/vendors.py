"""Which merchant is which vendor: the present word on each, and every word there was."""

from collections.abc import Sequence
from typing import Any

from connector.store import connections, sql
from connector.store.engine import Tx

_COLUMNS = (
    "legal_entity, key, merchant, verdict, decided_by, account, vendor_name, score, why, candidates, rejected, "
    "names_version, version, actor, at"
)
_GIVEN = """jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(legal_entity text, key text, merchant text, verdict text,
    account text, vendor_name text, score numeric, why text, candidates jsonb, rejected jsonb, names_version integer)"""


def everything(tx: Tx, connection_id: int) -> list[dict[str, Any]]:
    """The present word on each merchant, by legal entity and name."""
    found = sql.rows(
        tx,
        f"SELECT {_COLUMNS} FROM vendor_matches WHERE connection_id = :id ORDER BY legal_entity, key",
        {"id": connection_id},
    )
    return [dict(row._mapping) for row in found]


def history(tx: Tx, connection_id: int, legal_entity: str, key: str) -> list[dict[str, Any]]:
    """The newest first."""
    found = sql.rows(
        tx,
        "SELECT version, at, actor, verdict, account, why FROM vendor_decisions "
        "WHERE connection_id = :id AND legal_entity = :entity AND key = :key ORDER BY version DESC",
        {"id": connection_id, "entity": legal_entity, "key": key},
    )
    return [dict(row._mapping) for row in found]


def remember(tx: Tx, connection_id: int, rows: Sequence[dict[str, Any]], actor: str) -> None:
    """What comparing names said. A person's word is never overwritten by it."""
    if rows:
        _put(tx, connection_id, rows, actor, by="name")


def decide(tx: Tx, connection_id: int, row: dict[str, Any], actor: str) -> None:
    """A person's word, in place of any other; what waits for it is planned again."""
    _put(tx, connection_id, [row], actor, by="person" if row["verdict"] == "accepted" else "name", over=True)
    connections.bump_rules(tx, connection_id)


def _put(
    tx: Tx, connection_id: int, rows: Sequence[dict[str, Any]], actor: str, *, by: str, over: bool = False
) -> None:
    sql.run(
        tx,
        f"""
        WITH put AS (
            INSERT INTO vendor_matches AS m (connection_id, legal_entity, key, merchant, verdict, decided_by, account,
                vendor_name, score, why, candidates, rejected, names_version, actor)
            SELECT :id, legal_entity, key, merchant, verdict, :by, account, vendor_name, score, why, candidates,
                ARRAY(SELECT jsonb_array_elements_text(rejected)), names_version, :actor
            FROM {_GIVEN} ORDER BY legal_entity, key
            ON CONFLICT (connection_id, legal_entity, key) DO UPDATE SET verdict = excluded.verdict,
                decided_by = excluded.decided_by, account = excluded.account, vendor_name = excluded.vendor_name,
                score = excluded.score, why = excluded.why, candidates = excluded.candidates,
                rejected = excluded.rejected, names_version = excluded.names_version, version = m.version + 1,
                actor = excluded.actor, at = now()
            WHERE :over OR (m.decided_by = 'name' AND (m.verdict, m.account, m.why, m.names_version)
                IS DISTINCT FROM (excluded.verdict, excluded.account, excluded.why, excluded.names_version))
            RETURNING m.*
        )
        INSERT INTO vendor_decisions (connection_id, legal_entity, key, version, actor, verdict, account, why)
        SELECT connection_id, legal_entity, key, version, actor, verdict, account, why FROM put
        """,
        {"id": connection_id, "rows": sql.pack(rows), "actor": actor, "by": by, "over": over},
    )
