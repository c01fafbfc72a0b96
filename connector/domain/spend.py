"""A settled card transaction and its expense, as Brex shows them, become the body of a record. Pure.

Facts (Brex transactions and expenses specs): amounts are whole numbers of the currency's smallest denomination, signed,
and a currency that is not given is USD; what is owed is positive, so a PURCHASE is and a COLLECTION (a payment to Brex)
is not; dates are calendar dates; a split expense has its parts in `expense_line_items`, or only the status SPLIT.
What a transaction is, is said by its type and never by its sign: the signs of REFUND and CHARGEBACK are not documented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from connector.domain.codes import coded_fields, filled
from connector.domain.money import digits
from connector.domain.record import SETTLED, TRANSACTION

Json = dict[str, Any]

WAITING: Final = "WAITING"
DEBIT, CREDIT = "DEBIT", "CREDIT"
_GONE: Final = ("VOID", "CANCELED")
_APPROVED: Final = ("APPROVED", "SETTLED")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of transaction is to the rest of the house. `sign`: the one it must have, 0 where it is not known.

    `side` of its coded line; "" where nothing is coded. `expense`: it waits until Brex shows its expense.
    """

    record_type: str
    side: str
    sign: int
    expense: bool


KINDS: Final[dict[str, Kind]] = {
    "PURCHASE": Kind("CARD_EXPENSE_POST", DEBIT, 1, expense=True),
    "REFUND": Kind("CARD_EXPENSE_REFUND", CREDIT, 0, expense=True),
    "CHARGEBACK": Kind("CHARGEBACK", CREDIT, 0, expense=True),
    "BNPL_FEE": Kind("BNPL_FEE", DEBIT, 1, expense=False),
    "COLLECTION": Kind("CARD_PAYMENT", "", -1, expense=False),
    "REWARDS_CREDIT": Kind("REWARD_REDEMPTION", "", 0, expense=False),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """When a transaction's coding counts as complete. `fields`: names of custom fields, or Category."""

    approved: bool = True
    fields: tuple[str, ...] = ()
    grace_days: int = 0
    hold_after_days: int = 30


@dataclass(slots=True)
class _Judged:
    waits: list[str] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


def join(transaction: Mapping[str, Any], expense: Mapping[str, Any] | None, rule: Rule, today: date) -> Json:
    """The body of the record: read by `record.parse`, like an accounting record, and never a float in it.

    Where the transaction cannot be read, the body says so when it is parsed. `today` is a day of UTC.
    """
    name = str(transaction.get("type") or "")
    kind = KINDS.get(name)
    money = _money(transaction.get("amount"))
    posted = _day(transaction.get("posted_at_date"))
    expense = expense or {}
    lines = [] if kind is None or money is None else _lines(str(transaction.get("id")), kind, money, expense)
    judged = _Judged()
    if kind is not None and posted is not None:
        _judge_day(posted, rule, today, judged)
        _judge_expense(transaction, kind, expense, rule, lines, judged)
    if kind is not None and kind.sign and money is not None and money["amount"] * kind.sign < 0:
        shown = f"{money['amount']} {money['currency']}"
        judged.oddities.append(f"a {name} of {shown} is the opposite of what its type says")
    updated = str(expense.get("updated_at") or "") or _midnight(posted)
    merchant = _merchant(transaction, expense)
    return {
        "id": transaction.get("id"),
        "type": kind.record_type if kind is not None else name or "UNKNOWN",
        "transaction_type": name,
        "source_type": TRANSACTION,
        "source_id": expense.get("id") or transaction.get("expense_id"),
        "review_status": WAITING if judged.waits else SETTLED,
        "waits": judged.waits,
        "overdue": posted is not None and today > posted + timedelta(days=rule.hold_after_days),
        "oddities": judged.oddities,
        "version": _version(updated),
        "amount": None if money is None else {**money, "amount": abs(money["amount"])},
        "erp_posting_date": _midnight(posted),
        "posted_at": _midnight(posted),
        "updated_at": updated,
        "user": _user(expense),
        "vendor": None if merchant is None else {"id": expense.get("merchant_id"), "name": merchant["raw_descriptor"]},
        "mcc": (merchant or {}).get("mcc"),
        "category": expense.get("category"),
        "memo": expense.get("memo"),
        "description": transaction.get("description"),
        "expense_status": expense.get("status"),
        **_evidence(expense),
        "line_items": lines,
    }


# Readiness


def _judge_day(posted: date, rule: Rule, today: date, judged: _Judged) -> None:
    if posted > today:  # seen in use: dates that lie ahead
        judged.waits.append(f"Brex dates it {posted}, which is still to come")
    elif today < (end := posted + timedelta(days=rule.grace_days)):
        judged.waits.append(f"its days of grace for coding end on {end}")


def _judge_expense(
    transaction: Mapping[str, Any],
    kind: Kind,
    expense: Mapping[str, Any],
    rule: Rule,
    lines: Sequence[Json],
    judged: _Judged,
) -> None:
    if not expense:
        if transaction.get("expense_id"):
            judged.waits.append(f"its expense {transaction['expense_id']} is not shown by Brex")
        elif kind.expense:
            judged.waits.append("Brex shows no expense for it yet")
        return
    if not kind.side:
        return
    parts = _parts(expense)
    if expense.get("status") == "SPLIT" and not parts:
        judged.waits.append("its expense is split, and Brex does not show the parts")
    for part in parts or [expense]:
        if rule.approved and part.get("status") not in _APPROVED and not part.get("approved_at"):
            judged.waits.append(f"its expense is {part.get('status') or 'without a status'}, not approved")
    for name in rule.fields:
        for number, line in enumerate(lines, start=1):
            if told := filled(line["accounting_field_values"], name):
                judged.waits.append(f"{name} {told}" + (f" in part {number}" if len(parts) > 1 else ""))
    judged.waits[:] = list(dict.fromkeys(judged.waits))


# Lines


def _lines(name: str, kind: Kind, money: Json, expense: Mapping[str, Any]) -> list[Json]:
    """The coded line, or one for each part of a split, without the other side. What was settled is the amount of it
    all: parts that come to something else are held for it.
    """
    worth = {**money, "amount": abs(money["amount"])}
    if not kind.side:
        return [_line(f"{name}-debit", DEBIT, worth, {}), _line(f"{name}-credit", CREDIT, worth, {})]
    other = CREDIT if kind.side == DEBIT else DEBIT
    parts = _parts(expense)
    coded = _split(kind.side, other, parts, expense) if parts else []
    if not coded:
        coded = [_line(str(expense.get("id") or name), kind.side, worth, expense)]
    return coded


def _split(side: str, other: str, parts: Sequence[Mapping[str, Any]], expense: Mapping[str, Any]) -> list[Json]:
    """A part whose sign is not that of the whole takes away from it: it stands on the other side."""
    amounts = [_part_amount(part) for part in parts]
    whole = sum((money["amount"] for money in amounts if money is not None), Decimal(0))
    found = []
    for part, money in zip(parts, amounts, strict=True):
        if money is None:
            found.append(_line(str(part.get("id")), side, None, part, expense))
            continue
        against = money["amount"] * whole < 0
        positive = {**money, "amount": abs(money["amount"])}
        found.append(_line(str(part.get("id")), other if against else side, positive, part, expense))
    return found


def _part_amount(part: Mapping[str, Any]) -> Json | None:
    """Fact: `billing_amount` is what the entity is charged, in its currency, which is the card account's."""
    return _money(part.get("billing_amount")) or _money(part.get("original_amount"))


def _parts(expense: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = expense.get("expense_line_items")
    found = [part for part in (items if isinstance(items, list) else []) if isinstance(part, dict)]
    return [part for part in found if part.get("status") not in _GONE]


def _line(
    name: str, direction: str, money: Json | None, coding: Mapping[str, Any], whole: Mapping[str, Any] | None = None
) -> Json:
    """`whole`: the split expense, which has what the part leaves out."""
    return {
        "id": name,
        "type": direction,
        "amount": money,
        "memo": coding.get("memo"),
        "accounting_field_values": coded_fields(coding, whole or {}) if coding else [],
    }


# Small parts


def _evidence(expense: Mapping[str, Any]) -> Json:
    """The ids of its receipts, and where it is shown in Brex; only what is there. Links to files are not kept.

    The ids alone, under a name of their own: an accounting record's `receipts` can be fetched by its id, these not.
    Fact: `dashboard_url` is the "URL to view the expense in the Brex dashboard" (Brex expenses spec).
    """
    receipts, link = expense.get("receipts"), expense.get("dashboard_url")
    some = receipts if isinstance(receipts, list) else []
    ids = [one["id"] for one in some if isinstance(one, dict) and isinstance(one.get("id"), str)]
    found: Json = {"receipt_ids": ids} if ids else {}
    return found | ({"link": link} if isinstance(link, str) and link.startswith("https://") else {})


def _user(expense: Mapping[str, Any]) -> Json | None:
    user = expense.get("user")
    user = dict(user) if isinstance(user, dict) else {"id": expense.get("user_id")}
    for name in ("department", "location"):
        place = expense.get(name)
        user[f"{name}_name"] = place.get("name") if isinstance(place, dict) else None
    kept = ("id", "first_name", "last_name", "department_name", "location_name")
    found = {name: user[name] for name in kept if user.get(name)}
    return found or None


def _merchant(transaction: Mapping[str, Any], expense: Mapping[str, Any]) -> Json | None:
    for owner in (expense, transaction):
        merchant = owner.get("merchant")
        if isinstance(merchant, dict) and merchant.get("raw_descriptor"):
            return merchant
    return None


def _money(value: Any) -> Json | None:
    """Major units; None for what is no amount. Fact: the currency may be null, and is USD then."""
    amount = value.get("amount") if isinstance(value, dict) else None
    if not isinstance(amount, int) or isinstance(amount, bool):
        return None
    currency = str(value.get("currency") or "USD").upper()
    return {"amount": Decimal(amount).scaleb(-digits(currency)), "currency": currency}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _midnight(day: date | None) -> str:
    """A calendar date as the accounting API writes one: midnight UTC, exactly."""
    return "" if day is None else datetime.combine(day, time.min, UTC).isoformat().replace("+00:00", "Z")


def _version(updated: str) -> int:
    """Milliseconds: what a person accepted was said of the expense as it was then."""
    try:
        moment = datetime.fromisoformat(updated)
    except ValueError:
        return 0
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp() * 1000)
