"""An account string of a pending invoice's line, in two: the main account, and its dimensions. Pure.

Facts: MainAccountDisplayValue leads to DimensionCombinations (metadata), DimensionDisplayValue is a string in the
default dimension format (Microsoft, vendor invoice line entity). Whether a line takes a whole account string there is
not recorded, so the main account is sent alone and the rest as default dimensions; whichever way F&O shows them again,
both are read as one combination.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.domain.entry import Account
from connector.domain.master import MAIN_ACCOUNT, MasterData
from connector.mapping import dimensions


@dataclass(frozen=True, slots=True)
class Formats:
    """Segment names in their order; None where F&O has no active format of that kind."""

    delimiter: str = "-"
    ledger: tuple[str, ...] | None = None
    default: tuple[str, ...] | None = None

    def split(self, account: Account) -> tuple[str, str]:
        """(MainAccountDisplayValue, DimensionDisplayValue) as they are sent. Where the default format lacks one of the
        dimensions, the account string is sent as it is."""
        values = self._segments(account.display, self.ledger, fold=False)
        known = {name.casefold() for name in self.default or ()}
        if account.default_dimensions or MAIN_ACCOUNT.casefold() not in values:
            return account.display, account.default_dimensions
        if not self.default or values.keys() - known - {MAIN_ACCOUNT.casefold()}:
            return account.display, ""
        own = values.pop(MAIN_ACCOUNT.casefold())
        shown = dimensions.display(self.default, values, self.delimiter) if values else ""
        return dimensions.escape(own, self.delimiter), shown

    def combination(self, row: Mapping[str, Any]) -> dict[str, str]:
        """What a line's account and dimensions come to, by name in lower case; blanks are left out."""
        account, own = _text(row.get("MainAccountDisplayValue")), _text(row.get("DimensionDisplayValue"))
        return {**self._segments(own, self.default), **self._segments(account, self.ledger)}

    def _segments(self, text: str, names: tuple[str, ...] | None, *, fold: bool = True) -> dict[str, str]:
        values = [value.strip() for value in dimensions.parse(text, self.delimiter)]
        if names is self.ledger and len(values) == 1:
            names = (MAIN_ACCOUNT,)
        if names is None or len(values) > len(names):
            return {f"?{text.casefold()}": text.casefold()} if text.strip() else {}  # compared as it is
        found = zip(names, values, strict=False)
        return {name.casefold(): value.casefold() if fold else value for name, value in found if value}


def formats_of(master: MasterData) -> Formats:
    return Formats(master.delimiter, master.ledger_format, master.default_format)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
