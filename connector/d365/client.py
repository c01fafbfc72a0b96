"""F&O over OData, and nothing else: reading any entity set, and writing journals, whichever form they have."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from connector.d365 import batch, multipart, odata
from connector.d365.answers import activity_id, read, refuse
from connector.d365.auth import TokenSource
from connector.d365.batch import BatchAnswer, Part
from connector.d365.calls import ODATA_JSON, Calls
from connector.d365.errors import NoAnswer, Unreadable
from connector.d365.forms import Sets, sets_of
from connector.domain import jsonio
from connector.outbound.session import Outbound
from connector.outbound.words import LONGEST_NAME

READ_SECONDS: Final = 90.0  # the first call after a restart of F&O is slow, and so are wildcard searches
DOCUMENTS_PER_CALL: Final = 20  # as live connectors do it
MOST_PAGES: Final = 2000  # of one reading; more than any environment or account has
_GENERAL: Final = "general_journal"

Row = dict[str, Any]


class D365Client:
    """One connection's F&O side. All errors are `d365.errors`.

    `form` says which kind of journal is meant; its lines go in and come out under canonical names (`d365.forms`).
    """

    def __init__(self, outbound: Outbound, tokens: TokenSource, host: str) -> None:
        self._calls = Calls(outbound, tokens)
        self.host = host.rstrip("/")

    @property
    def requests(self) -> int:
        """How many calls to F&O were made (those to Entra ID not counted)."""
        return self._calls.made

    def rows(
        self,
        entity_set: str,
        *,
        filter: str | None = None,  # noqa: A002 - OData's own word
        select: Sequence[str] = (),
        order_by: str | None = None,
    ) -> Iterator[Row]:
        """Every row that passes the filter, over all companies, as many pages as F&O makes of them.

        Facts: without `cross-company=true` rows are silently missing; no page size is promised (Microsoft).
        """
        options = [("cross-company", "true")]
        if filter:
            options.append(("$filter", filter))
        if select:
            options.append(("$select", ",".join(select)))
        if order_by:
            options.append(("$orderby", order_by))
        url: str | None = f"{self.host}/data/{entity_set}?{odata.query(options)}"
        seen: set[str] = set()
        while url is not None:
            seen.add(url)
            if len(seen) > MOST_PAGES:
                raise Unreadable(f"F&O's pages of {entity_set} have no end", status=200)
            response = self._calls.send("GET", url, seconds=READ_SECONDS)
            page = read(response, write=False)
            aid = activity_id(response.headers)
            rows = page.get("value")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Unreadable(f"F&O's page of {entity_set} has no list of rows", status=200, activity_id=aid)
            yield from rows
            url = self._next(url, page.get("@odata.nextLink"), aid)
            if url in seen:
                raise Unreadable(f"F&O's pages of {entity_set} go round in a circle", status=200, activity_id=aid)

    def header(self, company: str, number: str, form: str = _GENERAL) -> Row | None:
        """The journal's header; None where F&O says that there is none.

        Asked for by filter: an empty list is F&O's own word, while a 404 may be anyone's on the way.
        """
        where = f"{_company(company)} and {odata.equals('JournalBatchNumber', number)}"
        rows = [row for row in self._own(company, sets_of(form).headers, where) if row["JournalBatchNumber"] == number]
        return rows[0] if rows else None

    def headers(self, company: str, numbers: Sequence[str], form: str = _GENERAL) -> list[Row]:
        """The headers of these journals, as many as there are."""
        found: list[Row] = []
        for start in range(0, len(numbers), DOCUMENTS_PER_CALL):
            some = numbers[start : start + DOCUMENTS_PER_CALL]
            where = f"{_company(company)} and {odata.any_of('JournalBatchNumber', some)}"
            rows = self._own(company, sets_of(form).headers, where)
            found += [row for row in rows if row["JournalBatchNumber"] in some]
        return found

    def headers_marked(self, company: str, marker: str, form: str = _GENERAL) -> list[Row]:
        """The company's headers with the marker anywhere in their Description."""
        where = f"{_company(company)} and {odata.has_text('Description', marker)}"
        rows = self._own(company, sets_of(form).headers, where)
        return [row for row in rows if marker in str(row.get("Description"))]

    def create_header(
        self, company: str, journal_name: str, description: str, seconds: float, form: str = _GENERAL
    ) -> Row:
        """A new journal; F&O numbers it. Raises `NoAnswer` where it is not certain that there is none."""
        data = jsonio.dumps({"dataAreaId": company, "JournalName": journal_name, "Description": description})
        response = self._calls.send(
            "POST",
            f"{self.host}/data/{sets_of(form).headers}",
            seconds=seconds,
            data=data.encode(),
            content_type=ODATA_JSON,
        )
        row = read(response, write=True)
        number, area = row.get("JournalBatchNumber"), row.get("dataAreaId")
        if not _number(number) or str(area).casefold() != company.casefold():
            raise NoAnswer(
                "F&O's answer to the new journal does not show its company and number",
                status=response.status,
                activity_id=activity_id(response.headers),
            )
        return row

    def create(self, entity_set: str, body: bytes, *, seconds: float) -> Row:
        """One new row, byte for byte as given. Raises `NoAnswer` where it is not certain that there is none."""
        url = f"{self.host}/data/{entity_set}"
        response = self._calls.send("POST", url, seconds=seconds, data=body, content_type=ODATA_JSON)
        return read(response, write=True)

    def lines_by_document(
        self, company: str, references: Sequence[str], *, first: date | None = None, last: date | None = None,
        form: str = _GENERAL,
    ) -> list[Row]:  # fmt: skip
        """The company's lines in any journal whose Document is one of the references (`Sets.fields`).

        `first` and `last` bound TransDate. Fact: unbounded, a search took 45 s, bounded 2 s (seen live).
        """
        sets = sets_of(form)
        bounds = _bounds(company, sets, first, last)
        found: list[Row] = []
        for start in range(0, len(references), DOCUMENTS_PER_CALL):
            some = references[start : start + DOCUMENTS_PER_CALL]
            where = " and ".join([*bounds, odata.any_of(sets.name("Document"), some)])
            found += [row for row in self._lines(company, sets, where) if row.get("Document") in some]
        return found

    def lines_of_journal(self, company: str, number: str, form: str = _GENERAL) -> list[Row]:
        """All lines of a journal, ours or not (`Sets.fields`)."""
        where = f"{_company(company)} and {odata.equals('JournalBatchNumber', number)}"
        return [row for row in self._lines(company, sets_of(form), where) if row["JournalBatchNumber"] == number]

    def lines_beginning(
        self, company: str, prefix: str, *, first: date | None = None, last: date | None = None,
        form: str = _GENERAL, only: Sequence[str] = (),
    ) -> Iterator[Row]:  # fmt: skip
        """The company's lines in any journal whose Document begins so. `only`: these of their fields, canonical."""
        sets = sets_of(form)
        where = [_company(company), f"{sets.name('Document')} eq {odata.quote(prefix + '*')}"]
        where += _bounds(company, sets, first, last)[1:]
        select = [sets.name(name) for name in only or sets.fields]
        for row in self.rows(sets.lines, filter=" and ".join(where), select=select):
            yield sets.canonical(row)

    def send(
        self, changesets: Sequence[Sequence[Row]], entity_set: str = "", *, seconds: float, form: str = _GENERAL
    ) -> BatchAnswer:
        """Post each changeset's rows as one atomic unit, all in one `$batch`: lines of a journal under their canonical
        names, or rows of an `entity_set` exactly as they are.

        Raises `NoAnswer` where no part of an answer can be believed; `NotSent`, `Unauthorized`, `Throttled`
        and `Refused` mean that nothing was written. Raises ValueError for an empty or too large batch.
        """
        ids = batch.content_ids(changesets)
        boundary = f"batch_{uuid4().hex}"
        if entity_set:
            data = batch.build(f"{self.host}/data/{entity_set}", changesets, ids, boundary)
            return self._batch(data, boundary, ids, seconds)
        sets = sets_of(form)
        theirs = [sets.theirs(rows) for rows in changesets]
        data = batch.build(f"{self.host}/data/{sets.lines}", theirs, ids, boundary)
        answer = self._batch(data, boundary, ids, seconds)
        return replace(answer, parts=[_canonical(part, sets) for part in answer.parts])

    def remove(self, changesets: Sequence[Sequence[Row]], *, seconds: float, form: str = _GENERAL) -> BatchAnswer:
        """Delete rows as they were read (key and `@odata.etag`), each changeset as one atomic unit, in one `$batch`.

        Facts: keyed access to another company than the user's own needs cross-company=true; DELETE is answered 204;
        a key that is not there 400 or 204 (live clients). Errors as of `send`; ValueError for a row without its ETag.
        """
        if not all(row.get("@odata.etag") for rows in changesets for row in rows):
            raise ValueError("a row without its ETag cannot be deleted safely")
        ids = batch.content_ids(changesets)
        boundary = f"batch_{uuid4().hex}"
        url, lines = f"{self.host}/data/{{}}?cross-company=true", sets_of(form).lines
        deletions = [
            [(url.format(_line_key(lines, row)), str(row["@odata.etag"])) for row in rows] for rows in changesets
        ]
        data = batch.build_deletions(deletions, ids, boundary)
        return self._batch(data, boundary, ids, seconds, deletions=True)

    def change(
        self, changesets: Sequence[Sequence[tuple[str, str, Row | None]]], *, seconds: float
    ) -> BatchAnswer:
        """Change or delete rows by key, (`Set(key)`, its ETag as it was read, the properties to change; None: delete).

        Each changeset is one atomic unit. Facts as of `remove`, PATCH is answered 204, too. Errors as of `send`.
        """
        ids = batch.content_ids(changesets)
        boundary = f"batch_{uuid4().hex}"
        url = f"{self.host}/data/{{}}?cross-company=true"
        changes = [[(url.format(key), etag, row) for key, etag, row in some] for some in changesets]
        return self._batch(batch.build_changes(changes, ids, boundary), boundary, ids, seconds, deletions=True)

    def _batch(
        self, data: bytes, boundary: str, ids: list[list[str]], seconds: float, *, deletions: bool = False
    ) -> BatchAnswer:
        response = self._calls.send(
            "POST",
            f"{self.host}/data/$batch",
            seconds=seconds,
            data=data,
            content_type=f"multipart/mixed; boundary={boundary}",
            Accept="multipart/mixed",
            Prefer="odata.continue-on-error",
        )
        refuse(response, write=True, batch=True)
        kind = response.headers.get("Content-Type", "")
        parts, complete = multipart.parse(kind, response.body, deletions=deletions)
        aid = activity_id(response.headers)
        if not parts and not complete:
            raise NoAnswer("F&O's answer to the batch cannot be read", status=response.status, activity_id=aid)
        return BatchAnswer(parts, complete, aid, ids)

    def _lines(self, company: str, sets: Sets, where: str) -> Iterator[Row]:
        select = [sets.name(name) for name in sets.fields]
        return map(sets.canonical, self._own(company, sets.lines, where, select))

    def _own(self, company: str, entity_set: str, where: str, select: Sequence[str] = ()) -> Iterator[Row]:
        """Journal rows of one company. Raises `Unreadable` for any other: such an answer is not to this question."""
        for row in self.rows(entity_set, filter=where, select=select):
            area, number = str(row.get("dataAreaId")), row.get("JournalBatchNumber")
            if area.casefold() != company.casefold() or not _number(number):
                raise Unreadable(f"F&O shows a row of {entity_set} that was not asked for", status=200)
            yield row

    def _next(self, url: str, link: Any, aid: str) -> str | None:
        """The next page's URL: only ever below the same host's /data/, as it gets the token."""
        if link is None or link == "":
            return None
        following = urljoin(url, link) if isinstance(link, str) else ""
        if urlsplit(following)[:2] != urlsplit(self.host)[:2] or not urlsplit(following).path.startswith("/data/"):
            raise Unreadable("F&O's next page is on another host", status=200, activity_id=aid)
        return following


def _line_key(entity_set: str, row: Row) -> str:
    return odata.key(entity_set, **{name: row[name] for name in ("dataAreaId", "JournalBatchNumber", "LineNumber")})


def _canonical(part: Part, sets: Sets) -> Part:
    return part if part.rows is None else replace(part, rows=tuple(map(sets.canonical, part.rows)))


def _bounds(company: str, sets: Sets, first: date | None, last: date | None) -> list[str]:
    """Conditions for a company's lines within these days."""
    day = sets.name("TransDate")
    since = [] if first is None else [f"{day} ge {first.isoformat()}T00:00:00Z"]
    until = [] if last is None else [f"{day} le {last.isoformat()}T23:59:59Z"]
    return [_company(company), *since, *until]


def _number(value: Any) -> bool:
    """A journal number as it can be kept. Fact: ten characters and fifteen were seen."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _company(company: str) -> str:
    """Fact: dataAreaId is in lower case when read (live samples)."""
    return odata.equals("dataAreaId", company.lower())
