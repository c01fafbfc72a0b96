"""What a connection wants done with the sales tax that a coded line names.

Brex carries VAT in a coding field or in a line of its own; which, it does not document. So the field is named in the
connection file, and each of its values says what it means in F&O.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Group = Annotated[str, Field(min_length=1, max_length=10)]


class TaxCode(BaseModel):
    """Either both tax groups, by which F&O computes the tax when it posts, or an account that takes it.

    With `rate` (per cent, contained in the line's amount) the tax is taken out of a coded line; without, the line is
    a tax line itself and goes to the account as a whole.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    sales_tax_group: _Group | None = None
    item_sales_tax_group: _Group | None = None
    account: Annotated[str, Field(min_length=1)] | None = None
    dimensions: dict[str, str] = {}
    rate: Annotated[Decimal, Field(gt=0, le=100, max_digits=8, decimal_places=4)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "TaxCode":
        groups = (self.sales_tax_group, self.item_sales_tax_group)
        if any(groups) and not all(groups):
            raise ValueError("sales_tax_group and item_sales_tax_group are given together: F&O taxes by the two")
        if bool(self.account) == any(groups):
            raise ValueError("give either both tax groups or an account")
        if not self.account and (self.dimensions or self.rate is not None):
            raise ValueError("dimensions and rate belong to an account")
        return self


class Tax(BaseModel):
    """`field`: id, remote id or name of the Brex field; `codes`: its values, by id, remote id or name."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    field: Annotated[str, Field(min_length=1)]
    codes: Annotated[dict[str, TaxCode], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> "Tax":
        names = [name.strip().casefold() for name in self.codes]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"codes names {', '.join(twice)} twice")
        return self
