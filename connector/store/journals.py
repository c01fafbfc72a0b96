"""F&O journals the connector writes into: chosen, opened, filled, closed. The connector never deletes one."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain import entry
from connector.store import sql
from connector.store.engine import Tx

MOST_LINES = entry.MOST_LINES


@dataclass(frozen=True, slots=True)
class Key:
    """Which journals an entry may go into."""

    legal_entity: str
    journal_name: str
    period: str
    form: str = "general_journal"


@dataclass(frozen=True, slots=True)
class Journal:
    id: int
    number: str
    marker: str
    lines_used: int


def free(tx: Tx, connection_id: int, key: Key, lines: int) -> Journal | None:
    """The oldest open journal with room for so many lines and nobody writing, locked until the transaction ends."""
    found = sql.row(
        tx,
        "SELECT id, number, marker, lines_used FROM journals j WHERE connection_id = :connection "
        "AND legal_entity = :entity AND journal_name = :name AND period = :period AND form = :form AND status = 'open' "
        "AND (lines_used + :lines <= :most OR lines_used = 0) AND NOT EXISTS "
        "(SELECT FROM batches b WHERE b.journal_id = j.id AND b.status IN ('sending', 'uncertain')) "
        "ORDER BY id LIMIT 1 FOR UPDATE",
        {**_params(connection_id, key), "lines": lines, "most": MOST_LINES},
    )
    return None if found is None else Journal(**found._mapping)


def stuck(tx: Tx, connection_id: int, key: Key) -> int:
    """How many journals of this key wait for an uncertain write of theirs, or for their own uncertain creation.

    Only where that is still looked for: what is held for a person must not hold up everything else of its day.
    """
    return int(
        sql.value(
            tx,
            "SELECT count(DISTINCT j.id) FROM journals j JOIN batches b ON b.journal_id = j.id "
            "AND b.status = 'uncertain' WHERE j.connection_id = :connection AND j.legal_entity = :entity "
            "AND j.journal_name = :name AND j.period = :period AND j.form = :form AND EXISTS (SELECT FROM writes w "
            "WHERE w.batch_id = b.id AND w.outcome = 'uncertain' AND w.next_look_at IS NOT NULL)",
            _params(connection_id, key),
        )
        or 0
    )


def busy(tx: Tx, connection_id: int, key: Key) -> int:
    """How many journals of this key are being opened or written by somebody within a deadline."""
    return int(
        sql.value(
            tx,
            "SELECT count(*) FROM journals j JOIN batches b ON b.journal_id = j.id AND b.status = 'sending' "
            "AND b.deadline > now() WHERE j.connection_id = :connection AND j.legal_entity = :entity "
            "AND j.journal_name = :name AND j.period = :period AND j.form = :form AND j.status <> 'closed'",
            _params(connection_id, key),
        )
        or 0
    )


def begin_opening(tx: Tx, connection_id: int, key: Key, marker: str) -> int | None:
    """Note that a header is about to be created. None where another worker is opening one already."""
    found = sql.value(
        tx,
        "INSERT INTO journals (connection_id, legal_entity, journal_name, period, form, marker) "
        "VALUES (:connection, :entity, :name, :period, :form, :marker) "
        "ON CONFLICT (connection_id, legal_entity, journal_name, period) WHERE status = 'opening' DO NOTHING "
        "RETURNING id",
        {**_params(connection_id, key), "marker": marker},
    )
    return None if found is None else int(found)


def opened(tx: Tx, journal_id: int, number: str) -> None:
    sql.run(tx, "UPDATE journals SET status = 'open', number = :number WHERE id = :id AND status = 'opening'",
            {"id": journal_id, "number": number})  # fmt: skip


def adopt(tx: Tx, journal_id: int, numbers: Sequence[str]) -> None:
    """A header whose creation was not answered turned up, perhaps twice: each is used like any other."""
    sql.run(
        tx,
        "UPDATE journals SET status = 'open', number = :number, status_reason = 'found by its marker' "
        "WHERE id = :id AND number IS NULL",
        {"id": journal_id, "number": numbers[0]},
    )
    for number in numbers[1:]:
        sql.run(
            tx,
            "INSERT INTO journals (connection_id, legal_entity, journal_name, period, form, marker, number, status) "
            "SELECT connection_id, legal_entity, journal_name, period, form, marker, :number, 'open' "
            "FROM journals WHERE id = :id ON CONFLICT (connection_id, legal_entity, number) DO NOTHING",
            {"id": journal_id, "number": number},
        )


def close(tx: Tx, journal_id: int, reason: str) -> None:
    """Nothing more goes into it. A journal that never opened is closed the same way."""
    sql.run(tx, "UPDATE journals SET status = 'closed', status_reason = :reason WHERE id = :id AND status <> 'closed'",
            {"id": journal_id, "reason": reason[:500]})  # fmt: skip


def used(tx: Tx, journal_id: int, lines: int) -> None:
    """Count lines planned into the journal; negative where they turned out not to be written."""
    sql.run(tx, "UPDATE journals SET lines_used = greatest(0, lines_used + :lines) WHERE id = :id",
            {"id": journal_id, "lines": lines})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watched:
    id: int
    legal_entity: str
    number: str
    form: str


def claim_to_watch(tx: Tx, connection_id: int, limit: int, every_seconds: float) -> list[Watched]:
    """Journals whose turn it is to be looked at in F&O: written into, and not known to be posted."""
    found = sql.rows(
        tx,
        "UPDATE journals SET watch_at = now() + :every * interval '1 second' WHERE id IN "
        "(SELECT id FROM journals WHERE connection_id = :connection AND number IS NOT NULL AND posted_at IS NULL "
        "AND lines_used > 0 AND watch_at <= now() ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED) "
        "RETURNING id, legal_entity, number, form",
        {"connection": connection_id, "limit": limit, "every": every_seconds},
    )
    return sorted((Watched(**row._mapping) for row in found), key=lambda one: one.id)


def unposted_since(tx: Tx, connection_id: int, days: int) -> list[str]:
    """Numbers of journals written into so long ago and, as far as is known, neither posted nor gone."""
    found = sql.rows(
        tx,
        "SELECT number FROM journals WHERE connection_id = :connection AND number IS NOT NULL AND posted_at IS NULL "
        "AND lines_used > 0 AND watch_at < 'infinity' AND created_at < now() - :days * interval '1 day' ORDER BY id",
        {"connection": connection_id, "days": days},
    )
    return [row.number for row in found]


def posted(tx: Tx, ids: Sequence[int]) -> None:
    sql.run(
        tx,
        "UPDATE journals SET posted_at = now(), status = 'closed', status_reason = 'posted in F&O' "
        "WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(ids)},
    )


def missing(tx: Tx, ids: Sequence[int]) -> None:
    """Their headers are no longer in F&O: nothing more goes into them, and they are not asked for again."""
    sql.run(
        tx,
        "UPDATE journals SET watch_at = 'infinity', status = 'closed', status_reason = 'no longer in F&O' "
        "WHERE id = ANY(CAST(:ids AS bigint[]))",
        {"ids": list(ids)},
    )


def place(tx: Tx, connection_id: int, key: Key, number: str) -> int:
    """The journal of this number, where lines of ours were found; noted where it was not known, and followed."""
    found = sql.value(
        tx,
        "INSERT INTO journals AS j (connection_id, legal_entity, journal_name, period, form, marker, number, status, "
        "status_reason, lines_used) VALUES (:connection, :entity, :name, :period, :form, '', :number, 'closed', "
        "'lines of ours were found here', 1) ON CONFLICT (connection_id, legal_entity, number) "
        "DO UPDATE SET lines_used = greatest(1, j.lines_used) RETURNING id",
        {**_params(connection_id, key), "number": number},
    )
    return int(found)


def forms(tx: Tx, connection_id: int) -> set[str]:
    """The forms of all journals that the connection ever wrote into, or was about to."""
    found = sql.rows(tx, "SELECT DISTINCT form FROM journals WHERE connection_id = :connection",
                     {"connection": connection_id})  # fmt: skip
    return {row.form for row in found}


def known_posted(tx: Tx, ids: Sequence[int]) -> set[int]:
    """Those of these journals that were once seen posted."""
    found = sql.rows(
        tx,
        "SELECT id FROM journals WHERE id = ANY(CAST(:ids AS bigint[])) AND posted_at IS NOT NULL",
        {"ids": list(ids)},
    )
    return {row.id for row in found}


def unposted_records(tx: Tx, ids: Sequence[int]) -> list[tuple[int, str]]:
    """Records written into these journals and not yet known to be posted: (record, journal number).

    Of a reversed record it is the reversing entry's journal that counts; of an altered one, only once it was accepted.
    """
    found = sql.rows(
        tx,
        "SELECT r.id, j.number FROM writes w JOIN journals j ON j.id = w.journal_id "
        "JOIN records r ON r.id = w.record_pk WHERE w.journal_id = ANY(CAST(:ids AS bigint[])) "
        "AND w.kind = CASE WHEN r.stage = 'reversed' THEN 'reversal' ELSE 'entry' END AND w.outcome = 'written' "
        "AND w.removed_at IS NULL AND w.epoch = r.epoch AND (r.ledger_status = 'unposted' "
        "OR (r.ledger_status = 'altered' AND r.stage IN ('written', 'acknowledged', 'reversed'))) ORDER BY r.id",
        {"ids": list(ids)},
    )
    return [(row.id, row.number) for row in found]


def _params(connection_id: int, key: Key) -> dict[str, object]:
    return {
        "connection": connection_id,
        "entity": key.legal_entity,
        "name": key.journal_name,
        "period": key.period,
        "form": key.form,
    }
