"""Rows as JSON: order of properties, ETag, context, location."""

import base64
from typing import Any, Final

from sandbox.d365.schema import COMPANY, SETS
from sandbox.d365.tables import Row

# Fact: recorded of these; each 0,0 stands for a joined table without a record.
_JOINED: Final = {"LedgerJournalLines": ";0,0", "VendInvoiceJournalLines": ";0,0;0,0"}


def etag(row: Row) -> str:
    """Fact: base64 of `'version,record id'`, one pair per table behind the entity (two or three for a line)."""
    more = _JOINED.get(row.set, "")
    raw = f"'{row.version},{row.record_id}{more}'"
    return f'W/"{base64.b64encode(raw.encode()).decode()}"'


def as_json(row: Row, select: list[str] | None = None) -> dict[str, Any]:
    """One row as F&O shows it. Fact: dataAreaId is lower-case on read."""
    values = {name: row.values[name] for name in select or SETS[row.set].properties}
    if COMPANY in values:
        values[COMPANY] = values[COMPANY].lower()
    return {"@odata.etag": etag(row), **values}


def context(service: str, name: str, select: list[str] | None = None, *, one: bool = False) -> str:
    columns = f"({','.join(select)})" if select else ""
    return f"{service}/$metadata#{name}{columns}{'/$entity' if one else ''}"


def location(service: str, row: Row) -> str:
    """Fact: …/data/VendInvoiceJournalLines(dataAreaId='usmf',JournalBatchNumber='B0002',LineNumber=1)."""
    entity = SETS[row.set]
    parts = ",".join(
        f"{name}={row.values[name] if entity.properties[name].is_number else _quoted(row.values[name])}"
        for name in entity.keys
    )
    return f"{service}/{row.set}({parts})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
