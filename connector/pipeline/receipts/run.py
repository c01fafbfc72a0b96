"""waiting → attached: look whether it is there already, fetch it with a fresh link, attach it; or say why not.

F&O keeps no key of ours with an attachment, so its notes carry a mark: it is looked for before it is sent, and after an
answer that was lost it is sent again only once it was twice not to be seen.
"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from connector.brex.errors import BrexError
from connector.d365.errors import D365Error, Refused
from connector.domain import jsonio
from connector.pipeline.forms import maybe_closed
from connector.pipeline.intake import readable_id
from connector.pipeline.invoices.look import pending
from connector.pipeline.receipts import download
from connector.pipeline.receipts.download import File, Never, NotNow
from connector.pipeline.runtime import Runtime, Stop, TimeBox, posting
from connector.store import receipts, records
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.receipts import Receipt

log = structlog.get_logger()
MOST: Final = 5
MOST_ATTEMPTS: Final = 8
LEASE_SECONDS: Final = 300.0
DEADLINE_SECONDS: Final = 45.0
_ODD: Final = re.compile(r"[^A-Za-z0-9_-]")


def expect(tx: Tx, connection: Connection, write_id: int, record_pk: int) -> None:
    """The receipts that the record has in Brex, as it was last read, are to be attached to its invoice."""
    if not posting(connection).receipts.attach:
        return
    receipts.expect(tx, connection.id, write_id, ids_in(receipts.body_of(tx, record_pk)))


def ids_in(body: str | None) -> list[str]:
    """Receipts' ids in a record's body; none where it cannot be read."""
    try:
        item = jsonio.loads(body) if body else None
    except jsonio.NotJson:
        return []
    found = item.get("receipts") if isinstance(item, dict) else None
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [str(one["id"]) for one in rows if readable_id(one.get("id"))]


def run(runtime: Runtime, connection: Connection, box: TimeBox) -> None:
    """Raises `Stop` where a side is not to be asked now."""
    while box.open() and runtime.ready(connection, "brex") and runtime.ready(connection, "d365"):
        with runtime.database.begin() as tx:
            due = receipts.claim(tx, connection.id, MOST, LEASE_SECONDS)
            now = records.now(tx)
        if not due:
            return
        try:
            _together(runtime, connection, due, now, box)
        except Stop as stop:
            _put_off(runtime, due, str(stop))
            raise
        except (D365Error, BrexError) as error:
            log.warning("receipts wait", connection=connection.name, receipts=len(due), reason=str(error))
            _put_off(runtime, due, str(error))
            return


def _put_off(runtime: Runtime, due: Sequence[Receipt], why: str) -> None:
    """Not the receipts' fault: their attempts do not count. Those that were settled meanwhile stay so."""
    with runtime.database.begin() as tx:
        for one in due:
            receipts.later(tx, one, why, 60, counts=False)


def _together(runtime: Runtime, connection: Connection, due: Sequence[Receipt], now: datetime, box: TimeBox) -> None:
    there = _attached(runtime, connection, due)
    wanted = [one for one in due if not _known(runtime, one, there, now)]
    items: dict[str, dict[str, Any]] = {}
    if wanted:
        client = runtime.clients(connection).brex
        with runtime.calling(connection, "brex"):
            items = {str(item["id"]): item for item in client.by_ids(sorted({one.record_id for one in wanted}))}
    for one in wanted:
        if not box.open():
            with runtime.database.begin() as tx:
                receipts.later(tx, one, "", 0, counts=False)
            continue
        _one(runtime, connection, one, items.get(one.record_id))


def _attached(runtime: Runtime, connection: Connection, due: Sequence[Receipt]) -> dict[tuple[str, str], str]:
    """What stands at these invoices in F&O: (company, header) → the notes of its attachments."""
    client = pending(runtime, connection)
    notes: dict[tuple[str, str], str] = {}
    with runtime.calling(connection, "d365"), maybe_closed():
        for company in sorted({one.legal_entity for one in due}):
            headers = sorted({one.header for one in due if one.legal_entity == company})
            for row in client.attachments(company, headers):
                place = (company, str(row.get("HeaderReference")))
                notes[place] = notes.get(place, "") + f"\n{row.get('Notes')}"
    return notes


