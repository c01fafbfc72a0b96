"""A database that may be behind its ledger never posts before it has read the ledger as a whole.

That is so for a database that was restored, copied or failed over (every connection is paused until a person runs
`connector recover`), and for a connection that this database has never worked for: it may have had another life.
What is found is not believed to be an entry of ours until it was compared line by line: a record whose reference
stands in the ledger gets a write that is uncertain from birth, and `resolve` reads and decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from connector.d365.client import D365Client
from connector.d365.errors import D365Error
from connector.d365.forms import IN_ORDER
from connector.d365.pending import PendingInvoices
from connector.domain import record
from connector.domain.connection import Posting
from connector.domain.reference import PATTERN, reference
from connector.domain.stages import Stage
from connector.domain.writes import WriteKind
from connector.pipeline import epochs, forms, intake
from connector.pipeline.pages import REVIEWED, from_day, pages
from connector.pipeline.poll import BEFORE_START
from connector.pipeline.runtime import Runtime, Stop, posting
from connector.store import connections, install, ledger, pacing, reversals, views, writes
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move, move
from connector.store.writes import Write

log = structlog.get_logger()
ACTOR = "person:recover"
MARGIN = timedelta(days=45)
INVOICES_MARGIN = timedelta(days=400)  # a bill is dated by its vendor


class TooEarly(Exception):
    """A request of the former life may still be on its way; `seconds` says how long to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"requests from before may still reach F&O; run it again in {seconds:.0f} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Recovered:
    """`found`: our references in the ledger. `new`: records this database did not know. `known`: those it did."""

    found: int
    new: int
    known: int


class Seen(NamedTuple):
    """Our references in the ledger, each with the form of its journal, and the forms that could be read."""

    references: dict[str, str]
    forms: list[str]


def before_posting(runtime: Runtime, connection: Connection) -> None:
    """The first time this database posts for a connection: read the ledger once. Raises the client's errors.

    Raises `Stop` within the quiet period after the database was found to be another one, also where a person has
    resumed the connection meanwhile.
    """
    with runtime.database.begin() as tx:
        done = ledger.read_before(tx, connection.id)
        since = install.seconds_since_change(tx)
        early = 0.0 if done or since is None else runtime.quiet_seconds - since
        if early > 0:
            pacing.leave_alone(tx, connection.id, "d365", early)
    if early > 0:
        raise Stop(str(TooEarly(early)))
    if not done:
        seen = scan(runtime, connection)
        with runtime.database.begin() as tx:
            ledger.forget_forms(tx, connection.id)
            ledger.store(tx, connection.id, seen.references, seen.forms)
        log.info("ledger read before the first entry", connection=connection.name, found=len(seen.references))


def before_sending(runtime: Runtime, connection: Connection, form: str) -> None:
    """The first time this database sends lines of a form: look for ours in such journals, if that is still to do.

    Raises the client's errors: where they cannot be read, none may be sent. (General journals: `before_posting`.)
    """
    if form == "general_journal":
        return
    with runtime.database.begin() as tx:
        if form in ledger.forms_read(tx, connection.id):
            return
    settings, client = posting(connection), runtime.clients(connection).d365
    with runtime.calling(connection, "d365"), forms.maybe_closed():
        found = _references(client, settings, form)
    with runtime.database.begin() as tx:
        ledger.store(tx, connection.id, dict.fromkeys(found, form), [form])
    log.info("journals read before the first entry", connection=connection.name, form=form, found=len(found))


def scan(runtime: Runtime, connection: Connection) -> Seen:
    """Every reference of ours in the connection's companies, from before its start date on.

    Kinds of journal that F&O does not show our user are left out: with a database lost nothing is known of settings
    that once were, so all are tried.
    """
    settings, client = posting(connection), runtime.clients(connection).d365
    seen = Seen({}, [])
    with runtime.calling(connection, "d365"):
        for form in IN_ORDER:
            try:
                found = _references(client, settings, form)
            except D365Error as error:
                if form == "general_journal" or not forms.closed_to_us(error):
                    raise
                log.info("journals not readable", connection=connection.name, form=form, reason=str(error))
                continue
            seen.forms.append(form)
            seen.references.update((one, form) for one in found if one not in seen.references)
        _pending_invoices(client, settings, seen)
    return seen


def _pending_invoices(client: D365Client, settings: Posting, seen: Seen) -> None:
    """Those are looked for by reference each time before anything is sent, so no form has to have been read."""
    found: set[str] = set()
    try:
        for company in sorted({settings.legal_entity, *settings.entities}):
            found |= PendingInvoices(client).references(company, forms.PREFIX, settings.start_date - INVOICES_MARGIN)
    except D365Error as error:
        if not forms.closed_to_us(error):
            raise
        log.info("pending invoices not readable", reason=str(error))
    ours = (one for one in found if PATTERN.fullmatch(one) and one not in seen.references)
    seen.references.update((one, "pending_invoice") for one in ours)


