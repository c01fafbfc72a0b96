"""Whose turn it is at a row that is written on the other side: one worker's, until its time is over."""

from connector.store import sql
from connector.store.engine import Tx


def claim(tx: Tx, table: str, going: str, connection_id: int, row_id: int, worker: str, seconds: float) -> bool:
    """`going`: the condition that it is not settled. False where another has the turn, until its time is over."""
    return bool(
        sql.run(
            tx,
            f"UPDATE {table} SET busy_until = now() + :seconds * interval '1 second', worker = :worker "
            f"WHERE connection_id = :id AND id = :row AND {going} AND (busy_until IS NULL OR busy_until <= now())",
            {"id": connection_id, "row": row_id, "worker": worker, "seconds": seconds},
        )
    )


def release(tx: Tx, table: str, connection_id: int, row_id: int, worker: str) -> None:
    sql.run(
        tx,
        f"UPDATE {table} SET busy_until = NULL WHERE connection_id = :id AND id = :row AND worker = :worker",
        {"id": connection_id, "row": row_id, "worker": worker},
    )
