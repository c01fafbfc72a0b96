"""Rules as a CSV file: a line for each condition and each result of a rule. All mistakes at once."""

from collections.abc import Iterable

from connector.mapping import csvtable
from connector.mapping.csvtable import BadRows, RowMistake
from connector.mapping.mappings import fold
from connector.mapping.rules import AMOUNT, AMOUNT_OPERATORS, SKIP, SPELLING, TEXT_OPERATORS, Row, is_on, money

_SWITCH = ("yes", "no", "on", "off", "true", "false", "1", "0", "")


def read_rules(text: str) -> list[Row]:
    """The lines of the file in their order, trimmed. Raises `BadRows` with all mistakes.

    A rule's lines need not stand together; its place in the order is that of its first line. `on` is yes where it is
    left blank.
    """
    mistakes: list[RowMistake] = []
    rows: list[tuple[int, Row]] = []
    for number, cells in csvtable.read(text, Row._fields, mistakes):
        row = _spelled(Row(*cells))
        reasons = _reasons(row)
        mistakes += [RowMistake(number, reason) for reason in reasons]
        if row.rule:
            rows.append((number, row))
    for lines in _by_rule(rows).values():
        mistakes += _of_one_rule(lines)
    if mistakes:
        raise BadRows(mistakes)
    return [row for _, row in rows]


def write_rules(rows: Iterable[Row]) -> str:
    """The inverse of `read_rules`, with its header."""
    return csvtable.write(Row._fields, rows)


def _spelled(row: Row) -> Row:
    return row._replace(
        on=row.on if fold(row.on) not in _SWITCH else "yes" if is_on(row.on) else "no",
        operator=" ".join(row.operator.lower().split()),
        dimension=SPELLING.get(fold(row.dimension), row.dimension),
    )


def _reasons(row: Row) -> list[str]:
    """What is wrong with a line by itself."""
    reasons = []
    if not row.rule:
        reasons.append("rule is empty: give the rule a name")
    if fold(row.on) not in _SWITCH:
        reasons.append(f'on is "{row.on}"; write yes or no')
    given, condition = (row.field, row.operator, row.value), "field, operator and value"
    if any(given) and not all(given):
        reasons.append(f"{condition} belong together: fill all three or none")
    elif row.field:
        reasons += _condition_reasons(row)
    if bool(row.dimension) != bool(row.result):
        reasons.append("dimension and result belong together: fill both or neither")
    if not any((*given, row.dimension, row.result)):
        reasons.append("says neither a condition nor a result")
    return reasons


def _condition_reasons(row: Row) -> list[str]:
    operators = AMOUNT_OPERATORS if fold(row.field) == AMOUNT else TEXT_OPERATORS
    if row.operator not in operators:
        return [f'"{row.operator}" is no operator for {row.field}; there are: {", ".join(operators)}']
    if fold(row.field) == AMOUNT and money(row.value) is None:
        return [f'"{row.value}" is no amount; write it like 100, 100.50 or 100.50 USD']
    if row.operator == "one of" and not any(map(fold, row.value.split("|"))):
        return ["names no value; separate several by |"]
    return [] if fold(row.value) else ["value is empty"]


def _by_rule(rows: Iterable[tuple[int, Row]]) -> dict[str, list[tuple[int, Row]]]:
    found: dict[str, list[tuple[int, Row]]] = {}
    for number, row in rows:
        found.setdefault(fold(row.rule), []).append((number, row))
    return found


def _of_one_rule(lines: list[tuple[int, Row]]) -> list[RowMistake]:
    """What is wrong with the lines of a rule taken together."""
    mistakes = []
    first, start = lines[0]
    results: dict[str, int] = {}
    for number, row in lines:
        if is_on(row.on) != is_on(start.on):
            mistakes.append(RowMistake(number, f'the rule "{row.rule}" is {start.on} in row {first} and {row.on} here'))
        if row.dimension and results.setdefault(fold(row.dimension), number) != number:
            earlier = results[fold(row.dimension)]
            mistakes.append(RowMistake(number, f'the rule "{row.rule}" has a result for {row.dimension} in row '
                                               f"{earlier} already"))  # fmt: skip
    if not results:
        mistakes.append(RowMistake(first, f'the rule "{start.rule}" has no result: no line has a dimension'))
    elif fold(SKIP) in results and len(results) > 1:
        number = results[fold(SKIP)]
        mistakes.append(RowMistake(number, f'the rule "{start.rule}" says Skip and has other results as well'))
    return mistakes
