"""Which records lie before a day: by the date that was planned, or else by Brex's posting date in the entity's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from connector.domain.connection import Posting
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity
from connector.pipeline.runtime import Runtime, posting
from connector.store import days
from connector.store.connections import Connection


@dataclass(frozen=True, slots=True)
class Before:
    """`ids`: record ids dated before the day. `undated`: how many have no readable date (yet)."""

    ids: frozenset[str]
    undated: int


def before(runtime: Runtime, connection: Connection, day: date) -> Before:
    """Of all records of the connection, whatever their stage. `day` itself is not before it."""
    settings = posting(connection)
    ids, undated, last = set(), 0, 0
    while True:
        with runtime.database.begin() as tx:
            part = days.part(tx, connection.id, last)
        for row in part:
            found = _day(row, settings)
            if found is None:
                undated += 1
            elif found < day:
                ids.add(row.record_id)
        if len(part) < days.PART:
            return Before(frozenset(ids), undated)
        last = part[-1].id


def _day(row: Any, settings: Posting) -> date | None:
    try:
        if row.day:
            return date.fromisoformat(row.day)
        if not row.moment:
            return None
        moment = datetime.fromisoformat(row.moment)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    zone = LegalEntity(row.legal_entity or settings.legal_entity, settings).time_zone
    return local_date(moment, zone, midnight_is_date=settings.midnight_is_date)[0]
