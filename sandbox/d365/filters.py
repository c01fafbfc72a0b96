"""What a $filter means: a test for rows, and the few rows worth testing."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.d365.filter_parse import Both, Compare, Either, Node, Not
from sandbox.d365.schema import folded

Values = Mapping[str, Any]
Test = Callable[[Values], bool]


def test_of(node: Node) -> Test:
    """The tree as a function of a row's values. Text compares as in SQL Server, case-blind; `*` is a wildcard."""
    if isinstance(node, Both):
        parts = [test_of(part) for part in node.parts]
        return lambda row: all(part(row) for part in parts)
    if isinstance(node, Either):
        parts = [test_of(part) for part in node.parts]
        return lambda row: any(part(row) for part in parts)
    if isinstance(node, Not):
        inner = test_of(node.part)
        return lambda row: not inner(row)
    return _comparison(node)


def mentions(node: Node, prop: str) -> bool:
    if isinstance(node, Compare):
        return node.prop == prop
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return any(mentions(part, prop) for part in parts)


def equalities(node: Node, props: frozenset[str]) -> list[tuple[str, Any]] | None:
    """Indexed (property, value) pairs such that every row the filter takes has at least one of them.

    None where the filter gives no such pairs: then all rows must be tested.
    """
    if isinstance(node, Compare):
        plain = node.operator == "eq" and node.prop in props and "*" not in str(node.value)
        return [(node.prop, node.value)] if plain else None
    if isinstance(node, Either):
        found: list[tuple[str, Any]] = []
        for part in node.parts:
            pairs = equalities(part, props)
            if pairs is None:
                return None
            found += pairs
        return found
    if isinstance(node, Both):
        offers = [pairs for part in node.parts if (pairs := equalities(part, props)) is not None]
        return min(offers, key=len, default=None)
    return None


def _comparison(node: Compare) -> Test:
    prop, value = node.prop, folded(node.value)
    if isinstance(value, str) and "*" in value and node.operator in ("eq", "ne"):
        like = re.compile(".*".join(re.escape(piece) for piece in value.split("*")), re.DOTALL)
        wanted = node.operator == "eq"
        return lambda row: (like.fullmatch(folded(row[prop])) is not None) is wanted
    if node.operator == "eq":
        return lambda row: bool(folded(row[prop]) == value)
    if node.operator == "ne":
        return lambda row: bool(folded(row[prop]) != value)
    order = _ORDER[node.operator]
    return lambda row: row[prop] is not None and value is not None and order(folded(row[prop]), value)


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: bool(a > b),
    "ge": lambda a, b: bool(a >= b),
    "lt": lambda a, b: bool(a < b),
    "le": lambda a, b: bool(a <= b),
}
