"""What was learned of a connection's F&O environment by trying, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.store import sql
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Fact:
    """`answer` is JSON; which shapes there are is for the one who asked to say."""

    fact: str
    answer: Any
    learned_at: datetime


def learn(tx: Tx, connection_id: int, answers: Mapping[str, Any]) -> None:
    """Keep the answers, each in place of an older one to the same question."""
    sql.run(
        tx,
        "INSERT INTO learned_facts (connection_id, fact, answer) "
        "SELECT :id, fact, answer FROM jsonb_to_recordset(CAST(:facts AS jsonb)) AS x(fact text, answer jsonb) "
        "ON CONFLICT (connection_id, fact) DO UPDATE SET answer = excluded.answer, learned_at = now()",
        {"id": connection_id, "facts": sql.pack([{"fact": name, "answer": one} for name, one in answers.items()])},
    )


def known(tx: Tx, connection_id: int) -> list[Fact]:
    found = sql.rows(
        tx,
        "SELECT fact, answer, learned_at FROM learned_facts WHERE connection_id = :id ORDER BY fact",
        {"id": connection_id},
    )
    return [Fact(row.fact, row.answer, row.learned_at) for row in found]
