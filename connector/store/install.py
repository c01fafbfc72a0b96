"""Which database this is. One that was restored, copied or failed over may be behind its ledger."""

from connector.store import sql
from connector.store.engine import Tx

CHANGED = (
    "the database was restored, copied or failed over and may be behind its ledger; run `connector recover {name}`"
)


def fingerprint(tx: Tx) -> str:
    """Changes with the server's identity and timeline, the database, and the audit table itself (pg_restore)."""
    allowed = sql.value(tx, "SELECT has_function_privilege('pg_control_system()', 'execute')")
    server = (
        sql.value(
            tx,
            "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), "
            "(SELECT timeline_id FROM pg_control_checkpoint()))",
        )
        if allowed
        else "unknown"  # a host may keep these to itself; the rest still tells a restored or copied database
    )
    place = sql.value(
        tx,
        "SELECT concat_ws('/', (SELECT oid FROM pg_database WHERE datname = current_database()), "
        "CAST(CAST('records' AS regclass) AS oid))",
    )
    return f"{server}/{place}"


def check(tx: Tx) -> bool:
    """True where this is the database it was. Otherwise every connection is paused until it was recovered."""
    now = fingerprint(tx)
    sql.run(tx, "INSERT INTO install (fingerprint) VALUES (:now) ON CONFLICT (id) DO NOTHING", {"now": now})
    changed = sql.run(
        tx,
        "UPDATE install SET fingerprint = :now, changed_at = now() WHERE fingerprint <> :now",
        {"now": now},
    )
    if changed:
        sql.run(
            tx,
            "UPDATE connections SET state = 'paused', state_reason = replace(:reason, '{name}', name), "
            "recovered_at = NULL WHERE removed_at IS NULL",
            {"reason": CHANGED},
        )
    return not changed


def restored(tx: Tx) -> None:
    """This database came out of a backup just now, whatever its fingerprint says."""
    sql.run(
        tx,
        "INSERT INTO install (fingerprint) VALUES ('restored') "
        "ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint",
    )
    check(tx)


def seconds_since_change(tx: Tx) -> float | None:
    found: float | None = sql.value(
        tx, "SELECT CAST(extract(epoch FROM now() - changed_at) AS float8) FROM install WHERE changed_at IS NOT NULL"
    )
    return found
