"""How the demo's customer codes its spend in Brex: fields, their values, and what mappings.csv makes of them.

Some values carry the remote id under which F&O's own account or dimension value was pushed to Brex; others
were made in Brex (remote id null) and are found through the mappings, by name, blemishes and all.
"""

from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """A Brex field. `remote_id`: as pushed by an ERP, or null for one made in Brex."""

    id: str
    remote_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    field: Field
    id: str
    remote_id: str | None
    name: str

    def on_line(self) -> Json:
        """As an entry of accounting_field_values; with the undocumented names seen in a recorded record."""
        return {
            "brex_field_id": self.field.id,
            "remote_field_id": self.field.remote_id,
            "field_name": self.field.name,
            "brex_field_value_id": self.id,
            "remote_field_value_id": self.remote_id,
            "field_value_name": self.name,
            "type": "IDENTIFIER",
        }


# Fact: GL_ACCOUNT is the remote id of Brex's ledger account field (recorded record).
ACCOUNT: Final = Field("extended_field_0000000000000000000000001", "GL_ACCOUNT", "GL Account")
DEPARTMENT: Final = Field("extended_field_0000000000000000000000010", None, "Department")
UNIT: Final = Field("extended_field_0000000000000000000000011", "BusinessUnit", "Business unit")
COST_CENTER: Final = Field("extended_field_0000000000000000000000012", "CostCenter", "Cost center ")


def _values(field: Field, first: int, *pairs: tuple[str | None, str]) -> tuple[Value, ...]:
    return tuple(
        Value(field, f"efo_{number:025d}", remote_id, name) for number, (remote_id, name) in enumerate(pairs, first)
    )


ACCOUNTS: Final = _values(
    ACCOUNT,
    100,
    ("606100", "Meals and entertainment"),
    ("606400", "Ground transport "),
    ("602100", "Office supplies"),
    ("605140", "Software and subscriptions"),
    # F&O gives this account tax groups of its own, which fill in what a journal line leaves out.
    ("605100", "Telephone and internet"),
    (None, "7500 Other G&A"),
    (None, "Meals – team  "),
    (None, "Büromaterial (EU)"),
    (None, "SaaS "),
)
# F&O takes this account only with a department.
TRAVEL: Final = _values(ACCOUNT, 180, ("606300", "Airfare and travel"))[0]
SUSPENDED: Final = _values(ACCOUNT, 190, (None, "Legacy advertising"))[0]
UNMAPPED: Final = _values(ACCOUNT, 195, (None, "Suspense – ask finance"))[0]

DEPARTMENTS: Final = _values(
    DEPARTMENT,
    200,
    (None, "Sales & Marketing"),
    (None, "Operations "),
    (None, "Finance"),
    (None, "IT"),
    (None, "R&D – Zürich"),
    (None, "People"),
)
UNITS: Final = _values(
    UNIT, 300, ("001", "Home"), ("002", "Car audio"), ("003", "Television"), ("004", "Commercial projects")
)
# OPS-1 contains the delimiter that F&O uses between the segments of an account string.
COST_CENTERS: Final = _values(
    COST_CENTER, 400, ("007", "Admin"), ("008", "Events"), ("OPS-1", "Operations 1"), (None, "Ops one (old)")
)
