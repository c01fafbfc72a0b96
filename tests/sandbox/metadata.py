"""F&O's metadata as a judge: do requests and answers name its sets and properties, with values of their types?"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from connector.domain import jsonio
from tests.sandbox.openapi import Exchange

METADATA = Path(__file__).parents[3] / "shared" / "specs" / "d365" / "entities.json"
# The sets that the published excerpt leaves out, in its shape.
MORE = Path(__file__).parent / "more_entities.json"
# Words of a filter that are no property: text and numbers are taken out before.
WORDS = {"eq", "ne", "gt", "ge", "lt", "le", "and", "or", "not", "null", "true", "false", "Microsoft", "Dynamics"}
OPTIONS = {"cross-company", "$filter", "$select", "$orderby", "$top", "$skip", "$count", "$skiptoken"}


@cache
def metadata() -> dict[str, Any]:
    data, more = (json.loads(path.read_text(encoding="utf-8")) for path in (METADATA, MORE))
    # Some enums have their members one level deeper, beside their name.
    enums = {name: one.get("members", one) for name, one in (data["enums"] | more["enums"]).items()}
    return {"entities": data["entities"] | more["entities"], "enums": enums}


@cache
def properties(entity_set: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in metadata()["entities"][entity_set]["properties"]}


def set_of(path: str) -> str:
    """LedgerJournalHeaders of /data/LedgerJournalHeaders(dataAreaId='usmf',…)."""
    return path.removeprefix("/data/").partition("(")[0].partition("?")[0]


def entity_mistakes(one: Exchange) -> list[str]:
    """What a POST or a batch of them sends."""
    if one.method not in ("POST", "PATCH"):
        return []
    if set_of(one.path) == "$batch":
        sent = re.findall(rb"\r?\nPOST (\S+) HTTP/1\.1\r?\n(?:[^\r\n]+\r?\n)*\r?\n(\{.*?\})\r?\n", one.body)
        assert len(sent) == one.body.count(b"POST "), "a part of the batch was not read"
        pairs = [(set_of("/data/" + url.decode().rpartition("/data/")[2]), jsonio.loads(body)) for url, body in sent]
    else:
        pairs = [(set_of(one.path), jsonio.loads(one.body))]
    return [f"{one}: {text}" for name, row in pairs for text in _row(name, row)]


def rows_mistakes(one: Exchange) -> list[str]:
    """What a 200 or 201 brings."""
    if set_of(one.path) == "$batch":
        told = [jsonio.loads(text) for text in re.findall(rb"\r?\n\r?\n(\{.*?\})\r?\n", one.answer)]
        rows = [(_shown_as(row), row) for row in told if "error" not in row]
    else:
        body = jsonio.loads(one.answer)
        rows = [(set_of(one.path), row) for row in body.get("value", [body])]
    return [f"{one}: {text}" for name, row in rows for text in _row(name, row)]


def _shown_as(row: dict[str, Any]) -> str:
    """The set that a row of a batch is of, by its own word: `…/$metadata#LedgerJournalLines/$entity`."""
    return str(row["@odata.context"]).rpartition("#")[2].partition("/")[0]


def query_mistakes(one: Exchange) -> list[str]:
    """Options and the properties that they name."""
    given = parse_qsl(one.query, keep_blank_values=True)
    mistakes = [f"{one}: unknown option {name}" for name, _ in given if name not in OPTIONS]
    if set_of(one.path) != "$batch":
        known = properties(set_of(one.path))
        mistakes += [f"{one}: unknown property {name}" for name in _named(given) if name not in known]
    return mistakes


def _named(given: list[tuple[str, str]]) -> Iterator[str]:
    for option, value in given:
        if option in ("$select", "$orderby"):
            yield from (part.split()[0] for part in value.split(","))
        elif option == "$filter":
            plain = re.sub(r"[\w.]*'(?:[^']|'')*'|\d[\dT:Z.-]*", " ", value)
            yield from (word for word in re.findall(r"\w+", plain) if word not in WORDS)


def _row(entity_set: str, row: dict[str, Any]) -> Iterator[str]:
    known = properties(entity_set)
    for name, value in row.items():
        if name.startswith("@odata."):
            continue
        if name not in known:
            yield f"{entity_set} has no {name}"
        elif not _fits(known[name], value):
            yield f"{entity_set}.{name} is no {known[name]['type']}: {value!r}"


def _number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


FITS: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda value: isinstance(value, str),
    "Edm.Decimal": _number,
    "Edm.Int32": lambda value: _number(value) and isinstance(value, int),
    "Edm.Int64": lambda value: _number(value) and isinstance(value, int),
    "Edm.Boolean": lambda value: isinstance(value, bool),
    "Edm.Binary": _matches(r"[A-Za-z0-9+/]*={0,2}"),
    "Edm.DateTimeOffset": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    "Edm.Guid": _matches(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}


def _fits(prop: dict[str, Any], value: Any) -> bool:
    if value is None:
        return bool(prop["nullable"])
    fits = FITS.get(prop["type"])
    return value in metadata()["enums"][prop["type"]] if fits is None else fits(value)
