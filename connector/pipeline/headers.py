"""Journal headers. F&O numbers them, so each carries a marker of ours in its Description.

A header whose creation was not answered is not waited for: another one is opened, and the lost one is used next
when it turns up. An empty journal harms nobody; the connector never deletes one.
"""

import secrets
from collections.abc import Callable

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Refused
from connector.domain import jsonio
from connector.domain.problems import Problem
from connector.domain.reference import marker as marker_of
from connector.domain.stages import Stage
from connector.domain.writes import BatchStatus, WriteKind
from connector.mapping.text import journal_text
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.store import batches, journals, open_writes, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.journals import Key
from connector.store.moves import Move, move

log = structlog.get_logger()
ACTOR = "task:post"
REQUEST_SECONDS = 25.0
DEADLINE_SECONDS = 30.0


class _NotWanted(Exception):
    """Another worker opened a journal meanwhile; nothing is stored."""


def open_journal(
    runtime: Runtime, connection: Connection, client: D365Client, key: Key, *, wanted: Callable[[Tx], bool]
) -> bool:
    """Create a header for this key. False where another worker is doing so, or where it did not work out.

    `wanted` is asked once no other worker can be opening one; where it says no there is a journal to be used.
    """
    try:
        begun = _begin(runtime, connection, key, wanted)
    except _NotWanted:
        return True
    return begun is not None and _create(runtime, connection, client, key, *begun)


def _begin(
    runtime: Runtime, connection: Connection, key: Key, wanted: Callable[[Tx], bool]
) -> tuple[int, int, int, str] | None:
    """Commit the intent: journal, write, batch and description. None where another worker is at it."""
    marker = marker_of(secrets.token_bytes(9))
    description = journal_text(
        posting(connection).journal_description, period=key.period[:30], journal=key.journal_name,
        entity=key.legal_entity, marker=marker,
    )  # fmt: skip
    intent = {"dataAreaId": key.legal_entity, "JournalName": key.journal_name, "Description": description}
    with runtime.database.begin() as tx:
        journal_id = journals.begin_opening(tx, connection.id, key, marker)
        if journal_id is None:
            return None
        if not wanted(tx):
            raise _NotWanted
        write_id = writes.intend_journal(tx, connection.id, journal_id, marker, intent, jsonio.digest(intent), key.form)
        batch_id = batches.begin(tx, connection.id, journal_id, [write_id], DEADLINE_SECONDS)
        if batch_id is None:
            raise batches.Taken
    return journal_id, write_id, batch_id, description


def _create(
    runtime: Runtime,
    connection: Connection,
    client: D365Client,
    key: Key,
    journal_id: int,
    write_id: int,
    batch_id: int,
    description: str,
) -> bool:
    try:
        with runtime.calling(connection, "d365"):
            header = client.create_header(
                key.legal_entity, key.journal_name, description, REQUEST_SECONDS, form=key.form
            )
    except Stop as stop:
        _end(runtime, journal_id, write_id, batch_id, "refused", str(stop))
        raise
    except Refused as error:
        _end(runtime, journal_id, write_id, batch_id, "refused", str(error))
        hold_waiting(runtime, connection, key, str(error))
        return False
    except D365Error as error:
        log.warning("journal header uncertain", connection=connection.name, header=description, reason=str(error))
        _end(runtime, journal_id, write_id, batch_id, "uncertain", str(error))
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    return _opened(runtime, connection, journal_id, write_id, batch_id, header)


def _opened(
    runtime: Runtime,
    connection: Connection,
    journal_id: int,
    write_id: int,
    batch_id: int,
    header: dict[str, object],
) -> bool:
    number = str(header.get("JournalBatchNumber") or "")
    if not number:
        _end(runtime, journal_id, write_id, batch_id, "uncertain", "the answer names no JournalBatchNumber")
        return True
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            batches.late_answer(tx, batch_id, f"journal {number}")
            return True  # `resolve` finds it by its marker
        batches.end(tx, batch_id, BatchStatus.SETTLED)
        writes.written(tx, [{"id": write_id, "ledger": {"journal": number}, "journal_id": None}])
        journals.opened(tx, journal_id, number)
    log.info("journal opened", connection=connection.name, journal=number, marker=header.get("Description"))
    return True


def _end(runtime: Runtime, journal_id: int, write_id: int, batch_id: int, result: str, why: str) -> None:
    """`refused`: it was surely not created. `uncertain`: it may have been; looked for by its marker."""
    with runtime.database.begin() as tx:
        if not batches.mine(tx, batch_id):
            return
        if result == "refused":
            batches.end(tx, batch_id, BatchStatus.SETTLED, evidence=why)
            writes.refused(tx, [{"id": write_id, "evidence": why}])
        else:
            batches.end(tx, batch_id, BatchStatus.UNCERTAIN, evidence=why)
            writes.uncertain(tx, [write_id], why, runtime.quiet_seconds)
        journals.close(tx, journal_id, why)


def hold_waiting(runtime: Runtime, connection: Connection, key: Key, message: str) -> None:
    """F&O will not open such a journal: everything that waits for one is held, with F&O's words."""
    log.warning("journal refused", connection=connection.name, journal_name=key.journal_name, reason=message)
    problem = Problem("D365-JOURNAL", values={"name": key.journal_name, "entity": key.legal_entity, "message": message})
    with runtime.database.begin() as tx:
        waiting = open_writes.claim_open(tx, connection.id, WriteKind.ENTRY, 10_000, key=key)
        writes.refused(tx, [{"id": one.id, "evidence": message} for one in waiting])
        moves = [
            Move(one.record_pk, Stage.WRITING, Stage.HELD, "no journal could be opened", problems=[problem])
            for one in waiting
            if one.record_pk is not None
        ]
        move(tx, connection.id, ACTOR, moves)


def usable(runtime: Runtime, connection: Connection, client: D365Client, key: Key, number: str) -> bool:
    """False where the journal was posted or is gone: F&O refuses every line then, through no fault of the entry.

    Never raises: it is asked while an answer is still to be stored.
    """
    try:
        with runtime.calling(connection, "d365"):
            header = client.header(key.legal_entity, number, key.form)
    except (Stop, D365Error) as error:
        log.warning("journal not readable", connection=connection.name, journal=number, reason=str(error))
        return True
    return header is not None and str(header.get("IsPosted")) != "Yes"
