"""Documents attached to pending vendor invoices.

Facts: one POST for each document, its content as base64 in FileContents (Microsoft, Vendor invoice document attachment
V2; a live connector). The metadata's key is the invoice alone, so it does not tell two documents of one invoice apart:
they are kept under numbers of their own, and read by $filter. The greatest size is a parameter of document management.
"""

from typing import Any, Final

from sandbox.d365 import invoices
from sandbox.d365.environment import Environment
from sandbox.d365.errors import field_refused, must_be_filled, row_refused
from sandbox.d365.schema import SETS
from sandbox.d365.tables import Row

SET: Final = "VendorInvoiceDocumentAttachments"
TABLE: Final = "VendorInvoiceDocumentAttachmentV2Entity"
_KIND: Final = f"d365.{SET}"
_MEGABYTE: Final = 2**20

Values = dict[str, Any]


def create(environment: Environment, sent: Values) -> Row:
    header = invoices.find(environment, TABLE, sent)
    contents = sent.get("FileContents")
    if not contents:
        raise row_refused(TABLE, "DocuRef", must_be_filled("File contents"))
    most = environment.switches.attachment_megabytes
    if len(contents) * 3 // 4 > most * _MEGABYTE:  # own words
        raise field_refused(TABLE, "FileContents", f"The file is larger than {most} megabytes.")
    number = environment.store.next(f"{_KIND}.RecId")
    values = {
        "TypeId": "File",
        **sent,
        "dataAreaId": header.values["dataAreaId"],
        "HeaderReference": header.values["HeaderReference"],
    }
    environment.store.put(_KIND, f"{number:09}", {"number": number, "values": values})
    return _row(number, values)


def rows(environment: Environment) -> list[Row]:
    """Those of invoices that are still pending."""
    there = {(row.values["dataAreaId"], row.values["HeaderReference"]) for row in environment.tables.rows(invoices.SET)}
    return [row for row in ever(environment) if (row.values["dataAreaId"], row.values["HeaderReference"]) in there]


def ever(environment: Environment) -> list[Row]:
    """Those of posted and deleted invoices, too: what OData no longer shows."""
    return [_row(doc["number"], doc["values"]) for doc in environment.store.all(_KIND)]


def _row(number: int, values: Values) -> Row:
    return Row(SET, number, 1, SETS[SET].defaults | values)
