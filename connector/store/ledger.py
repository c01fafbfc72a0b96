"""Our references as a reading of the whole ledger found them: what stands there, whatever this database knew."""

from collections.abc import Collection, Mapping, Sequence

from connector.store import sql
from connector.store.engine import Tx


def store(tx: Tx, connection_id: int, found: Mapping[str, str], forms: Collection[str]) -> None:
    """Keep what was found, reference → form of the journal it stands in; `forms`: of the journals that were read.

    The ledger has been read then: from now on entries of these forms may be sent.
    """
    sql.run(
        tx,
        "INSERT INTO ledger_references (connection_id, reference, form) "
        "SELECT :id, x.reference, x.form FROM jsonb_to_recordset(CAST(:found AS jsonb)) "
        "AS x(reference text, form text) ON CONFLICT DO NOTHING",
        {"id": connection_id, "found": sql.pack([{"reference": one, "form": found[one]} for one in sorted(found)])},
    )
    # Intended here and not sent, as far as this database knows; sent all the same, as the ledger shows. Lines of one
    # kind of journal are compared in the kind they stand in; a pending invoice was intended in words of its own.
    sql.run(
        tx,
        "UPDATE writes w SET outcome = 'uncertain', next_look_at = now(), looks = 0, quiet_until = now(), "
        "evidence = 'its reference stood in the ledger when that was read as a whole', "
        "form = CASE WHEN 'pending_invoice' IN (w.form, l.form) THEN w.form ELSE l.form END FROM ledger_references l "
        "WHERE w.connection_id = :id AND w.kind IN ('entry', 'reversal') AND w.outcome = 'open' AND w.batch_id IS NULL "
        "AND l.connection_id = :id AND l.reference = w.reference",
        {"id": connection_id},
    )
    sql.run(
        tx,
        "UPDATE connections SET recovered_at = now(), forms_read = ARRAY(SELECT DISTINCT unnest(forms_read || "
        "CAST(:forms AS text[])) ORDER BY 1) WHERE id = :id",
        {"id": connection_id, "forms": list(forms)},
    )


def forms_read(tx: Tx, connection_id: int) -> frozenset[str]:
    """The forms of the journals in which our references have been looked for, once, all of them."""
    return frozenset(sql.value(tx, "SELECT forms_read FROM connections WHERE id = :id", {"id": connection_id}))


def forget_forms(tx: Tx, connection_id: int) -> None:
    """The ledger is read anew: what was not readable then is read before anything is sent there."""
    statement = "UPDATE connections SET forms_read = '{general_journal}' WHERE id = :id"
    sql.run(tx, statement, {"id": connection_id})


def among(tx: Tx, connection_id: int, references: Sequence[str]) -> dict[str, str]:
    """Those of these references that were found in the ledger, with the form of the journal they stand in."""
    found = sql.rows(
        tx,
        "SELECT reference, form FROM ledger_references WHERE connection_id = :id "
        "AND reference = ANY(CAST(:refs AS text[]))",
        {"id": connection_id, "refs": list(references)},
    )
    return {row.reference: row.form for row in found}


def anything(tx: Tx, connection_id: int) -> bool:
    """Whether a reading of the whole ledger found anything of ours at all."""
    statement = "SELECT EXISTS (SELECT FROM ledger_references WHERE connection_id = :id)"
    return bool(sql.value(tx, statement, {"id": connection_id}))


def read_before(tx: Tx, connection_id: int) -> bool:
    return bool(sql.value(tx, "SELECT recovered_at IS NOT NULL FROM connections WHERE id = :id", {"id": connection_id}))
