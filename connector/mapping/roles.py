"""The other side of an entry: an account role. Brex carries no coding for it, so it is computed."""

from collections.abc import Sequence

from connector.domain.connection import RoleAccount
from connector.domain.entry import Account
from connector.domain.master import MAIN_ACCOUNT
from connector.domain.record import Record
from connector.domain.treatments import AccountRole
from connector.domain.vendor import VendorChoice
from connector.mapping.books import Books, check_account, check_value, lacks, ledger_account, other_account
from connector.mapping.choice import Choice, report
from connector.mapping.codings import Coding
from connector.mapping.findings import RECORD, Findings, Spot, role_place
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, VENDOR, fold
from connector.mapping.resolve import Resolved, note_blank
from connector.mapping.text import label
from connector.mapping.vendor import employee_account, vendor_account
from connector.mapping.vendor import mapped as mapped_vendor

NOTHING = Resolved(None, {}, ())


def role_account(
    role: AccountRole,
    record: Record,
    currency: str,
    coded: Sequence[Resolved],
    attributes: Sequence[Coding],
    books: Books,
    found: Findings,
) -> Resolved:
    """The account of a role in the books' entity and this currency, with its own and its inherited dimensions.

    Nothing, without a problem, while the legal entity is undecided.
    """
    if books.entity is None:
        return NOTHING
    setting = books.entity.role(role, currency)
    mapped = mapped_vendor(role, attributes) if setting is not None and setting.type == "Vend" else Choice()
    report(mapped, VENDOR, found.at(role_place(role)))
    if len(mapped.options) > 1:
        return NOTHING
    chosen = _chosen(role, setting, record, mapped, books)
    if setting is None or not chosen.account:
        _tell_missing(role, chosen, record, currency, books.entity.id, found)
        return NOTHING
    number = chosen.account
    spot = found.at(role_place(role))
    if setting.currency not in (None, currency):
        spot.problem("MAP-ROLE-CURRENCY", role=role, account=number, own=setting.currency or "", currency=currency,
                     entity=books.entity.id)  # fmt: skip
    return set_account(setting, number, f"account role {role}", coded, books, spot, why_number=chosen.why)


def _chosen(
    role: AccountRole, setting: RoleAccount | None, record: Record, mapped: Choice, books: Books
) -> VendorChoice:
    if mapped.answer is not None:
        return VendorChoice(mapped.answer.value, mapped.answer.why)
    if setting is not None and setting.type == "Vend" and books.entity is not None:
        if role == "accounts_payable":
            return vendor_account(record, setting, books.entity.id, books.vendors)
        if role == "reimbursements_payable":
            return employee_account(record, setting)
    return VendorChoice("" if setting is None else setting.account or "", f"account role {role}")


def _tell_missing(
    role: AccountRole, chosen: VendorChoice, record: Record, currency: str, entity: str, found: Findings
) -> None:
    spot = found.at(RECORD)
    if chosen.code == "MAP-EMPLOYEE-VENDOR":
        user = label(record.user_name, record.user_id) or "an employee without a name"
        spot.problem(chosen.code, user=user, entity=entity, why=chosen.why)
    elif chosen.code:
        vendor = label(record.vendor_name, record.vendor_id) or "a vendor without a name"
        spot.problem(chosen.code, vendor=vendor, entity=entity, why=chosen.why)
    else:
        spot.problem("MAP-ROLE-MISSING", role=role, entity=entity, currency=currency)


def set_account(
    setting: RoleAccount,
    number: str,
    words: str,
    coded: Sequence[Resolved],
    books: Books,
    spot: Spot,
    *,
    why_number: str = "",
) -> Resolved:
    """An account that the settings name, with its dimensions; `words` say which setting, for the provenance.

    `why_number`: why it is this account, where that is not the setting's own.
    """
    own = _known_to(books, setting, number, _named(setting.dimensions, books), spot)
    inherited = _known_to(books, setting, number, _inherited(setting, coded, books, spot), spot)
    inherited = {name: value for name, value in inherited.items() if name not in own}
    for name, value in own.items():  # inherited ones were checked on the lines they come from
        check_value(books, name, value, spot)
    what = MAIN_ACCOUNT if setting.type == "Ledger" else setting.type
    why = [f"{what} {number}: {why_number or words}"]
    why += [f"{name} {value}: {words}" for name, value in own.items()]
    why += [f"{name} {value}: {words}, as on the coded lines" for name, value in inherited.items()]
    values = own | inherited
    return Resolved(_account(setting.type, number, values, books, spot), values, tuple(why), number)


def _account(kind: str, number: str, values: dict[str, str], books: Books, spot: Spot) -> Account | None:
    if kind != "Ledger":
        return other_account(books, kind, number, values, spot)
    check_account(books, number, spot)
    return ledger_account(books, number, values, spot)


def _named(values: dict[str, str], books: Books) -> dict[str, str]:
    """With the dimensions' names as F&O writes them; a main account is not one of them, a blank is none."""
    return {
        books.names.get(fold(name), name): value
        for name, value in values.items()
        if value and fold(name) != FOLDED_MAIN_ACCOUNT
    }


def _known_to(books: Books, setting: RoleAccount, number: str, values: dict[str, str], spot: Spot) -> dict[str, str]:
    """Without those that the structure of a Ledger account lacks; they are left blank, with a note."""
    structure = books.structure(number) if setting.type == "Ledger" else None
    if structure is None:
        return values
    for name, value in values.items():
        if lacks(structure, name):
            note_blank(name, value, structure, spot)
    return {name: value for name, value in values.items() if not lacks(structure, name)}


def _inherited(setting: RoleAccount, coded: Sequence[Resolved], books: Books, spot: Spot) -> dict[str, str]:
    """The dimensions to inherit in which all coded lines agree."""
    values = {}
    for name in (books.name(name) for name in setting.inherit):
        standing = sorted({line.values.get(name, "") for line in coded})
        if len(standing) > 1:
            shown = ", ".join(value or "blank" for value in standing)
            spot.note(f"{name} is not inherited, as the coded lines differ ({shown}).")
        elif standing and standing[0]:
            values[name] = standing[0]
    return values
