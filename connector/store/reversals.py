"""Taking entries back: who asked for it, what was deleted, what stands no more, and the epoch after it."""

from collections.abc import Sequence
from typing import Any

from connector.domain.writes import WriteKind
from connector.store import sql, writes
from connector.store.engine import Tx
from connector.store.writes import Write


def ask(tx: Tx, connection_id: int, wishes: Sequence[dict[str, Any]]) -> set[int]:
    """Store that these entries are to be taken back: rows as of `writes.intend`. They are looked at at once.

    Returns the records for which it is stored; a record whose entry is being taken back already is not among them.
    """
    stored = writes.intend(tx, connection_id, wishes)
    sql.run(
        tx,
        "UPDATE writes SET next_look_at = now() WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(stored.values())},
    )
    return set(stored)


def adopt(tx: Tx, connection_id: int, entries: Sequence[int]) -> None:
    """The reversing entry of these entries was found in the ledger: both are looked at together, nothing is sent."""
    sql.run(
        tx,
        "INSERT INTO writes (connection_id, record_pk, epoch, kind, reference, intent, intent_hash, lines, "
        "legal_entity, journal_name, period, form, posting_date, wish, next_look_at) "
        "SELECT :connection, record_pk, epoch, 'removal', reference, '[]', '', lines, legal_entity, journal_name, "
        "period, form, posting_date, '{\"adopt\": true}', now() "
        "FROM writes WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id "
        "ON CONFLICT (record_pk, epoch, kind) WHERE outcome IN ('open', 'written', 'uncertain') DO NOTHING",
        {"connection": connection_id, "ids": list(entries)},
    )
    hand_over(tx, entries)


def hand_over(tx: Tx, entries: Sequence[int]) -> None:
    """Entries that are being taken back are looked at by whoever does that, and by nobody else, begun looks neither."""
    sql.run(
        tx,
        "UPDATE writes SET next_look_at = NULL, looks = looks + 1 WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(entries)},
    )


def look_now(tx: Tx, ids: Sequence[int]) -> None:
    """A person asked: removals that wait, and are not being sent, look at F&O now."""
    sql.run(
        tx,
        "UPDATE writes SET next_look_at = now() WHERE id = ANY(CAST(:ids AS bigint[])) AND kind = 'removal' "
        "AND outcome = 'open' AND batch_id IS NULL",
        {"ids": list(ids)},
    )


def live(tx: Tx, record_pks: Sequence[int]) -> dict[int, Write]:
    """The removal or reversal of each record in its present epoch that is under way, or done."""
    found = writes.live(tx, record_pks, WriteKind.REMOVAL)
    return found | writes.live(tx, record_pks, WriteKind.REVERSAL)


def under_way(tx: Tx, record_pks: Sequence[int]) -> set[int]:
    """Those of these records whose entry of the present epoch is being taken back at this moment."""
    found = sql.rows(
        tx,
        "SELECT w.record_pk FROM writes w JOIN records r ON r.id = w.record_pk AND r.epoch = w.epoch "
        "WHERE w.record_pk = ANY(CAST(:ids AS bigint[])) AND w.outcome IN ('open', 'uncertain') "
        "AND (w.kind = 'removal' OR w.kind = 'reversal' AND r.stage = 'writing')",
        {"ids": list(record_pks)},
    )
    return {row.record_pk for row in found}


def again(tx: Tx, ids: Sequence[int], *, counts: bool) -> None:
    """Removals that may be sent again. Unlike an entry's, the quiet period stays what it was.

    `counts`: one was just sent and answered, so bytes have left.
    """
    sql.run(
        tx,
        "UPDATE writes SET resent = resent OR :counts OR outcome = 'uncertain', outcome = 'open', batch_id = NULL, "
        "next_look_at = NULL, absent_at = NULL WHERE id = ANY(CAST(:ids AS bigint[])) "
        "AND outcome IN ('open', 'uncertain')",
        {"ids": list(ids), "counts": counts},
    )


def unsent(tx: Tx, ids: Sequence[int]) -> None:
    """Surely nothing left this machine: that attempt does not count, and F&O is looked at again before the next."""
    sql.run(
        tx,
        "UPDATE writes SET batch_id = NULL, attempts = greatest(0, attempts - 1), next_look_at = now() "
        "WHERE id = ANY(CAST(:ids AS bigint[])) AND outcome = 'open'",
        {"ids": list(ids)},
    )


