"""The day each record belongs to, as far as it is known: planned, or as Brex's body has it."""

from typing import Any

from connector.store import sql
from connector.store.engine import Tx

# Records read in one statement.
PART = 5000


def part(tx: Tx, connection_id: int, after: int) -> list[Any]:
    """The next records after this key. Rows (id, record_id, stage, legal_entity, day, moment), texts or null:
    `day` as it was planned in the legal entity, `moment` as Brex's body has it."""
    return list(
        sql.rows(
            tx,
            "SELECT id, record_id, stage, legal_entity, coalesce(CAST(posting_date AS text), "
            "(SELECT p->'values'->>'date' FROM jsonb_array_elements(problems) p "
            "WHERE p->>'code' = 'RECORD-BEFORE-START' LIMIT 1)) AS day, "
            """substring(body FROM '"erp_posting_date"\\s*:\\s*"([^"]{1,40})"') AS moment """
            "FROM records WHERE connection_id = :id AND id > :after ORDER BY id LIMIT :part",
            {"id": connection_id, "after": after, "part": PART},
        )
    )
