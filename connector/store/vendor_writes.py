"""Vendors that were created, or are to be: what was intended, what was sent, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.store import sql, turns
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class VendorWrite:
    """One vendor to be created. `body` is what is sent, byte for byte, and so is `reference` where it is a key."""

    id: int
    side: str
    legal_entity: str
    subject: str
    merchant: str
    name: str
    reference: str
    body: str
    actor: str
    outcome: str
    held: bool
    account: str
    evidence: str
    attempts: int
    created_at: datetime

    @property
    def sent(self) -> bool:
        """It may have left this machine."""
        return self.attempts > 0


_COLUMNS = ", ".join(VendorWrite.__slots__)

_GOING = "outcome IN ('open', 'uncertain')"


def before(tx: Tx, connection_id: int, side: str, legal_entity: str, subject: str) -> int:
    """How many times it was refused, or deleted later: a new attempt is another request, with its own reference."""
    return int(
        sql.value(
            tx,
            "SELECT count(*) FROM vendor_writes WHERE connection_id = :id AND side = :side AND legal_entity = :entity "
            "AND subject = :subject AND outcome IN ('refused', 'gone')",
            {"id": connection_id, "side": side, "entity": legal_entity, "subject": subject},
        )
    )


def intend(tx: Tx, connection_id: int, write: Mapping[str, Any]) -> VendorWrite:
    """`write`: side, legal_entity, subject, merchant, name, reference, body, actor. Where one stands already that is
    not refused and not gone, it is that one."""
    params = {"id": connection_id, **write}
    sql.run(
        tx,
        "INSERT INTO vendor_writes (connection_id, side, legal_entity, subject, merchant, name, reference, body, "
        "actor) VALUES (:id, :side, :legal_entity, :subject, :merchant, :name, :reference, :body, :actor) "
        "ON CONFLICT (connection_id, side, legal_entity, subject) WHERE outcome IN ('open', 'uncertain', 'written') "
        "DO NOTHING",
        params,
    )
    found = sql.row(
        tx,
        f"SELECT {_COLUMNS} FROM vendor_writes WHERE connection_id = :id AND side = :side "
        "AND legal_entity = :legal_entity AND subject = :subject AND outcome NOT IN ('refused', 'gone')",
        params,
    )
    assert found is not None  # noqa: S101 - it was there, or has just been put there
    return VendorWrite(**found._mapping)


def one(tx: Tx, connection_id: int, write_id: int) -> VendorWrite:
    found = sql.row(
        tx,
        f"SELECT {_COLUMNS} FROM vendor_writes WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id},
    )
    assert found is not None  # noqa: S101 - none is ever deleted
    return VendorWrite(**found._mapping)


def everything(tx: Tx, connection_id: int) -> list[VendorWrite]:
    """The newest first."""
    found = sql.rows(
        tx,
        f"SELECT {_COLUMNS} FROM vendor_writes WHERE connection_id = :id ORDER BY id DESC",
        {"id": connection_id},
    )
    return [VendorWrite(**row._mapping) for row in found]


def unsettled(tx: Tx, connection_id: int) -> list[int]:
    """Those to go on with: not settled, not held, and nobody is at them."""
    found = sql.rows(
        tx,
        "SELECT id FROM vendor_writes WHERE connection_id = :id AND outcome IN ('open', 'uncertain') AND NOT held "
        "AND (busy_until IS NULL OR busy_until <= now()) ORDER BY id",
        {"id": connection_id},
    )
    return [row.id for row in found]


def claim(tx: Tx, connection_id: int, write_id: int, worker: str, seconds: float) -> bool:
    """Take the turn at a write that is not settled. False where another has it, until its time is over."""
    return turns.claim(tx, "vendor_writes", _GOING, connection_id, write_id, worker, seconds)


def release(tx: Tx, connection_id: int, write_id: int, worker: str) -> None:
    turns.release(tx, "vendor_writes", connection_id, write_id, worker)


def sending(tx: Tx, connection_id: int, write_id: int, worker: str, seconds: float) -> bool:
    """It is about to leave, and from now on it may have. Committed before it does. False where it must not: the turn,
    which has to last longer than the call, is over or nearly so, or another's."""
    return bool(
        sql.run(
            tx,
            "UPDATE vendor_writes SET attempts = attempts + 1, outcome = 'uncertain', sent_at = busy_until, "
            "absent_at = NULL WHERE connection_id = :id AND id = :write AND outcome IN ('open', 'uncertain') "
            "AND worker = :worker AND busy_until >= now() + :seconds * interval '1 second'",
            {"id": connection_id, "write": write_id, "worker": worker, "seconds": seconds},
        )
    )


