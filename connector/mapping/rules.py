"""Rules: what becomes of a line that neither a mapping nor a remote id answers.

Rules are ordered, named and can be switched off. A rule applies to a line where all its conditions hold (one without
conditions applies to every line); for each dimension the first rule that applies and says something of it wins. A
rule may also say `Skip` with a reason: a record is skipped where such a rule is the first that applies to each of
its lines.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fnmatch import translate
from typing import Final, NamedTuple

from connector.domain.master import MAIN_ACCOUNT
from connector.domain.money import Money
from connector.domain.record import Line, Record
from connector.mapping.choice import Sourced
from connector.mapping.mappings import LEGAL_ENTITY, fold, folds
from connector.mapping.text import label

SKIP: Final = "Skip"
SPELLING: Final = {fold(name): name for name in (MAIN_ACCOUNT, LEGAL_ENTITY, SKIP)}
AMOUNT: Final = "amount"
# What a condition may be about besides a field of the line: the record's own words. `vendor` is `merchant`.
ATTRIBUTES: Final = ("type", "merchant", "vendor", "category", "mcc", "user", "department", "location", "memo",
                     "currency", AMOUNT)  # fmt: skip


class Row(NamedTuple):
    """One line of the rules, as stored and as in the CSV file: a condition, a result, or both.

    The lines of one rule have its name in common.
    """

    rule: str
    on: str
    field: str
    operator: str
    value: str
    dimension: str
    result: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule can look at: the folded values of each folded field, and the amount in major units."""

    values: dict[str, tuple[str, ...]]
    amount: Money


@dataclass(frozen=True, slots=True)
class Condition:
    words: str  # as a person reads it: merchant contains "uber"
    holds: Callable[[Facts], bool]


@dataclass(slots=True)
class Rule:
    """`results`: folded dimension → value. `skip`: the reason, where it is that kind of rule."""

    name: str
    on: bool
    conditions: list[Condition]
    results: dict[str, str]
    skip: str = ""

    def applies(self, facts: Facts) -> bool:
        return self.on and all(condition.holds(facts) for condition in self.conditions)

    @property
    def why(self) -> str:
        when = " and ".join(condition.words for condition in self.conditions) or "always"
        return f'rule "{label(self.name)}" ({when})'


class RuleBook:
    """The rules of a connection in their order. Plain tuples will do as rows; what is no rule never applies."""

    def __init__(self, rows: Iterable[Sequence[str]] = ()) -> None:
        self.rules: list[Rule] = []
        self.written: dict[str, str] = {}  # folded dimension → as the rules write it
        named: dict[str, Rule] = {}
        for row in (Row(*cells) for cells in rows):
            rule = named.get(fold(row.rule))
            if rule is None:
                rule = named[fold(row.rule)] = Rule(row.rule, is_on(row.on), [], {})
                self.rules.append(rule)
            self._add(rule, row)

    def _add(self, rule: Rule, row: Row) -> None:
        if row.field:
            rule.conditions.append(condition(row.field, row.operator, row.value))
        if fold(row.dimension) == fold(SKIP):
            rule.skip = row.result
        elif row.dimension:
            self.written.setdefault(fold(row.dimension), row.dimension)
            rule.results.setdefault(fold(row.dimension), row.result)

    def results(self, facts: Facts) -> dict[str, Sourced]:
        """Folded dimension → the value of the first rule that applies and has one."""
        found: dict[str, Sourced] = {}
        for rule in self.rules:
            if rule.results and not rule.results.keys() <= found.keys() and rule.applies(facts):
                for dimension, value in rule.results.items():
                    found.setdefault(dimension, Sourced(value, rule.why))
        return found

    def skip(self, lines: Sequence[Facts]) -> str:
        """Why a record with these lines is skipped; "" where it is not."""
        rules = [next((rule for rule in self.rules if rule.applies(line)), None) for line in lines]
        first = rules[0] if rules else None
        if first is None or any(rule is None or not rule.skip for rule in rules):
            return ""
        return f"{label(first.skip)}, by {first.why}"


def facts_of(record: Record, line: Line | None = None) -> Facts:
    """What can be said of a line of a record; without one, of the record with what all its lines carry."""
    values: dict[str, tuple[str, ...]] = {}

    def add(field: str, *found: str) -> None:
        values[fold(field)] = values.get(fold(field), ()) + folds(*found)

    add("type", record.type)
    add("merchant", record.vendor_name, record.vendor_id)
    add("vendor", record.vendor_name, record.vendor_id)
    add("user", record.user_name, record.user_id)
    add("department", record.department)
    add("location", record.location)
    add("category", record.category)
    add("mcc", record.mcc)
    add("memo", (line.memo if line else "") or record.memo)
    add("currency", record.amount.currency)
    for coding in [coding for one in ([line] if line else record.lines) for coding in one.fields]:
        for field in folds(coding.field_name, coding.field_remote_id, coding.field_id):
            add(field, coding.value_name, coding.value_remote_id, coding.value_id)
    return Facts(values, line.amount if line else record.amount)


def is_on(cell: str) -> bool:
    return fold(cell) not in ("no", "off", "false", "0")


def condition(field: str, operator: str, value: str) -> Condition:
    """A condition as the CSV file writes it. One that cannot be understood never holds (the file is checked before)."""
    words = f'{label(field)} {fold(operator)} "{label(value)}"'
    test = _amount_test(operator, value) if fold(field) == AMOUNT else _text_test(fold(field), operator, value)
    return Condition(words, test or (lambda _: False))


def _text_test(field: str, operator: str, value: str) -> Callable[[Facts], bool] | None:
    wanted = fold(value)
    match fold(operator):
        case "equals":
            return lambda facts: wanted in facts.values.get(field, ())
        case "contains":
            return lambda facts: any(wanted in found for found in facts.values.get(field, ()))
        case "one of":
            several = frozenset(folds(*value.split("|")))
            return lambda facts: not several.isdisjoint(facts.values.get(field, ()))
        case "pattern":
            matches = re.compile(translate(wanted)).match
            return lambda facts: any(matches(found) for found in facts.values.get(field, ()))
    return None


def _amount_test(operator: str, value: str) -> Callable[[Facts], bool] | None:
    limit = money(value)
    if limit is None:
        return None
    amount, currency = limit
    compare = {"equals": Decimal.__eq__, "at least": Decimal.__ge__, "at most": Decimal.__le__}.get(fold(operator))
    if compare is None:
        return None
    return lambda facts: currency in ("", facts.amount.currency) and bool(compare(abs(facts.amount.amount), amount))


def money(value: str) -> tuple[Decimal, str] | None:
    """`100`, `100.50` or `100.50 USD` as an amount in major units and a currency ("" for any); None for others."""
    number, _, currency = value.strip().partition(" ")
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return None
    sound = amount.is_finite() and amount >= 0 and re.fullmatch("[A-Z]{3}|", currency.strip().upper())
    return (amount, currency.strip().upper()) if sound else None


TEXT_OPERATORS: Final = ("equals", "contains", "one of", "pattern")
AMOUNT_OPERATORS: Final = ("equals", "at least", "at most")
