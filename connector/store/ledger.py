"""Our references as a reading of the whole ledger found them: what stands there, whatever this database knew."""

from collections.abc import Sequence

from connector.store import sql
from connector.store.engine import Tx


def store(tx: Tx, connection_id: int, references: Sequence[str]) -> None:
    """Keep what was found, and note that the ledger has been read: from now on entries may be sent."""
    sql.run(
        tx,
        "INSERT INTO ledger_references (connection_id, reference) "
        "SELECT :id, unnest(CAST(:references AS text[])) ON CONFLICT DO NOTHING",
        {"id": connection_id, "references": sorted(set(references))},
    )
    # Intended here and not sent, as far as this database knows; sent all the same, as the ledger shows.
    sql.run(
        tx,
        "UPDATE writes SET outcome = 'uncertain', next_look_at = now(), looks = 0, quiet_until = now(), "
        "evidence = 'its reference stood in the ledger when that was read as a whole' WHERE connection_id = :id "
        "AND kind IN ('entry', 'reversal') AND outcome = 'open' AND batch_id IS NULL AND reference IN "
        "(SELECT reference FROM ledger_references WHERE connection_id = :id)",
        {"id": connection_id},
    )
    sql.run(tx, "UPDATE connections SET recovered_at = now() WHERE id = :id", {"id": connection_id})


def among(tx: Tx, connection_id: int, references: Sequence[str]) -> set[str]:
    """Those of these references that were found in the ledger."""
    found = sql.rows(
        tx,
        "SELECT reference FROM ledger_references WHERE connection_id = :id AND reference = ANY(CAST(:refs AS text[]))",
        {"id": connection_id, "refs": list(references)},
    )
    return {row.reference for row in found}


def anything(tx: Tx, connection_id: int) -> bool:
    """Whether a reading of the whole ledger found anything of ours at all."""
    statement = "SELECT EXISTS (SELECT FROM ledger_references WHERE connection_id = :id)"
    return bool(sql.value(tx, statement, {"id": connection_id}))


def read_before(tx: Tx, connection_id: int) -> bool:
    return bool(sql.value(tx, "SELECT recovered_at IS NOT NULL FROM connections WHERE id = :id", {"id": connection_id}))
