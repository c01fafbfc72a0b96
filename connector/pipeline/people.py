"""What a person may do to records: retry and skip. What may be sent again is decided by the writes, never here."""

from collections.abc import Sequence
from dataclasses import dataclass

from connector.domain.stages import Stage
from connector.domain.writes import Outcome, WriteKind
from connector.pipeline.runtime import Runtime
from connector.store import records, views, writes
from connector.store.connections import Connection
from connector.store.moves import Move, move
from connector.store.writes import Write

MOST = 1000
SKIPPABLE = frozenset({Stage.RECEIVED, Stage.FETCHED, Stage.MAPPED, Stage.HELD})


@dataclass(frozen=True, slots=True)
class Done:
    """Record ids by what became of the wish."""

    changed: list[str]
    left_alone: list[str]


def retry(
    runtime: Runtime,
    connection: Connection,
    *,
    actor: str,
    record_ids: Sequence[str] = (),
    stage: str | None = None,
    problem: str | None = None,
) -> Done:
    """Let records go on, from any stage. What was written or may have been is read again in F&O first."""
    done = Done([], [])
    with runtime.database.begin() as tx:
        chosen = views.ids(tx, connection.id, record_ids=record_ids, stage=stage, problem=problem)
        for start in range(0, len(chosen), MOST):
            part = chosen[start : start + MOST]
            live = writes.live(tx, [row.id for row in part], WriteKind.ENTRY)
            moves = [one for row in part if (one := _retried(row.id, Stage(row.stage), live.get(row.id))) is not None]
            moved = move(tx, connection.id, actor, moves)
            held = {row.id for row in part if row.stage in (Stage.HELD, Stage.WRITING)} & moved
            writes.look_now(tx, [one.id for pk, one in live.items() if pk in held and one.outcome != Outcome.OPEN])
            records.look_anew(tx, connection.id, [pk for pk in moved if pk not in live])
            for row in part:
                (done.changed if row.id in moved else done.left_alone).append(row.record_id)
    return done


def _retried(record_pk: int, stage: Stage, live: Write | None) -> Move | None:
    why = "retried by a person"
    if stage is Stage.HELD:
        to = Stage.RECEIVED if live is None else Stage.WRITING
        return Move(record_pk, stage, to, why, problems=[])
    if stage is Stage.SKIPPED:
        return Move(record_pk, stage, Stage.RECEIVED, why, problems=[], reason="")
    if stage in (Stage.ACKNOWLEDGED, Stage.REVERSED):
        return None  # nothing is left to do
    return Move(record_pk, stage, None, why)


def skip(
    runtime: Runtime, connection: Connection, *, actor: str, reason: str, record_ids: Sequence[str] = (),
    stage: str | None = None, problem: str | None = None, among: frozenset[str] | None = None,
) -> Done:  # fmt: skip
    """Never post these, for this reason. Records with a write that stands or may stand in F&O are left alone.

    `among`: of these record ids, only those that are not done with yet (a cut-over is about nothing else).
    """
    done = Done([], [])
    with runtime.database.begin() as tx:
        chosen = views.ids(tx, connection.id, record_ids=record_ids, stage=stage, problem=problem)
        if among is not None:
            chosen = [row for row in chosen if row.record_id in among and row.stage in SKIPPABLE]
        for start in range(0, len(chosen), MOST):
            part = chosen[start : start + MOST]
            live = writes.live(tx, [row.id for row in part], WriteKind.ENTRY)
            moves = [
                Move(row.id, Stage(row.stage), Stage.SKIPPED, reason, problems=[], reason=reason)
                for row in part
                if row.id not in live and row.stage in SKIPPABLE
            ]
            moved = move(tx, connection.id, actor, moves)
            for row in part:
                (done.changed if row.id in moved else done.left_alone).append(row.record_id)
    return done
