"""One OData operation, alone or inside a batch: path and body in, status and JSON out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.domain import jsonio
from sandbox.d365 import journals, lines, paths, query, vendors, views
from sandbox.d365.environment import Environment, Journal
from sandbox.d365.errors import (
    Refusal,
    absent,
    bad_body,
    bad_query,
    changed_meanwhile,
    no_such_property,
    nothing_selected,
)
from sandbox.d365.query import Options
from sandbox.d365.schema import COMPANY, SETS, EntitySet, folded
from sandbox.d365.shapes import as_json, context, etag, location
from sandbox.d365.tables import Row
from sandbox.d365.values import from_body

MINIMAL = "application/json; odata.metadata=minimal"


@dataclass(frozen=True, slots=True)
class Operation:
    """`path` is what follows /data/, decoded; `who` is the request it belongs to; `if_match` an ETag or nothing."""

    method: str
    path: str
    options: Options
    body: bytes
    service: str  # https://host/data
    who: object
    if_match: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


def operation(method: str, url: str, body: bytes, service: str, who: object, if_match: str = "") -> Operation:
    """From a URL: absolute, from the root, or relative to the service. Raises a 400 for another service."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc and f"https://{parts.netloc.lower()}/data" != service:
        raise bad_query(f"The URI '{url}' is not part of the service '{service}'.")
    if parts.netloc or path.startswith("/"):
        if not path.startswith("/data/"):
            raise bad_query(f"Resource not found for '{path}'.")
        path = path.removeprefix("/data/")
    options = parse_qsl(parts.query, keep_blank_values=True)
    return Operation(method.upper(), path, options, body, service, who, if_match)


def perform(environment: Environment, asked: Operation) -> Answer:
    """Carry out one operation, whole or not at all. Raises `Refusal`."""
    name, key_text, rest = paths.split(asked.path)
    entity = SETS.get(name)
    if entity is None:
        raise bad_query(f"Resource not found for the segment '{name}'.")
    with environment.tables.transaction():
        if asked.method == "GET":
            return _get(environment, asked, entity, key_text, rest)
        if rest:
            raise bad_query(f"Resource not found for the segment '{rest}'.")
        change = _CHANGES.get((name, asked.method))
        if change is None or (asked.method == "POST") != (key_text is None):
            raise Refusal(405, f"The requested resource does not support http method '{asked.method}'.", kind="")
        return change(environment, asked, entity, key_text or "")


def journal_of(environment: Environment, asked: Operation) -> Journal | None:
    """The journal that a line is inserted into or deleted from, as far as it can be read."""
    try:
        if asked.method == "DELETE" and asked.path.startswith(f"{lines.SET}("):
            values = paths.key(SETS[lines.SET], paths.split(asked.path)[1] or "")
            return str(folded(values[COMPANY])), str(folded(values["JournalBatchNumber"]))
        if asked.method != "POST" or asked.path != lines.SET:
            return None
        body = jsonio.loads(asked.body)
        company = body.get(COMPANY) or environment.switches.default_company
        return str(folded(company)), str(folded(body.get("JournalBatchNumber", "")))
    except (jsonio.NotJson, AttributeError, Refusal):
        return None


def _get(environment: Environment, asked: Operation, entity: EntitySet, key: str | None, rest: str) -> Answer:
    asked_for = query.understand(entity, asked.options)
    if key is not None:
        row = _visible(environment, asked, entity, key)
        if row is None or rest:
            raise absent()
        shown = as_json(row, asked_for.select)
        head = {"@odata.context": context(asked.service, entity.name, asked_for.select, one=True)}
        return Answer(200, jsonio.dumps(head | shown), {"Content-Type": MINIMAL, "ETag": etag(row)})
    if rest == "$count":
        # Fact: a bare number.
        return Answer(200, str(len(query.matching(environment, asked_for))), {"Content-Type": "text/plain"})
    if rest:
        raise bad_query(f"Resource not found for the segment '{rest}'.")
    page = query.page(environment, asked_for, asked.service, asked.options)
    return Answer(200, jsonio.dumps(page), {"Content-Type": MINIMAL})


