"""The books an entry goes into: one legal entity's ledger on one day, and the account strings it reads.

What the master data does not know (None, absent) is not checked: F&O itself will judge it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from connector.domain.entry import Account
from connector.domain.master import MAIN_ACCOUNT, Ledger, MasterData, Party, Structure
from connector.domain.vendor import NO_VENDORS, VendorBook
from connector.mapping import combinations, dimensions
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import Spot
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, Mappings, fold
from connector.mapping.structures import structure_of, with_rules

LEDGER_FORMAT = "ledger dimension format"
DEFAULT_FORMAT = "default dimension format"


@dataclass(frozen=True, slots=True)
class Books:
    """`entity` is None while it is undecided: then nothing that depends on it is checked.

    `names`: folded → as F&O writes it, for every dimension the master data names. `segments`: the folded
    dimensions of the active ledger format in its order; where no format is known, every known dimension.
    """

    master: MasterData
    mappings: Mappings
    entity: LegalEntity | None
    day: date
    names: dict[str, str]
    segments: tuple[str, ...]
    vendors: VendorBook = NO_VENDORS

    @property
    def ledger(self) -> Ledger | None:
        return None if self.entity is None else self.master.ledger(self.entity.id)

    def structure(self, account: str) -> Structure | None:
        """The account structure this main account belongs to, with what its advanced rules may add; None where that
        is not known."""
        found = self.own_structure(account)
        return None if found is None else with_rules(found, account)

    def own_structure(self, account: str) -> Structure | None:
        """The same without its advanced rules' segments."""
        return None if self.ledger is None else structure_of(account, self.ledger.structures)

    def name(self, dimension: str) -> str:
        """A dimension's name as F&O writes it, else as the mappings do."""
        folded = fold(dimension)
        return self.names.get(folded) or self.mappings.written(folded)


def open_books(
    master: MasterData,
    mappings: Mappings,
    entity: LegalEntity | None,
    day: date,
    vendors: VendorBook = NO_VENDORS,
) -> Books:
    """The books of this legal entity on this day."""
    ledger = None if entity is None else master.ledger(entity.id)
    shown = [*(master.ledger_format or ()), *(master.default_format or ()), *master.values]
    for structure in ledger.structures if ledger else ():
        shown += structure.segments
    names: dict[str, str] = {}
    for name in shown:
        names.setdefault(fold(name), name)
    names.pop(FOLDED_MAIN_ACCOUNT, None)
    order = names if master.ledger_format is None else map(fold, master.ledger_format)
    segments = tuple(name for name in order if name != FOLDED_MAIN_ACCOUNT)
    return Books(master, mappings, entity, day, names, segments, vendors)


def lacks(structure: Structure, dimension: str) -> bool:
    return fold(dimension) not in map(fold, structure.segments)


def check_account(books: Books, account: str, spot: Spot) -> None:
    """Tier one: the account is known, active on the day, and open for manual entry."""
    chart = books.ledger.chart if books.ledger else ""
    accounts = (books.master.accounts or {}).get(chart)
    if accounts is None:
        return
    known = accounts.get(account)
    if known is None:
        spot.problem("MAP-ACCOUNT-UNKNOWN", account=account, chart=chart)
        return
    own = books.master.own_accounts.get((chart, books.entity.id if books.entity else ""), {}).get(account)
    told = [known, own] if own else [known]
    if any(one.suspended or not _active(books.day, one.active_from, one.active_to) for one in told):
        spot.problem("MAP-ACCOUNT-SUSPENDED", account=account, date=books.day.isoformat())
    if not all(one.manual_entry for one in told):
        spot.problem("MAP-ACCOUNT-MANUAL", account=account)


