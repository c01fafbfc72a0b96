"""Following pending vendor invoices in F&O: posted, or gone. By their references, never one by one."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import structlog

from connector.d365.errors import D365Error
from connector.domain.stages import LedgerStatus
from connector.pipeline.forms import maybe_closed
from connector.pipeline.invoices.look import pending
from connector.pipeline.runtime import Runtime
from connector.store import invoices
from connector.store.connections import Connection
from connector.store.invoices import Followed
from connector.store.moves import Move, move

log = structlog.get_logger()
ACTOR: Final = "schedule:watch"
MOST: Final = 200


def run(runtime: Runtime, connection: Connection, every_seconds: float) -> int:
    """Look at those that are due; returns how many. Raises `Stop` where F&O is not to be asked now."""
    with runtime.database.begin() as tx:
        due = invoices.claim_to_watch(tx, connection.id, MOST, every_seconds)
    if not due:
        return 0
    try:
        with runtime.calling(connection, "d365"), maybe_closed():
            posted, standing = _read(runtime, connection, due)
    except D365Error as error:
        log.warning("invoices not readable", connection=connection.name, reason=str(error))
        return 0
    _store(runtime, connection, due, posted, standing)
    return len(due)


def _read(
    runtime: Runtime, connection: Connection, due: Sequence[Followed]
) -> tuple[dict[int, dict[str, Any]], set[int]]:
    """Those that F&O shows posted, each with that row, and those that are still pending."""
    client = pending(runtime, connection)
    companies: dict[str, list[Followed]] = defaultdict(list)
    for one in due:
        companies[one.legal_entity].append(one)
    posted: dict[int, dict[str, Any]] = {}
    standing: set[int] = set()
    for company, some in companies.items():
        references = [one.reference for one in some]
        headers = client.headers(company, references, [])
        # After the pending ones: what F&O posts meanwhile is seen twice rather than not at all.
        booked = client.posted(company, references, [(one.vendor, one.number) for one in some])
        there = {str(row.get("DocumentNumber")) for row in headers}
        for one in some:
            by_name = one.reference not in there
            found = next((row for row in booked if _is(one, row, by_name=by_name)), None)
            if found is not None:
                posted[one.write_id] = found
            elif one.reference in there:
                standing.add(one.write_id)
    return posted, standing


def _is(one: Followed, row: dict[str, Any], *, by_name: bool) -> bool:
    """`by_name`: it is pending no more, so that one of its name without any reference is taken for it."""
    reference = row.get("DocumentNum")
    if reference or not by_name:
        return bool(reference == one.reference)
    name = (str(row.get("InvoiceAccount")).casefold(), str(row.get("InvoiceId")).casefold())
    return name == (one.vendor.casefold(), one.number.casefold())


def _store(
    runtime: Runtime,
    connection: Connection,
    due: Sequence[Followed],
    posted: dict[int, dict[str, Any]],
    standing: set[int],
) -> None:
    missing = [one.write_id for one in due if one.write_id not in posted and one.write_id not in standing]
    vouchers = {write_id: str(row.get("LedgerVoucher") or "")[:100] for write_id, row in posted.items()}
    with runtime.database.begin() as tx:
        records = invoices.unposted(tx, sorted(posted))
        invoices.voucher(tx, {write_id: vouchers[write_id] for write_id in records})
        invoices.end(tx, sorted(posted))
        invoices.look_at(tx, missing)
        headers = {one.write_id: one.header for one in due}
        moves = [
            Move(pk, None, None, "its vendor invoice is posted", ledger_status=LedgerStatus.POSTED,
                 voucher=vouchers[write_id], data={"invoice": headers[write_id], "voucher": vouchers[write_id]})
            for write_id, pk in records.items()
        ]  # fmt: skip
        move(tx, connection.id, ACTOR, moves)
    if posted or missing:
        log.info("invoices watched", connection=connection.name, posted=len(posted), missing=len(missing))