def answered(tx: Tx, write_id: int, ledger: dict[str, Any], evidence: str, seconds: float) -> None:
    """What F&O said of a deletion; it is looked at after so many seconds, whatever that was."""
    sql.run(
        tx,
        "UPDATE writes SET ledger = CAST(:ledger AS jsonb), evidence = left(:evidence, 4000), "
        "next_look_at = now() + :seconds * interval '1 second' WHERE id = :id",
        {"id": write_id, "ledger": sql.one(ledger), "evidence": evidence, "seconds": seconds},
    )


def sends(tx: Tx, write_id: int, intent: Sequence[dict[str, Any]]) -> None:
    """What is about to be deleted, before it is: the lines by key and ETag."""
    sql.run(
        tx,
        "UPDATE writes SET intent = CAST(:intent AS jsonb), lines = :lines, ledger = '{}' WHERE id = :id",
        {"id": write_id, "intent": sql.one(list(intent)), "lines": len(intent)},
    )


def entries_stand(tx: Tx, record_pks: Sequence[int], *, stand: bool) -> None:
    """The entry of the present epoch was seen in F&O; `stand` False: and is there no more. It is settled either way."""
    sql.run(
        tx,
        "UPDATE writes w SET outcome = 'written', confirmed = true, next_look_at = NULL, absent_at = NULL, "
        "removed_at = CASE WHEN NOT :stand THEN now() END FROM records r WHERE r.id = w.record_pk "
        "AND w.epoch = r.epoch AND w.kind = 'entry' AND w.outcome IN ('open', 'written', 'uncertain') "
        "AND w.record_pk = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(record_pks), "stand": stand},
    )


def lines_gone(tx: Tx, record_pks: Sequence[int]) -> None:
    """The journals of these entries hold so many lines of ours less; an empty one is followed no longer."""
    sql.run(
        tx,
        "UPDATE journals j SET lines_used = greatest(0, j.lines_used - gone.lines) FROM (SELECT w.journal_id, "
        "sum(w.lines) AS lines FROM writes w JOIN records r ON r.id = w.record_pk AND r.epoch = w.epoch "
        "WHERE w.kind = 'entry' AND w.removed_at IS NOT NULL AND w.record_pk = ANY(CAST(:ids AS bigint[])) "
        "GROUP BY 1) gone WHERE j.id = gone.journal_id",
        {"ids": list(record_pks)},
    )


def forget_reports(tx: Tx, record_pks: Sequence[int]) -> None:
    """What was to be told to Brex and was not sent yet is not told any more: the entry is taken back."""
    sql.run(
        tx,
        "UPDATE writes SET outcome = 'refused', evidence = 'taken back before it was reported', next_look_at = NULL "
        "WHERE record_pk = ANY(CAST(:ids AS bigint[])) AND kind = 'acknowledge' AND outcome = 'open' "
        "AND batch_id IS NULL",
        {"ids": list(record_pks)},
    )


def begin_epoch(tx: Tx, record_pks: Sequence[int]) -> None:
    """Nothing that was said of an earlier epoch holds for the next: what a person accepted, what changed in Brex.

    Nor is the earlier one taken back any more, where a reading of the whole ledger shows the next one there.
    """
    sql.run(
        tx,
        "UPDATE writes w SET outcome = 'refused', evidence = 'a later epoch stands', next_look_at = NULL "
        "FROM records r WHERE r.id = w.record_pk AND w.record_pk = ANY(CAST(:ids AS bigint[])) AND w.epoch < r.epoch "
        "AND w.kind IN ('removal', 'reversal') AND w.outcome IN ('open', 'uncertain')",
        {"ids": list(record_pks)},
    )
    sql.run(
        tx,
        "UPDATE records SET accepted = '{}', changed_in_brex = NULL, purged_at = NULL "
        "WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(record_pks)},
    )


def accept(tx: Tx, connection_id: int, accepted: Sequence[dict[str, Any]]) -> None:
    """Rows of id and codes: problems that a person takes as they stand, for this record."""
    sql.run(
        tx,
        "UPDATE records r SET accepted = ARRAY(SELECT DISTINCT code FROM unnest(r.accepted || ARRAY(SELECT "
        "jsonb_array_elements_text(x.codes))) code ORDER BY code) FROM jsonb_to_recordset(CAST(:rows AS jsonb)) "
        "AS x(id bigint, codes jsonb) WHERE r.id = x.id AND r.connection_id = :connection",
        {"rows": sql.pack(accepted), "connection": connection_id},
    )