def unsent(tx: Tx, connection_id: int, write_id: int) -> None:
    """Surely nothing of the last attempt left this machine."""
    sql.run(
        tx,
        "UPDATE vendor_writes SET attempts = attempts - 1, outcome = CASE WHEN attempts > 1 THEN 'uncertain' "
        "ELSE 'open' END WHERE connection_id = :id AND id = :write AND outcome = 'uncertain'",
        {"id": connection_id, "write": write_id},
    )


def uncertain(tx: Tx, connection_id: int, write_id: int, evidence: str, *, held: bool = False) -> None:
    """No answer that can be believed. `held`: and none can be had; a person has to look."""
    sql.run(
        tx,
        "UPDATE vendor_writes SET outcome = 'uncertain', held = :held, evidence = :evidence "
        "WHERE connection_id = :id AND id = :write AND outcome IN ('open', 'uncertain')",
        {"id": connection_id, "write": write_id, "evidence": evidence[:2000], "held": held},
    )


def no_answer(tx: Tx, connection_id: int, write_id: int, evidence: str) -> None:
    """The call is over, and its answer was lost: from now on it is quiet."""
    uncertain(tx, connection_id, write_id, evidence)
    sql.run(
        tx,
        "UPDATE vendor_writes SET sent_at = now() WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id},
    )


def absent(tx: Tx, connection_id: int, write_id: int, quiet_seconds: float) -> bool:
    """It was looked for and not found. True where that is to be believed: the quiet time since the sending is over,
    and so it was at an earlier look, which did not find it either."""
    found = sql.row(
        tx,
        "SELECT absent_at IS NOT NULL AS before, sent_at + :quiet * interval '1 second' <= now() AS quiet "
        "FROM vendor_writes WHERE connection_id = :id AND id = :write FOR UPDATE",
        {"id": connection_id, "write": write_id, "quiet": quiet_seconds},
    )
    if found is None or not found.quiet:
        return False
    sql.run(
        tx,
        "UPDATE vendor_writes SET absent_at = coalesce(absent_at, now()) WHERE connection_id = :id AND id = :write",
        {"id": connection_id, "write": write_id},
    )
    return bool(found.before)


def settle(tx: Tx, connection_id: int, write_id: int, outcome: str, evidence: str, account: str = "") -> bool:
    """`written` or `refused`. False where somebody settled it before."""
    return bool(
        sql.run(
            tx,
            "UPDATE vendor_writes SET outcome = :outcome, evidence = :evidence, account = :account, held = false, "
            "settled_at = now() WHERE connection_id = :id AND id = :write AND outcome IN ('open', 'uncertain')",
            {"id": connection_id, "write": write_id, "outcome": outcome, "evidence": evidence[:2000],
             "account": account},
        )
    )  # fmt: skip


def gone(tx: Tx, connection_id: int, write_id: int, evidence: str) -> None:
    """It was written, and does not stand there any more: it blocks no second one."""
    sql.run(
        tx,
        "UPDATE vendor_writes SET outcome = 'gone', evidence = :evidence WHERE connection_id = :id AND id = :write "
        "AND outcome = 'written'",
        {"id": connection_id, "write": write_id, "evidence": evidence[:2000]},
    )
