"""Reading a set: $filter, $select, $orderby, $top, $skip, $count, and pages linked by @odata.nextLink."""

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from sandbox.d365 import forms, views
from sandbox.d365.environment import Environment
from sandbox.d365.errors import bad_query, no_such_property
from sandbox.d365.filter_parse import Node, parse
from sandbox.d365.filters import equalities, mentions, test_of
from sandbox.d365.schema import COMPANY, EntitySet, folded
from sandbox.d365.shapes import as_json, context
from sandbox.d365.tables import Row

Options = list[tuple[str, str]]
_SERVED: Final = frozenset({"$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken"})


@dataclass(slots=True)
class Query:
    """The options of one request, understood."""

    entity: EntitySet
    every_company: bool
    filter: Node | None = None
    select: list[str] | None = None
    order: list[tuple[str, bool]] = field(default_factory=list)  # property, descending
    top: int | None = None
    skip: int = 0
    count: bool = False
    token: int = 0  # how many rows earlier pages have shown


def understand(entity: EntitySet, options: Options) -> Query:
    """Raises a 400 for an option that is unknown, doubled or malformed."""
    given: dict[str, str] = {}
    for name, value in options:
        if name.startswith("$"):
            if name not in _SERVED:
                raise bad_query(f"The query parameter '{name}' is not supported.")
            if name in given:
                raise bad_query(
                    f"Query option '{name}' was specified more than once, but it must be specified at most once."
                )
            given[name] = value
    query = Query(entity, every_company(options))
    if given.get("$filter"):
        query.filter = parse(given["$filter"], entity)
    if given.get("$select") and given["$select"].strip() != "*":
        query.select = [_property(entity, name) for name in given["$select"].split(",")]
    query.order = [_order(entity, part) for part in given.get("$orderby", "").split(",") if part.strip()]
    query.top = _number(given, "$top") if "$top" in given else None
    query.skip = _number(given, "$skip")
    query.token = _number(given, "$skiptoken")
    query.count = given.get("$count", "false").lower() == "true"
    return query


def every_company(options: Options) -> bool:
    """Fact: only the caller's default company is there unless cross-company=true."""
    return any(name == "cross-company" and value.lower() == "true" for name, value in options)


def matching(environment: Environment, query: Query) -> list[Row]:
    """All rows the caller may see and the filter takes, ordered; before $skip and $top."""
    name = query.entity.name
    if query.filter is not None and name in forms.OF_LINES and mentions(query.filter, "AccountType"):
        return []  # Fact: comparing AccountType in $filter silently returned no rows (live connector)
    pairs = equalities(query.filter, views.indexed(name)) if query.filter else None
    rows = views.rows(environment, name) if pairs is None else views.found(environment, name, pairs)
    if query.entity.by_company and not query.every_company:
        own = environment.switches.default_company.lower()
        rows = [row for row in rows if row.values[COMPANY].lower() == own]
    if query.filter is not None:
        test = test_of(query.filter)
        rows = [row for row in rows if test(row.values)]
    for prop, descending in reversed(query.order):
        rows.sort(key=lambda row: _sortable(row.values[prop]), reverse=descending)
    return rows


def page(environment: Environment, query: Query, service: str, options: Options) -> dict[str, Any]:
    """One page as JSON. A page is never longer than the environment's page size."""
    rows = matching(environment, query)
    total = len(rows)
    rows = rows[query.skip :]
    if query.top is not None:
        rows = rows[: query.top]
    end = query.token + environment.switches.page_size
    body: dict[str, Any] = {"@odata.context": context(service, query.entity.name, query.select)}
    if query.count:
        body["@odata.count"] = total
    body["value"] = [as_json(row, query.select) for row in rows[query.token : end]]
    if end < len(rows):
        rest = [(name, value) for name, value in options if name != "$skiptoken"]
        body["@odata.nextLink"] = f"{service}/{query.entity.name}?{urlencode([*rest, ('$skiptoken', str(end))])}"
    return body


def _property(entity: EntitySet, name: str) -> str:
    name = name.strip()
    if name not in entity.properties:
        raise bad_query(no_such_property(name, entity.type_name))
    return name


def _order(entity: EntitySet, part: str) -> tuple[str, bool]:
    found = re.fullmatch(r"\s*(\S+)(?:\s+(asc|desc))?\s*", part)
    if not found:
        raise bad_query(f"Syntax error in '$orderby={part}'.")
    return _property(entity, found[1]), found[2] == "desc"


def _number(given: dict[str, str], name: str) -> int:
    text = given.get(name, "0")
    if not re.fullmatch(r"\d{1,9}", text):
        raise bad_query(f"Invalid value '{text}' for {name} query option found. It requires a non-negative integer.")
    return int(text)


def _sortable(value: Any) -> Any:
    return "" if value is None else folded(value)
