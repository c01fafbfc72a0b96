"""Records: intake, claims for each stage, and the lists people read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.stages import Stage
from connector.store import linked, sql
from connector.store.engine import Tx
from connector.store.moves import EVENT_HASH

# How long a claimed record is left alone before another worker may take it: longer than any request of a stage.
LEASE_SECONDS = 90
BODY_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """Word of a record: its id, and its body where the messenger had it."""

    record_id: str
    body: str | None = None
    body_hash: str = ""  # over what matters: links that change with every reading are left out
    version: Any = None


@dataclass(frozen=True, slots=True)
class Intake:
    new: int
    known: int


# When what the messenger brings was true in Brex, at the latest: before it was asked for.
AS_OF = "coalesce(CAST(:as_of AS timestamptz), now())"
# What stands in the ledger, or may, keeps the body that it was written from: later ones are compared with it. So does
# what is being sent at this moment, or again.
NEWER = (
    "excluded.body IS NOT NULL AND excluded.body_at >= greatest(r.heard_at, r.body_at) AND NOT EXISTS (SELECT FROM "
    "writes w WHERE w.record_pk = r.id AND w.epoch = r.epoch AND w.kind = 'entry' "
    "AND (w.outcome IN ('written', 'uncertain') OR w.outcome = 'open' AND (w.batch_id IS NOT NULL OR w.resent)))"
)
_INTAKE = f"""
WITH heard AS (
    SELECT DISTINCT ON (record_id) * FROM jsonb_to_recordset(CAST(:heard AS jsonb))
        AS x(record_id text, body text, body_hash text, version numeric) ORDER BY record_id
), kept AS (
    INSERT INTO records AS r (connection_id, record_id, body, body_hash, version, body_at, heard_at, announced_at)
    SELECT :connection, record_id, body, coalesce(body_hash, ''), version,
           CASE WHEN body IS NULL THEN NULL ELSE {AS_OF} END, CASE WHEN body_hash <> '' THEN {AS_OF} ELSE now() END,
           CASE WHEN CAST(:source AS text) = 'webhook' THEN now() END
    FROM heard ORDER BY record_id
    ON CONFLICT (connection_id, record_id) DO UPDATE SET
        times_heard = r.times_heard + 1,
        announced_at = coalesce(excluded.announced_at, r.announced_at),
        -- The hourly poll shows every waiting record again: the same body as before is no news. Nor is a page that
        -- was read before the latest word or body we have.
        heard_at = CASE WHEN excluded.body_hash = r.body_hash AND r.body_hash <> '' THEN r.heard_at
                        ELSE greatest(r.heard_at, excluded.heard_at) END,
        body = CASE WHEN {NEWER} THEN excluded.body ELSE r.body END,
        body_hash = CASE WHEN {NEWER} THEN excluded.body_hash ELSE r.body_hash END,
        version = CASE WHEN {NEWER} THEN coalesce(excluded.version, r.version) ELSE r.version END,
        body_at = CASE WHEN {NEWER} THEN excluded.body_at ELSE r.body_at END,
        -- What a person accepted was said of one version.
        accepted = CASE WHEN {NEWER} AND coalesce(excluded.version, r.version) IS DISTINCT FROM r.version
                        THEN '{{}}' ELSE r.accepted END
    RETURNING r.id, times_heard = 1 AS new
), fresh AS (
    SELECT id, clock_timestamp() AS at, jsonb_build_object('source', CAST(:source AS text)) AS data
    FROM kept WHERE new
), events AS (
    INSERT INTO events (record_pk, seq, at, actor, from_stage, to_stage, why, data, prev_hash, hash)
    SELECT id, 1, at, :actor, '', 'received', 'heard of for the first time', data, '', {
    EVENT_HASH.format(
        prev="CAST('' AS bytea)",
        record_pk="id",
        seq="1",
        at="at",
        actor="CAST(:actor AS text)",
        from_stage="''",
        to_stage="'received'",
        why="'heard of for the first time'",
        data="data",
    )
} FROM fresh RETURNING record_pk, hash
)
SELECT k.id, k.new, e.hash FROM kept k LEFT JOIN events e ON e.record_pk = k.id
"""


def intake(tx: Tx, connection_id: int, heard: Sequence[Heard], *, actor: str, source: str, as_of: Any = None) -> Intake:
    """Store word of records, whether new or known. Never changes a stage; twice the same id counts once.

    `as_of`: by `now`, when the bodies were asked for; without it they are taken for what Brex has this moment.
    """
    if not heard:
        return Intake(0, 0)
    # Known rows are locked in the order in which every other statement locks them: no deadlock with a stage.
    sql.run(
        tx,
        "SELECT id FROM records WHERE connection_id = :connection AND record_id = ANY(CAST(:ids AS text[])) "
        "ORDER BY id FOR UPDATE",
        {"connection": connection_id, "ids": [one.record_id for one in heard]},
    )
    found = sql.rows(
        tx,
        _INTAKE,
        {
            "connection": connection_id,
            "actor": actor,
            "source": source,
            "as_of": as_of,
            "heard": sql.pack([
                {"record_id": h.record_id, "body": h.body, "body_hash": h.body_hash, "version": h.version}
                for h in heard
            ]),
        },
    )  # fmt: skip
    new = [{"id": row.id, "hash": bytes(row.hash).hex()} for row in found if row.new]
    if new:
        # A row inserted by one part of a statement cannot be updated by another part of it: hence a second one.
        sql.run(
            tx,
            "UPDATE records r SET event_seq = 1, event_hash = decode(n.hash, 'hex') "
            "FROM jsonb_to_recordset(CAST(:new AS jsonb)) AS n(id bigint, hash text) WHERE r.id = n.id",
            {"new": sql.pack(new)},
        )
    return Intake(len(new), len(found) - len(new))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A record in the hands of one stage. `attempts` is the fence its result must carry."""

    id: int
    record_id: str
    stage: Stage
    attempts: int
    epoch: int
    body: str | None
    body_fresh: bool
    entry: dict[str, Any] | None
    planned_rules: int | None
    problems: list[dict[str, Any]]
    accepted: Sequence[str] = ()  # problem codes that a person took as they stand, for this version of the record
    linked_to: int | None = None  # of a second entry: its record


