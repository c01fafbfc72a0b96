"""Do the accounts of the account roles exist in a legal entity, and take entries by hand?"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from connector.d365.errors import D365Error
from connector.domain.connection import RoleAccount
from connector.mapping.entities import LegalEntity
from connector.pipeline import refresh
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung, State
from connector.pipeline.ping.sets import Row, Rows, Sets, first, unread

RUNG: Final = "account roles"


def look(sets: Sets, ladder: Ladder, entity: LegalEntity, chart: str, today: date) -> Iterator[Rung]:
    """One rung for each account with something wrong; else a single one. Vendors: `ping.vendors`."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for role, one in roles(entity):
        if one.account and one.type in ("Ledger", "Bank"):
            wanted.setdefault((one.type, one.account), []).append(role)
    found: list[Rung] = []
    for (kind, account), named in wanted.items():
        told = f"{' and '.join(named)}: {'bank account' if kind == 'Bank' else 'main account'} {account} in {entity.id}"
        if kind == "Ledger" and chart:
            found += _ledger(sets, ladder, entity.id, (chart, account), told, today)
        elif kind == "Bank":
            found += _bank(sets, ladder, entity.id, account, told)
    unique = list(dict.fromkeys(found))
    names = ", ".join(account for _, account in wanted)
    tried = f"MainAccounts and BankAccounts: {names or 'nothing'}"
    if unique:
        yield from unique
    elif not wanted and any(one.type == "Vend" for _, one in roles(entity)):
        yield ladder.green(RUNG, tried, f"{entity.id} has vendors alone; see the step vendors")
    elif not wanted:
        yield ladder.amber(RUNG, tried, f"no account role is set for {entity.id}", f"set posting.accounts: {NEW_FILE}")
    else:
        yield ladder.green(RUNG, tried, f"{names} in {entity.id} exist and take entries by hand")


def roles(entity: LegalEntity) -> Iterator[tuple[str, RoleAccount]]:
    own = entity.posting.entities.get(entity.id)
    yield from (entity.posting.accounts | (own.accounts if own else {})).items()
    for currency, accounts in (own.currencies if own else {}).items():
        for role, one in accounts.items():
            yield f"{role} in {currency}", one


def _ledger(
    sets: Sets, ladder: Ladder, entity: str, account: tuple[str, str], told: str, today: date
) -> Iterator[Rung]:
    chart, number = account
    tried = f"MainAccounts: {number} of {chart}"
    rows = sets.rows("MainAccounts", refresh.SETS["MainAccounts"], ChartOfAccounts=chart)
    if isinstance(rows, D365Error):
        yield unread(ladder, RUNG, "MainAccounts", rows)
        return
    row = first([one for one in rows if str(one.get("MainAccountId")) == number])
    if row is None:
        fix = f"correct the account role, or create the account: {NEW_FILE}"
        yield ladder.red(RUNG, tried, f"{told} does not exist in the chart {chart}", fix)
        return
    own = _of_company(sets, entity, chart, number)
    master = refresh.build({"MainAccounts": [row]}).accounts or {}
    known = master[chart][number]
    if known.suspended or _yes(own, "IsSuspended"):
        yield ladder.red(RUNG, tried, f"{told} is suspended", "end the suspension, or choose another account")
    elif not (known.active_from or today) <= today <= (known.active_to or today):
        yield ladder.red(RUNG, tried, f"{told} is not active today", "extend its dates, or choose another account")
    if not known.manual_entry or _yes(own, "DoNotAllowManualEntry"):
        fix = "switch Do not allow manual entry off, or choose an account that is not a control account"
        yield ladder.red(RUNG, tried, f"{told} does not allow manual entry", fix)
    if own.get("FixedDimensionsDisplayValue"):
        sentence = f"{told} has fixed dimensions ({own['FixedDimensionsDisplayValue']}), which replace ours"
        yield ladder.amber(RUNG, tried, sentence, "see that this is meant; entries with others are held as altered")


def _of_company(sets: Sets, entity: str, chart: str, number: str) -> Row:
    """The company's own settings of the account; empty where there are none, or where they cannot be read."""
    rows: Rows | D365Error = sets.rows("MainAccountLegalEntities", ChartOfAccounts=chart)
    if isinstance(rows, D365Error):
        return {}
    key = (number, entity)
    found = [one for one in rows if (one.get("MainAccountId"), str(one.get("LegalEntityId")).lower()) == key]
    return found[0] if found else {}


def _bank(sets: Sets, ladder: Ladder, entity: str, account: str, told: str) -> Iterator[Rung]:
    tried = f"BankAccounts: {account} in {entity}"
    columns = ("dataAreaId", "BankAccountId", "BankAccountStatus")
    rows = sets.rows("BankAccounts", columns, dataAreaId=entity)
    if isinstance(rows, D365Error):
        yield unread(ladder, RUNG, "BankAccounts", rows)
        return
    row = first([one for one in rows if str(one.get("BankAccountId")) == account])
    if row is None:
        fix = f"correct the account role, or create it under Cash and bank management: {NEW_FILE}"
        yield ladder.red(RUNG, tried, f"{told} does not exist", fix)
    elif str(row.get("BankAccountStatus") or "ActiveForAllTransactions") != "ActiveForAllTransactions":
        sentence = f"{told} is not active ({row['BankAccountStatus']})"
        yield Rung(ladder.side, RUNG, State.RED, tried, sentence, "activate it, or choose another bank account")


def _yes(row: Row, key: str) -> bool:
    return str(row.get(key)) == "Yes"
