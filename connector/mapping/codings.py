"""The codings a record carries, in one shape: its lines' fields, and its own user, department and so on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from connector.domain.record import FieldValue, Line, Record
from connector.mapping.mappings import FOLDED_MAIN_ACCOUNT, Mappings, fold, folds
from connector.mapping.text import label

# Fact: Brex's own account field has the remote id GL_ACCOUNT and the name "GL Account" (a recorded record).
_ACCOUNT_FIELDS: Final = frozenset({"glaccount", "mainaccount", "generalledgeraccount", "ledgeraccount"})
ACCOUNT_REMOTE_IDS: Final = frozenset({"gl_account", FOLDED_MAIN_ACCOUNT})
ENTITY_REMOTE_IDS: Final = frozenset({"legal_entity", "legalentity"})


@dataclass(frozen=True, slots=True)
class Coding:
    """One field with its value, what the mappings make of it, and what Brex carries of ours.

    Names are folded for comparing; the labels are for people. `mapped`: folded dimension → F&O values.
    `expected`: folded dimensions for which this field should give a value, so that a value without one is a
    problem. `remote_field` (folded) and `remote_value` are the ids pushed to Brex, or "".
    """

    field_label: str
    value_label: str
    mapped: dict[str, tuple[str, ...]]
    expected: frozenset[str]
    remote_field: str = ""
    remote_value: str = ""

    def __str__(self) -> str:
        return f'{self.field_label} = "{self.value_label}"'


def of_line(line: Line, mappings: Mappings) -> tuple[Coding, ...]:
    """The fields of a line that have a value. Fact: one left open comes with a null value (seen in use)."""
    return tuple(_of_field(field, mappings) for field in line.fields if has_value(field))


def has_value(field: FieldValue) -> bool:
    return bool(field.value_id or field.value_remote_id or field.value_name)


def _of_field(field: FieldValue, mappings: Mappings) -> Coding:
    names = folds(field.field_id, field.field_remote_id, field.field_name)
    expected = mappings.dimensions_of(names)
    if not _ACCOUNT_FIELDS.isdisjoint(_letters(name) for name in names):
        expected |= {FOLDED_MAIN_ACCOUNT}
    return Coding(
        field_label=label(field.field_name, field.field_remote_id, field.field_id),
        value_label=label(field.value_name, field.value_remote_id, field.value_id),
        mapped=mappings.targets(names, folds(field.value_id, field.value_remote_id, field.value_name)),
        expected=expected,
        remote_field=fold(field.field_remote_id),
        remote_value=field.value_remote_id,
    )


def of_record(record: Record, mappings: Mappings) -> tuple[Coding, ...]:
    """What the record itself says, under the pseudo-fields user, department, location and vendor.

    Departments and locations are few, so one without a row is an oversight. Users and vendors are many, and
    rows for them are exceptions: the others are simply not concerned.
    """
    return tuple(
        Coding(
            field_label=name,
            value_label=label(*reversed(values)),
            mapped=mappings.targets((name,), folds(*values)),
            expected=mappings.dimensions_of((name,)) if complete else frozenset(),
        )
        for name, values, complete in _attributes(record)
        if any(values)
    )


def _attributes(record: Record) -> Sequence[tuple[str, tuple[str, ...], bool]]:
    return (
        ("user", (record.user_id, record.user_name), False),
        ("department", (record.department,), True),
        ("location", (record.location,), True),
        ("vendor", (record.vendor_id, record.vendor_name), False),
    )


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name))
