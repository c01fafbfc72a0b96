"""Which account structure a main account belongs to, by the structure's MainAccount criteria.

Facts: criteria are alternatives (`1*;2*`), ranges compared as strings (`a..b`; `1..2000` does not hold `4`),
`abc*`, an exact value, or `""` for a blank one; F&O compares without regard to case. A blank criterion takes
any account.
"""

import re
from collections.abc import Iterable

from connector.domain.master import Structure


def structure_of(account: str, structures: Iterable[Structure]) -> Structure | None:
    """The first structure that takes this main account, or None."""
    return next((structure for structure in structures if takes(structure, account)), None)


def takes(structure: Structure, account: str) -> bool:
    """A structure has one criterion per constraint row; without any it takes every account."""
    criteria = structure.main_account_criteria
    return not criteria or any(matches(criterion, account) for criterion in criteria)


def matches(criterion: str, account: str) -> bool:
    """Does one criterion (alternatives separated by `;`) take this value?"""
    alternatives = [part.strip() for part in criterion.split(";") if part.strip()]
    return not alternatives or any(_alternative(part.casefold(), account.casefold()) for part in alternatives)


def _alternative(part: str, value: str) -> bool:
    if part == '""':
        return not value
    if ".." in part:
        low, _, high = (edge.strip() for edge in part.partition(".."))
        return (not low or low <= value) and (not high or value <= high)
    if "*" in part:
        pattern = ".*".join(re.escape(piece) for piece in part.split("*"))
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    return part == value
