"""A Brex accounting record as the rest of the house sees it.

Fact: Accounting API v3 amounts are decimal *major* units, and a line item's amount is always positive; direction is
only in the line's type (Brex accounting spec, `AccountingRecordDetailed`). Unknown fields, types and enum values are
kept by name and never make reading fail: Brex adds them without a new version.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from connector.domain.money import Money

READY: Final = "READY_FOR_EXPORT"
EXPORTED: Final = "EXPORTED"
# Source types whose records have no export status in Brex: nothing there can become EXPORTED.
TRANSACTION: Final = "TRANSACTION"  # a settled card transaction with its expense, as `domain.spend` joins them
SETTLED: Final = "SETTLED"  # in place of a review status: it may be booked
SILENT: Final = ("BILL", TRANSACTION)

# PostgreSQL stores neither NUL nor half a character (a lone surrogate); in a name or memo they mean nothing.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """The body is not an accounting record; the message says which field is wrong and how."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """One coding of a line: a field (GL account, department, …) and the value chosen. Any part may be missing."""

    field_id: str
    field_remote_id: str
    field_name: str
    value_id: str
    value_remote_id: str
    value_name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line item. `amount` is positive, in major units; `direction` is DEBIT, CREDIT or a word we do not know."""

    id: str
    direction: str
    amount: Money
    memo: str
    fields: tuple[FieldValue, ...]
    billing_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One accounting record. Times are aware and in UTC; texts are trimmed; missing texts are empty."""

    id: str
    type: str
    source_type: str
    source_id: str
    review_status: str
    version: Decimal
    amount: Money
    posting_time: datetime
    updated_at: datetime
    user_id: str
    user_name: str
    department: str
    location: str
    vendor_id: str
    vendor_name: str
    memo: str
    invoice_number: str
    lines: tuple[Line, ...]
    due_at: str = ""  # of bills only, as Brex writes it
    status: str = ""  # not documented; seen in use: SUBMITTED
    billing_amount: Money | None = None  # not documented; seen in use
    # Of card transactions only. `waits`: why it is not booked yet, in words; `overdue`: it waits for too long.
    category: str = ""
    mcc: str = ""
    waits: tuple[str, ...] = ()
    overdue: bool = False
    oddities: tuple[str, ...] = ()
    # What leads to its receipts: their ids, and of card transactions the expense's page in Brex. Never a file's link.
    receipts: tuple[str, ...] = ()
    link: str = ""


def parse(data: Any) -> Record:
    """Read one record as Brex sends it (parsed JSON, numbers as int or Decimal). Raises `Unreadable`."""
    body = _object(data, "the record")
    user = _object(body.get("user") or {}, "user")
    vendor = _object(body.get("vendor") or {}, "vendor")
    name = f"{_text(user, 'first_name')} {_text(user, 'last_name')}".strip()
    return Record(
        id=_required(body, "id"),
        type=_required(body, "type"),
        source_type=_required(body, "source_type"),
        source_id=_text(body, "source_id"),
        review_status=_required(body, "review_status"),
        version=_number(body.get("version"), "version"),
        amount=_money(body.get("amount"), "amount"),
        posting_time=_time(body.get("erp_posting_date"), "erp_posting_date"),
        updated_at=_time(body.get("updated_at"), "updated_at"),
        user_id=_text(user, "id"),
        user_name=name,
        department=_text(user, "department_name"),
        location=_text(user, "location_name"),
        vendor_id=_text(vendor, "id"),
        vendor_name=_text(vendor, "name"),
        memo=_text(body, "memo"),
        invoice_number=_text(body, "invoice_number"),
        lines=tuple(
            _line(item, f"line_items[{index}]")
            for index, item in enumerate(_list(body.get("line_items"), "line_items"))
        ),
        due_at=_text(body, "due_at"),
        status=_text(body, "status"),
        billing_amount=_perhaps_money(body.get("billing_amount")),
        category=_text(body, "category"),
        mcc=_text(body, "mcc"),
        waits=_texts(body, "waits"),
        overdue=body.get("overdue") is True,
        oddities=_texts(body, "oddities"),
        receipts=_receipts(body),
        link=_text(body, "link"),
    )


def _texts(body: dict[str, Any], key: str) -> tuple[str, ...]:
    items = body.get(key)
    return tuple(one for one in items if isinstance(one, str)) if isinstance(items, list) else ()


def _receipts(body: dict[str, Any]) -> tuple[str, ...]:
    """The ids, in Brex's order; no record is held for them, so what is no id is left out."""
    items = body.get("receipts")
    found = [_text(one, "id") for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return tuple(one for one in found if one) or _texts(body, "receipt_ids")


def _line(data: Any, where: str) -> Line:
    body = _object(data, where)
    amount = _money(body.get("amount"), f"{where}.amount")
    if amount.amount < 0:
        raise Unreadable(f"{where}.amount is negative ({amount.amount}); Brex line amounts are always positive")
    billing = body.get("billing_amount")
    return Line(
        id=_text(body, "id"),
        direction=_required(body, "type", where),
        amount=amount,
        memo=_text(body, "memo"),
        fields=tuple(
            _field(item, f"{where}.accounting_field_values[{index}]")
            for index, item in enumerate(_list(body.get("accounting_field_values"), f"{where}.accounting_field_values"))
        ),
        billing_amount=None if billing is None else _money(billing, f"{where}.billing_amount"),
    )


def _field(data: Any, where: str) -> FieldValue:
    body = _object(data, where)
    return FieldValue(
        field_id=_text(body, "brex_field_id"),
        field_remote_id=_text(body, "remote_field_id"),
        field_name=_text(body, "field_name"),
        value_id=_text(body, "brex_field_value_id"),
        value_remote_id=_text(body, "remote_field_value_id"),
        value_name=_text(body, "field_value_name"),
    )


def _object(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Unreadable(f"{where} is not an object")
    return data


def _list(data: Any, where: str) -> list[Any]:
    if data is None:
        return []
    if not isinstance(data, list):
        raise Unreadable(f"{where} is not a list")
    return data


def _text(body: dict[str, Any], key: str) -> str:
    """Trimmed text; null, missing and anything that is not text or a number count as empty."""
    value = body.get(key)
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value).strip()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return ""


def _required(body: dict[str, Any], key: str, where: str = "") -> str:
    value = body.get(key)
    if not isinstance(value, str) or not _text(body, key):
        raise Unreadable(f"{where + '.' if where else ''}{key} is missing or not text")
    return _text(body, key)


def _number(value: Any, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unreadable(f"{where} is missing or not a number")
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise Unreadable(f"{where} is out of range")
    return number


def _money(data: Any, where: str) -> Money:
    body = _object(data, where)
    currency = _text(body, "currency").upper()
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Unreadable(f"{where}.currency is not a currency code")
    return Money(_number(body.get("amount"), f"{where}.amount"), currency)


def _perhaps_money(data: Any) -> Money | None:
    """Of a field that is not documented: whatever cannot be read counts as missing."""
    try:
        return None if data is None else _money(data, "")
    except Unreadable:
        return None


def _time(value: Any, where: str) -> datetime:
    """ISO 8601; without an offset it is UTC, as Brex documents its times."""
    if not isinstance(value, str):
        raise Unreadable(f"{where} is missing or not a date and time")
    try:
        time = datetime.fromisoformat(value.strip())
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f'{where} is not a date and time: "{value[:40]}"') from error
