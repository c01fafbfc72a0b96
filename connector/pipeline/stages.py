"""The stages as tasks and commands run them: one connection, one stage, one time box, and `Stop` taken calmly."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum

import structlog

from connector.d365.errors import D365Error
from connector.pipeline import acknowledge, fetch, map, post, recover, refresh, watch  # noqa: A004 - the stage's own name
from connector.pipeline.runtime import Runtime, Stop, TimeBox
from connector.store import due, pacing
from connector.store.connections import Connection

log = structlog.get_logger()
# A stage stops taking on work after this long; its last request may run on for its own deadline.
BOX_SECONDS = 12.0


class StageName(StrEnum):
    FETCH = "fetch"
    MAP = "map"
    POST = "post"
    ACKNOWLEDGE = "acknowledge"


CHAIN = tuple(StageName)
_RUN: dict[StageName, Callable[[Runtime, Connection, TimeBox], None]] = {
    StageName.FETCH: fetch.run,
    StageName.MAP: map.run,
    StageName.POST: post.run,
    StageName.ACKNOWLEDGE: acknowledge.run,
}


def run(runtime: Runtime, stage: StageName, connection_id: int, seconds: float = BOX_SECONDS) -> None:
    """Do what is due. Does nothing where the connection is paused or gone, or the side asked us to wait."""
    connection = runtime.connection(connection_id)
    if connection is None:
        return
    with log_context(connection, stage):
        try:
            if connection.recovered_at is None:
                if not runtime.ready(connection, "d365"):
                    return
                recover.before_posting(runtime, connection)
            _RUN[stage](runtime, connection, TimeBox(seconds))
        except Stop as stop:
            log.info("stage stopped", reason=str(stop))
        except D365Error as error:
            log.warning("F&O could not be read", reason=str(error))
            runtime.leave_alone(connection, "d365", None)


def refresh_if_due(runtime: Runtime, connection_id: int) -> None:
    connection = runtime.connection(connection_id)
    if connection is not None and refresh.due(runtime, connection):
        try:
            refresh.run(runtime, connection)
        except Stop as stop:
            log.info("refresh stopped", connection=connection.name, reason=str(stop))


def watch_if_due(runtime: Runtime, connection_id: int) -> bool:
    """True where journals were looked at: what they tell may have something to do for the chain."""
    connection = runtime.connection(connection_id)
    if connection is None:
        return False
    try:
        return watch.run(runtime, connection) > 0
    except Stop as stop:
        log.info("watch stopped", connection=connection.name, reason=str(stop))
        return False


def next_seconds(runtime: Runtime, connection_id: int) -> float | None:
    """When the connection wants to be woken next; None where nothing is waiting or it may not work."""
    if runtime.connection(connection_id) is None:
        return None
    with runtime.database.begin() as tx:
        seconds = due.next_seconds(tx, connection_id)
        waits = [pacing.wait_seconds(tx, connection_id, side) for side in ("brex", "d365")]
    # A side that asked for quiet is not tried before; new word of a record wakes the other side all the same.
    return None if seconds is None else max(seconds, *waits)


def log_context(connection: Connection, stage: str) -> AbstractContextManager[None]:
    return structlog.contextvars.bound_contextvars(connection=connection.name, stage=str(stage))
