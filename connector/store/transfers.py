"""Transfers: what was asked for, who approved it, what was sent, and what is left of the day's limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector.store import sql, turns
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class TransferRow:
    """`amount` in major units. `key` and `body` are what is sent, byte for byte."""

    id: int
    reference: str
    key: str
    body: str
    vendor: str
    amount: Decimal
    currency: str
    memo: str
    state: str
    held: bool
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    day: date | None
    attempts: int
    brex_id: str
    status: str
    evidence: str


_COLUMNS = ", ".join(TransferRow.__slots__)

_GOING = "state IN ('approved', 'uncertain')"


def before(tx: Tx, connection_id: int, request_hash: str) -> int:
    """How many times the same thing was asked for and is settled: once more is another transfer."""
    return int(
        sql.value(
            tx,
            "SELECT count(*) FROM transfers WHERE connection_id = :id AND request_hash = :hash "
            "AND state IN ('written', 'refused')",
            {"id": connection_id, "hash": request_hash},
        )
    )


def request(tx: Tx, connection_id: int, row: Mapping[str, Any]) -> bool:
    """False where the same thing waits already."""
    return bool(
        sql.run(
            tx,
            "INSERT INTO transfers (connection_id, reference, key, body, vendor, amount, currency, memo, request_hash, "
            "requested_by) VALUES (:id, :reference, :key, :body, :vendor, :amount, :currency, :memo, :request_hash, "
            ":requested_by) ON CONFLICT DO NOTHING",
            {"id": connection_id, **row},
        )
    )


def one(tx: Tx, connection_id: int, reference: str) -> TransferRow | None:
    found = sql.row(
        tx,
        f"SELECT {_COLUMNS} FROM transfers WHERE connection_id = :id AND reference = :reference",
        {"id": connection_id, "reference": reference},
    )
    return None if found is None else TransferRow(**found._mapping)


def everything(tx: Tx, connection_id: int) -> list[TransferRow]:
    """The newest first."""
    found = sql.rows(
        tx, f"SELECT {_COLUMNS} FROM transfers WHERE connection_id = :id ORDER BY id DESC", {"id": connection_id}
    )
    return [TransferRow(**row._mapping) for row in found]


def approve(tx: Tx, connection_id: int, transfer_id: int, actor: str) -> bool:
    """False where it does not wait for approval, or waits for another person's."""
    return bool(
        sql.run(
            tx,
            "UPDATE transfers SET state = 'approved', approved_by = :actor, "
            "day = CAST(now() AT TIME ZONE 'UTC' AS date) WHERE connection_id = :id AND id = :transfer "
            "AND state = 'requested' AND requested_by <> :actor",
            {"id": connection_id, "transfer": transfer_id, "actor": actor},
        )
    )


def take(tx: Tx, connection_id: int, currency: str, amount: Decimal, limit: Decimal) -> bool:
    """Take an amount from today's limit, by Postgres's clock and UTC; False where that is more than is left.

    The row of the day is what two approvals at once queue for: the second sees what the first has taken.
    """
    return bool(
        sql.run(
            tx,
            "INSERT INTO transfer_days AS d (connection_id, currency, day, spent) "
            "SELECT :id, :currency, CAST(now() AT TIME ZONE 'UTC' AS date), CAST(:amount AS numeric) "
            "WHERE CAST(:amount AS numeric) <= :limit "
            "ON CONFLICT (connection_id, currency, day) DO UPDATE SET spent = d.spent + excluded.spent "
            "WHERE d.spent + excluded.spent <= :limit",
            {"id": connection_id, "currency": currency, "amount": amount, "limit": limit},
        )
    )


def give_back(tx: Tx, connection_id: int, row: TransferRow) -> None:
    """It was surely not carried out: its amount does not count against its day."""
    sql.run(
        tx,
        "UPDATE transfer_days SET spent = spent - :amount WHERE connection_id = :id AND currency = :currency "
        "AND day = :day",
        {"id": connection_id, "currency": row.currency, "amount": row.amount, "day": row.day},
    )


def spent(tx: Tx, connection_id: int) -> dict[str, Decimal]:
    """Currency → what was approved today."""
    found = sql.rows(
        tx,
        "SELECT currency, spent FROM transfer_days WHERE connection_id = :id "
        "AND day = CAST(now() AT TIME ZONE 'UTC' AS date)",
        {"id": connection_id},
    )
    return {row.currency: row.spent for row in found}


