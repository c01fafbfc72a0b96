"""The query of GET /v3/accounting/records, read strictly by its specification, and its opaque cursor."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from werkzeug.datastructures import MultiDict

from connector.domain import jsonio
from sandbox.brex.answers import Json, invalid
from sandbox.clock import parse, stamp

STATUSES: Final = ("PREPARE", "REVIEW", "READY_FOR_EXPORT", "EXPORTED")
SOURCE_TYPES: Final = ("CARD", "REIMBURSEMENT", "BILL")
REVIEWED_TYPES: Final = ("CARD", "REIMBURSEMENT")  # fact: review_status is only supported with these

_BOUNDS: Final[dict[str, Callable[[datetime, datetime], bool]]] = {
    "updated_at[gt]": lambda value, bound: value > bound,
    "updated_at[gte]": lambda value, bound: value >= bound,
    "updated_at[lt]": lambda value, bound: value < bound,
    "updated_at[lte]": lambda value, bound: value <= bound,
}
_SINGLE: Final = ("review_status", "limit", "cursor", "single_entry", "source_type", *_BOUNDS)


@dataclass(frozen=True, slots=True)
class Query:
    """A checked query. `offset` comes from the cursor."""

    ids: frozenset[str]
    review_status: str | None
    source_type: str | None
    bounds: dict[str, datetime]
    single_entry: bool
    limit: int
    offset: int

    def fits(self, record: Json) -> bool:
        if self.ids and record["id"] not in self.ids:
            return False
        if self.source_type and record["source_type"] != self.source_type:
            return False
        if self.review_status and (
            record["review_status"] != self.review_status or record["source_type"] not in REVIEWED_TYPES
        ):
            return False
        updated = parse(record["updated_at"])
        return all(_BOUNDS[name](updated, bound) for name, bound in self.bounds.items())

    def next_cursor(self) -> str:
        """Fact (sister APIs): a cursor is base64 of limit and offset, so pages shift while items change."""
        return base64.urlsafe_b64encode(
            jsonio.dumps({"offset": self.offset + self.limit, "filters": self.digest()}).encode()
        ).decode()

    def digest(self) -> str:
        """Of the filters alone: a cursor serves only the query it came from."""
        return jsonio.digest(
            [
                sorted(self.ids),
                self.review_status,
                self.source_type,
                {name: stamp(bound) for name, bound in self.bounds.items()},
                self.single_entry,
            ]
        )


def read(args: "MultiDict[str, str]") -> Query:
    """Raises a 400 `RefusalError` for anything the specification does not know."""
    for name, values in args.lists():
        if name != "ids" and name not in _SINGLE:
            raise invalid(f"unknown query parameter {name}")
        if name in _SINGLE and len(values) > 1:
            raise invalid(f"{name} is given more than once")
    ids = args.getlist("ids")
    if len(ids) > 500:
        raise invalid("at most 500 ids")
    source_type = _choice(args, "source_type", SOURCE_TYPES)
    review_status = _choice(args, "review_status", STATUSES)
    if review_status and source_type == "BILL":
        raise invalid("review_status is only supported with CARD and REIMBURSEMENT source types")
    query = Query(
        ids=frozenset(ids),
        review_status=review_status,
        source_type=source_type,
        bounds={name: _moment(name, args[name]) for name in _BOUNDS if name in args},
        single_entry=read_single_entry(args),
        limit=_limit(args.get("limit", "100")),
        offset=0,
    )
    if "cursor" not in args:
        return query
    return Query(**{**_as_dict(query), "offset": _offset(args["cursor"], query.digest())})


def read_single_entry(args: "MultiDict[str, str]") -> bool:
    return _choice(args, "single_entry", ("true", "false")) == "true"


def _as_dict(query: Query) -> Json:
    return {name: getattr(query, name) for name in Query.__slots__}


def _choice(args: "MultiDict[str, str]", name: str, choices: tuple[str, ...]) -> str | None:
    value = args.get(name)
    if value is not None and value not in choices:
        raise invalid(f"{name} must be one of {', '.join(choices)}")
    return value


def _limit(text: str) -> int:
    """Fact: 100 by default, at most 500; more is a 400."""
    if not text.isdecimal() or not 1 <= int(text) <= 500:
        raise invalid("limit must be a number from 1 to 500")
    return int(text)


def _moment(name: str, text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise invalid(f"{name} must be a date or a date and time, ISO 8601") from error


def _offset(cursor: str, filters: str) -> int:
    try:
        data = jsonio.loads(base64.urlsafe_b64decode(cursor.encode()))
        offset, issued_for = int(data["offset"]), data["filters"]
    except (binascii.Error, jsonio.NotJson, ValueError, KeyError, TypeError) as error:
        raise invalid("cursor was not issued here") from error
    if issued_for != filters:
        raise invalid("cursor belongs to another query")
    return offset
