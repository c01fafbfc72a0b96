"""The writes that change Brex's fields, and whose turn it is to push."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.store import sql
from connector.store.engine import Tx

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One request that changes Brex's fields. `body` is what is sent, byte for byte, and so is `key`."""

    id: int
    field: str
    method: str
    path: str
    key: str
    body: str
    items: int
    attempts: int


def intend(tx: Tx, connection_id: int, write: Row) -> int:
    """`write`: field, method, path, key, body, body_hash, items. Returns its id."""
    return int(
        sql.value(
            tx,
            "INSERT INTO field_writes (connection_id, field, method, path, key, body, body_hash, items) "
            "VALUES (:id, :field, :method, :path, :key, :body, :body_hash, :items) RETURNING id",
            {"id": connection_id, **write},
        )
    )


def unsettled(tx: Tx, connection_id: int, *, sent: bool) -> list[int]:
    """Writes that are not settled: those that may have left this machine, or those that surely have not."""
    found = sql.rows(
        tx,
        "SELECT id FROM field_writes WHERE connection_id = :id AND outcome IN ('open', 'uncertain') "
        "AND (attempts > 0) = :sent ORDER BY id",
        {"id": connection_id, "sent": sent},
    )
    return [row.id for row in found]


def uncertain_fields(tx: Tx, connection_id: int) -> set[str]:
    """Fields of which it is not known what a write did: nothing new may be sent to them before that is settled."""
    found = sql.rows(
        tx,
        "SELECT DISTINCT field FROM field_writes WHERE connection_id = :id AND outcome = 'uncertain'",
        {"id": connection_id},
    )
    return {row.field for row in found}


def forget_unsent(tx: Tx, connection_id: int) -> int:
    """Writes that were intended and never sent: whoever comes next makes a plan of its own."""
    return sql.run(
        tx,
        "DELETE FROM field_writes WHERE connection_id = :id AND outcome = 'open' AND attempts = 0",
        {"id": connection_id},
    )


def one(tx: Tx, connection_id: int, write_id: int) -> FieldWrite | None:
    """A write that is not settled yet."""
    found = sql.row(
        tx,
        "SELECT id, field, method, path, key, body, items, attempts FROM field_writes WHERE connection_id = :id "
        "AND id = :write AND outcome IN ('open', 'uncertain')",
        {"id": connection_id, "write": write_id},
    )
    return None if found is None else FieldWrite(**found._mapping)


def sending(tx: Tx, connection_id: int, write_id: int) -> None:
    """It is about to leave, and from now on it may have. Committed before it does."""
    sql.run(
        tx,
        "UPDATE field_writes SET attempts = attempts + 1, outcome = 'uncertain' "
        "WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id},
    )


def settle(tx: Tx, connection_id: int, write_id: int, outcome: str, evidence: str) -> None:
    """`written`, `refused` or `uncertain`. What was sent is kept by its hash alone once that is known."""
    sql.run(
        tx,
        "UPDATE field_writes SET outcome = :outcome, evidence = :evidence, "
        "settled_at = CASE WHEN :outcome = 'uncertain' THEN NULL ELSE now() END, "
        "body = CASE WHEN :outcome = 'uncertain' THEN body END WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id, "outcome": outcome, "evidence": evidence[:2000]},
    )


def unsent(tx: Tx, connection_id: int, write_id: int) -> None:
    """Surely nothing of it left this machine."""
    sql.run(
        tx,
        "UPDATE field_writes SET attempts = attempts - 1, "
        "outcome = CASE WHEN attempts > 1 THEN 'uncertain' ELSE 'open' END WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id},
    )


def pushed_before(tx: Tx, connection_id: int) -> bool:
    return bool(
        sql.value(tx, "SELECT EXISTS (SELECT FROM field_writes WHERE connection_id = :id AND outcome = 'written')",
                  {"id": connection_id})
    )  # fmt: skip


def claim(tx: Tx, connection_id: int, worker: str, seconds: float) -> bool:
    """Take the turn. False where another worker has it, until its time is over."""
    return bool(
        sql.run(
            tx,
            "INSERT INTO field_pushes AS p (connection_id, worker, claimed_until) "
            "VALUES (:id, :worker, now() + :seconds * interval '1 second') ON CONFLICT (connection_id) DO UPDATE "
            "SET worker = excluded.worker, claimed_until = excluded.claimed_until WHERE p.claimed_until <= now()",
            {"id": connection_id, "worker": worker, "seconds": seconds},
        )
    )


def keep(tx: Tx, connection_id: int, worker: str, seconds: float) -> bool:
    """Have the turn for so long from now. False where it is over: somebody else may have had it since."""
    return bool(
        sql.run(
            tx,
            "UPDATE field_pushes SET claimed_until = now() + :seconds * interval '1 second' "
            "WHERE connection_id = :id AND worker = :worker AND claimed_until > now()",
            {"id": connection_id, "worker": worker, "seconds": seconds},
        )
    )


def release(tx: Tx, connection_id: int, worker: str) -> None:
    sql.run(
        tx,
        "DELETE FROM field_pushes WHERE connection_id = :id AND worker = :worker",
        {"id": connection_id, "worker": worker},
    )
