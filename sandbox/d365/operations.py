"""One OData operation, alone or inside a batch: path and body in, status and JSON out."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.domain import jsonio
from sandbox.d365 import forms, paths, query, views
from sandbox.d365.changes import CHANGES, Wish
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
        change = CHANGES.get((name, asked.method))
        if change is None or (asked.method == "POST") != (key_text is None):
            raise Refusal(405, f"The requested resource does not support http method '{asked.method}'.", kind="")
        row = None if key_text is None else _stored(environment, asked, entity, key_text)
        if key_text is not None and row is None:
            return Answer(204)
        sent = {} if asked.method == "DELETE" else _body(asked, entity)
        made = change(environment, Wish(name, row, sent, asked.who))
        return _created(asked, views.shown(made, name)) if asked.method == "POST" and made else Answer(204)


def journal_of(environment: Environment, asked: Operation) -> Journal | None:
    """The journal that a line is inserted into or deleted from, as far as it can be read."""
    try:
        name, key_text, _ = paths.split(asked.path)
        if name not in forms.OF_LINES:
            return None
        if asked.method == "DELETE":
            values = paths.key(SETS[name], key_text or "")
            return str(folded(values[COMPANY])), str(folded(values["JournalBatchNumber"]))
        if asked.method != "POST":
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


def _visible(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Row | None:
    """The row of a key, where the caller may see it."""
    values = paths.key(entity, key)
    every = not entity.by_company or query.every_company(asked.options)
    if not every and folded(values[COMPANY]) != folded(environment.switches.default_company):
        return None
    return views.get(environment, entity.name, values)


def _stored(environment: Environment, asked: Operation, entity: EntitySet, key: str) -> Row | None:
    """The row of a key, to be changed. None: a DELETE of a key that is not there, where that counts as done."""
    row = _visible(environment, asked, entity, key)
    if row is None and asked.method == "DELETE" and environment.switches.delete_missing == 204:
        return None
    if row is None:
        raise nothing_selected()
    _check_unchanged(environment, asked, row)
    return environment.tables.get(views.stored_in(entity.name), **paths.key(entity, key))


def _check_unchanged(environment: Environment, asked: Operation, row: Row) -> None:
    """Fact: every row has an ETag. Whether If-Match is enforced is not documented; a client handles a 412."""
    if environment.switches.if_match and asked.if_match not in ("", "*", etag(row)):
        raise changed_meanwhile()


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
