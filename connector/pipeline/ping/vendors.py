"""May our user see F&O's vendors, and is the vendor that an account role names one that can be used?"""

from collections.abc import Iterator
from typing import Final

from connector.d365.errors import D365Error
from connector.mapping.entities import LegalEntity
from connector.pipeline import served
from connector.pipeline.building import build
from connector.pipeline.ping.accounts import roles
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung
from connector.pipeline.ping.sets import Rows, Sets, unread

RUNG: Final = "vendors"
SET: Final = "VendorsV2"
_COLUMNS: Final = ("dataAreaId", "VendorAccountNumber", "VendorOrganizationName", "OnHoldStatus", "IsOneTimeVendor")


def look(sets: Sets, ladder: Ladder, entity: LegalEntity) -> Iterator[Rung]:
    """One rung for each vendor that is named and cannot be used; else a single one."""
    named: dict[str, list[str]] = {}
    matched = []
    for role, one in roles(entity):
        if one.type == "Vend" and one.account:
            named.setdefault(one.account, []).append(role)
        elif one.type == "Vend":
            matched.append(role)
    wrong, name = [], ""
    # Without one that is named, a question that no vendor answers: it shows the right all the same.
    for account in named or {"": []}:
        name, rows = _read(sets, entity.id, account)
        if isinstance(rows, D365Error):
            yield unread(ladder, RUNG, name, rows)
            return
        told = f"{' and '.join(named.get(account, ()))}: vendor {account} in {entity.id}"
        wrong += _usable(ladder, entity.id, account, told, rows) if account else []
    if wrong:
        yield from wrong
        return
    who = [f"{', '.join(named)} can be used"] if named else []
    who += [f"the vendor of {', '.join(matched)} is matched by name"] if matched else []
    sentence = "; ".join([f"{name} of {entity.id} can be read", *who])
    yield ladder.green(RUNG, f"{name}: {', '.join(named) or 'may it be read?'}", sentence)


def _read(sets: Sets, entity: str, account: str) -> tuple[str, Rows | D365Error]:
    """The name that answers, else the one that is served but closed; with what it says."""
    answers = []
    for name in served.names(SET):
        rows = sets.rows(name, _COLUMNS, dataAreaId=entity, VendorAccountNumber=account)
        answers.append((name, rows))
        if not isinstance(rows, D365Error):
            break
    best = [one for one in answers if not (isinstance(one[1], D365Error) and one[1].status == 404)]
    return (best or answers)[-1]


def _usable(ladder: Ladder, entity: str, account: str, told: str, rows: Rows) -> list[Rung]:
    tried = f"vendors of {entity}: {account}"
    known = ((build({SET: rows}).vendors or {}).get(entity) or {}).get(account.casefold())
    if known is None:
        fix = f"correct the account role, or create the vendor under Accounts payable: {NEW_FILE}"
        return [ladder.red(RUNG, tried, f"{told} does not exist", fix)]
    if known.hold:
        fix = "take it off hold, or choose another vendor"
        return [ladder.red(RUNG, tried, f"{told} is on hold ({known.hold})", fix)]
    if known.one_time:
        return [ladder.amber(RUNG, tried, f"{told} is a one-time vendor", "see that this is meant")]
    return []