def _claim(tx: Tx, connection_id: int, where: str, limit: int, params: dict[str, Any] | None = None) -> list[Claimed]:
    found = sql.rows(
        tx,
        f"""
        UPDATE records r SET attempts = r.attempts + 1, next_attempt_at = now() + :lease * interval '1 second'
        FROM (SELECT id FROM records WHERE connection_id = :connection AND {where}
              AND next_attempt_at <= now() ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) due
        WHERE r.id = due.id
        RETURNING r.id, r.record_id, r.stage, r.attempts, r.epoch, r.body,
                  coalesce(r.body_at >= r.heard_at, false) AS body_fresh, r.entry, r.planned_rules,
                  r.problems, r.accepted, r.linked_to
        """,
        {"connection": connection_id, "limit": limit, "lease": LEASE_SECONDS, **(params or {})},
    )
    claimed = [Claimed(**{**row._mapping, "stage": Stage(row.stage)}) for row in found]
    return sorted(claimed, key=lambda one: one.id)


TO_FETCH = (
    "linked_to IS NULL AND stage IN ('received', 'fetched', 'mapped', 'held') "
    "AND (looked_at IS NULL OR heard_at > looked_at) "
    "AND NOT EXISTS (SELECT FROM writes w WHERE w.record_pk = records.id AND w.epoch = records.epoch "
    "AND w.kind = 'entry' AND w.outcome IN ('open', 'written', 'uncertain'))"
)


def claim_to_fetch(tx: Tx, connection_id: int, limit: int) -> list[Claimed]:
    """New records, and known ones that were announced again before anything of them was written."""
    return _claim(tx, connection_id, TO_FETCH, limit)


def claim_to_map(tx: Tx, connection_id: int, limit: int) -> list[Claimed]:
    return _claim(tx, connection_id, "stage = 'fetched' AND heard_at <= looked_at", limit)


# Held for something that mappings, approvals, settings or master data may have mended since it was planned.
TO_REPLAN = (
    "stage = 'held' AND planned_rules < {rules} AND heard_at <= looked_at AND EXISTS (SELECT FROM "
    "jsonb_array_elements(problems) p WHERE p->>'code' ~ '^(MAP-|TREATMENT-|D365-|RECORD-"
    "(BEFORE-START|ENTITIES|DIRECTION|NO-LINES|UNBALANCED|CURRENCIES))') "
    "AND NOT EXISTS (SELECT FROM writes w WHERE w.record_pk = {record} AND w.epoch = {epoch} AND w.kind = 'entry' "
    "AND w.outcome IN ('open', 'written', 'uncertain'))"
)


def claim_to_replan(tx: Tx, connection_id: int, rules_version: int, limit: int) -> list[Claimed]:
    """Held records whose plan may come out differently by the present rules."""
    where = TO_REPLAN.format(rules=":rules", record="records.id", epoch="records.epoch")
    return _claim(tx, connection_id, where, limit, {"rules": rules_version})


def replanned(tx: Tx, connection_id: int, ids: Sequence[int], rules_version: int) -> None:
    """Planned again with the same problems: nothing to tell, but not to be planned again by these rules."""
    if ids:
        lock(tx, connection_id, ids)
        sql.run(
            tx,
            "UPDATE records SET planned_rules = :rules, attempts = 0 WHERE connection_id = :connection "
            "AND id = ANY(CAST(:ids AS bigint[]))",
            {"connection": connection_id, "ids": list(ids), "rules": rules_version},
        )


def claim_to_intend(tx: Tx, connection_id: int, limit: int) -> list[Claimed]:
    where = f"stage = 'mapped' AND heard_at <= looked_at AND {linked.FIRST_STANDS.format(row='records')}"
    return _claim(tx, connection_id, where, limit)


