"""What an entry needs besides its accounts: an open period, a currency and a journal name that F&O knows.

Facts: a period is Open, OnHold or Closed for all; besides, each module has an access level of its own (All, None, or a
User group), and a line on a vendor's or a bank's account concerns that module, too (metadata). Whether our user is in
a user group cannot be read: then F&O is left to judge.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from connector.domain.master import MasterData, Period
from connector.domain.treatments import CODED, Treatment
from connector.mapping.books import Books
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import Spot

# Account types that have a module of their own; the general ledger is concerned in any case.
_MODULES: Final = {"Vend": "Vend", "Bank": "Bank"}


def modules(treatment: Treatment, entity: LegalEntity, currency: str) -> frozenset[str]:
    """The modules whose period must be open for such an entry."""
    roles = [
        entity.role(side, currency)
        for side in (treatment.debit, treatment.credit)
        if side is not None and side != CODED
    ]
    return frozenset({"Ledger", *(_MODULES[role.type] for role in roles if role and role.type in _MODULES)})


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


def check(books: Books, journal_name: str, currency: str, spot: Spot) -> None:
    """Tier one: currency and journal name are known in F&O. A private journal name is noted, as our user may be in its
    group."""
    known = books.master.currencies
    if known is not None and currency not in known:
        spot.problem("MAP-CURRENCY-UNKNOWN", currency=currency)
    if books.entity is None or books.master.journal_names is None:
        return
    name = books.master.journal_names.get(books.entity.id, {}).get(journal_name.casefold())
    if name is None:
        spot.problem("MAP-JOURNAL-UNKNOWN", name=journal_name, entity=books.entity.id)
    elif name.private_to:
        spot.note(f"journal name {journal_name} is private to the user group {name.private_to}.")


def _of(periods: Iterable[Period], day: date) -> Period | None:
    return next((one for one in periods if one.first <= day <= one.last), None)
