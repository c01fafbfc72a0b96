"""Writes: every outside effect with its intent, attempts and outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connector.domain.writes import JOURNALS, LINES, WriteKind
from connector.store import sql
from connector.store.engine import Tx
from connector.store.journals import Key

# The second looks after a write was sent again: late effects of the first sending show up here.
SECOND_LOOKS = (600, 3600, 86_400)
# The number of looks is also the fence of a look, so one that came to nothing is not taken back but goes this far on.
_NOT_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Write:
    id: int
    record_pk: int | None
    record_id: str
    epoch: int
    kind: str
    reference: str
    outcome: str
    intent: Any
    lines: int
    legal_entity: str
    journal_name: str
    period: str
    form: str
    posting_date: date | None
    journal_id: int | None
    journal: str | None  # the journal's number
    batch_id: int | None
    attempts: int
    quiet_until: datetime | None
    absent_at: datetime | None
    looks: int
    confirmed: bool
    resent: bool
    ledger: dict[str, Any]
    wish: dict[str, Any]  # what the person wished who asked for a removal or reversal
    accepted: frozenset[str]  # problems that a person took as they stand, for its record

    @property
    def key(self) -> Key:
        """Which journals it may go into, or went."""
        return Key(self.legal_entity, self.journal_name, self.period, self.form)


COLUMNS = (
    "w.id, w.record_pk, coalesce(r.record_id, '') AS record_id, w.epoch, w.kind, w.reference, w.outcome, w.intent, "
    "w.lines, w.legal_entity, w.journal_name, w.period, w.form, w.posting_date, w.journal_id, j.number AS journal, "
    "w.batch_id, w.attempts, w.quiet_until, w.absent_at, w.looks, w.confirmed, w.resent, w.ledger, w.wish, "
    "coalesce(r.accepted, '{}') AS accepted"
)
# One statement sees the table as it was when it began, its own changes not: what it changed comes from the change.
_COLUMNS_LEASED = COLUMNS.replace("w.looks", "leased.looks")
FROM = "FROM writes w LEFT JOIN records r ON r.id = w.record_pk LEFT JOIN journals j ON j.id = w.journal_id"


# What stands in a journal, or is to: entries, and those that cancel them. What was taken out again does not.
IN_JOURNALS = "kind IN ('entry', 'reversal')"
STANDING = f"{IN_JOURNALS} AND outcome = 'written' AND removed_at IS NULL"


def write_of(row: Any) -> Write:
    return Write(**{**row._mapping, "accepted": frozenset(row.accepted)})


def intend(tx: Tx, connection_id: int, intents: Sequence[dict[str, Any]]) -> dict[int, int]:
    """Store what is about to be done, before it is done: record id → write id.

    Rows of record_pk, epoch, kind, reference, intent, intent_hash, lines and, for entries, legal_entity,
    journal_name, period, form, posting_date; for what takes them back also wish. Where a write of this record, epoch
    and kind is open, written or uncertain already, nothing is stored and the record is missing from the answer: that
    is what blocks double posting, whatever the form.
    """
    found = sql.rows(
        tx,
        """
        INSERT INTO writes (connection_id, record_pk, epoch, kind, reference, intent, intent_hash, lines,
                            legal_entity, journal_name, period, form, posting_date, wish)
        SELECT :connection, record_pk, epoch, kind, reference, intent, intent_hash, coalesce(lines, 1),
               coalesce(legal_entity, ''), coalesce(journal_name, ''), coalesce(period, ''),
               coalesce(form, 'general_journal'), posting_date, coalesce(wish, '{}')
        FROM jsonb_to_recordset(CAST(:intents AS jsonb)) AS x(record_pk bigint, epoch integer, kind text,
            reference text, intent jsonb, intent_hash text, lines integer, legal_entity text, journal_name text,
            period text, form text, posting_date date, wish jsonb)
        ORDER BY record_pk
        ON CONFLICT (record_pk, epoch, kind) WHERE outcome IN ('open', 'written', 'uncertain') DO NOTHING
        RETURNING id, record_pk
        """,
        {"connection": connection_id, "intents": sql.pack(intents)},
    )
    return {row.record_pk: row.id for row in found}


def intend_journal(
    tx: Tx, connection_id: int, journal_id: int, marker: str, intent: dict[str, Any], hash_: str, form: str
) -> int:
    return int(
        sql.value(
            tx,
            "INSERT INTO writes (connection_id, kind, reference, intent, intent_hash, journal_id, legal_entity, form) "
            "VALUES (:connection, 'journal', :marker, CAST(:intent AS jsonb), :hash, :journal, :entity, :form) "
            "RETURNING id",
            {
                "connection": connection_id,
                "marker": marker,
                "intent": sql.one(intent),
                "hash": hash_,
                "journal": journal_id,
                "entity": intent["dataAreaId"],
                "form": form,
            },
        )
    )


def lock(tx: Tx, record_pks: Sequence[int]) -> None:
    """All writes of these records, in the order in which every statement locks writes: others would deadlock."""
    sql.run(tx, "SELECT id FROM writes WHERE record_pk = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR UPDATE",
            {"ids": list(record_pks)})  # fmt: skip


def of_batch(tx: Tx, batch_id: int) -> list[Write]:
    """Locked until the transaction ends."""
    statement = f"SELECT {COLUMNS} {FROM} WHERE w.batch_id = :batch ORDER BY w.id FOR UPDATE OF w"
    return [write_of(row) for row in sql.rows(tx, statement, {"batch": batch_id})]


def written(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Confirmed: rows of id, ledger (journal, lines, voucher as F&O answered) and journal_id or null.

    An entry that had been sent more than once is looked at again later.
    """
    sql.run(
        tx,
        f"""
        UPDATE writes w SET outcome = 'written', confirmed = true, ledger = x.ledger, absent_at = NULL,
            removed_at = NULL,
            journal_id = coalesce(x.journal_id, w.journal_id), looks = 0,
            next_look_at = CASE WHEN w.resent AND w.{IN_JOURNALS} THEN now() + interval '{SECOND_LOOKS[0]} seconds' END
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, ledger jsonb, journal_id bigint)
        WHERE w.id = x.id
        """,
        {"rows": sql.pack(rows)},
    )


