"""The same invoice number of the same vendor twice: caught before anything is sent.

Among the connection's own records, and in F&O as far as it can be read: invoices that are posted, pending ones, and
lines of vendor invoice journals. F&O is asked for many numbers at once, and never inside a transaction; whose a number
is among our own is settled in the transaction that plans them, one at a time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from connector.d365 import odata
from connector.d365.client import DOCUMENTS_PER_CALL, D365Client
from connector.d365.errors import D365Error
from connector.d365.pending import PendingInvoices
from connector.domain.entry import Entry, from_json
from connector.domain.problems import Problem
from connector.domain.stages import Stage
from connector.domain.treatments import INVOICES
from connector.pipeline import epochs, forms
from connector.pipeline.poison import MOST_ATTEMPTS
from connector.pipeline.runtime import Runtime, Stop
from connector.store import bills
from connector.store.connections import Connection
from connector.store.engine import Tx
from connector.store.moves import Move
from connector.store.records import Claimed

log = structlog.get_logger()
TWICE: Final = "MAP-INVOICE-TWICE"
POSTED: Final = "MAP-INVOICE-POSTED"
JOURNAL_LINES: Final = "VendInvoiceJournalLines"
_LINE: Final = ("dataAreaId", "AccountType", "AccountDisplayValue", "Invoice", "Document", "Voucher",
                "JournalBatchNumber")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numbered:
    """A record that was just planned as a vendor invoice."""

    record: Claimed
    company: str
    vendor: str
    display: str  # the vendor as F&O reads its account
    number: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.company, self.vendor.casefold(), self.number.casefold()


@dataclass(frozen=True, slots=True)
class Seen:
    """An invoice in F&O: where, in words; our reference where it has one; its voucher."""

    where: str
    document: str
    voucher: str


def numbered(claimed: Iterable[Claimed], moves: Mapping[int, Move]) -> list[Numbered]:
    """Those of the records that become vendor invoices."""
    planned = [(one, moves[one.id].entry) for one in claimed if moves[one.id].entry is not None]
    found = [(one, from_json(entry)) for one, entry in planned if entry and entry.get("form") in INVOICES]
    return [
        Numbered(one, entry.legal_entity, entry.invoice.vendor, _display(entry), entry.invoice.number)
        for one, entry in found
        if entry.invoice is not None
    ]


def _display(entry: Entry) -> str:
    sides = (side for line in entry.lines for side in (line.account, line.offset) if side is not None)
    return next((side.display for side in sides if side.type == "Vend"), "")


@dataclass(frozen=True, slots=True)
class Look:
    """What a look into F&O found. `later`: records whose numbers could not be looked for now."""

    wanted: list[Numbered]
    posted: dict[int, str]  # record → where F&O has another invoice with its number
    later: list[int]


def look(runtime: Runtime, connection: Connection, claimed: Iterable[Claimed], moves: Mapping[int, Move]) -> Look:
    """Look for the numbers of those that were planned as vendor invoices. Never raises for F&O's sake: what has no
    number to be looked for goes on without it.
    """
    wanted = numbered(claimed, moves)
    if not wanted:
        return Look([], {}, [])
    try:
        if not runtime.ready(connection, "d365"):
            raise Stop("F&O asked us to wait")
        return Look(wanted, _in_ledger(runtime, connection, wanted), [])
    except (Stop, D365Error) as error:
        log.warning("invoice numbers not looked for yet", connection=connection.name, reason=str(error))
        return Look([], {}, [one.record.id for one in wanted])


def _in_ledger(runtime: Runtime, connection: Connection, wanted: Sequence[Numbered]) -> dict[int, str]:
    """Raises `Stop`, and F&O's errors: a set that F&O does not open, or fails to show again and again while it shows
    another, is not looked into."""
    found: dict[tuple[str, str, str], list[Seen]] = {}
    client = runtime.clients(connection).d365
    tired = max(one.record.attempts for one in wanted) >= MOST_ATTEMPTS
    for company in sorted({one.company for one in wanted}):
        of_it = [one for one in wanted if one.company == company]
        failed: list[D365Error] = []
        for reading in READINGS:
            try:
                with runtime.calling(connection, "d365"), forms.maybe_closed():
                    seen = list(reading(client, company, of_it))
            except D365Error as error:
                if not forms.closed_to_us(error):
                    failed.append(error)
                log.info("invoice numbers not looked for", connection=connection.name, reason=str(error))
                continue
            for key, one in seen:
                found.setdefault(key, []).append(one)
        if failed and not (tired and len(failed) < len(READINGS)):
            raise failed[0]
    hits = [one for one in wanted if one.key in found]
    if not hits:
        return {}
    with runtime.database.begin() as tx:
        vouchers = bills.vouchers(tx, [one.record.id for one in hits])
    told = ((one.record.id, _other(one, found[one.key], vouchers.get(one.record.id, set()))) for one in hits)
    return {pk: where for pk, where in told if where}


def _other(one: Numbered, seen: Sequence[Seen], own: set[str]) -> str:
    """Where there is one that is not of this record itself, of an earlier epoch."""
    references = set(epochs.references(one.record.record_id, 0))
    return next((it.where for it in seen if it.document not in references and it.voucher not in own), "")


Found = Iterator[tuple[tuple[str, str, str], Seen]]


def _posted(client: D365Client, company: str, wanted: Sequence[Numbered]) -> Found:
    for row in PendingInvoices(client).posted(company, (), _names(wanted)):
        voucher = _text(row, "LedgerVoucher")
        seen = Seen(f"as voucher {voucher}" if voucher else "posted", _text(row, "DocumentNum"), voucher)
        yield _key(company, row, "InvoiceAccount", "InvoiceId"), seen


def _pending(client: D365Client, company: str, wanted: Sequence[Numbered]) -> Found:
    for row in PendingInvoices(client).headers(company, (), _names(wanted)):
        seen = Seen(f"as pending invoice {_text(row, 'HeaderReference')}", _text(row, "DocumentNumber"), "")
        yield _key(company, row, "InvoiceAccount", "InvoiceNumber"), seen


def _in_journals(client: D365Client, company: str, wanted: Sequence[Numbered]) -> Found:
    """Account and kind are compared here: F&O was seen to find no rows where a filter names the account's kind."""
    displays = {one.display.casefold(): one.vendor.casefold() for one in wanted}
    numbers = sorted({one.number for one in wanted if "*" not in one.number})  # F&O takes * as a pattern
    for start in range(0, len(numbers), DOCUMENTS_PER_CALL):
        named = odata.any_of("Invoice", numbers[start : start + DOCUMENTS_PER_CALL])
        where = f"{odata.equals('dataAreaId', company)} and {named}"
        for row in client.rows(JOURNAL_LINES, filter=where, select=_LINE):
            vendor = displays.get(_text(row, "AccountDisplayValue").casefold())
            if vendor is None or _text(row, "AccountType") != "Vend":
                continue
            if _text(row, "dataAreaId").casefold() != company.casefold():
                continue
            seen = Seen(f"in journal {_text(row, 'JournalBatchNumber')}", _text(row, "Document"), _text(row, "Voucher"))
            yield (company, vendor, _text(row, "Invoice").casefold()), seen