def check_value(books: Books, dimension: str, value: str, spot: Spot) -> None:
    """Tier one: the dimension value is known to all companies or to this one, and usable here on the day."""
    known_values, folded = books.master.values, fold(dimension)
    name = dimension if dimension in known_values else next((one for one in known_values if fold(one) == folded), None)
    if name is None:
        return
    key = (name, books.entity.id if books.entity else "")
    known = known_values[name].get(value) or books.master.own_values.get(key, {}).get(value)
    if known is None:
        if books.entity is not None or name not in (of for of, _ in books.master.own_values):
            spot.problem("MAP-VALUE-UNKNOWN", dimension=dimension, value=value)
        return
    own = books.master.overrides.get(key, {}).get(value)
    told = [known, own] if own else [known]
    if any(one.suspended or one.blocked or not _active(books.day, one.active_from, one.active_to) for one in told):
        spot.problem("MAP-VALUE-SUSPENDED", dimension=dimension, value=value, date=books.day.isoformat())


def ledger_account(books: Books, account: str, values: Mapping[str, str], spot: Spot) -> Account | None:
    """A Ledger account as F&O reads it; None with problems. A bare one needs no known format.

    Derived dimensions are filled in where blank, and the combination is checked by our own reading of F&O's rules.
    """
    values = _fitting(books, account, values, spot)
    display = _display(books, LEDGER_FORMAT, {MAIN_ACCOUNT: account, **values}, spot)
    return None if display is None else Account("Ledger", display)


def _fitting(books: Books, account: str, values: Mapping[str, str], spot: Spot) -> Mapping[str, str]:
    """The values with what F&O derives from them, and without those that no rule takes after all."""
    if books.ledger is None:
        return values
    structure = books.own_structure(account)
    if structure is None:
        combinations.check_belongs(books.ledger, account, spot)
        return values
    derived = combinations.derived(books.master.derived, account, values, spot)
    for name, value in derived.items():
        if fold(name) in books.segments and not lacks(with_rules(structure, account), name):
            check_value(books, name, value, spot)
            values = {**values, name: value}
    kept = combinations.kept(structure, account, values, spot)
    combinations.check(structure, account, kept, books.day, books.name, spot)
    return kept


def other_account(books: Books, kind: str, number: str, values: Mapping[str, str], spot: Spot) -> Account | None:
    """A Bank, Vend or Cust account; its dimensions stand beside it in the default format ("" for none)."""
    _check_party(books, kind, number, spot)
    defaults = _display(books, DEFAULT_FORMAT, values, spot) if values else ""
    if defaults is None:
        return None
    return Account(kind, dimensions.escape(number, books.master.delimiter), defaults)


def _check_party(books: Books, kind: str, number: str, spot: Spot) -> None:
    """Tier one: the vendor or bank account is there and not stopped."""
    entity = books.entity.id if books.entity else ""
    known = {"Vend": books.master.vendors, "Bank": books.master.banks}.get(kind)
    if known is None or not entity:
        return
    words = {"Vend": "Vendor", "Bank": "Bank account"}[kind]
    party: Party | None = known.get(entity, {}).get(number.casefold())
    if party is None:
        spot.problem("MAP-PARTY-UNKNOWN", kind=words, number=number, entity=entity)
    elif party.hold:
        spot.problem("MAP-PARTY-STOPPED", kind=words, number=number, entity=entity, hold=party.hold)


def _display(books: Books, kind: str, values: Mapping[str, str], spot: Spot) -> str | None:
    master = books.master
    segments = master.ledger_format if kind == LEDGER_FORMAT else master.default_format
    if segments is None:
        if values.keys() == {MAIN_ACCOUNT}:
            return dimensions.escape(values[MAIN_ACCOUNT], master.delimiter)
        spot.problem("MAP-FORMAT-MISSING", format=kind)
        return None
    present = {fold(segment) for segment in segments}
    missing = [name for name in values if fold(name) not in present]
    for name in missing:
        spot.problem("MAP-FORMAT-LACKS", format=kind, dimension=name)
    return None if missing else dimensions.display(segments, values, master.delimiter)


def _active(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)
