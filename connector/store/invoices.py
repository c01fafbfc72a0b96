"""Entries that are pending vendor invoices: whose turn it is, what was done of them, and which are followed in F&O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.domain.writes import WriteKind
from connector.store import batches, sql, writes
from connector.store.engine import Tx
from connector.store.open_writes import CURRENT
from connector.store.writes import Write

FORM = "pending_invoice"


def claim(tx: Tx, connection_id: int, limit: int, lease_seconds: float) -> list[Write]:
    """Those that wait to be begun, to be gone on with, or to be looked at; nobody else takes them meanwhile.

    Every claim raises `looks`, which is the fence of what follows (`writes.still_mine`).
    """
    found = sql.rows(
        tx,
        f"""
        WITH due AS (
            SELECT id FROM writes WHERE connection_id = :connection AND form = :form AND kind = 'entry'
            AND (next_look_at <= now() OR outcome = 'open' AND batch_id IS NULL AND not_before <= now() {CURRENT})
            ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE writes w SET looks = looks + 1, not_before = now() + :lease * interval '1 second',
            next_look_at = CASE WHEN w.outcome <> 'open' THEN now() + :lease * interval '1 second' END
        FROM due WHERE w.id = due.id RETURNING w.record_pk
        """,
        {"connection": connection_id, "form": FORM, "limit": limit, "lease": lease_seconds},
    )
    live = writes.live(tx, [row.record_pk for row in found], WriteKind.ENTRY)
    return sorted(live.values(), key=lambda one: one.id)


def put_back(tx: Tx, ids: Sequence[int], seconds: float) -> None:
    """Claimed, and not come to: due again."""
    sql.run(
        tx,
        "UPDATE writes SET not_before = now() + :seconds * interval '1 second', "
        "next_look_at = CASE WHEN outcome <> 'open' THEN now() + :seconds * interval '1 second' END "
        "WHERE id = ANY(CAST(:ids AS bigint[])) AND batch_id IS NULL",
        {"ids": list(ids), "seconds": seconds},
    )


def begin(tx: Tx, connection_id: int, one: Write, seconds: float) -> int | None:
    """The next step of it is about to leave: a batch of its own, with a deadline. None where it is no longer ours."""
    if not writes.still_mine(tx, [one]):
        return None
    sql.run(
        tx,
        "UPDATE writes SET outcome = 'open', batch_id = NULL, next_look_at = NULL, absent_at = NULL, "
        "resent = resent OR quiet_until IS NOT NULL, quiet_until = NULL "
        "WHERE id = :id AND outcome IN ('open', 'uncertain')",
        {"id": one.id},
    )
    batches.settle_finished(tx, connection_id)
    return batches.begin(tx, connection_id, None, [one.id], seconds)


def go_on(tx: Tx, write_id: int, ledger: dict[str, Any], *, done: bool, seconds: float = 0) -> None:
    """A step was answered. `done`: the next one has its attempts before it. Of the whole, nothing is certain yet."""
    sql.run(
        tx,
        "UPDATE writes SET outcome = 'uncertain', batch_id = NULL, quiet_until = NULL, absent_at = NULL, "
        "attempts = CASE WHEN :done THEN 0 ELSE attempts END, ledger = ledger || CAST(:ledger AS jsonb), "
        "next_look_at = now() + :seconds * interval '1 second' WHERE id = :id AND outcome = 'open'",
        {"id": write_id, "ledger": sql.one(ledger), "done": done, "seconds": seconds},
    )


def unsent(tx: Tx, one: Write) -> None:
    """Surely nothing of this step left the machine: that attempt does not count."""
    sql.run(
        tx,
        "UPDATE writes SET batch_id = NULL, attempts = greatest(0, attempts - 1), not_before = now(), "
        "outcome = :outcome, quiet_until = :quiet, next_look_at = CASE WHEN :outcome <> 'open' THEN now() END "
        "WHERE id = :id AND outcome = 'open'",
        {"id": one.id, "outcome": one.outcome, "quiet": one.quiet_until},
    )


def rest(tx: Tx, write_id: int, evidence: str) -> None:
    """Held: looked at again when a person asks for it."""
    sql.run(
        tx,
        "UPDATE writes SET outcome = CASE WHEN outcome = 'open' THEN 'uncertain' ELSE outcome END, batch_id = NULL, "
        "attempts = 0, next_look_at = NULL, evidence = left(:evidence, 4000) WHERE id = :id AND outcome <> 'refused'",
        {"id": write_id, "evidence": evidence},
    )


@dataclass(frozen=True, slots=True)
class Followed:
    write_id: int
    record_pk: int
    legal_entity: str
    header: str
    vendor: str
    number: str
    reference: str


def follow(tx: Tx, connection_id: int, one: Write, header: str, *, posted: bool) -> None:
    """It stands in F&O under this number: looked at now and then, until it is posted."""
    sent = one.intent["header"]
    sql.run(
        tx,
        "INSERT INTO invoices (write_id, connection_id, header, vendor, number, ended_at) "
        "VALUES (:id, :connection, :header, :vendor, :number, CASE WHEN :posted THEN now() END) "
        "ON CONFLICT (write_id) DO UPDATE SET header = excluded.header, ended_at = excluded.ended_at",
        {"id": one.id, "connection": connection_id, "header": header, "vendor": sent["InvoiceAccount"],
         "number": sent["InvoiceNumber"], "posted": posted},
    )  # fmt: skip


def claim_to_watch(tx: Tx, connection_id: int, limit: int, every_seconds: float) -> list[Followed]:
    """Those whose turn it is to be looked at in F&O: written, and not known to be posted or gone."""
    found = sql.rows(
        tx,
        "WITH due AS (SELECT write_id FROM invoices WHERE connection_id = :connection AND ended_at IS NULL "
        "AND watch_at <= now() ORDER BY write_id LIMIT :limit FOR UPDATE SKIP LOCKED) "
        "UPDATE invoices i SET watch_at = now() + :every * interval '1 second' FROM due, writes w "
        "WHERE i.write_id = due.write_id AND w.id = i.write_id "
        "RETURNING i.write_id, w.record_pk, w.legal_entity, i.header, i.vendor, i.number, w.reference",
        {"connection": connection_id, "limit": limit, "every": every_seconds},
    )
    return sorted((Followed(**row._mapping) for row in found), key=lambda one: one.write_id)


def end(tx: Tx, write_ids: Sequence[int]) -> None:
    """Posted, taken back or gone: followed no more."""
    statement = "UPDATE invoices SET ended_at = now() WHERE write_id = ANY(CAST(:ids AS bigint[])) AND ended_at IS NULL"
    sql.run(tx, statement, {"ids": list(write_ids)})


def unposted(tx: Tx, write_ids: Sequence[int]) -> dict[int, int]:
    """Those of them that are the written entry of their record's present epoch, not yet known to be posted: write →
    record."""
    found = sql.rows(
        tx,
        "SELECT w.id, w.record_pk FROM writes w JOIN records r ON r.id = w.record_pk AND r.epoch = w.epoch "
        "WHERE w.id = ANY(CAST(:ids AS bigint[])) AND w.outcome = 'written' AND w.removed_at IS NULL "
        "AND r.ledger_status IN ('unposted', 'altered') ORDER BY w.id FOR UPDATE OF w",
        {"ids": list(write_ids)},
    )
    return {row.id: row.record_pk for row in found}


def look_at(tx: Tx, write_ids: Sequence[int]) -> None:
    """Not seen where they were: looked for at once, as is done with everything that may be gone."""
    sql.run(
        tx,
        "UPDATE writes w SET next_look_at = now(), looks = 0 FROM records r WHERE r.id = w.record_pk "
        "AND r.epoch = w.epoch AND w.id = ANY(CAST(:ids AS bigint[])) AND w.outcome = 'written' "
        "AND w.removed_at IS NULL",
        {"ids": list(write_ids)},
    )


def voucher(tx: Tx, vouchers: dict[int, str]) -> None:
    """Write → the voucher that F&O gave it when it was posted."""
    rows = [{"id": write_id, "voucher": number} for write_id, number in vouchers.items()]
    sql.run(
        tx,
        "UPDATE writes w SET ledger = w.ledger || jsonb_build_object('voucher', x.voucher) "
        "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS x(id bigint, voucher text) WHERE w.id = x.id",
        {"rows": sql.pack(rows)},
    )