def _names(wanted: Sequence[Numbered]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((one.vendor, one.number) for one in wanted if "*" not in one.vendor))


def _key(company: str, row: Mapping[str, Any], vendor: str, number: str) -> tuple[str, str, str]:
    return company, _text(row, vendor).casefold(), _text(row, number).casefold()


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


READINGS: Final = (_posted, _pending, _in_journals)


def settle(tx: Tx, connection_id: int, moves: dict[int, Move], looked: Look) -> dict[int, Move]:
    """The moves that can be made now: with those held whose number another invoice has, and without those whose number
    could not be looked for. What a person accepted goes on.
    """
    wanted, posted = looked.wanted, looked.posted
    if not wanted:
        return {pk: made for pk, made in moves.items() if pk not in looked.later}
    bills.lock(tx, connection_id)
    asked = [one for one in wanted if TWICE not in one.record.accepted]
    keys = [
        {"id": one.record.id, "legal_entity": one.company, "vendor": one.vendor, "number": one.number} for one in asked
    ]
    ours = bills.holders(tx, connection_id, keys)
    first = {one.key: one.record.record_id for one in reversed(wanted) if one.record.id not in ours}
    held = {}
    for one in wanted:
        problems = []
        other = ours.get(one.record.id) or first.get(one.key, one.record.record_id)
        if TWICE not in one.record.accepted and other != one.record.record_id:
            problems.append(Problem(TWICE, values=_values(one, other=other)))
        where = posted.get(one.record.id, "")
        if where and POSTED not in one.record.accepted:
            problems.append(Problem(POSTED, values=_values(one, where=where)))
        if problems:
            held[one.record.id] = _held(moves[one.record.id], problems)
    return moves | held


def _values(one: Numbered, **more: str) -> dict[str, str]:
    return {"number": one.number, "vendor": one.vendor, "entity": one.company, **more}


def _held(made: Move, problems: list[Problem]) -> Move:
    why = "; ".join(problem.code for problem in problems)
    return replace(
        made, to=Stage.HELD, why=why, problems=problems, entry=None, data={"rules": made.planned_rules},
        legal_entity=None, currency=None, amount=None, posting_date=None, reference=None,
    )  # fmt: skip
