"""Writes that are intended and not sent: which of them wait for what, and who takes them."""

from connector.domain.writes import JOURNALS, LINES, WriteKind
from connector.store import sql
from connector.store.engine import Tx
from connector.store.journals import Key
from connector.store.writes import COLUMNS, FROM, IN_JOURNALS, Write, write_of

_OF_KEY = "AND legal_entity = :entity AND journal_name = :name AND period = :period AND form = :form"


def _params(key: Key | None) -> dict[str, str]:
    one = key or Key("", "", "")
    return {"entity": one.legal_entity, "name": one.journal_name, "period": one.period, "form": one.form}


# What is held or taken back, after it was intended to be reported, is not reported; nor is an earlier epoch.
REPORTABLE = (
    "AND (kind <> 'acknowledge' OR "
    "(record_pk, epoch) IN (SELECT r.id, r.epoch FROM records r WHERE r.stage = 'written')) "
)


# An entry that never left, of a record that Brex has other word of since, is planned again and not sent.
# A scalar subquery: PostgreSQL would hash what EXISTS is about, and read all records for it.
CURRENT = (
    "AND (kind <> 'entry' OR resent "
    "OR coalesce((SELECT r.heard_at <= r.looked_at FROM records r WHERE r.id = record_pk), true))"
)


def waiting_keys(tx: Tx, connection_id: int) -> dict[Key, int]:
    """Where entries wait to be sent, and how many, the longest waiting first."""
    found = sql.rows(
        tx,
        "SELECT legal_entity, journal_name, period, form, count(*) AS waiting FROM writes "
        f"WHERE connection_id = :connection AND {IN_JOURNALS} AND outcome = 'open' AND batch_id IS NULL "
        "AND form = ANY(CAST(:forms AS text[])) AND not_before <= now() "
        "GROUP BY 1, 2, 3, 4 ORDER BY min(id) LIMIT 200",
        {"connection": connection_id, "forms": list(JOURNALS)},
    )
    return {Key(row.legal_entity, row.journal_name, row.period, row.form): int(row.waiting) for row in found}


def withdraw_stale(tx: Tx, connection_id: int, rules_version: int, limit: int) -> list[int]:
    """Give up entries that never left this machine and whose record or rules changed since; their records' keys."""
    found = sql.rows(
        tx,
        """
        WITH stale AS (
            SELECT w.id FROM writes w JOIN records r ON r.id = w.record_pk
            WHERE w.connection_id = :connection AND w.kind = 'entry' AND w.outcome = 'open' AND w.batch_id IS NULL
            AND NOT w.resent AND r.stage = 'writing' AND (r.heard_at > r.looked_at OR r.planned_rules < :rules)
            ORDER BY w.id LIMIT :limit FOR UPDATE OF w SKIP LOCKED
        )
        UPDATE writes w SET outcome = 'refused', evidence = 'withdrawn before it was ever sent'
        FROM stale WHERE w.id = stale.id RETURNING w.record_pk
        """,
        {"connection": connection_id, "rules": rules_version, "limit": limit},
    )
    return [row.record_pk for row in found]


def put_off(tx: Tx, connection_id: int, key: Key, seconds: float) -> None:
    """Open entries of one journal key are due again after so many seconds."""
    sql.run(
        tx,
        "UPDATE writes w SET not_before = now() + :seconds * interval '1 second' FROM (SELECT id FROM writes "
        f"WHERE connection_id = :connection AND {IN_JOURNALS} AND outcome = 'open' AND batch_id IS NULL "
        f"{_OF_KEY} ORDER BY id FOR UPDATE) waiting WHERE w.id = waiting.id",
        {"connection": connection_id, **_params(key), "seconds": seconds},
    )


def claim_open(tx: Tx, connection_id: int, kind: str, limit: int, *, key: Key | None = None) -> list[Write]:
    """Open writes nobody has, locked until the transaction ends. Entries, and reversals with them, of one journal key.

    Writes that failed together before come in ever smaller groups: all of the first one's number of attempts, and
    no more of them than are there (at most the limit) halved for each attempt.
    """
    where = REPORTABLE if key is None else _OF_KEY
    found = sql.rows(
        tx,
        f"""
        WITH free AS (
            SELECT id, attempts FROM writes WHERE connection_id = :connection
            AND kind = ANY(CAST(:kinds AS text[])) AND outcome = 'open' AND batch_id IS NULL
            AND not_before <= now() {where} {CURRENT}
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        ), first AS (SELECT attempts FROM free ORDER BY id LIMIT 1)
        SELECT {COLUMNS} {FROM} JOIN free f ON f.id = w.id JOIN first ON first.attempts = f.attempts
        ORDER BY w.id
        """,
        {
            "connection": connection_id, "kinds": list(LINES) if kind == WriteKind.ENTRY else [kind], "limit": limit,
            **_params(key),
        },
    )  # fmt: skip
    writes = [write_of(row) for row in found]
    return writes[: max(1, min(limit, len(writes)) >> min(writes[0].attempts, 16))] if writes else []
