"""Pending vendor invoices over OData: found by our reference or by what people know them by; created, changed, deleted.

Written is one thing at a time, each in a `$batch` of its own but for the header, whose answer has its number: there F&O
says why it refuses a change (a plain PATCH only says that an error occurred, seen live).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connector.d365 import invoices, odata
from connector.d365.batch import BatchAnswer
from connector.d365.client import DOCUMENTS_PER_CALL, D365Client
from connector.d365.errors import NoAnswer, Refused, Unreadable
from connector.domain import jsonio
from connector.outbound.words import LONGEST_NAME

Row = dict[str, Any]
REQUEST_SECONDS: Final = 35.0


class PendingInvoices:
    """One connection's pending vendor invoices. All errors are `d365.errors`; of a write, only `NoAnswer` leaves open
    whether it took effect."""

    def __init__(self, client: D365Client) -> None:
        self._client = client

    def headers(self, company: str, references: Sequence[str], numbers: Sequence[tuple[str, str]]) -> list[Row]:
        """Those with one of the references (DocumentNumber), and those of one of these (vendor, invoice number)."""
        wanted = _any("DocumentNumber", references) + _named("InvoiceNumber", "InvoiceAccount", numbers)
        rows = self._found(company, invoices.HEADERS, wanted, invoices.HEADER_FIELDS)
        return list({_header(row): row for row in rows}.values())

    def posted(self, company: str, references: Sequence[str], numbers: Sequence[tuple[str, str]]) -> list[Row]:
        """The same among the invoices that are posted, by their own names for it (`invoices.POSTED_FIELDS`)."""
        wanted = _any("DocumentNum", references) + _named("InvoiceId", "InvoiceAccount", numbers)
        rows = self._found(company, invoices.POSTED, wanted, invoices.POSTED_FIELDS)
        return list({jsonio.dumps(_without_notes(row)): row for row in rows}.values())

    def lines(self, company: str, header_references: Sequence[str]) -> list[Row]:
        wanted = _any("HeaderReference", header_references)
        rows = self._found(company, invoices.LINES, wanted, invoices.LINE_FIELDS)
        return [row for row in rows if row.get("HeaderReference") in header_references]

    def attachments(self, company: str, header_references: Sequence[str]) -> list[Row]:
        """Without their contents."""
        wanted = _any("HeaderReference", header_references)
        return list(self._found(company, invoices.ATTACHMENTS, wanted, invoices.ATTACHMENT_FIELDS))

    def references(self, company: str, prefix: str, first: date) -> set[str]:
        """Every DocumentNumber that begins so, of pending invoices and of those posted since."""
        found: set[str] = set()
        since = f" and InvoiceDate ge {first.isoformat()}T00:00:00Z"
        for entity_set, name, bound in (
            (invoices.HEADERS, "DocumentNumber", ""),
            (invoices.POSTED, "DocumentNum", since),
        ):
            where = f"{_company(company)} and {name} eq {odata.quote(prefix + '*')}{bound}"
            rows = self._client.rows(entity_set, filter=where, select=("dataAreaId", name))
            found |= {str(row.get(name)) for row in rows}
        return found

    def create(self, header: Row) -> Row:
        """The header as F&O shows it in its answer. `NoAnswer` where that does not show its company and number."""
        row = self._client.create(invoices.HEADERS, jsonio.dumps(header).encode(), seconds=REQUEST_SECONDS)
        if not _header(row) or str(row.get("dataAreaId")).casefold() != header["dataAreaId"].casefold():
            raise NoAnswer("F&O's answer to the new vendor invoice does not show its company and number", status=201)
        return row

    def add_lines(self, lines: Sequence[Row]) -> None:
        """All of them or none: one changeset."""
        _done(self._client.send([lines], invoices.LINES, seconds=REQUEST_SECONDS), len(lines))

    def release(self, row: Row) -> None:
        """Take a header off hold, as it was read: one that changed since has another ETag, and F&O refuses."""
        change = (self._key(row), _etag(row), {"IsOnHold": invoices.RELEASED})
        _done(self._client.change([[change]], seconds=REQUEST_SECONDS), 1)

    def delete(self, row: Row) -> None:
        """Delete a header as it was read, its lines with it."""
        _done(self._client.change([[(self._key(row), _etag(row), None)]], seconds=REQUEST_SECONDS), 1)

    def attach(self, attachment: Row) -> None:
        self._client.create(invoices.ATTACHMENTS, jsonio.dumps(attachment).encode(), seconds=REQUEST_SECONDS)

    def _key(self, row: Row) -> str:
        return odata.key(
            invoices.HEADERS, dataAreaId=str(row["dataAreaId"]), HeaderReference=str(row["HeaderReference"])
        )

    def _found(self, company: str, entity_set: str, wanted: Sequence[str], select: Sequence[str]) -> Iterator[Row]:
        for start in range(0, len(wanted), DOCUMENTS_PER_CALL):
            where = f"{_company(company)} and ({' or '.join(wanted[start : start + DOCUMENTS_PER_CALL])})"
            for row in self._client.rows(entity_set, filter=where, select=select):
                if str(row.get("dataAreaId")).casefold() != company.casefold():
                    raise Unreadable(f"F&O shows a row of {entity_set} that was not asked for", status=200)
                yield row


def _any(field: str, values: Sequence[str]) -> list[str]:
    return [odata.equals(field, value) for value in dict.fromkeys(values)]


def _named(number: str, vendor: str, wanted: Sequence[tuple[str, str]]) -> list[str]:
    """By vendor and number; one with a `*`, F&O's wildcard, is looked for among all of the vendor's."""
    return [
        f"({odata.equals(vendor, account)})"
        if "*" in name
        else f"({odata.equals(vendor, account)} and {odata.equals(number, name)})"
        for account, name in dict.fromkeys(wanted)
    ]


def _done(answer: BatchAnswer, rows: int) -> None:
    """Raise what a changeset's answer stands for, where it is not that all of it was done."""
    if not answer.complete or len(answer.parts) != 1:
        raise NoAnswer("F&O's answer is not whole", activity_id=answer.activity_id)
    part = answer.parts[0]
    if part.error is not None and part.error.clear:
        raise Refused(
            f"F&O refused it: {part.error.message}", infolog=part.error.message, activity_id=answer.activity_id
        )
    if part.rows is None or len(part.rows) != rows:
        raise NoAnswer("F&O's answer does not say whether it was done", activity_id=answer.activity_id)


def _etag(row: Row) -> str:
    """Raises `Refused` for a row without: it cannot be changed safely."""
    if not row.get("@odata.etag"):
        raise Refused("F&O shows no ETag with the invoice, so it cannot be changed safely")
    return str(row["@odata.etag"])


def _header(row: Row) -> str:
    value = row.get("HeaderReference")
    return value if isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable() else ""


def _without_notes(row: Row) -> Row:
    """Without annotations, and with amounts that can be compared."""
    kept = {key: value for key, value in row.items() if not key.startswith("@")}
    return {key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in kept.items()}


def _company(company: str) -> str:
    return odata.equals("dataAreaId", company.lower())