def refused(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Surely not written: rows of id and evidence (their words). The record may get a new write later."""
    sql.run(
        tx,
        "UPDATE writes w SET outcome = 'refused', evidence = left(x.evidence, 4000), next_look_at = NULL "
        "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, evidence text) WHERE w.id = x.id",
        {"rows": sql.pack(rows)},
    )


def uncertain(tx: Tx, ids: Sequence[int], evidence: str, quiet_seconds: float) -> None:
    """Sent, and not known what became of it. Looked for at once; absence believed only after the quiet period."""
    sql.run(
        tx,
        """
        UPDATE writes w SET outcome = 'uncertain', evidence = left(:evidence, 4000), next_look_at = now(), looks = 0,
            absent_at = NULL,
            quiet_until = greatest(now(), (SELECT deadline FROM batches b WHERE b.id = w.batch_id))
                          + :quiet * interval '1 second'
        WHERE id = ANY(CAST(:ids AS bigint[])) AND outcome IN ('open', 'uncertain')
        """,
        {"ids": list(ids), "evidence": evidence, "quiet": quiet_seconds},
    )


def reopen(
    tx: Tx, ids: Sequence[int], *, again: bool, forget_journal: bool, delay: float = 0, evidence: str = ""
) -> None:
    """Send it (again). `again` True: bytes may have left before, so it is looked at once more after it is written.

    Not `again`: surely nothing left this machine, or it was surely rolled back; that attempt does not count.
    """
    sql.run(
        tx,
        """
        UPDATE writes SET outcome = 'open', batch_id = NULL, next_look_at = NULL, absent_at = NULL, quiet_until = NULL,
            resent = resent OR :again, attempts = CASE WHEN :again THEN attempts ELSE greatest(0, attempts - 1) END,
            journal_id = CASE WHEN :forget AND kind <> 'journal' THEN NULL ELSE journal_id END,
            evidence = CASE WHEN :evidence = '' THEN evidence ELSE left(:evidence, 4000) END,
            not_before = now() + :delay * interval '1 second'
        WHERE id = ANY(CAST(:ids AS bigint[])) AND outcome IN ('open', 'uncertain')
        """,
        {"ids": list(ids), "again": again, "forget": forget_journal, "delay": delay, "evidence": evidence},
    )


def claim_to_look_at(
    tx: Tx, connection_id: int, limit: int, lease_seconds: float, kinds: Sequence[str] = (*LINES, WriteKind.JOURNAL),
    forms: Sequence[str] = JOURNALS,
) -> list[Write]:  # fmt: skip
    """Writes whose time has come to be looked for in F&O or Brex; nobody else looks meanwhile."""
    found = sql.rows(
        tx,
        f"""
        WITH due AS (
            SELECT id FROM writes WHERE connection_id = :connection AND next_look_at <= now()
            AND kind = ANY(CAST(:kinds AS text[])) AND form = ANY(CAST(:forms AS text[]))
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        ), leased AS (
            UPDATE writes w SET next_look_at = now() + :lease * interval '1 second', looks = looks + 1
            FROM due WHERE w.id = due.id RETURNING w.id, w.looks
        )
        SELECT {_COLUMNS_LEASED} {FROM} JOIN leased ON leased.id = w.id ORDER BY w.id
        """,
        {
            "connection": connection_id,
            "limit": limit,
            "lease": lease_seconds,
            "kinds": list(kinds),
            "forms": list(forms),
        },
    )
    return [write_of(row) for row in found]


def still_mine(tx: Tx, claimed: Sequence[Write]) -> set[int]:
    """Which of the writes claimed for a look nobody has looked at or decided since; locked from here on."""
    found = sql.rows(
        tx,
        "SELECT w.id FROM writes w JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(id bigint, looks integer, outcome text) ON x.id = w.id AND x.looks = w.looks AND x.outcome = w.outcome "
        "ORDER BY w.id FOR UPDATE OF w",
        {"rows": sql.pack([{"id": one.id, "looks": one.looks, "outcome": one.outcome} for one in claimed])},
    )
    return {row.id for row in found}


def second_look_seconds(one: Write) -> float | None:
    """How long after this look the next one comes; None where it was the last. Counted are those that read F&O."""
    counted = one.looks % _NOT_COUNTED
    return SECOND_LOOKS[counted] if counted < len(SECOND_LOOKS) else None


def look_again(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Rows of id, seconds (null: never again) and absent (True: this reading did not find it).

    `unread` True: F&O could not be read; where it is a second look, it does not count as one of them.
    """
    sql.run(
        tx,
        """
        UPDATE writes w SET next_look_at = now() + x.seconds * interval '1 second',
            absent_at = CASE WHEN x.absent THEN coalesce(w.absent_at, now()) END,
            looks = w.looks + CASE WHEN x.unread AND w.outcome = 'written' THEN :not_counted - 1 ELSE 0 END
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, seconds numeric, absent boolean, unread boolean)
        WHERE w.id = x.id
        """,
        {"rows": sql.pack(rows), "not_counted": _NOT_COUNTED},
    )


def known_references(tx: Tx, journal_ids: Sequence[int]) -> dict[int, set[str]]:
    """References of ours that, as last seen, stand in these journals, by journal."""
    found = sql.rows(
        tx,
        "SELECT w.journal_id, w.reference FROM writes w JOIN journals j ON j.id = w.journal_id "
        f"WHERE w.journal_id = ANY(CAST(:ids AS bigint[])) AND {STANDING} "
        "AND w.ledger->>'journal' = j.number",
        {"ids": list(journal_ids)},
    )
    known: dict[int, set[str]] = {}
    for row in found:
        known.setdefault(row.journal_id, set()).add(row.reference)
    return known


def live(tx: Tx, record_pks: Sequence[int], kind: str, *, lock: bool = True) -> dict[int, Write]:
    """The open, written or uncertain write of each record in its present epoch.

    Locked before their records, as every transaction does it that changes both; so not `lock` once records are.
    """
    locked = "FOR UPDATE OF w" if lock else ""
    found = sql.rows(
        tx,
        f"SELECT {COLUMNS} {FROM} WHERE w.record_pk = ANY(CAST(:ids AS bigint[])) AND w.kind = :kind "
        f"AND w.epoch = r.epoch AND w.outcome IN ('open', 'written', 'uncertain') ORDER BY w.id {locked}",
        {"ids": list(record_pks), "kind": kind},
    )
    return {row.record_pk: write_of(row) for row in found}


def look_at_journals(tx: Tx, journal_ids: Sequence[int]) -> None:
    """Entries of the present epoch written into these journals are looked for again, wherever they may be now."""
    sql.run(
        tx,
        "UPDATE writes w SET next_look_at = now(), looks = 0 FROM records r WHERE r.id = w.record_pk "
        f"AND w.epoch = r.epoch AND w.journal_id = ANY(CAST(:ids AS bigint[])) AND w.{STANDING}",
        {"ids": list(journal_ids)},
    )


def look_at_moved(tx: Tx, journal_id: int, standing: Sequence[str]) -> list[int]:
    """Written into this journal and not among what stands in it: looked for, wherever it is now. Their records."""
    found = sql.rows(
        tx,
        "UPDATE writes w SET next_look_at = now(), looks = 0 FROM records r WHERE r.id = w.record_pk "
        f"AND w.epoch = r.epoch AND w.journal_id = :journal AND w.{STANDING} "
        "AND NOT w.reference = ANY(CAST(:standing AS text[])) RETURNING w.record_pk",
        {"journal": journal_id, "standing": list(standing)},
    )
    return [row.record_pk for row in found]


def look_now(tx: Tx, ids: Sequence[int]) -> None:
    """A person asked: read F&O for these again before anything else happens to them."""
    sql.run(
        tx,
        "UPDATE writes SET outcome = 'uncertain', next_look_at = now(), looks = 0, absent_at = NULL, "
        "quiet_until = coalesce(quiet_until, now()) WHERE id = ANY(CAST(:ids AS bigint[])) "
        "AND outcome IN ('written', 'uncertain')",
        {"ids": list(ids)},
    )
