"""Master data of an F&O environment as mapping needs it: the chart, the dimensions and how their strings are written.

Whatever could not be read is None ("unknown"), which is not the same as empty: what is unknown is not checked here,
F&O itself will judge it.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

# DimensionSegmentDelimiter of F&O (entities metadata) and the characters it stands for.
DELIMITERS: Final = {
    "Hyphen": "-",
    "Period": ".",
    "Underscore": "_",
    "Bar": "|",
    "Tilde": "~",
    "DoubleHyphen": "--",
    "DoublePeriod": "..",
    "DoubleUnderscore": "__",
    "DoubleBar": "||",
    "DoubleTilde": "~~",
}

MAIN_ACCOUNT: Final = "MainAccount"


@dataclass(frozen=True, slots=True)
class MainAccount:
    id: str
    name: str = ""
    suspended: bool = False
    manual_entry: bool = True
    active_from: date | None = None
    active_to: date | None = None


@dataclass(frozen=True, slots=True)
class DimensionValue:
    value: str
    suspended: bool = False
    blocked: bool = False
    active_from: date | None = None
    active_to: date | None = None


@dataclass(frozen=True, slots=True)
class Structure:
    """An active account structure: its segments, and the MainAccount criteria of its constraints (empty: any)."""

    name: str
    segments: tuple[str, ...]
    main_account_criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """One legal entity's ledger."""

    legal_entity: str
    chart: str
    currency: str
    structures: tuple[Structure, ...] = ()


@dataclass(frozen=True, slots=True)
class MasterData:
    delimiter: str = "-"
    ledger_format: tuple[str, ...] | None = None
    default_format: tuple[str, ...] | None = None
    ledgers: dict[str, Ledger] | None = None  # by legal entity, lower case
    accounts: dict[str, dict[str, MainAccount]] | None = None  # chart → main account id
    values: dict[str, dict[str, DimensionValue]] = field(default_factory=dict)  # dimension → value; absent: unknown

    def ledger(self, legal_entity: str) -> Ledger | None:
        return (self.ledgers or {}).get(legal_entity.lower())
