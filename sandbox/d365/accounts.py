"""The account of one side of a journal line, and what F&O makes of its string."""

from dataclasses import dataclass, field
from typing import Final

from sandbox.d365 import dimensions
from sandbox.d365.dimensions import DEFAULT_FORMAT, LEDGER_FORMAT, MAIN_ACCOUNT, Segments
from sandbox.d365.display import escape, split
from sandbox.d365.environment import Environment
from sandbox.d365.errors import not_found_in
from sandbox.d365.tables import Row

# Fact: the account types this entity supports (Microsoft, LedgerJournalLine).
TYPES: Final = ("Ledger", "Bank", "Cust", "Vend")

_HOME: Final = {
    "Bank": ("BankAccounts", "BankAccountId", "Bank accounts"),
    "Vend": ("VendorsV2", "VendorAccountNumber", "Vendors"),
    "Cust": (None, "", "Customers"),  # this environment has no customers
}


@dataclass(frozen=True, slots=True)
class Side:
    """A resolved account: `segments` for Ledger (with MainAccount), else `number` and default dimensions."""

    type: str
    number: str = ""
    segments: Segments = field(default_factory=dict)

    def display(self, environment: Environment) -> str:
        """AccountDisplayValue as it is read back."""
        if self.type != "Ledger":
            return escape(self.number, dimensions.delimiter(environment.tables))
        return _show(environment, self.segments, LEDGER_FORMAT)

    def default_dimensions(self, environment: Environment) -> str:
        """DefaultDimensionDisplayValue as it is read back. Fact: it means nothing on a Ledger line."""
        return "" if self.type == "Ledger" else _show(environment, self.segments, DEFAULT_FORMAT)


class NotAllowed(ValueError):
    """The account is refused; `messages` are the lines of the Infolog."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def resolve(environment: Environment, ledger: Row, day: str, *, kind: str, text: str, defaults: str) -> Side:
    """Read and check one side. `ledger` is the company's, `day` the ISO date. Raises `NotAllowed`."""
    if kind not in TYPES:
        raise NotAllowed([f"The account type {kind} is not supported."])  # own words
    if kind == "Ledger":
        return _ledger(environment, ledger, day, text)
    return _subledger(environment, ledger, day, kind=kind, text=text, defaults=defaults)


def _ledger(environment: Environment, ledger: Row, day: str, text: str) -> Side:
    tables, company = environment.tables, ledger.values["LegalEntityId"]
    segments = _read(environment, text, LEDGER_FORMAT)
    account = segments.get(MAIN_ACCOUNT, "")
    if not account:
        raise NotAllowed(["Blank isn't allowed for MainAccount for the combination."])
    segments |= _fixed(environment, ledger, account)
    messages = dimensions.check_account(tables, ledger, account, day)
    messages += dimensions.check_values(tables, company, segments, day)
    if not messages:
        segments, messages = dimensions.derive(tables, ledger, segments, day)
        messages += dimensions.check_combination(tables, ledger, segments, day)
    if messages:
        raise NotAllowed(messages)
    return Side("Ledger", segments=dimensions.as_known(tables, company, segments))


def _subledger(environment: Environment, ledger: Row, day: str, *, kind: str, text: str, defaults: str) -> Side:
    tables, company = environment.tables, ledger.values["LegalEntityId"]
    home, key, label = _HOME[kind]
    parts = split(text, dimensions.delimiter(tables))
    row = None
    # Fact: an unescaped delimiter in the account number is read as the end of a segment, and the row fails.
    if home and len(parts) == 1:
        row = tables.get(home, dataAreaId=company, **{key: parts[0]})
    if row is None:
        raise NotAllowed([not_found_in("Account", parts[0], label)])
    segments = _read(environment, defaults, DEFAULT_FORMAT) if defaults else {}
    messages = dimensions.check_values(tables, company, segments, day)
    if messages:
        raise NotAllowed(messages)
    return Side(kind, row.values[key], dimensions.as_known(tables, company, segments))


def _fixed(environment: Environment, ledger: Row, account: str) -> Segments:
    """Fact: a main account may carry fixed dimensions per company; they replace what was sent."""
    own = dimensions.of_company(environment.tables, ledger, account)
    text = own.values["FixedDimensionsDisplayValue"] if own else ""
    return _read(environment, text, DEFAULT_FORMAT) if text else {}


def _read(environment: Environment, text: str, kind: str) -> Segments:
    try:
        return dimensions.read(environment.tables, text, kind)
    except ValueError as error:
        raise NotAllowed([str(error)]) from error


def _show(environment: Environment, segments: Segments, kind: str) -> str:
    trailing = environment.switches.trailing_blanks
    return dimensions.show(environment.tables, segments, kind, trailing=trailing)
