"""The one function that moves records, set-based, and appends the audit event in the same transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.domain.problems import Problem
from connector.domain.stages import ExportStatus, LedgerStatus, Stage, may_move
from connector.store import sql
from connector.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Move:
    """One record's step. `expect` and `attempts` are the fence: where they no longer hold, nothing happens.

    `to` None leaves the stage and only notes the event. `delay` (seconds) sets when the record is due next and
    clears its attempts; None leaves both. The other fields are written where they are not None.
    """

    id: int
    expect: Stage | None
    to: Stage | None
    why: str
    data: dict[str, Any] = field(default_factory=dict)
    attempts: int | None = None
    delay: float | None = 0
    problems: Sequence[Problem] | None = None
    entry: dict[str, Any] | None = None
    planned_rules: int | None = None
    legal_entity: str | None = None
    currency: str | None = None
    amount: Any = None
    posting_date: str | None = None
    reference: str | None = None
    export_status: ExportStatus | None = None
    ledger_status: LedgerStatus | None = None
    journal: str | None = None
    voucher: str | None = None
    reason: str | None = None
    epoch: int | None = None


_COLUMNS = (
    "entry jsonb, planned_rules integer, legal_entity text, currency text, amount numeric, posting_date date, "
    "reference text, export_status text, ledger_status text, journal text, voucher text, reason text, epoch integer, "
    "problems jsonb"
)
_PLAIN = [column.split()[0] for column in _COLUMNS.split(", ")]

# The event's hash covers everything it says and the hash before it; `connector audit verify` computes it again.
EVENT_HASH = """sha256({prev} || convert_to(concat_ws(E'\\x1f', {record_pk}, {seq},
    to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), {actor}, {from_stage}, {to_stage}, {why},
    CAST({data} AS text)), 'UTF8'))"""

_MOVE = f"""
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(CAST(:moves AS jsonb)) AS x(
        id bigint, expect text, "to" text, why text, data jsonb, expect_attempts integer, delay numeric, {_COLUMNS})
), locked AS (
    SELECT r.id, r.stage AS from_stage, r.event_seq + 1 AS seq, r.event_hash AS prev, clock_timestamp() AS at
    FROM records r JOIN wanted w ON w.id = r.id
    WHERE r.connection_id = :connection AND (w.expect IS NULL OR r.stage = w.expect)
      AND (w.expect_attempts IS NULL OR r.attempts = w.expect_attempts)
    ORDER BY r.id FOR UPDATE OF r
), stamped AS (
    SELECT l.*, coalesce(w."to", l.from_stage) AS to_stage, w.why, coalesce(w.data, '{{}}'::jsonb) AS data
    FROM locked l JOIN wanted w ON w.id = l.id
), hashed AS (
    SELECT s.*, {
    EVENT_HASH.format(
        prev="s.prev",
        record_pk="s.id",
        seq="s.seq",
        at="s.at",
        actor="CAST(:actor AS text)",
        from_stage="s.from_stage",
        to_stage="s.to_stage",
        why="s.why",
        data="s.data",
    )
} AS hash FROM stamped s
), moved AS (
    UPDATE records r SET stage = h.to_stage, event_seq = h.seq, event_hash = h.hash,
        attempts = CASE WHEN w.delay IS NULL THEN r.attempts ELSE 0 END,
        next_attempt_at = CASE WHEN w.delay IS NULL THEN r.next_attempt_at
                               ELSE now() + w.delay * interval '1 second' END,
        written_at = CASE WHEN h.to_stage = 'written' THEN coalesce(r.written_at, now())
                          WHEN h.from_stage = 'reversed' THEN NULL ELSE r.written_at END,
        acknowledged_at = CASE WHEN h.to_stage = 'acknowledged' THEN now()
                               WHEN h.from_stage = 'reversed' THEN NULL ELSE r.acknowledged_at END,
        {", ".join(f"{name} = coalesce(w.{name}, r.{name})" for name in _PLAIN)}
    FROM hashed h JOIN wanted w ON w.id = h.id WHERE r.id = h.id RETURNING r.id
)
INSERT INTO events (record_pk, seq, at, actor, from_stage, to_stage, why, data, prev_hash, hash)
SELECT h.id, h.seq, h.at, :actor, h.from_stage, h.to_stage, h.why, h.data, h.prev, h.hash
FROM hashed h JOIN moved ON moved.id = h.id ORDER BY h.id
RETURNING record_pk
"""


def move(tx: Tx, connection_id: int, actor: str, moves: Sequence[Move]) -> set[int]:
    """Apply the moves whose fence still holds; returns the ids of the records that moved.

    Raises ValueError for a step the transition table does not have: that is a mistake in the code.
    """
    if not moves:
        return set()
    for one in moves:
        if one.to is not None and one.expect is not None and not may_move(one.expect, one.to):
            raise ValueError(f"a record cannot go from {one.expect} to {one.to}")
    moved: set[int] = set()
    for part in _rounds(moves):
        packed = sql.pack([_packed(one) for one in part])
        moved |= {row[0] for row in sql.rows(tx, _MOVE, {"moves": packed, "connection": connection_id, "actor": actor})}
    return moved


def _rounds(moves: Sequence[Move]) -> list[list[Move]]:
    """One statement moves a record once: its second step (of another write of its, say) follows in the next one."""
    rounds: list[list[Move]] = []
    steps: Counter[int] = Counter()
    for one in moves:
        if steps[one.id] == len(rounds):
            rounds.append([])
        rounds[steps[one.id]].append(one)
        steps[one.id] += 1
    return rounds


def _packed(one: Move) -> dict[str, Any]:
    return {
        "id": one.id,
        "expect": one.expect,
        "to": one.to,
        "why": one.why,
        "data": one.data,
        "expect_attempts": one.attempts,
        "delay": one.delay,
        "problems": None if one.problems is None else [problem.as_json() for problem in one.problems],
        **{name: getattr(one, name) for name in _PLAIN if name != "problems"},
    }
