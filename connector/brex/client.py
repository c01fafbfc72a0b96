"""Brex over HTTP, and nothing else: the accounting API (v3) and the company."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote_plus

from connector.brex.answers import one_object
from connector.brex.calls import Calls, Params
from connector.brex.errors import NoAnswer, Unreadable
from connector.brex.wire import Company, Export, FailedExport, Reported, export_results
from connector.domain import jsonio
from connector.outbound.session import Outbound

MAX_IDS: Final = 500
MAX_URL_BYTES: Final = 7500
MOST_PAGES: Final = 2000  # of one reading; more than any environment or account has
# Fact: without an `updated_at` filter Brex looks at a narrow window and silently finds nothing (seen live).
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_RECORDS: Final = "/v3/accounting/records"


class BrexClient:
    """One connection's Brex side. `requests` counts the calls made. All errors are `brex.errors`.

    Raises ValueError for a token that no header can carry.
    """

    def __init__(self, outbound: Outbound, *, token: str, base_url: str, v1_base_url: str) -> None:
        self._calls = Calls(outbound, token)
        self.base_url = base_url.rstrip("/")
        self.v1_base_url = v1_base_url.rstrip("/")

    @property
    def requests(self) -> int:
        return self._calls.made

    def company(self) -> Company:
        """The company that the token belongs to. Needs the scope companies.readonly."""
        body, trace = self._call("GET", f"{self.base_url}/v2/company")
        company, name = body.get("id"), body.get("legal_name")
        if not isinstance(company, str) or not company or not isinstance(name, str):
            raise Unreadable("Brex's company has no id or name", status=200, trace_id=trace)
        return Company(company, name)

    def pages(
        self,
        *,
        review_status: str | None,
        source_type: str | None,
        updated_after: datetime,
        limit: int = MAX_IDS,
    ) -> Iterator[list[dict[str, Any]]]:
        """Every record that passes the filters, a page at a time, in no order one may rely on.

        `updated_after` is aware. Fact: `review_status` goes with CARD and REIMBURSEMENT only, and `limit` is
        at most 500 (Brex accounting spec).
        """
        filters: Params = [("updated_at[gt]", _time(updated_after)), ("limit", str(limit))]
        if review_status is not None:
            filters.append(("review_status", review_status))
        if source_type is not None:
            filters.append(("source_type", source_type))
        return self._pages(filters)

    def count(self, *, review_status: str | None, source_type: str | None, updated_after: datetime) -> int | None:
        """How many records `pages` would show; None where Brex does not say. Fact: `total_count` may be null."""
        filters: Params = [("updated_at[gt]", _time(updated_after)), ("limit", "1")]
        filters += [("review_status", review_status)] if review_status is not None else []
        filters += [("source_type", source_type)] if source_type is not None else []
        body, _ = self._call("GET", f"{self.base_url}{_RECORDS}", params=filters)
        total = body.get("total_count")
        return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None

    def touch(self) -> None:
        """The smallest read there is: does Brex answer this token?"""
        next(self.pages(review_status=None, source_type="CARD", updated_after=LONG_AGO, limit=1), None)

    def by_ids(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The records with these ids, in no order. An id that Brex does not know is simply missing."""
        found: dict[str, dict[str, Any]] = {}
        fixed: Params = [("updated_at[gt]", _time(LONG_AGO)), ("limit", str(MAX_IDS))]
        for chunk in _chunks(list(dict.fromkeys(ids)), self._room(fixed)):
            wanted = set(chunk)
            for page in self._pages([*fixed, *(("ids", one) for one in chunk)]):
                found |= {item["id"]: item for item in page if _id(item) in wanted}
        return list(found.values())

    def report(self, successes: Sequence[Export], failures: Sequence[FailedExport]) -> Reported:
        """Tell Brex how exports ended.

        Not idempotent: telling again is refused as not ready. Raises `ReportRefused` naming the records.
        """
        if not successes and not failures:
            return Reported(frozenset())
        data = jsonio.dumps(export_results(successes, failures)).encode()
        body, trace = self._call("POST", f"{self.base_url}{_RECORDS}/export-results", data=data)
        updated = body.get("updated_accounting_record_ids")
        if not isinstance(updated, list) or not all(isinstance(one, str) for one in updated):
            raise NoAnswer("Brex took the export results but does not say which", status=200, trace_id=trace)
        return Reported(frozenset(updated), trace)

    def _pages(self, filters: Params) -> Iterator[list[dict[str, Any]]]:
        cursor: str | None = None
        seen: set[str] = set()
        while True:
            # Whether a cursor remembers the filters is not documented, so they are sent again with each.
            params = filters if cursor is None else [*filters, ("cursor", cursor)]
            body, trace = self._call("GET", f"{self.base_url}{_RECORDS}", params=params)
            items = body.get("items")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise Unreadable("Brex's page has no list of records", status=200, trace_id=trace)
            yield items
            cursor = _next_cursor(body, trace)
            if cursor is None:
                return
            if cursor in seen:
                raise Unreadable("Brex's pages go round in a circle", status=200, trace_id=trace)
            if len(seen) == MOST_PAGES:
                raise Unreadable("Brex's pages have no end", status=200, trace_id=trace)
            seen.add(cursor)

    def _call(
        self, method: str, url: str, *, params: Params | None = None, data: bytes | None = None
    ) -> tuple[dict[str, Any], str]:
        """The JSON object that was answered, and the trace id."""
        body, trace = self._calls.send(method, url, params=params, data=data)
        return one_object(body, trace, write=data is not None), trace

    def _room(self, fixed: Params) -> int:
        """Bytes of a URL that are left for ids (cursor included)."""
        used = len(self.base_url) + len(_RECORDS) + sum(len(quote_plus(k + v)) + 2 for k, v in fixed)
        return MAX_URL_BYTES - used - 1000


def _next_cursor(body: dict[str, Any], trace: str) -> str | None:
    """None at the end. Fact: `next_cursor` and `has_next_page`; `total_count` may be null and is not used."""
    cursor, more = body.get("next_cursor"), body.get("has_next_page")
    if more is False:
        return None
    if more not in (True, None) or not isinstance(cursor, str | None):
        raise Unreadable("Brex's page does not say whether there is another", status=200, trace_id=trace)
    if more and not cursor:
        raise Unreadable("Brex's page says there is another, but not where", status=200, trace_id=trace)
    return cursor or None


def _id(item: dict[str, Any]) -> str:
    value = item.get("id")
    return value if isinstance(value, str) else ""


def _chunks(ids: list[str], room: int) -> Iterator[list[str]]:
    """The ids in order, in parts of at most 500 that take at most `room` bytes of a query (at least one)."""
    chunk: list[str] = []
    used = 0
    for one in ids:
        size = len("&ids=") + len(quote_plus(one))
        if chunk and (len(chunk) == MAX_IDS or used + size > room):
            yield chunk
            chunk, used = [], 0
        chunk.append(one)
        used += size
    if chunk:
        yield chunk


def _time(moment: datetime) -> str:
    """ISO 8601 in UTC, as the filter takes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
