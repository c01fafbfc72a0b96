"""Values of properties: out of JSON bodies and out of the literals in URLs."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.d365.errors import bad_body, bad_query
from sandbox.d365.schema import ENUMS, NAMESPACE, Property, tidy

LIMIT = Decimal(10) ** 15  # X++ reals hold sixteen digits

_LITERAL = re.compile(
    r"""(?P<enum>[A-Za-z_][\w.]*)'(?P<member>(?:[^']|'')*)'
    |'(?P<text>(?:[^']|'')*)'
    |(?P<date>\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[MmDdLl]?
    |(?P<word>null|true|false)\b""",
    re.VERBOSE,
)
# What the OData library calls the type of each kind of literal when it complains.
_KINDS = {"text": "Edm.String", "date": "Edm.DateTimeOffset", "number": "Edm.Decimal", "enum": "Edm.Enum"}


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal of a URL. `kind` is text, number, date, enum or word."""

    kind: str
    text: str
    enum: str = ""


def literal(source: str, at: int = 0) -> tuple[Literal, int] | None:
    """The literal that starts at `at` and where it ends; None where none starts there."""
    found = _LITERAL.match(source, at)
    if not found:
        return None
    kind = str(found.lastgroup if found.lastgroup != "member" else "enum")
    text = found["member"] if kind == "enum" else found[kind]
    return Literal(kind, text.replace("''", "'"), found["enum"] or ""), found.end()


def as_value(prop: Property, given: Literal, operator: str = "Equal") -> Any:
    """A literal as the property's value. Raises a 400 where the types do not fit.

    Fact: an enum is written `Microsoft.Dynamics.DataEntities.NoYes'Yes'`; integrators' plain 'Yes' works too.
    """
    if given.text == "null" and given.kind == "word":
        return None
    if prop.is_enum and (given.kind == "text" or (given.kind == "enum" and given.enum == f"{NAMESPACE}.{prop.type}")):
        members = {name.casefold(): name for name in ENUMS[prop.type]}
        if given.text.casefold() not in members:
            raise bad_query(f"The string '{given.text}' is not a valid enumeration type constant.")
        return members[given.text.casefold()]
    if prop.type == "Edm.String" and given.kind == "text":
        return given.text
    if prop.is_number and given.kind == "number":
        return tidy(Decimal(given.text))
    if prop.type == "Edm.DateTimeOffset" and given.kind == "date":
        try:
            return _time(given.text)
        except ValueError:
            raise bad_query(f"Unrecognized 'Edm.DateTimeOffset' literal '{given.text}'.") from None
    expected = f"{NAMESPACE}.{prop.type}" if prop.is_enum else prop.type
    raise bad_query(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{expected}' and '{_KINDS.get(given.kind, 'Edm.Boolean')}' for operator kind '{operator}'."
    )


def from_body(prop: Property, value: Any) -> Any:
    """A JSON value as it is stored. Raises a 400 where JSON's type is not the property's.

    Fact: dates are taken as "2026-07-23", "…T00:00:00Z" and "…T12:00:00Z", and read back at noon UTC.
    """
    if value is None:
        if prop.nullable or prop.is_enum:
            return "" if prop.type == "Edm.String" else prop.default()
        raise bad_body(f"A null value was found for the property named '{prop.name}', which is not nullable.")
    if prop.is_number:
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or abs(Decimal(value)) >= LIMIT:
            raise _not_convertible(prop, value)
        if prop.type != "Edm.Decimal" and value != int(value):
            raise _not_convertible(prop, value)
        return tidy(value)
    if prop.type == "Edm.Boolean" and isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise _not_convertible(prop, value)
    if prop.type == "Edm.Binary" and not _is_base64(value):
        raise _not_convertible(prop, f"{value[:20]}…")
    if prop.is_enum:
        if value not in ENUMS[prop.type]:
            raise _not_convertible(prop, value)
        return value
    if prop.type == "Edm.DateTimeOffset":
        return _stored_time(prop, value)
    return value


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True


def _stored_time(prop: Property, value: str) -> str:
    try:
        moment = _time(value)
    except ValueError:
        raise _not_convertible(prop, value) from None
    return moment if prop.is_time else f"{moment[:10]}T12:00:00Z"


def _time(text: str) -> str:
    """ISO 8601 as F&O shows it, in UTC; a date alone is its midnight. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _not_convertible(prop: Property, value: Any) -> Exception:
    expected = f"{NAMESPACE}.{prop.type}" if prop.is_enum else prop.type
    return bad_body(f"Cannot convert the literal '{value}' to the expected type '{expected}'.")
