"""What beat's ticks (see celeryconfig.py) start. Two beats are harmless: what a tick does is claimed in PostgreSQL."""

from celery import chain

from connector.pipeline import nightly, stages, trail
from connector.pipeline import poll as polling
from connector.pipeline import tokens as lives
from connector.pipeline.alignment import survey
from connector.store import brex_vendors, due, nights
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


@app.task(name="tasks.schedule.vendors")
def vendors() -> None:
    """Brex's vendors against F&O's, once after each reading of the master data; and new ones that are under way."""
    with runtime().database.begin() as tx:
        found = brex_vendors.due(tx)
    for connection_id in found:
        send(align.si(connection_id))


@app.task(name="tasks.schedule.align")
def align(connection_id: int) -> None:
    connection = runtime().connection(connection_id)
    if connection is not None:
        survey.daily(runtime(), connection)
        wake(app, connection_id)


@app.task(name="tasks.schedule.checks")
def checks() -> None:
    """What is done once a night, as soon as it is due: digests of the audit trail, and reconciliations.

    One after the other: a long one takes one worker and leaves the others to the chains.
    """
    trail.digest(runtime())
    with runtime().database.begin() as tx:
        found = nights.due(tx)
    if found:
        send(chain(*(reconcile.si(connection_id) for connection_id in found)))


@app.task(name="tasks.schedule.reconcile", time_limit=nightly.MOST_SECONDS)
def reconcile(connection_id: int) -> None:
    """May outlive the broker's visibility timeout: whoever is handed it a second time finds the night taken."""
    connection = runtime().connection(connection_id)
    if connection is not None and nightly.run(runtime(), connection) is not None:
        wake(app, connection_id)
