"""The vendor invoice that an entry is, or that a payment settles: its number, its dates, and how its lines stand.

Facts: an invoice number and a due date are on bills only (Brex accounting spec). How long a number F&O keeps is not in
its metadata; in the database of its forerunner it has 20 characters, so longer ones wait, unless the settings know
better. Numbers are compared by F&O as written, so ours is cleaned of line breaks and invisible characters alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from connector.domain.connection import Posting
from connector.domain.entry import Entry, EntryLine, Invoice
from connector.domain.record import Record
from connector.domain.reference import reference
from connector.domain.treatments import INVOICES, Treatment
from connector.domain.writes import WriteKind
from connector.mapping import layout
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import Spot
from connector.mapping.resolve import Resolved
from connector.mapping.text import clean, label
from connector.mapping.treatments import CREDIT, DEBIT

BILL: Final = "BILL_EXPENSE"
UNSETTLED: Final = (
    'The payment is not settled against its invoice: do that in F&O, or give the record type "form": "payment_journal".'
)


def fitting(treatment: Treatment, entity: LegalEntity, currency: str, spot: Spot) -> Treatment:
    """The treatment in a form that the account roles allow: without a vendor account there is no vendor invoice."""
    role = treatment.vendor_role
    setting = None if role is None else entity.role(role, currency)
    if treatment.form == "general_journal" or setting is None or setting.type == "Vend":
        return treatment
    spot.note(f"Written in a general journal, as the account role {role} is no vendor account.")
    return replace(treatment, form="general_journal", cleared_by=None)


def as_credit(record: Record, treatment: Treatment, has_coding: Sequence[bool], spot: Spot) -> Treatment:
    """The treatment turned round where a bill's coded lines come to a credit: the vendor owes.

    `has_coding`: of each of the record's lines.
    """
    if record.type != BILL or treatment.form not in INVOICES:
        return treatment
    coded = [line for line, own in zip(record.lines, has_coding, strict=True) if own and line.amount.amount]
    net = sum((_signed(line.direction, line.amount.amount) for line in coded), Decimal(0))
    against = net < 0 if treatment.coded_side == DEBIT else net > 0
    if not against:
        return treatment
    spot.note("A credit note: the coded lines come to a credit.")
    return replace(treatment, debit=treatment.credit, credit=treatment.debit)


def _signed(direction: str, amount: Decimal) -> Decimal:
    return {DEBIT: amount, CREDIT: -amount}.get(direction, Decimal(0))


def number(record: Record, treatment: Treatment, posting: Posting, spot: Spot) -> str:
    """The invoice's number; "" with a problem, and for a payment with a note.

    What is no bill has none: it gets the reference, by which its lines are found in F&O anyway. It stays the same for
    every epoch.
    """
    if treatment.form == "general_journal":
        return ""
    found, longest = clean(record.invoice_number), posting.bills.number_length
    if treatment.form == "payment_journal":
        if 0 < _units(found) <= longest:
            return found
        spot.note("The payment names no invoice that could be marked, so it is not settled: do that in F&O.")
        return ""
    if found and _units(found) > longest:
        spot.problem("MAP-INVOICE-NUMBER-LONG", number=label(found), length=str(_units(found)), most=str(longest))
        return ""
    if found or (record.type == BILL and posting.bills.number_missing == "hold"):
        if not found:
            spot.problem("MAP-INVOICE-NUMBER-MISSING")
        return found
    spot.note("The invoice's number is the record's own reference, as Brex gives none.")
    return reference(record.id, 0, WriteKind.ENTRY)


def _units(text: str) -> int:
    """F&O counts UTF-16 units."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def invoice(
    record: Record, treatment: Treatment, named: str, vendor: Resolved, dated: date, entity: LegalEntity, text: str,
    spot: Spot,
) -> Invoice | None:  # fmt: skip
    """None where the entry is no invoice, or a payment that settles none."""
    if not named:
        return None
    due = _due(record, entity, spot) if treatment.form in INVOICES else None
    return Invoice(vendor.number, named, dated, due, text)


def _due(record: Record, entity: LegalEntity, spot: Spot) -> date | None:
    """The local date; None where Brex says none, or none that can be read."""
    if not record.due_at:
        return None
    try:
        moment = datetime.fromisoformat(record.due_at)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        spot.note(f'The due date "{label(record.due_at)[:40]}" cannot be read and is left out.')
        return None
    return local_date(moment, entity.time_zone, midnight_is_date=entity.posting.midnight_is_date)[0]


def vendor_first(lines: tuple[EntryLine, ...]) -> tuple[EntryLine, ...]:
    """A single line with its vendor as the account and the other side as the offset; several lines as they are."""
    first = lines[0]
    if first.offset is None or first.account.type == "Vend" or first.offset.type != "Vend":
        return lines
    turned = replace(first, account=first.offset, offset=first.account, debit=first.credit, credit=first.debit)
    return (turned, *lines[1:])


def cleared(entry: Entry, treatment: Treatment, vendor: Resolved, against: Resolved, journal_name: str) -> Entry:
    """The second entry: it clears the vendor against what the invoice was paid with. Both accounts are there."""
    assert vendor.account is not None  # noqa: S101 - looked at by the caller
    assert against.account is not None  # noqa: S101
    debit = DEBIT if treatment.coded_side == DEBIT else CREDIT  # the vendor's side here
    other = CREDIT if debit == DEBIT else DEBIT
    text, worth = entry.invoice.description if entry.invoice else "", _worth(entry)
    lines = layout.one_line(
        layout.Part(vendor.account, debit, worth, text, vendor.why),
        layout.Part(against.account, other, worth, text, against.why),
    )
    return replace(
        entry, record_id=f"{entry.record_id}/linked", journal_name=journal_name, lines=lines, form="general_journal",
        invoice=None, notes=(f"Clears the vendor of the invoice that {entry.record_id} is, without settling the two.",),
    )  # fmt: skip


def _worth(entry: Entry) -> Decimal:
    """What the vendor line comes to, major units."""
    return next(line.debit or line.credit for line in entry.lines if line.account.type == "Vend")


def tell_unsettled(treatment: Treatment, vendor: Resolved, spot: Spot) -> None:
    """A payment on a vendor account in a general journal: F&O settles nothing by it."""
    general = treatment.form == "general_journal" and treatment.coded_side is None
    if general and vendor.account is not None and vendor.account.type == "Vend":
        spot.note(UNSETTLED)
