"""The entity sets served here and what they are made of, from two files of F&O's own metadata.

`entities.json` has the general ledger and its master data, `payables.json` what accounts payable has beside it.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

NAMESPACE: Final = "Microsoft.Dynamics.DataEntities"
COMPANY: Final = "dataAreaId"

# Fact: an empty date is 1900-01-01 at noon UTC, an empty date and time 1900-01-01 at midnight (recorded).
NO_DATE: Final = "1900-01-01T12:00:00Z"
NO_TIME: Final = "1900-01-01T00:00:00Z"

_DATE_AND_TIME = ("DateTime", "AddressValid", "CreatedOn")  # every other DateTimeOffset of these sets is a date


_BLANK: Final = {"Edm.Boolean": False, "Edm.Guid": "00000000-0000-0000-0000-000000000000", "Edm.Binary": None}


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `type` is an Edm type or the bare name of an enum."""

    name: str
    type: str
    nullable: bool

    @property
    def is_enum(self) -> bool:
        return not self.type.startswith("Edm.")

    @property
    def is_time(self) -> bool:
        """A moment; a date otherwise, where the type is DateTimeOffset."""
        return any(word in self.name for word in _DATE_AND_TIME)

    @property
    def is_number(self) -> bool:
        return self.type in ("Edm.Decimal", "Edm.Int32", "Edm.Int64")

    def default(self) -> Any:
        """What F&O shows where nothing was entered. Fact: an enum without a value 0 is null (Tax1099Type)."""
        if self.is_enum:
            return next((name for name, value in ENUMS[self.type].items() if value == 0), None)
        if self.is_number:
            return 0
        if self.type in _BLANK:
            return _BLANK[self.type]
        if self.type == "Edm.DateTimeOffset":
            return NO_TIME if self.is_time else NO_DATE
        return ""


@dataclass(frozen=True)
class EntitySet:
    name: str
    type_name: str
    table: str  # the entity's name inside F&O, which its Infolog uses
    keys: tuple[str, ...]
    properties: dict[str, Property]

    @property
    def by_company(self) -> bool:
        return COMPANY in self.properties

    @cached_property
    def defaults(self) -> dict[str, Any]:
        return {name: prop.default() for name, prop in self.properties.items()}


_FILES: Final = ("entities.json", "payables.json")


def _read() -> tuple[dict[str, EntitySet], dict[str, dict[str, int]]]:
    files = [json.loads((Path(__file__).parent / name).read_text(encoding="utf-8")) for name in _FILES]
    sets = {
        name: EntitySet(
            name,
            entity["type"],
            entity["table"],
            tuple(entity["keys"]),
            {
                prop: Property(prop, kind.rstrip("!"), not kind.endswith("!"))
                for prop, kind in entity["properties"].items()
            },
        )
        for data in files
        for name, entity in data["sets"].items()
    }
    return sets, {name: members for data in files for name, members in data["enums"].items()}


SETS, ENUMS = _read()


def folded(value: Any) -> Any:
    """As SQL Server compares text: case-blind, trailing blanks ignored. Numbers and null as they are."""
    return value.rstrip().casefold() if isinstance(value, str) else value


def tidy(number: int | Decimal) -> int | Decimal:
    """F&O shows amounts without trailing zeros (750, 0.5): the same value with as few digits as it needs."""
    if isinstance(number, int):
        return number
    if number == number.to_integral_value():
        return int(number)
    return Decimal(format(number.normalize(), "f"))
