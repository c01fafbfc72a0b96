"""Wake-ups. They carry an id and promise nothing: the broker may lose them, the sweep finds what is due."""

import structlog
from celery import Celery, Signature, chain
from kombu.exceptions import OperationalError

from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store import connections

log = structlog.get_logger()

# No countdown above this: a message that waits in a worker is one that a crash delays.
LONGEST_COUNTDOWN_SECONDS = 60.0
# What is due at once and was left all the same (a full time box, a journal another worker writes) can wait this long.
SHORTEST_COUNTDOWN_SECONDS = 0.5


def wake(celery: Celery, connection_id: int, countdown: float = 0) -> bool:
    """Send the chain for a connection. False where the broker did not take it within a second: nothing is lost."""
    links = [celery.signature(f"tasks.chain.{stage}", args=(connection_id,), immutable=True) for stage in stages.CHAIN]
    return send(chain(*links, app=celery), countdown)


def start(celery: Celery, connection_id: int) -> bool:
    """A person changed something: poll and refresh now where they are due, not at the next sweep, and go on."""
    for task in ("tasks.schedule.refresh", "tasks.schedule.poll"):
        send(celery.signature(task, args=(connection_id,), immutable=True))
    return wake(celery, connection_id)


def send(signature: Signature, countdown: float = 0) -> bool:
    """Publish one signature; False where the broker does not take it."""
    try:
        signature.apply_async(countdown=countdown or None, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("wake-up not sent", reason=f"{type(error).__name__}")
        return False
    return True


def wake_if_due(runtime: Runtime, connection_id: int) -> None:
    """Where something of this connection is due within a minute, come back then; one such wake-up at a time."""
    from tasks.app import app  # noqa: PLC0415 - the application imports its tasks, and they this module

    seconds = stages.next_seconds(runtime, connection_id)
    if seconds is None or seconds > LONGEST_COUNTDOWN_SECONDS:
        return
    seconds = max(seconds, SHORTEST_COUNTDOWN_SECONDS)
    with runtime.database.begin() as tx:
        if not connections.claim_wake(tx, connection_id, seconds):
            return
    wake(app, connection_id, seconds)
