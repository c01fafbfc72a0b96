"""Master data of an F&O environment as mapping needs it: the chart, the dimensions and how their strings are written.

Whatever could not be read is None ("unknown"), which is not the same as empty: what is unknown is not checked here,
F&O itself will judge it. Legal entities are in lower case everywhere.
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
    """An account of a chart, or what one company says of it (then `id` alone is shared with the chart's)."""

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
class Constraint:
    """One row of an active structure's constraints: a criterion for each segment ("" for none), and its days."""

    criteria: tuple[str, ...]
    active_from: date | None = None
    active_to: date | None = None


@dataclass(frozen=True, slots=True)
class AdvancedRule:
    """Where all `criteria` (dimension → criterion) take the combination, each of the structures must allow it too."""

    name: str
    criteria: tuple[tuple[str, str], ...]
    structures: "tuple[Structure, ...]"


@dataclass(frozen=True, slots=True)
class Structure:
    """An active account structure (or an advanced rule's): its segments, and the MainAccount criteria of its
    constraints (empty: any). Without `constraints` nothing else is checked.
    """

    name: str
    segments: tuple[str, ...]
    main_account_criteria: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    rules: tuple[AdvancedRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """One legal entity's ledger."""

    legal_entity: str
    chart: str
    currency: str
    structures: tuple[Structure, ...] = ()
    calendar: str = ""
    rate_type: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """An operating period of a ledger. `status`: Open, OnHold or Closed; `access`: module → All, None or User."""

    name: str
    first: date
    last: date
    status: str = "Open"
    access: tuple[tuple[str, str], ...] = ()

    def shut(self, modules: frozenset[str]) -> str:
        """Why it takes no entries of these modules, in words; "" where it does (or a user group alone may)."""
        if self.status != "Open":
            return "on hold" if self.status == "OnHold" else "closed"
        closed = sorted(module for module, level in self.access if level == "None" and module in modules)
        return f"not open for {' and '.join(closed)}" if closed else ""


@dataclass(frozen=True, slots=True)
class JournalName:
    """`private_to`: the user group it is kept for; whether our user is in it cannot be read. `type`: "" is unknown."""

    name: str
    private_to: str = ""
    type: str = ""  # LedgerJournalType: Daily, PurchaseLedger, Payment and others


@dataclass(frozen=True, slots=True)
class Party:
    """A vendor or a bank account. `hold` is F&O's word for what it is stopped for; empty where it is not."""

    number: str
    name: str = ""
    group: str = ""
    currency: str = ""
    hold: str = ""
    tax_id: str = ""
    email: str = ""
    one_time: bool = False  # F&O keeps it for a single purchase: it is nobody in particular


@dataclass(frozen=True, slots=True)
class Rate:
    """An exchange rate's days; the rate itself is F&O's matter."""

    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class MasterData:
    delimiter: str = "-"
    ledger_format: tuple[str, ...] | None = None
    default_format: tuple[str, ...] | None = None
    ledgers: dict[str, Ledger] | None = None  # by legal entity
    accounts: dict[str, dict[str, MainAccount]] | None = None  # chart → main account id
    values: dict[str, dict[str, DimensionValue]] = field(default_factory=dict)  # dimension → value; absent: unknown
    own_values: dict[tuple[str, str], dict[str, DimensionValue]] = field(default_factory=dict)  # and legal entity
    own_accounts: dict[tuple[str, str], dict[str, MainAccount]] = field(default_factory=dict)  # chart, legal entity
    overrides: dict[tuple[str, str], dict[str, DimensionValue]] = field(default_factory=dict)  # dimension, entity
    derived: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)  # dimension, value → dimension → value
    periods: dict[str, tuple[Period, ...]] | None = None  # by legal entity, in the order of their days
    currencies: frozenset[str] | None = None
    rates: dict[tuple[str, str, str], tuple[Rate, ...]] | None = None  # rate type, from, to
    journal_names: dict[str, dict[str, JournalName]] | None = None  # legal entity → folded name
    tax_groups: dict[str, frozenset[str]] | None = None  # by legal entity, folded
    item_tax_groups: dict[str, frozenset[str]] | None = None
    vendors: dict[str, dict[str, Party]] | None = None  # legal entity → folded number
    banks: dict[str, dict[str, Party]] | None = None

    def ledger(self, legal_entity: str) -> Ledger | None:
        return (self.ledgers or {}).get(legal_entity.lower())
