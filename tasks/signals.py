"""Start-up of a worker or beat: our logs, no work before the schema is there, and then at once what is due."""

import sys
from time import sleep
from typing import Any

import structlog
from celery.signals import beat_init, setup_logging, worker_init, worker_process_init, worker_ready

from connector import logs, sentry, settings
from connector.store import schema
from connector.store.engine import Database
from tasks.wake import send

log = structlog.get_logger()
WAIT_SECONDS = 2.0


@setup_logging.connect
def _logging(**_: Any) -> None:
    logs.configure()


@worker_process_init.connect
def _report_errors(**_: Any) -> None:
    sentry.configure()


@worker_init.connect
@beat_init.connect
def _wait_for_schema(**_: Any) -> None:
    """A deploy may start this release before its migration has run: wait. On a newer schema run on."""
    logs.configure()  # a worker gets here before Celery asks for logs
    try:
        database = Database(settings.load().database_url)
    except settings.BadSettings as error:
        sys.exit(str(error))
    schema.wait(database, sleep=lambda: sleep(WAIT_SECONDS))
    database.dispose()


@worker_ready.connect
def _sweep(sender: Any, **_: Any) -> None:
    """Wake-ups may have died with the worker before this one, or with the broker: beat's next tick is a minute away."""
    send(sender.app.signature("tasks.schedule.sweep", immutable=True))