def claim(tx: Tx, connection_id: int, transfer_id: int, worker: str, seconds: float) -> bool:
    """Take the turn at one that is approved and not settled."""
    return turns.claim(tx, "transfers", _GOING, connection_id, transfer_id, worker, seconds)


def release(tx: Tx, connection_id: int, transfer_id: int, worker: str) -> None:
    turns.release(tx, "transfers", connection_id, transfer_id, worker)


def sending(tx: Tx, connection_id: int, transfer_id: int, worker: str, seconds: float) -> bool:
    """It is about to leave, and from now on it may have. False where the turn is not ours, or nearly over."""
    return bool(
        sql.run(
            tx,
            "UPDATE transfers SET attempts = attempts + 1, state = 'uncertain', sent_at = coalesce(sent_at, now()) "
            "WHERE connection_id = :id AND id = :transfer AND state IN ('approved', 'uncertain') AND NOT held "
            "AND worker = :worker AND busy_until >= now() + :seconds * interval '1 second'",
            {"id": connection_id, "transfer": transfer_id, "worker": worker, "seconds": seconds},
        )
    )


def unsent(tx: Tx, connection_id: int, transfer_id: int) -> None:
    """Surely nothing of the last attempt reached Brex."""
    sql.run(
        tx,
        "UPDATE transfers SET attempts = attempts - 1, state = CASE WHEN attempts > 1 THEN 'uncertain' "
        "ELSE 'approved' END, sent_at = CASE WHEN attempts > 1 THEN sent_at END "
        "WHERE connection_id = :id AND id = :transfer AND state = 'uncertain'",
        {"id": connection_id, "transfer": transfer_id},
    )


def young(tx: Tx, connection_id: int, transfer_id: int, seconds: float) -> bool:
    """First sent no longer ago than that, by Postgres's clock: Brex surely still knows the key."""
    return bool(
        sql.value(
            tx,
            "SELECT sent_at > now() - :seconds * interval '1 second' FROM transfers "
            "WHERE connection_id = :id AND id = :transfer",
            {"id": connection_id, "transfer": transfer_id, "seconds": seconds},
        )
    )


def note(tx: Tx, connection_id: int, transfer_id: int, evidence: str, *, held: bool = False) -> None:
    """What stands in the way of knowing what became of it."""
    sql.run(
        tx,
        "UPDATE transfers SET evidence = :evidence, held = :held WHERE connection_id = :id AND id = :transfer "
        "AND state = 'uncertain'",
        {"id": connection_id, "transfer": transfer_id, "evidence": evidence[:2000], "held": held},
    )


def settle(
    tx: Tx, connection_id: int, transfer_id: int, state: str, evidence: str, brex_id: str = "", status: str = ""
) -> bool:
    """`written` or `refused`. False where somebody settled it before."""
    return bool(
        sql.run(
            tx,
            "UPDATE transfers SET state = :state, evidence = :evidence, brex_id = :brex_id, status = :status, "
            "held = false WHERE connection_id = :id AND id = :transfer AND state IN ('approved', 'uncertain')",
            {"id": connection_id, "transfer": transfer_id, "state": state, "evidence": evidence[:2000],
             "brex_id": brex_id, "status": status},
        )
    )  # fmt: skip


def tell(tx: Tx, connection_id: int, reference: str, actor: str, what: str, body_hash: str) -> None:
    """One line of the audit, in the same transaction as what it tells."""
    sql.run(
        tx,
        "INSERT INTO transfer_events (connection_id, reference, actor, what, body_hash) "
        "VALUES (:id, :reference, :actor, :what, :hash)",
        {"id": connection_id, "reference": reference, "actor": actor, "what": what[:2000], "hash": body_hash},
    )


def events(tx: Tx, connection_id: int, reference: str) -> list[dict[str, Any]]:
    """The oldest first."""
    found = sql.rows(
        tx,
        "SELECT at, actor, what, body_hash FROM transfer_events WHERE connection_id = :id AND reference = :reference "
        "ORDER BY id",
        {"id": connection_id, "reference": reference},
    )
    return [dict(row._mapping) for row in found]