def _created(asked: Operation, row: Row) -> Answer:
    head = {"@odata.context": context(asked.service, row.set, one=True)}
    headers = {"ETag": etag(row), "Location": location(asked.service, row), "Content-Type": MINIMAL}
    return Answer(201, jsonio.dumps(head | as_json(row)), headers)


def _create_journal(environment: Environment, asked: Operation, entity: EntitySet, _: str) -> Answer:
    return _created(asked, journals.create(environment, _body(asked, entity)))


def _change_journal(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Answer:
    journals.change(environment, _to_change(environment, asked, entity, key), _body(asked, entity))
    return Answer(204)


def _delete_journal(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Answer:
    row = _to_delete(environment, asked, entity, key)
    if row:
        journals.delete(environment, row)
    return Answer(204)


def _create_line(environment: Environment, asked: Operation, entity: EntitySet, _: str) -> Answer:
    return _created(asked, lines.insert(environment, _body(asked, entity), asked.who))


def _change_line(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Answer:
    row = _to_change(environment, asked, entity, key)
    lines.change(environment, row, _body(asked, entity), asked.who)
    return Answer(204)


def _delete_line(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Answer:
    row = _to_delete(environment, asked, entity, key)
    if row:
        lines.delete(environment, row, asked.who)
    return Answer(204)


def _create_vendor(environment: Environment, asked: Operation, entity: EntitySet, _: str) -> Answer:
    return _created(asked, vendors.create(environment, _body(asked, entity)))


# What may be changed here, by (set, method). Every other set is read-only in the sandbox.
_CHANGES: dict[tuple[str, str], Callable[[Environment, Operation, EntitySet, str], Answer]] = {
    (journals.SET, "POST"): _create_journal,
    (journals.SET, "PATCH"): _change_journal,
    (journals.SET, "DELETE"): _delete_journal,
    (lines.SET, "POST"): _create_line,
    (lines.SET, "PATCH"): _change_line,
    (lines.SET, "DELETE"): _delete_line,
    (vendors.SET, "POST"): _create_vendor,
}


def _visible(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Row | None:
    """The row of a key, where the caller may see it."""
    values = paths.key(entity, key)
    every = not entity.by_company or query.every_company(asked.options)
    if not every and folded(values[COMPANY]) != folded(environment.switches.default_company):
        return None
    return views.get(environment.tables, entity.name, values)


def _to_change(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Row:
    row = _visible(environment, asked, entity, key)
    if row is None:
        raise nothing_selected()
    return _unchanged(environment, asked, row)


def _unchanged(environment: Environment, asked: Operation, row: Row) -> Row:
    """Fact: every row has an ETag. Whether If-Match is enforced is not documented; a client handles a 412."""
    if environment.switches.if_match and asked.if_match not in ("", "*", etag(row)):
        raise changed_meanwhile()
    return row


def _to_delete(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Row | None:
    row = _visible(environment, asked, entity, key)
    if row is None and environment.switches.delete_missing == 400:
        raise nothing_selected()
    return None if row is None else _unchanged(environment, asked, row)


def _body(asked: Operation, entity: EntitySet) -> dict[str, Any]:
    """The properties a body gives, as they are stored. Names beginning with @ are annotations."""
    try:
        data = jsonio.loads(asked.body)
    except jsonio.NotJson as error:
        raise bad_body(f"Invalid JSON. {error}") from error
    if not isinstance(data, dict):
        raise bad_body("A JSON object was expected.")
    values = {}
    for name, value in data.items():
        if name.startswith("@"):
            continue
        if name not in entity.properties:
            raise bad_body(no_such_property(name, entity.type_name))
        values[name] = from_body(entity.properties[name], value)
    return values