def _references(client: D365Client, settings: Posting, form: str) -> set[str]:
    found: set[str] = set()
    for company in sorted({settings.legal_entity, *settings.entities}):
        first = settings.start_date - MARGIN
        rows = client.lines_beginning(company, forms.PREFIX, first=first, form=form, only=("dataAreaId", "Document"))
        found |= {str(row.get("Document")) for row in rows if PATTERN.fullmatch(str(row.get("Document")))}
    return found


def run(runtime: Runtime, connection: Connection) -> Recovered:
    """Read the ledger and Brex, take in every record that is ready or was exported by us, and go on.

    Raises `TooEarly` within the quiet period after the change was noticed, and the clients' errors; then the
    connection stays as it is.
    """
    with runtime.database.begin() as tx:
        install.check(tx)
        since = install.seconds_since_change(tx)
    if since is not None and since < runtime.quiet_seconds:
        raise TooEarly(runtime.quiet_seconds - since)
    seen = scan(runtime, connection)
    found = set(seen.references)
    with runtime.database.begin() as tx:
        ledger.forget_forms(tx, connection.id)
        ledger.store(tx, connection.id, seen.references, seen.forms)
    new = known = 0
    after = from_day(posting(connection).start_date) - BEFORE_START
    for status in (record.READY, record.EXPORTED):
        for as_of, page in pages(runtime, connection, REVIEWED, status, after):
            wanted = [item for item in page if status == record.READY or _ours(item, found)]
            with runtime.database.begin() as tx:
                taken, _ = intake.bring(tx, connection.id, wanted, actor=ACTOR, source="recover", as_of=as_of)
            with runtime.database.begin() as tx:
                ids = [item["id"] for item in wanted if intake.readable_id(item.get("id"))]
                _catch_up(tx, connection, ids, found)
            new, known = new + taken.new, known + taken.known
    with runtime.database.begin() as tx:
        connections.resume(tx, connection.id)
    log.info("recovered", connection=connection.name, found=len(found), new=new, known=known)
    return Recovered(len(found), new, known)


def _ours(item: dict[str, Any], found: set[str]) -> bool:
    """Exported records are taken in again only where the ledger has our entry of them, of whatever epoch."""
    return intake.readable_id(item.get("id")) and epochs.in_ledger(item["id"], 0, found) is not None


def _catch_up(tx: Tx, connection: Connection, record_ids: Sequence[str], found: set[str]) -> None:
    """Records this database knows in an earlier epoch than the ledger, or as written where they are cancelled again.

    What it does not know is found by `fetch` and `post`, which look for every epoch, too.
    """
    shown = {one: state for one in record_ids if (state := epochs.in_ledger(one, 0, found)) is not None}
    later = [one for one, state in shown.items() if state.epoch > 0 or state.reversed]
    known = views.ids(tx, connection.id, record_ids=later) if later else []
    live = writes.live(tx, [row.id for row in known], WriteKind.ENTRY)
    back = reversals.live(tx, [row.id for row in known])
    behind = [row for row in known if shown[row.record_id].epoch > row.epoch]
    _next_epoch(tx, connection, behind, {row.id: shown[row.record_id].epoch for row in behind}, live, found)
    cancelled = [
        row for row in known
        if shown[row.record_id] == (row.epoch, True) and row.id in live and row.id not in back
        and row.stage in (Stage.WRITTEN, Stage.ACKNOWLEDGED, Stage.HELD)
    ]  # fmt: skip
    why = "its reversing entry stands in the ledger"
    moves = [Move(row.id, Stage(row.stage), Stage.WRITING, why, problems=[]) for row in cancelled]
    moved = move(tx, connection.id, ACTOR, moves)
    reversals.adopt(tx, connection.id, [live[pk].id for pk in sorted(moved)])


def _next_epoch(
    tx: Tx, connection: Connection, behind: Sequence[Any], epoch: dict[int, int], live: dict[int, Write],
    found: set[str],
) -> None:  # fmt: skip
    """The entry believed to stand was taken back; where none was, the record only has to know its epoch."""
    written = [row for row in behind if row.id in live and row.stage != Stage.REVERSED]
    why = "the ledger shows a later epoch: this one was taken back"
    moves = [Move(row.id, Stage(row.stage), Stage.REVERSED, why, problems=[]) for row in written]
    move(tx, connection.id, ACTOR, moves)
    cancelled = {row.id for row in written if reference(row.record_id, row.epoch, WriteKind.REVERSAL) in found}
    reversals.entries_stand(tx, sorted(cancelled), stand=True)
    reversals.entries_stand(tx, [row.id for row in written if row.id not in cancelled], stand=False)
    why = "its entry of this epoch stands in the ledger"
    taken_back = {row.id: epoch[row.id] for row in behind if row in written or row.stage == Stage.REVERSED}
    epochs.begin(tx, connection.id, ACTOR, taken_back, why)
    rest = [row for row in behind if row.id not in taken_back]
    moves = [Move(row.id, Stage(row.stage), None, why, epoch=epoch[row.id], delay=None) for row in rest]
    move(tx, connection.id, ACTOR, moves)
