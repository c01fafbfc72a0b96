"""An OpenAPI 3 file as a judge: is a request one that it declares, is an answer one that it describes?"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connector.domain import jsonio

SPECS = Path(__file__).parents[3] / "shared" / "specs" / "brex"


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type null."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: as_json_schema(value) for key, value in node.items() if key not in ("nullable", "example")}
    return {"anyOf": [{"type": "null"}, plain]} if node.get("nullable") is True else plain


def without_circles(components: Any) -> Any:
    """A kind is one of its sorts (`discriminator`), and each sort is all of its kind: said twice, without an end."""
    kinds = {f"#/components/schemas/{name}" for name, one in components["schemas"].items() if "discriminator" in one}
    schemas = dict(components["schemas"])
    for name, one in schemas.items():
        if "allOf" in one:
            schemas[name] = {**one, "allOf": [part for part in one["allOf"] if part.get("$ref") not in kinds]}
    return {**components, "schemas": schemas}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as bytes on the wire."""

    method: str
    path: str
    query: str
    body: bytes
    status: int
    answer: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path}?{self.query} -> {self.status}"


class Spec:
    def __init__(self, name: str) -> None:
        data = yaml.safe_load((SPECS / f"{name}.yaml").read_text(encoding="utf-8"))
        self.paths: dict[str, Any] = data["paths"]
        self._components = as_json_schema(without_circles(data["components"]))

    def mistakes(self, schema: Any, value: Any) -> list[str]:
        validator = Draft202012Validator({**as_json_schema(schema), "components": self._components})
        return [f"{mistake.json_path}: {mistake.message}" for mistake in validator.iter_errors(value)]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The most literal path that fits; an id may look like a word of another path."""
        for template in sorted(self.paths, key=lambda one: one.count("{")):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path):
                found: dict[str, Any] | None = self.paths[template].get(method.lower())
                return found
        return None

    @cached_property
    def _filters(self) -> dict[str, Any]:
        found: dict[str, Any] = self._components["schemas"]
        return found

    def request_mistakes(self, one: Exchange) -> list[str]:
        operation = self.operation(one.method, one.path)
        if operation is None:
            return [f"{one}: not a path of the specification"]
        mistakes = [text for name, value in self._arguments(operation, one.query) for text in self._judge(name, value)]
        body = operation.get("requestBody")
        if body is None:
            mistakes += ["a body where none is described"] if one.body else []
        else:
            mistakes += self.mistakes(body["content"]["application/json"]["schema"], jsonio.loads(one.body))
        return [f"{one}: {text}" for text in mistakes]

    def _arguments(self, operation: dict[str, Any], query: str) -> list[tuple[Any, Any]]:
        """(schema, value) of each parameter; (None, name) of one that is not declared."""
        declared = {one["name"]: one["schema"] for one in operation.get("parameters", []) if one["in"] == "query"}
        found: dict[str, Any] = {}
        for name, text in parse_qsl(query, keep_blank_values=True):
            outer, _, inner = name.rstrip("]").partition("[")
            schema = declared.get(outer)
            if schema is None:
                found[name] = (None, name)
            elif inner:
                found.setdefault(outer, (schema, {}))[1][inner] = text
            elif schema.get("type") == "array":
                found.setdefault(outer, (schema, []))[1].append(text)
            else:
                plain = schema.get("type") not in ("number", "integer", "boolean")
                found[outer] = (schema, text if plain else jsonio.loads(text))
        return list(found.values())

    def _judge(self, schema: Any, value: Any) -> list[str]:
        if schema is None:
            return [f"the query parameter {value} is not declared"]
        resolved = schema
        if isinstance(value, dict):  # a filter of several bounds: none but those that it names
            name = schema["$ref"].rpartition("/")[2]
            resolved = {**self._filters[name], "additionalProperties": False}
        return self.mistakes(resolved, value)

    def answer_mistakes(self, one: Exchange, everywhere: frozenset[int]) -> list[str]:
        """`everywhere`: statuses that any endpoint may answer, whether it says so or not."""
        operation = self.operation(one.method, one.path)
        if operation is None:
            return [f"{one}: not a path of the specification"]
        described = operation["responses"].get(str(one.status))
        if described is None:
            return [] if one.status in everywhere else [f"{one}: this status is not described"]
        content = described.get("content")
        if not content or (not one.answer and one.status in everywhere):
            return []
        found = self.mistakes(content["application/json"]["schema"], jsonio.loads(one.answer))
        return [f"{one}: {text}" for text in found]


@cache
def spec_of(path: str) -> Spec:
    if path.startswith(("/v2/accounts/", "/v2/transactions/")):
        return Spec("transactions")
    if path.startswith(("/v1/vendors", "/v1/transfers")):
        return Spec("payments")
    if path.startswith("/v1/expenses"):
        return Spec("expenses")
    if path.startswith("/v1/fields"):
        return Spec("fields")
    return Spec({"/v3": "accounting", "/v2": "team", "/v1": "webhooks"}[path[:3]])
