"""Keeping credentials alive, and saying in time that they end.

Fact: a Brex user token ends when no call is made with it for 90 days by Brex's authentication guide, for 30 days by
its FAQ. An active connection polls each hour; a paused one would lose its token silently, hence the heartbeat.
"""

import structlog

from connector.brex.errors import BrexError, LacksScope
from connector.pipeline.runtime import Runtime, Stop
from connector.store import connections
from connector.store import tokens as lives
from connector.store.connections import Connection
from connector.store.tokens import Life
from connector.vault import VaultError

log = structlog.get_logger()
# With a day's margin for a heartbeat that fails: a call each week at least.
IDLE_DAYS = 6.0
AGAIN_DAYS = 0.9
IDLE_THRESHOLDS = (80, 60, 25)
EXPIRY_THRESHOLDS = (3, 14, 30)


def run(runtime: Runtime) -> None:
    """Make a call with every token that idles, and warn of those that are about to end: each threshold once."""
    with runtime.database.begin() as tx:
        idle = lives.claim_idle(tx, IDLE_DAYS, AGAIN_DAYS)
    for connection_id in idle:
        _heartbeat(runtime, connection_id)
    with runtime.database.begin() as tx:
        warnings = [
            (life, reached)
            for life in lives.lives(tx)
            if (reached := threshold(life)) is not None and lives.warn_once(tx, life.connection_id, life.kind, reached)
        ]
    for life, _ in warnings:
        log.warning("credential about to end", connection=life.name, credential=life.kind, reason=sentence(life))


def _heartbeat(runtime: Runtime, connection_id: int) -> None:
    """Paused connections too: that is what it is for. A dead token pauses an active one, with the reason."""
    with runtime.database.begin() as tx:
        connection = connections.by_id(tx, connection_id)
    if connection is None or not runtime.ready(connection, "brex"):
        return
    try:
        with runtime.calling(connection, "brex"):
            _smallest_call(runtime, connection)
    except (Stop, BrexError, VaultError) as error:
        log.warning("heartbeat failed", connection=connection.name, reason=str(error))
        return
    log.info("heartbeat", connection=connection.name)


def _smallest_call(runtime: Runtime, connection: Connection) -> None:
    """The company; where the token may not ask for it, one record."""
    client = runtime.clients(connection).brex
    try:
        client.company()
    except LacksScope:
        client.touch()


def threshold(life: Life) -> int | None:
    """The last threshold, in days, that was passed; None where there is nothing to warn of."""
    if life.kind == lives.BREX:
        return next((days for days in IDLE_THRESHOLDS if life.idle_days >= days), None)
    if life.days_left is None:
        return None
    return next((days for days in (0, *EXPIRY_THRESHOLDS) if life.days_left <= days), None)


def sentence(life: Life) -> str:
    """What to warn of, and what to do; empty where there is nothing."""
    if threshold(life) is None:
        return ""
    if life.kind == lives.BREX:
        return (
            f"The Brex token was good for no call for {life.idle_days} days; Brex ends unused tokens after 30 days by "
            f"one of its pages, after 90 by another. Run `connector ping {life.name}`; if it fails, make a new token "
            "and store it with `connector connections add FILE --replace`."
        )
    left = life.days_left or 0
    when = (
        f"expires on {life.expires_on}, in {left} day{'' if left == 1 else 's'}"
        if left > 0
        else (f"expires today ({life.expires_on})" if left == 0 else f"expired on {life.expires_on}")
    )
    return (
        f"The client secret of F&O {when}. Make a new one in Entra ID, store it with `connector connections add FILE "
        f"--replace`, then tell its end with `connector credentials expires {life.name} --d365 DATE`."
    )