def claim_to_acknowledge(tx: Tx, connection_id: int, limit: int, *, posted_only: bool) -> list[Claimed]:
    posted = "AND l.ledger_status = 'posted'" if posted_only else ""
    where = f"stage = 'written' AND {linked.SECOND_STANDS.format(row='records', posted=posted)}"
    where += " AND ledger_status = 'posted'" if posted_only else ""
    return _claim(tx, connection_id, where, limit)


# Brex took no result for it when it was written. Word of it since then: it may be ready again, and is only reported.
TO_REPORT_AGAIN = (
    "stage = 'held' AND heard_at > looked_at AND problems <> '[]' AND NOT EXISTS (SELECT FROM "
    "jsonb_array_elements(problems) p WHERE p->>'code' !~ '^ACK-') AND EXISTS (SELECT FROM writes w "
    "WHERE w.record_pk = {record} AND w.epoch = {epoch} AND w.kind = 'entry' AND w.outcome = 'written')"
)


def claim_to_report_again(tx: Tx, connection_id: int, limit: int) -> list[Claimed]:
    return _claim(tx, connection_id, TO_REPORT_AGAIN.format(record="records.id", epoch="records.epoch"), limit)


def store_bodies(tx: Tx, connection_id: int, bodies: Sequence[dict[str, Any]], as_of: Any) -> None:
    """What Brex returned for claimed records.

    Rows of id, body, body_hash, version, record_type, source_type, source_id.

    `as_of`: by `now`, before Brex was asked, so that word arriving meanwhile makes them be asked for again.
    """
    sql.run(
        tx,
        f"""
        UPDATE records r SET body = coalesce(left(b.body, {BODY_LIMIT}), r.body), body_hash = b.body_hash,
            body_at = CASE WHEN b.body IS NULL THEN r.body_at ELSE :as_of END,
            accepted = CASE WHEN coalesce(b.version, r.version) IS DISTINCT FROM r.version THEN '{{}}'
                            ELSE r.accepted END,
            version = coalesce(b.version, r.version), record_type = b.record_type, source_type = b.source_type,
            source_id = b.source_id
        FROM jsonb_to_recordset(CAST(:bodies AS jsonb))
            AS b(id bigint, body text, body_hash text, version numeric, record_type text, source_type text,
                 source_id text)
        WHERE r.id = b.id AND r.connection_id = :connection
        """,
        {"bodies": sql.pack(bodies), "connection": connection_id, "as_of": as_of},
    )


def looked(tx: Tx, connection_id: int, ids: Sequence[int], claimed_before: Any) -> None:
    """Note that the word these records had by then has been followed up."""
    sql.run(
        tx,
        "UPDATE records SET looked_at = least(heard_at, :then) WHERE connection_id = :connection "
        "AND id = ANY(CAST(:ids AS bigint[]))",
        {"connection": connection_id, "ids": list(ids), "then": claimed_before},
    )


def lock(tx: Tx, connection_id: int, ids: Sequence[int]) -> None:
    """In the order in which every statement locks records: opposite orders would deadlock."""
    sql.run(
        tx,
        "SELECT id FROM records WHERE connection_id = :connection AND id = ANY(CAST(:ids AS bigint[])) "
        "ORDER BY id FOR UPDATE",
        {"connection": connection_id, "ids": list(ids)},
    )


def defer(tx: Tx, connection_id: int, ids: Sequence[int], seconds: float) -> None:
    """Give claimed records back: due again after so many seconds, their attempts kept."""
    if ids:
        lock(tx, connection_id, ids)
        sql.run(
            tx,
            "UPDATE records SET next_attempt_at = now() + :seconds * interval '1 second' "
            "WHERE connection_id = :connection AND id = ANY(CAST(:ids AS bigint[]))",
            {"connection": connection_id, "ids": sorted(ids), "seconds": seconds},
        )


def release(tx: Tx, connection_id: int, ids: Sequence[int]) -> None:
    """Give claimed records back as if they had not been claimed: the side that was needed asked us to wait."""
    if ids:
        lock(tx, connection_id, ids)
        sql.run(
            tx,
            "UPDATE records SET attempts = greatest(0, attempts - 1), next_attempt_at = now() "
            "WHERE connection_id = :connection AND id = ANY(CAST(:ids AS bigint[]))",
            {"connection": connection_id, "ids": sorted(ids)},
        )


def look_anew(tx: Tx, connection_id: int, ids: Sequence[int]) -> None:
    """The record is to be read from Brex again, whatever body we have."""
    lock(tx, connection_id, ids)
    sql.run(
        tx,
        "UPDATE records SET looked_at = NULL, heard_at = now(), body_at = NULL WHERE connection_id = :connection "
        "AND linked_to IS NULL AND id = ANY(CAST(:ids AS bigint[]))",
        {"connection": connection_id, "ids": sorted(ids)},
    )


def now(tx: Tx) -> Any:
    """Postgres's clock: the only one that decides when something is due."""
    return sql.value(tx, "SELECT now()")
