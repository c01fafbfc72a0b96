"""received → fetched: get what Brex has for the records we have heard of, and see whether they are ready."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from connector.brex.errors import BrexError, Unavailable
from connector.domain import jsonio, record
from connector.domain.problems import Problem
from connector.domain.stages import Stage
from connector.pipeline import epochs, intake, succession
from connector.pipeline.epochs import InLedger
from connector.pipeline.poison import MOST_ATTEMPTS, groups, retry_seconds
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.pipeline.source import Source
from connector.store import ledger, records
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.records import Claimed

log = structlog.get_logger()
ACTOR = "task:fetch"
MOST = 500


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    while box.open() and runtime.ready(connection, "brex"):
        with runtime.database.begin() as tx:
            then = records.now(tx)
            claimed = records.claim_to_fetch(tx, connection.id, MOST)
        if not claimed:
            return
        _settle(runtime, connection, [one for one in claimed if one.body_fresh], None, then)
        _fetch(runtime, connection, [one for one in claimed if not one.body_fresh], then)


def _fetch(runtime: Runtime, connection: Connection, missing: Sequence[Claimed], then: Any) -> None:
    waiting = list(groups(missing, MOST))
    while waiting:
        group = waiting[0]
        try:
            items = _ask(runtime, connection, group)
        except Stop:
            with runtime.database.begin() as tx:
                records.release(tx, connection.id, [one.id for group in waiting for one in group])
            raise
        except BrexError as error:
            _failed(runtime, connection, group, error, then)
        else:
            bodies = {item["id"]: item for item in items if intake.readable_id(item.get("id"))}
            _settle(runtime, connection, group, bodies, then)
        waiting.pop(0)


def _ask(runtime: Runtime, connection: Connection, group: Sequence[Claimed]) -> list[dict[str, Any]]:
    """Raises `Stop` also where Brex is down as a whole: that is no attempt of these records."""
    client = runtime.clients(connection).brex
    try:
        with runtime.calling(connection, "brex"):
            return client.by_ids([one.record_id for one in group])
    except Unavailable:
        _stop_where_down(runtime, connection, client)
        raise


def _stop_where_down(runtime: Runtime, connection: Connection, client: Source) -> None:
    """Is it Brex, or these records? The smallest other question tells."""
    try:
        with runtime.calling(connection, "brex"):
            client.touch()
    except Unavailable as error:
        runtime.leave_alone(connection, "brex", None)
        raise Stop(str(error)) from error


def _failed(runtime: Runtime, connection: Connection, group: Sequence[Claimed], error: BrexError, then: Any) -> None:
    """The whole group failed: smaller groups next time, and a record that fails alone for good is held."""
    log.warning("fetch failed", connection=connection.name, records=len(group), reason=str(error))
    poison = [one for one in group if one.attempts >= MOST_ATTEMPTS]
    problem = Problem("RECORD-UNREADABLE", values={"reason": str(error)})
    with runtime.database.begin() as tx:
        rest = [one for one in group if one.attempts < MOST_ATTEMPTS]
        for attempts in {one.attempts for one in rest}:
            ids = [one.id for one in rest if one.attempts == attempts]
            records.defer(tx, connection.id, ids, retry_seconds(attempts))
        move(
            tx,
            connection.id,
            ACTOR,
            [
                Move(one.id, one.stage, Stage.HELD, str(error), attempts=one.attempts, problems=[problem])
                for one in poison
            ],
        )
        records.looked(tx, connection.id, [one.id for one in poison], then)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one record's body says: where it goes (None: it waits where it is), and what of it is kept."""

    to: Stage | None
    why: str
    problems: list[Problem]
    kept: dict[str, Any]
    found: record.Record | None = None
    reason: str | None = None


def _settle(
    runtime: Runtime,
    connection: Connection,
    group: Sequence[Claimed],
    bodies: dict[str, dict[str, Any]] | None,
    then: Any,
) -> None:
    """Store what came. `bodies` None: the body came with the word of the record and is stored already."""
    if not group:
        return
    found = _in_ledger(runtime, connection, group)
    # Written before and deliberately written anew: what Brex says of it is about the earlier epoch.
    ours = found.keys() | {one.id for one in group if one.epoch > 0}
    looks = {
        one.id: _look(one, None if bodies is None else bodies.get(one.record_id), bodies is None, one.id in ours)
        for one in group
    }
    with runtime.database.begin() as tx:
        looks |= _booked_before(tx, connection, looks, found)
        moves = [
            Move(
                one.id, one.stage, looks[one.id].to, looks[one.id].why, attempts=one.attempts,
                problems=looks[one.id].problems, data={"body_hash": looks[one.id].kept.get("body_hash", "")},
                epoch=found[one.id].epoch if one.id in found else None, reason=looks[one.id].reason,
            )
            for one in group
        ]  # fmt: skip
        moved = move(tx, connection.id, ACTOR, moves)
        kept = [looks[one.id].kept | {"id": one.id} for one in group if one.id in moved and looks[one.id].kept]
        records.store_bodies(tx, connection.id, kept, then)
        records.looked(tx, connection.id, sorted(moved), then)


