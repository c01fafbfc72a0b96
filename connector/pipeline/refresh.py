"""Master data: read from F&O set by set, page by page, and kept as rows. Daily, and whenever a person asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any
from uuid import uuid4

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error, NotSent, Throttled, Unauthorized, Unavailable
from connector.domain import jsonio
from connector.pipeline import served, sets
from connector.pipeline.building import build
from connector.pipeline.runtime import Runtime, Stop
from connector.store import connections, master, records
from connector.store.connections import Connection
from connector.store.master import Found, Row

__all__ = ["EVERY_SECONDS", "SETS", "Outcome", "build", "due", "run"]

log = structlog.get_logger()
_FATAL = (NotSent, Throttled, Unauthorized)

EVERY_SECONDS = 86_400.0
AGAIN_SECONDS = 3_600.0  # after a reading that F&O broke off, or where a set failed for what may pass
SOON_SECONDS = 120.0  # where one of these could not be read, and never was:
NEEDED = ("DimensionParameters", "DimensionIntegrationFormats")  # without them no account string can be written
AT_ONCE = 2000  # rows kept by one statement: memory and statements stay small, however many F&O has

# Entity set → the columns we use.
SETS: dict[str, tuple[str, ...]] = {name: one.all for name, one in sets.SETS.items()}

# Called with the set being read, how many of the sets are done, and the rows of this one so far.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Outcome:
    """What a reading found. `rows`: of each set that was read to its end; `unread`: the others, with the reason."""

    rows: dict[str, int] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    replanned: bool = False  # what mapping reads has changed


def due(runtime: Runtime, connection: Connection) -> bool:
    """Take today's turn of reading master data; the first to come has it."""
    with runtime.database.begin() as tx:
        return connections.claim_refresh(tx, connection.id, EVERY_SECONDS)


def run(runtime: Runtime, connection: Connection, progress: Progress | None = None) -> Outcome:
    """Read every set. One that F&O refuses, or breaks off, stays as it was known, and nothing of it is gone.

    Raises `Stop` where F&O cannot be asked at all now, or breaks off a set that nothing can be planned without; what
    was read until then is kept, and the next reading tells of it. Several readings at once do each other no harm.
    """
    client, outcome, passing = runtime.clients(connection).d365, Outcome(), False
    with runtime.database.begin() as tx:
        reading = _Reading(runtime, connection, client, uuid4().hex, records.now(tx))
        missing = set(NEEDED).difference(master.known(tx, connection.id))
    for done, name in enumerate(sets.SETS):
        tell = None if progress is None else partial(progress, name, done)
        with runtime.calling(connection, "d365"):
            try:
                rows, found = reading.read(name, tell)
            except D365Error as error:
                reading.broken_off(name, str(error))
                if name in missing and isinstance(error, Unavailable):
                    reading.again(SOON_SECONDS)
                    runtime.leave_alone(connection, "d365", None)
                    raise Stop(f"{name} could not be read: {error}") from error
                last = name == list(sets.SETS)[-1] and not outcome.rows
                # Where every set is closed to our user, it is the token that F&O does not take.
                if isinstance(error, _FATAL) and (last or not served.denied(error)):
                    reading.again()
                    raise
                passing = passing or isinstance(error, Unavailable)
                log.warning("master data not read", connection=connection.name, entity_set=name, reason=str(error))
                outcome.unread[name] = str(error)
                continue
        outcome.rows[name], outcome.found[name] = rows, found
    with runtime.database.begin() as tx:
        outcome.replanned = master.refreshed(tx, connection.id)
        if passing:
            master.again(tx, connection.id, AGAIN_SECONDS)
    told = {name: vars_of(one) for name, one in outcome.found.items() if one.new or one.changed or one.gone}
    log.info("master data read", connection=connection.name, changed=told, replanned=outcome.replanned)
    return outcome


def vars_of(found: Found) -> dict[str, int]:
    return {"new": found.new, "changed": found.changed, "gone": found.gone}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of all sets. `started` is by Postgres's clock."""

    runtime: Runtime
    connection: Connection
    client: D365Client
    id: str
    started: Any

    def read(self, name: str, tell: Callable[[int], object] | None) -> tuple[int, Found]:
        """Rows of the set, and what is new, changed and gone of them. Raises `D365Error`."""
        one, count, found = sets.SETS[name], 0, Found()
        incoming = served.rows(self.client, name, select=one.all)
        while some := dict(self._keyed(one, islice(incoming, AT_ONCE))):
            with self.runtime.database.begin() as tx:
                found += master.put(
                    tx, self.connection.id, name, some, reading=self.id, started=self.started, beside=one.beside
                )
            count += len(some)
            if tell is not None:
                tell(count)
        with self.runtime.database.begin() as tx:
            found += master.complete(tx, self.connection.id, name, reading=self.id, started=self.started)
        return count, found

    def again(self, seconds: float = AGAIN_SECONDS) -> None:
        with self.runtime.database.begin() as tx:
            master.again(tx, self.connection.id, seconds)

    def broken_off(self, name: str, why: str) -> None:
        with self.runtime.database.begin() as tx:
            master.broken_off(tx, self.connection.id, name, self.id, why)

    @staticmethod
    def _keyed(one: sets.MasterSet, rows: Iterator[Row]) -> Iterator[tuple[str, Row]]:
        """Each row once, under F&O's key: pages of a set that changes meanwhile may show a row twice."""
        for row in rows:
            kept = {column: row.get(column) for column in one.all}
            yield jsonio.dumps([kept[column] for column in one.key]), kept
