"""What an entry needs besides its accounts: an open period, a currency and a journal name that F&O knows.

Facts: a period is Open, OnHold or Closed for all; besides, each module has an access level of its own (All, None, or a
User group), and a line on a vendor's or a bank's account concerns that module, too (metadata). Whether our user is in
a user group cannot be read: then F&O is left to judge.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from connector.domain.entry import Form
from connector.domain.master import JournalName, MasterData, Period
from connector.domain.record import Record
from connector.domain.treatments import CODED, Treatment
from connector.mapping.books import Books
from connector.mapping.dates import local_date
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import RECORD, Findings, Spot

# Account types that have a module of their own; the general ledger is concerned in any case.
_MODULES: Final = {"Vend": "Vend", "Bank": "Bank"}

# The types of journal name (LedgerJournalType) that a form goes into, the first the usual one. Facts: what Microsoft
# calls vendor invoice recording is VendInvoiceRegister, invoice register PurchaseLedger, vendor disbursement Payment.
TYPES: Final[dict[Form, tuple[str, ...]]] = {
    "general_journal": ("Daily",),
    "invoice_journal": ("VendInvoiceRegister", "PurchaseLedger"),
    "payment_journal": ("Payment",),
}
CALLED: Final[dict[Form, str]] = {
    "general_journal": "a general journal",
    "invoice_journal": "a vendor invoice journal",
    "payment_journal": "a vendor payment journal",
}


def modules(treatment: Treatment, entity: LegalEntity, currency: str) -> frozenset[str]:
    """The modules whose period must be open for such an entry."""
    roles = [
        entity.role(side, currency)
        for side in (treatment.debit, treatment.credit, treatment.cleared_by)
        if side is not None and side != CODED
    ]
    return frozenset({"Ledger", *(_MODULES[role.type] for role in roles if role and role.type in _MODULES)})


def posting_day(record: Record, entity: LegalEntity, found: Findings) -> date:
    """The local date in this legal entity; a problem where it lies before the connection's start."""
    posting, spot = entity.posting, found.at(RECORD)
    day, note = local_date(record.posting_time, entity.time_zone, midnight_is_date=posting.midnight_is_date)
    if note:
        spot.note(note)
    if day < posting.start_date:
        spot.problem("RECORD-BEFORE-START", date=day.isoformat(), start=posting.start_date.isoformat())
    return day


def open_day(master: MasterData, entity: LegalEntity, day: date, concerned: frozenset[str], spot: Spot) -> date:
    """The day on which the entry may be dated: this one, or the first day of the next open period, by the settings.

    A problem where its period is shut and the settings say to hold it, or no later period is open.
    """
    periods = None if master.periods is None else master.periods.get(entity.id)
    if not periods:
        return day
    own = _of(periods, day)
    if own is None:
        spot.problem("MAP-PERIOD-MISSING", date=day.isoformat(), entity=entity.id)
        return day
    shut = own.shut(concerned)
    if not shut:
        return day
    if entity.posting.closed_period == "first_open_day":
        later = next((one for one in periods if one.first > day and not one.shut(concerned)), None)
        if later is not None:
            moved = f"Dated {later.first} instead of {day}, as {own.name} is {shut}"
            spot.note(f"{moved}: the first open day of {later.name}.")
            return later.first
    spot.problem("MAP-PERIOD-CLOSED", date=day.isoformat(), period=own.name, entity=entity.id, state=shut)
    return day


def check_currency(books: Books, currency: str, spot: Spot) -> None:
    """Tier one: F&O knows the currency."""
    known = books.master.currencies
    if known is not None and currency not in known:
        spot.problem("MAP-CURRENCY-UNKNOWN", currency=currency)


def journal(books: Books, record_type: str, form: Form, spot: Spot) -> str:
    """The name of the journals that such an entry goes into; "" with a problem, and where there are no journals.

    Of invoices and payments it is the one that the settings name for the record type, or else the only one of that
    type which the company has: never that of general journals.
    """
    entity = books.entity
    if entity is None or form == "pending_invoice":
        return ""
    known = None if books.master.journal_names is None else books.master.journal_names.get(entity.id, {})
    own = entity.own_journal_of(record_type)
    if form == "general_journal" or own:
        name = own or entity.journal_name
        _check_journal(name, known, form, entity.id, spot)
        return name
    there_are = _fitting(form, known)
    if len(there_are) == 1:
        spot.note(f"Goes into {CALLED[form]} named {there_are[0]}, the only such journal name in {entity.id}.")
        return there_are[0]
    spot.problem("MAP-JOURNAL-MISSING", form=CALLED[form], entity=entity.id, type=record_type,
                 names=", ".join(there_are) or "none that is known here")  # fmt: skip
    return ""


def clearing_journal(books: Books, spot: Spot) -> str:
    """The journal name of what clears an invoice: the general one of the entity."""
    entity = books.entity
    if entity is None:
        return ""
    known = None if books.master.journal_names is None else books.master.journal_names.get(entity.id, {})
    _check_journal(entity.journal_name, known, "general_journal", entity.id, spot)
    return entity.journal_name


def _check_journal(name: str, known: dict[str, JournalName] | None, form: Form, entity: str, spot: Spot) -> None:
    """Tier one: F&O knows it, and it is of the type. A private one is noted, as our user may be in its group."""
    if known is None:
        return
    found = known.get(name.casefold())
    if found is None:
        spot.problem("MAP-JOURNAL-UNKNOWN", name=name, entity=entity)
        return
    if found.type and found.type not in TYPES[form]:
        names = ", ".join(_fitting(form, known)) or "none yet"
        spot.problem("MAP-JOURNAL-TYPE", name=name, entity=entity, own=found.type, form=CALLED[form],
                     needed=" or ".join(TYPES[form]), names=names)  # fmt: skip
    if found.private_to:
        spot.note(f"journal name {name} is private to the user group {found.private_to}.")


def _fitting(form: Form, known: dict[str, JournalName] | None) -> list[str]:
    """The names of the first of the form's types that has any."""
    by_type = [sorted(one.name for one in (known or {}).values() if one.type == kind) for kind in TYPES[form]]
    return next((names for names in by_type if names), [])


def _of(periods: Iterable[Period], day: date) -> Period | None:
    return next((one for one in periods if one.first <= day <= one.last), None)
