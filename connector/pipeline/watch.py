"""Following written entries in F&O: posted, moved, or gone. Whole journals are asked for, never single records."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error
from connector.domain.reference import PATTERN
from connector.domain.stages import LedgerStatus
from connector.pipeline import forms
from connector.pipeline.invoices import watch as invoices
from connector.pipeline.runtime import Runtime
from connector.store import journals, writes
from connector.store.connections import Connection
from connector.store.journals import Watched
from connector.store.moves import Move, move

log = structlog.get_logger()
ACTOR = "schedule:watch"
MOST = 200
EVERY_SECONDS = 3600.0
# Where Brex is told only once the journal is posted, people wait for it.
EVERY_SECONDS_WHEN_AWAITED = 300.0


def run(runtime: Runtime, connection: Connection) -> int:
    """Look at what is due, journals and pending invoices; returns how many. Raises `Stop` where F&O is not to be asked
    now."""
    awaited = connection.settings["posting"]["acknowledge_when"] == "posted"
    every = EVERY_SECONDS_WHEN_AWAITED if awaited else EVERY_SECONDS
    return _journals(runtime, connection, every) + invoices.run(runtime, connection, every)


def _journals(runtime: Runtime, connection: Connection, every: float) -> int:
    with runtime.database.begin() as tx:
        due = journals.claim_to_watch(tx, connection.id, MOST, every)
    if not due:
        return 0
    client = runtime.clients(connection).d365
    try:
        with runtime.calling(connection, "d365"):
            headers, due = _headers(client, due)
            posted = [one for one in due if str(headers.get(_key(one), {}).get("IsPosted")) == "Yes"]
            standing = {one.id: _standing(client, one) for one in posted}
    except D365Error as error:
        log.warning("journals not readable", connection=connection.name, reason=str(error))
        return 0
    missing = [one for one in due if _key(one) not in headers]
    _store(runtime, connection, posted, missing, standing)
    return len(due)


def _headers(client: D365Client, due: Sequence[Watched]) -> tuple[dict[tuple[str, str], dict[str, Any]], list[Watched]]:
    """Headers by company and number; and the journals that could be looked for."""
    places: dict[tuple[str, str], list[Watched]] = defaultdict(list)
    for one in due:
        places[one.legal_entity, one.form].append(one)
    found, seen = {}, []
    for (company, form), some in places.items():
        try:
            rows = client.headers(company, [one.number for one in some], form)
        except D365Error as error:
            if not forms.set_aside(form, error):
                raise
            continue
        found.update({(company, str(row["JournalBatchNumber"])): row for row in rows})
        seen += some
    return found, seen


def _standing(client: D365Client, one: Watched) -> list[str] | None:
    """References of ours that a posted journal still has; None where it has no lines at all: a journal name may be set
    to delete them on posting. Fact: Transfer errors moves failing vouchers out of a journal, and posts the others.
    """
    rows = client.lines_of_journal(one.legal_entity, one.number, one.form)
    ours = {str(row.get("Document")) for row in rows if PATTERN.fullmatch(str(row.get("Document")))}
    return sorted(ours) if rows else None


def _key(one: Watched) -> tuple[str, str]:
    return one.legal_entity, one.number


def _store(
    runtime: Runtime,
    connection: Connection,
    posted: Sequence[Watched],
    missing: Sequence[Watched],
    standing: dict[int, list[str] | None],
) -> None:
    with runtime.database.begin() as tx:
        kept = {journal: there for journal, there in standing.items() if there is not None}
        moved = {pk for journal, there in kept.items() for pk in writes.look_at_moved(tx, journal, there)}
        # Gone, or moved by Transfer errors: `resolve` looks for each reference in the whole company.
        writes.look_at_journals(tx, [one.id for one in missing])
        # Locked after their writes, as everywhere.
        journals.posted(tx, [one.id for one in posted])
        journals.missing(tx, [one.id for one in missing])
        why = "its journal is posted"
        moves = [
            Move(pk, None, None, why, ledger_status=LedgerStatus.POSTED, data={"journal": number})
            for pk, number in journals.unposted_records(tx, [one.id for one in posted])
            if pk not in moved
        ]
        move(tx, connection.id, ACTOR, moves)
    if posted or missing:
        log.info(
            "journals watched",
            connection=connection.name,
            posted=[one.number for one in posted],
            missing=[one.number for one in missing],
        )
