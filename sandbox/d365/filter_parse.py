"""$filter read into a tree. Only what F&O takes: eq ne gt ge lt le, and, or, not, parentheses.

Fact (Microsoft, odata.md): `has` and `in` are not supported; contains is written with `*` inside `eq`. String
functions answer 400 (seen on several entities). Arithmetic exists in F&O and is not served here.
"""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.d365.errors import bad_query, no_such_property
from sandbox.d365.schema import EntitySet
from sandbox.d365.values import as_value, literal

OPERATORS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "gt": "GreaterThan",
    "ge": "GreaterThanOrEqual",
    "lt": "LessThan",
    "le": "LessThanOrEqual",
}
_MIRRORED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_WORD = re.compile(r"[A-Za-z_][\w./]*")
_MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Compare:
    prop: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Both:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Compare | Both | Either | Not


def parse(text: str, entity: EntitySet) -> Node:
    """The tree of one $filter. Raises a 400 for anything F&O does not understand."""
    reader = _Reader(text, entity)
    node = reader.either(0)
    if not reader.at_end():
        raise reader.syntax_error()
    return node


class _Reader:
    def __init__(self, text: str, entity: EntitySet) -> None:
        self.text = text
        self.entity = entity
        self.at = 0

    def at_end(self) -> bool:
        self._blanks()
        return self.at >= len(self.text)

    def syntax_error(self) -> Exception:
        return bad_query(f"Syntax error at position {self.at} in '{self.text}'.")

    def either(self, depth: int) -> Node:
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._single(depth)]
        while self._take("and"):
            parts.append(self._single(depth))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _single(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise bad_query("Recursion limit reached.")
        if self._take("not"):
            self._expect("(")
            node: Node = Not(self.either(depth + 1))
            self._expect(")")
            return node
        if self._symbol("("):
            node = self.either(depth + 1)
            self._expect(")")
            return node
        return self._comparison()

    def _comparison(self) -> Compare:
        """`Property op literal`, or the same mirrored."""
        self._blanks()
        first = literal(self.text, self.at)
        if first:
            self.at = first[1]
            operator = self._operator()
            prop = self.entity.properties[self._property()]
            given, operator = first[0], _MIRRORED.get(operator, operator)
        else:
            prop = self.entity.properties[self._property()]
            operator = self._operator()
            self._blanks()
            second = literal(self.text, self.at)
            if not second:
                raise self.syntax_error()
            given, self.at = second
        if prop.is_enum and operator not in ("eq", "ne"):
            raise bad_query(f"Operator '{OPERATORS[operator]}' is not supported on the enumeration '{prop.name}'.")
        return Compare(prop.name, operator, as_value(prop, given, OPERATORS[operator]))

    def _property(self) -> str:
        word = self._word()
        if self.text[self.at : self.at + 1] == "(":
            raise bad_query(f"The function '{word}' cannot be executed on this entity.")
        if word not in self.entity.properties:
            raise bad_query(no_such_property(word, self.entity.type_name))
        return word

    def _operator(self) -> str:
        word = self._word()
        if word in ("has", "in", "add", "sub", "mul", "div", "mod"):
            raise bad_query(f"The operator '{word}' is not supported.")
        if word not in OPERATORS:
            raise self.syntax_error()
        return word

    def _word(self) -> str:
        self._blanks()
        found = _WORD.match(self.text, self.at)
        if not found:
            raise self.syntax_error()
        self.at = found.end()
        return found[0]

    def _take(self, keyword: str) -> bool:
        self._blanks()
        found = _WORD.match(self.text, self.at)
        if not found or found[0] != keyword:
            return False
        self.at = found.end()
        return True

    def _symbol(self, symbol: str) -> bool:
        self._blanks()
        if self.text[self.at : self.at + 1] != symbol:
            return False
        self.at += 1
        return True

    def _expect(self, symbol: str) -> None:
        if not self._symbol(symbol):
            raise self.syntax_error()

    def _blanks(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
