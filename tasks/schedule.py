"""What beat's ticks (see celeryconfig.py) start. Two beats are harmless: what a tick does is claimed in PostgreSQL."""

from connector.pipeline import nightly, stages, trail
from connector.pipeline import poll as polling
from connector.pipeline import tokens as lives
from connector.store import due, nights
from tasks.app import app
from tasks.base import runtime
from tasks.wake import send, wake


@app.task(name="tasks.schedule.sweep")
def sweep() -> None:
    """Wake whatever the table says is due."""
    with runtime().database.begin() as tx:
        found = due.everything(tx)
    for one in found:
        if one.refresh:
            send(refresh.si(one.connection_id))
        if one.poll:
            send(poll.si(one.connection_id))
        if one.watch:
            send(watch.si(one.connection_id))
        if one.work:
            wake(app, one.connection_id)


@app.task(name="tasks.schedule.poll")
def poll(connection_id: int) -> None:
    connection = runtime().connection(connection_id)
    if connection is not None and polling.run(runtime(), connection) is not None:
        wake(app, connection_id)


@app.task(name="tasks.schedule.refresh")
def refresh(connection_id: int) -> None:
    stages.refresh_if_due(runtime(), connection_id)


@app.task(name="tasks.schedule.watch")
def watch(connection_id: int) -> None:
    if stages.watch_if_due(runtime(), connection_id):
        wake(app, connection_id)


@app.task(name="tasks.schedule.tokens")
def tokens() -> None:
    """A call with each token that idles, and warnings of those about to end."""
    lives.run(runtime())


@app.task(name="tasks.schedule.checks")
def checks() -> None:
    """What is done once a night, as soon as it is due: digests of the audit trail, and reconciliations."""
    trail.digest(runtime())
    with runtime().database.begin() as tx:
        found = nights.due(tx)
    for connection_id in found:
        send(reconcile.si(connection_id))


@app.task(name="tasks.schedule.reconcile")
def reconcile(connection_id: int) -> None:
    connection = runtime().connection(connection_id)
    if connection is not None and nightly.run(runtime(), connection) is not None:
        wake(app, connection_id)
