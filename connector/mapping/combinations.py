"""Whether F&O allows a combination of account and dimensions, by our own reading of its structures, advanced rules and
derived dimensions. What is told here a person may pass over, except a blank where a value is needed.
"""

from collections.abc import Callable, Mapping
from datetime import date

from connector.domain.master import MAIN_ACCOUNT, Ledger, Structure
from connector.mapping import structures
from connector.mapping.findings import Spot
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, fold
from connector.mapping.structures import Mismatch

Derived = Mapping[tuple[str, str], Mapping[str, str]]  # dimension and its value → dimension → value


def derived(rules: Derived, account: str, values: Mapping[str, str], spot: Spot) -> dict[str, str]:
    """What F&O's derived dimensions give for dimensions that are blank; a conflict with a value is a problem.

    Names and values as F&O writes them. What is derived derives nothing further.
    """
    found: dict[str, str] = {}
    held = {fold(name): value for name, value in values.items()}
    for driver in ((MAIN_ACCOUNT, account), *values.items()) if rules else ():
        for name, value in rules.get(driver, {}).items():
            own = held.get(fold(name)) or found.get(name)
            told = f"{driver[0]} {driver[1]}"
            if not own:
                found[name] = value
                spot.note(f"{name} {value}: derived from {told} by F&O's derived dimensions.")
            elif own != value and fold(name) != FOLDED_MAIN_ACCOUNT:
                spot.problem("MAP-DERIVED-CONFLICT", dimension=name, value=own, derived=value, driver=told)
    return found


def kept(structure: Structure, account: str, values: Mapping[str, str], spot: Spot) -> dict[str, str]:
    """Without dimensions that only an advanced rule could take, where it does not apply to the combination."""
    lost = structures.surplus(structure, _folded(account, values))
    for name, value in values.items():
        if fold(name) in lost:
            spot.note(f"{name} {value} is left blank: no rule of the account structure {structure.name} asks for it.")
    return {name: value for name, value in values.items() if fold(name) not in lost}


def check_belongs(ledger: Ledger, account: str, spot: Spot) -> None:
    if structures.belongs_nowhere(account, ledger.structures):
        spot.problem("MAP-STRUCTURE-NONE", account=account, entity=ledger.legal_entity)


def check(
    structure: Structure,
    account: str,
    values: Mapping[str, str],
    day: date,
    named: Callable[[str], str],
    spot: Spot,
) -> None:
    """Tier one for blanks that nothing allows, tier two for everything else. `named`: folded dimension → its name."""
    known = _folded(account, values)
    for found in structures.mismatches(structure, known, day):
        by = f"advanced rule {found.rule}" if found.rule else f"account structure {found.structure}"
        for name in found.blank:
            spot.problem("MAP-VALUE-BLANK", dimension=named(name), account=account, by=by)
        if found.wrong:
            code = "MAP-RULE-MISMATCH" if found.rule else "MAP-COMBINATION"
            spot.problem(code, account=account, wrong=_words(found, known, named), by=by)


def _words(found: Mismatch, known: Mapping[str, str], named: Callable[[str], str]) -> str:
    return ", ".join(
        f"{named(name)} {known.get(name) or 'blank'} (allowed: {criterion})" for name, criterion in found.wrong
    )


def _folded(account: str, values: Mapping[str, str]) -> dict[str, str]:
    return {FOLDED_MAIN_ACCOUNT: account, **{fold(name): value for name, value in values.items()}}
