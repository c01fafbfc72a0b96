"""The other side of an entry: an account role. Brex carries no coding for it, so it is computed."""

from collections.abc import Sequence

from connector.domain.connection import AccountRole, RoleAccount
from connector.domain.entry import Account
from connector.domain.master import MAIN_ACCOUNT
from connector.mapping.books import Books, check_account, check_value, lacks, ledger_account, other_account
from connector.mapping.findings import RECORD, Findings, Spot, role_place
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, fold
from connector.mapping.resolve import Resolved, note_blank

NOTHING = Resolved(None, {}, ())


def role_account(
    role: AccountRole, currency: str, coded: Sequence[Resolved], books: Books, found: Findings
) -> Resolved:
    """The account of a role in the books' entity and this currency, with its own and its inherited dimensions.

    Nothing, without a problem, while the legal entity is undecided.
    """
    if books.entity is None:
        return NOTHING
    setting = books.entity.role(role, currency)
    if setting is None or not setting.account:
        found.at(RECORD).problem("MAP-ROLE-MISSING", role=role, entity=books.entity.id, currency=currency)
        return NOTHING
    spot = found.at(role_place(role))
    own = _known_to(books, setting, _named(setting.dimensions, books), spot)
    inherited = _known_to(books, setting, _inherited(setting, coded, books, spot), spot)
    inherited = {name: value for name, value in inherited.items() if name not in own}
    for name, value in own.items():  # inherited ones were checked on the lines they come from
        check_value(books, name, value, spot)
    what = MAIN_ACCOUNT if setting.type == "Ledger" else setting.type
    why = [f"{what} {setting.account}: account role {role}"]
    why += [f"{name} {value}: account role {role}" for name, value in own.items()]
    why += [f"{name} {value}: account role {role}, as on the coded lines" for name, value in inherited.items()]
    values = own | inherited
    return Resolved(_account(setting.type, setting.account, values, books, spot), values, tuple(why))


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


def _known_to(books: Books, setting: RoleAccount, values: dict[str, str], spot: Spot) -> dict[str, str]:
    """Without those that the structure of a Ledger account lacks; they are left blank, with a note."""
    structure = books.structure(setting.account or "") if setting.type == "Ledger" else None
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