def _booked_before(
    tx: Tx, connection: Connection, looks: dict[int, _Look], standing: dict[int, InLedger]
) -> dict[int, _Look]:
    """Those that the connection which this one follows has booked, or may have."""
    going = {pk: one.found for pk, one in looks.items()
             if one.to is Stage.FETCHED and one.found is not None and pk not in standing}  # fmt: skip
    known = succession.known(tx, connection, going)
    return {
        pk: replace(looks[pk], to=one.to, why=one.why, problems=one.problems, reason=one.why)
        for pk, one in known.items()
    }


def _in_ledger(runtime: Runtime, connection: Connection, group: Sequence[Claimed]) -> dict[int, InLedger]:
    """Those whose entry, of this epoch or a later one, stood in the ledger when it was last read as a whole."""
    with runtime.database.begin() as tx:
        if not ledger.anything(tx, connection.id):
            return {}
        wanted = [key for one in group for key in epochs.references(one.record_id, one.epoch)]
        found = ledger.among(tx, connection.id, wanted)
    states = {one.id: epochs.in_ledger(one.record_id, one.epoch, found) for one in group}
    return {pk: state for pk, state in states.items() if state is not None}


def _look(one: Claimed, body: dict[str, Any] | None, stored: bool, ours: bool) -> _Look:
    if stored:
        body = jsonio.loads(one.body or "null")
    if not isinstance(body, dict):
        return _Look(Stage.HELD, "Brex does not return it", [Problem("RECORD-NOT-FOUND")], {})
    heard = intake.heard_of(body)
    kept = {
        "body": heard.body,
        "body_hash": heard.body_hash,
        "version": heard.version,
        "record_type": str(body.get("type") or "")[:100],
        "source_type": str(body.get("source_type") or "")[:100],
        "source_id": str(body.get("source_id") or "")[: intake.LONGEST_ID],
    }
    if heard.body is None:
        reason = f"it is larger than {records.BODY_LIMIT} bytes"
        kept["body"] = jsonio.dumps(body)
        return _Look(Stage.HELD, reason, [Problem("RECORD-UNREADABLE", values={"reason": reason})], kept)
    try:
        found = record.parse(body)
    except record.Unreadable as error:
        return _Look(Stage.HELD, "cannot be read", [Problem("RECORD-UNREADABLE", values={"reason": str(error)})], kept)
    return replace(_judge(found, kept, ours, one.stage), found=found)


def _settled(found: record.Record, kept: dict[str, Any], ours: bool, here: Stage) -> _Look:
    """A card transaction waits where it is until its coding is complete, and is held only after a long time."""
    if ours:
        return _Look(Stage.FETCHED, "its entry stands or stood in the ledger: taken up again", [], kept)
    if found.oddities:
        problems = [Problem("RECORD-ODD", values={"reason": reason}) for reason in found.oddities]
        return _Look(Stage.HELD, "contradicts itself", problems, kept)
    if not found.waits:
        return _Look(Stage.FETCHED, f"settled and coded, version {found.version}", [], kept)
    problem = Problem("RECORD-WAITING", values={"reason": "; ".join(found.waits)})
    waits = here is Stage.RECEIVED and not found.overdue
    return _Look(None if waits else Stage.HELD, f"waits: {'; '.join(found.waits)}"[:500], [problem], kept)


def _judge(found: record.Record, kept: dict[str, Any], ours: bool, here: Stage) -> _Look:
    if found.source_type == record.TRANSACTION:
        return _settled(found, kept, ours, here)
    # Fact: bills have no usable review status; they are told apart by their source type alone.
    if found.review_status == record.READY or found.source_type == "BILL":
        return _Look(Stage.FETCHED, f"fetched, version {found.version}", [], kept)
    if found.review_status == record.EXPORTED and ours:
        return _Look(Stage.FETCHED, "exported, and its entry stands or stood in the ledger: taken up again", [], kept)
    if found.review_status == record.EXPORTED:
        return _Look(Stage.HELD, "exported already", [Problem("RECORD-EXPORTED-ELSEWHERE")], kept)
    problem = Problem("RECORD-NOT-READY", values={"status": found.review_status})
    return _Look(Stage.HELD, f"not ready: {found.review_status}", [problem], kept)