def _known(runtime: Runtime, one: Receipt, there: dict[tuple[str, str], str], now: datetime) -> bool:
    """Whether there is nothing to do about it now: it is attached, or may be on its way."""
    found = mark(one) in there.get((one.legal_entity, one.header), "")
    if not found and one.sent_until is None:
        return False
    with runtime.database.begin() as tx:
        if found:
            receipts.settle(tx, one, "attached", "found in F&O")
            return True
        until = one.sent_until or now
        quiet = (until - now).total_seconds() + runtime.quiet_seconds
        pause = max(2.0, min(60.0, runtime.quiet_seconds / 10))
        if quiet > 0 or one.absent_at is None:
            receipts.later(tx, one, "its answer was lost", max(quiet, pause), counts=False, absent=quiet <= 0)
            return True
    return False


def mark(one: Receipt) -> str:
    """By this an attachment is found again."""
    return f"{one.reference}/{one.receipt_id}"


def _one(runtime: Runtime, connection: Connection, one: Receipt, item: dict[str, Any] | None) -> None:
    most = posting(connection).receipts.most_megabytes
    try:
        file = download.fetch(runtime.outbound, download.link(item, one.receipt_id), most)
        _attach(runtime, connection, one, file)
    except Never as why:
        _settle(runtime, connection, one, "refused", str(why))
    except NotNow as why:
        if one.attempts >= MOST_ATTEMPTS:
            _settle(runtime, connection, one, "given up", str(why))
            return
        with runtime.database.begin() as tx:
            receipts.later(tx, one, str(why), pause_seconds(one.attempts))
        log.info("receipt waits", connection=connection.name, record=one.record_id, reason=str(why))


def pause_seconds(attempts: int) -> float:
    """1, 3, 9 … minutes, at most 6 hours: what people mend takes them a while."""
    return min(6 * 3600.0, 60.0 * 3.0 ** min(max(attempts, 1) - 1, 10))


def _attach(runtime: Runtime, connection: Connection, one: Receipt, file: File) -> None:
    name = f"{_ODD.sub('', one.receipt_id)[:60] or 'receipt'}.{file.extension}"
    told = {"name": name, "size": len(file.content), "digest": file.digest}
    with runtime.database.begin() as tx:
        if not receipts.sending(tx, one, DEADLINE_SECONDS):
            return
    try:
        with runtime.calling(connection, "d365"), maybe_closed():
            pending(runtime, connection).attach(attachment(one, file, name))
    except Stop:
        with runtime.database.begin() as tx:
            receipts.unsent(tx, one)
        raise
    except Refused as error:
        with runtime.database.begin() as tx:
            receipts.unsent(tx, one)
        raise NotNow(f"F&O refused it: {error.infolog or error}") from None
    except D365Error as error:
        with runtime.database.begin() as tx:
            receipts.later(tx, one, f"its answer was lost: {error}", runtime.quiet_seconds)
        runtime.leave_alone(connection, "d365", None)
        raise Stop(str(error)) from error
    _settle(runtime, connection, one, "attached", "", told)


def attachment(one: Receipt, file: File, name: str) -> dict[str, Any]:
    """Facts: contents as a base64 string; a document type (TypeId) named File is F&O's own (Microsoft)."""
    return {
        "dataAreaId": one.legal_entity,
        "HeaderReference": one.header,
        "TypeId": "File",
        "FileName": name,
        "FileType": file.extension,
        "Name": "Brex receipt",
        "Notes": f"Receipt from Brex ({mark(one)})",
        "FileContents": base64.b64encode(file.content).decode("ascii"),
    }


def _settle(
    runtime: Runtime, connection: Connection, one: Receipt, state: str, why: str, file: dict[str, Any] | None = None
) -> None:
    with runtime.database.begin() as tx:
        receipts.settle(tx, one, state, why, file)
    log.info(f"receipt {state}", connection=connection.name, record=one.record_id, reason=why)
