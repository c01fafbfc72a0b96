"""Is the database's schema the one this code knows, an older one (wait), or a newer one (run on)?"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

import structlog
from sqlalchemy.exc import OperationalError, ProgrammingError

from connector.store import sql
from connector.store.engine import Database

log = structlog.get_logger()
_VERSIONS = Path(__file__).parents[2] / "alembic" / "versions"


class State(StrEnum):
    CURRENT = "current"
    OLDER = "older"  # a migration has not run yet: wait
    NEWER = "newer"  # a later release has migrated already: migrations expand first, so this code still runs


def known() -> list[str]:
    """The revisions this release knows, oldest first: files are named by their revision."""
    return sorted(path.name.split("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


def found(database: Database) -> str | None:
    """The revision the database is at; None where it was never migrated. Raises OperationalError without a database."""
    try:
        with database.begin() as tx:
            version: str | None = sql.value(tx, "SELECT version_num FROM alembic_version")
            return version
    except ProgrammingError:
        return None


def state(database: Database) -> State:
    at, revisions = found(database), known()
    if at == revisions[-1]:
        return State.CURRENT
    return State.OLDER if at is None or at in revisions else State.NEWER


def wait(database: Database, sleep: Callable[[], None]) -> None:
    """Return as soon as the schema is current or newer; `sleep` is called between the looks."""
    told = False
    while True:
        try:
            at = state(database)
            if at is not State.OLDER:
                return
            reason = "the schema is older than this release; run `alembic upgrade head`"
        except OperationalError:
            reason = "the database does not answer"
        if not told:
            log.warning("waiting for the database", reason=reason)
            told = True
        sleep()
