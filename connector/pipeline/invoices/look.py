"""Reading F&O for pending vendor invoices: by our reference, and by what people know them by. Never a read each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import structlog

from connector.d365.errors import D365Error
from connector.d365.pending import PendingInvoices
from connector.pipeline.forms import maybe_closed
from connector.pipeline.invoices import compare
from connector.pipeline.invoices.accounts import Formats, formats_of
from connector.pipeline.invoices.compare import Shown
from connector.pipeline.invoices.decide import Known, Posted, Reading, worth
from connector.pipeline.map import rules_of
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.writes import Write

log = structlog.get_logger()
Row = dict[str, Any]


@dataclass(slots=True)
class Look:
    """One reading: pending headers and posted invoices by company, and lines by (company, HeaderReference)."""

    headers: dict[str, list[Row]] = field(default_factory=dict)
    posted: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[tuple[str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))


def pending(runtime: Runtime, connection: Connection) -> PendingInvoices:
    return PendingInvoices(runtime.clients(connection).d365)


def formats(runtime: Runtime, connection: Connection) -> Formats:
    """How account strings are written in this environment."""
    return formats_of(rules_of(runtime.database, connection).master)


def read(runtime: Runtime, connection: Connection, due: Sequence[Write]) -> Look | None:
    """None where F&O could not be read to the end: nothing follows from half a reading. Raises `Stop`."""
    try:
        with runtime.calling(connection, "d365"), maybe_closed():
            return look(pending(runtime, connection), due)
    except D365Error as error:
        log.warning("F&O not readable", connection=connection.name, writes=len(due), reason=str(error))
        return None


def look(client: PendingInvoices, due: Sequence[Write]) -> Look:
    """Raises the client's errors."""
    found = Look()
    companies: dict[str, list[Write]] = defaultdict(list)
    for one in due:
        companies[one.legal_entity].append(one)
    for company, some in companies.items():
        references = [one.reference for one in some]
        numbers = [named(one.intent) for one in some if readable(one)]
        # The pending ones first: one that F&O posts meanwhile is seen twice rather than not at all.
        found.headers[company] = client.headers(company, references, numbers)
        found.posted[company] = client.posted(company, references, numbers)
        ours = [
            str(row["HeaderReference"]) for row in found.headers[company] if row.get("DocumentNumber") in references
        ]
        for row in client.lines(company, ours) if ours else ():
            found.lines[company, str(row["HeaderReference"])].append(row)
    return found


def readable(one: Write) -> bool:
    """Whether what was sent is known; it is not once the record was purged."""
    return isinstance(one.intent, dict)


def named(intent: Row) -> tuple[str, str]:
    """What people know it by: the vendor's account, and the invoice's number."""
    return str(intent["header"]["InvoiceAccount"]), str(intent["header"]["InvoiceNumber"])


def reading(one: Write, known: Known, shown: Look | None, formats: Formats) -> Reading:
    """What the look shows of one invoice."""
    if shown is None:
        return Reading(complete=False)
    headers, posted = shown.headers.get(one.legal_entity, []), shown.posted.get(one.legal_entity, [])
    ours = [row for row in headers if row.get("DocumentNumber") == one.reference]
    booked = [row for row in posted if _is_ours(one, known, row)]
    others = [
        _other("pending", row["HeaderReference"], row.get("DocumentNumber"))
        for row in headers
        if row not in ours and _same_name(one.intent, row.get("InvoiceAccount"), row.get("InvoiceNumber"))
    ]
    others += [
        _other("posted, voucher", row.get("LedgerVoucher"), row.get("DocumentNum"))
        for row in posted
        if row not in booked and _same_name(one.intent, row.get("InvoiceAccount"), row.get("InvoiceId"))
    ]
    judged = (_judged(one, row, shown.lines[one.legal_entity, str(row["HeaderReference"])], formats) for row in ours)
    return Reading(True, tuple(judged), tuple(_booked(one.intent, row) for row in booked), tuple(others))


def _judged(one: Write, header: Row, lines: Sequence[Row], formats: Formats) -> Shown:
    shown = compare.judge(one.intent, header, lines, formats)
    if "INVOICE-ALTERED" in one.accepted and _same_worth(one.intent, header, lines):
        return replace(shown, differences=(), strange=(), missing=())
    return shown


def _same_worth(intent: Row, header: Row, lines: Sequence[Row]) -> bool:
    """Accepted is the form, never the substance: as many lines, the same total, the same vendor, number, currency."""
    amounts = [worth(row.get("NetAmount", row.get("Amount"))) for row in lines]
    return (
        len(lines) == len(intent["lines"])
        and sum((amount for amount in amounts if amount is not None), Decimal(0)) == compare.total(intent)
        and worth(header.get("ImportedAmount")) == compare.total(intent)
        and _same_name(intent, header.get("InvoiceAccount"), header.get("InvoiceNumber"))
        and str(header.get("Currency")).upper() == str(intent["header"]["Currency"]).upper()
    )


def _is_ours(one: Write, known: Known, row: Row) -> bool:
    """Posted, it carries our reference; where F&O shows none with it, it is what we made under that name."""
    reference = row.get("DocumentNum")
    if reference:
        return bool(reference == one.reference)
    return (known.made or known.confirmed) and _same_name(one.intent, row.get("InvoiceAccount"), row.get("InvoiceId"))


def _same_name(intent: Row, vendor: Any, number: Any) -> bool:
    return tuple(map(_folded, named(intent))) == (_folded(vendor), _folded(number))


def _folded(value: Any) -> str:
    return str(value or "").strip().casefold()


def _other(where: str, number: Any, reference: Any) -> str:
    return f"{where} {number or '?'}" + (f" (Document {str(reference)[:40]})" if reference else "")


def _booked(intent: Row, row: Row) -> Posted:
    amount, currency = worth(row.get("InvoiceAmount")), str(row.get("CurrencyCode")).upper()
    same = (
        _same_name(intent, row.get("InvoiceAccount"), row.get("InvoiceId"))
        and amount == compare.total(intent)
        and currency == str(intent["header"]["Currency"]).upper()
    )
    told = f"invoice {row.get('InvoiceId')} of {row.get('InvoiceAccount')}, {amount} {currency}"
    return Posted(str(row.get("LedgerVoucher") or "")[:100], same, told[:300], amount or Decimal(0))
