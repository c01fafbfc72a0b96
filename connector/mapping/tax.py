"""The sales tax a coded line names, by the connection's settings.

Fact: how VAT appears in an accounting record is not documented (an extra line, or a field's value); F&O taxes a
journal line by its sales tax group and item sales tax group together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from connector.domain.connection import RoleAccount
from connector.domain.money import digits
from connector.domain.record import FieldValue, Line
from connector.domain.tax import Tax, TaxCode
from connector.mapping.allocation import allocate
from connector.mapping.codings import has_value
from connector.mapping.findings import Spot
from connector.mapping.mappings import folds
from connector.mapping.text import label


@dataclass(frozen=True, slots=True)
class Named:
    """The tax code a line names: what the connection makes of it, and how it is told to people."""

    code: TaxCode
    words: str

    @property
    def account(self) -> RoleAccount | None:
        if self.code.account is None:
            return None
        return RoleAccount(account=self.code.account, dimensions=self.code.dimensions)

    @property
    def whole_line(self) -> bool:
        """The line is a tax line itself."""
        return self.code.account is not None and self.code.rate is None


def named(line: Line, tax: Tax | None, spot: Spot) -> Named | None:
    """None where the line names no tax; a problem, and None, where it names one that the settings do not know."""
    for field in _of_tax(line.fields, tax):
        value = folds(field.value_id, field.value_remote_id, field.value_name)
        codes = {folds(name): code for name, code in (tax.codes if tax else {}).items()}
        code = next((codes[one,] for one in value if (one,) in codes), None)
        shown = label(field.value_name, field.value_remote_id, field.value_id)
        name = label(field.field_name, field.field_remote_id, field.field_id)
        if code is not None:
            return Named(code, f'tax {name} = "{shown}"')
        spot.problem("MAP-TAX-UNKNOWN", field=name, value=shown)
    return None


def without(line: Line, tax: Tax | None) -> Line:
    """The line without its tax field: that codes nothing else."""
    taxes = _of_tax(line.fields, tax)
    return replace(line, fields=tuple(field for field in line.fields if field not in taxes)) if taxes else line


def share(amount: Decimal, code: TaxCode, currency: str) -> Decimal:
    """The tax contained in an amount (major units) of this currency; zero without a rate."""
    if code.rate is None:
        return _NONE
    return allocate(amount, (Decimal(100), code.rate), digits(currency))[1]


_NONE: Final = Decimal(0)


def _of_tax(fields: Sequence[FieldValue], tax: Tax | None) -> list[FieldValue]:
    if tax is None:
        return []
    name = folds(tax.field)
    return [
        field
        for field in fields
        if has_value(field) and set(name) & set(folds(field.field_id, field.field_remote_id, field.field_name))
    ]
