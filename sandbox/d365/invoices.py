"""Pending vendor invoices: headers with a reference of F&O's own, changed and deleted until they are posted.

Facts (Microsoft, Vendor invoice header entity; metadata; live connectors): the entity creates and updates headers
before posting only, InvoiceNumber is required, DimensionDisplayValue is a default dimension string, ImportedAmount a
snapshot of the source's total; clients read HeaderReference from the answer, nobody is known to supply it. An invoice
without lines can be picked up by accounts payable. Own words where nobody recorded a message.
"""

from typing import Any, Final

from sandbox.d365 import dimensions, reuse
from sandbox.d365.dimensions import DEFAULT_FORMAT
from sandbox.d365.environment import Environment
from sandbox.d365.errors import Refusal, field_refused, must_be_filled, not_found_in, read_only, row_refused
from sandbox.d365.schema import NO_DATE
from sandbox.d365.tables import Row

SET: Final = "VendorInvoiceHeaders"
LINES: Final = "VendorInvoiceLines"
TABLE: Final = "VendorInvoiceHeaderEntity"
SOURCE: Final = "VendInvoiceInfoTable"
LENGTH: Final = 20  # fact: of an invoice number, unless extended (Microsoft, what's new in 10.0.40)
_STOPPED: Final = ("All", "Invoice")
_FIXED: Final = ("dataAreaId", "HeaderReference", "InvoiceAccount", "VendorAccount")

Values = dict[str, Any]


def create(environment: Environment, sent: Values) -> Row:
    company = (sent.get("dataAreaId") or environment.switches.default_company).lower()
    if sent.get("HeaderReference") and environment.switches.header_reference == "refused":
        raise read_only("HeaderReference", "insert")
    values = {**sent, "dataAreaId": company}
    vendor = _vendor(environment, company, sent)
    values |= {"InvoiceAccount": vendor, "VendorAccount": vendor}
    values = _checked(environment, values)
    if environment.switches.reuse_checked_at_insert:
        told = reuse.told(environment, company, vendor, values["InvoiceNumber"], values["Date"], pending=True)
        if told:
            raise field_refused(TABLE, "InvoiceNumber", told)
    own = sent.get("HeaderReference") if environment.switches.header_reference == "kept" else ""
    values["HeaderReference"] = own or f"{company.upper()}-VI{environment.store.next(f'd365.invoice.{company}'):07}"
    return _picked_up(environment, environment.tables.insert(SET, values, {"next_line": 1}))


def change(environment: Environment, row: Row, sent: Values) -> Row:
    check_open(row)
    for prop in _FIXED:
        if prop in sent:
            raise read_only(prop)
    values = _checked(environment, {**row.values, **sent})
    return _picked_up(environment, environment.tables.update(row, values))


def delete(environment: Environment, row: Row) -> None:
    """With its lines, as a person's Delete does; the documents attached to it go too."""
    check_open(row)
    remove(environment, row)


def remove(environment: Environment, row: Row) -> None:
    for line in lines_of(environment, row):
        environment.tables.delete(line)
    environment.tables.delete(row)


def find(environment: Environment, table: str, sent: Values) -> Row:
    """The pending invoice that a line or a document belongs to. Raises `Refusal` where there is none."""
    reference = sent.get("HeaderReference", "")
    if not reference:
        raise row_refused(table, SOURCE, must_be_filled("Header reference"))
    company = sent.get("dataAreaId") or environment.switches.default_company
    row = environment.tables.get(SET, dataAreaId=company, HeaderReference=reference)
    if row is None:
        raise field_refused(
            table, "HeaderReference", not_found_in("Header reference", reference, "Vendor invoice header")
        )
    check_open(row, table)
    return row


def lines_of(environment: Environment, row: Row) -> list[Row]:
    found = environment.tables.found(LINES, [("HeaderReference", row.values["HeaderReference"])])
    return [line for line in found if line.values["dataAreaId"] == row.values["dataAreaId"]]


def check_open(row: Row, table: str = TABLE) -> None:
    """In workflow nobody changes an invoice any more."""
    if row.values["VendorInvoiceReviewStatus"] != "Draft":
        number = row.values["InvoiceNumber"]
        raise row_refused(table, SOURCE, f"Vendor invoice {number} is in workflow and cannot be changed.")


def _vendor(environment: Environment, company: str, sent: Values) -> str:
    """The vendor's account. Own reading: either of the two properties is enough, and a vendor on hold is refused."""
    account = sent.get("InvoiceAccount") or sent.get("VendorAccount")
    if not account:
        raise row_refused(TABLE, SOURCE, must_be_filled("Invoice account"))
    row = environment.tables.get("VendorsV2", dataAreaId=company, VendorAccountNumber=account)
    if row is None:
        raise field_refused(TABLE, "InvoiceAccount", not_found_in("Invoice account", account, "Vendors"))
    if row.values["OnHoldStatus"] in _STOPPED:
        raise field_refused(TABLE, "InvoiceAccount", f"Vendor account {account} is on hold for invoices.")
    return str(row.values["VendorAccountNumber"])


def _checked(environment: Environment, values: Values) -> Values:
    """The values with what F&O fills in; a new header, or a changed one as a whole. Raises `Refusal`."""
    company, account, tables = values["dataAreaId"], values["InvoiceAccount"], environment.tables
    vendor = tables.get("VendorsV2", dataAreaId=company, VendorAccountNumber=account)
    ledger = tables.get("Ledgers", LegalEntityId=company)
    assert vendor is not None and ledger is not None  # noqa: S101, PT018 - `_vendor` has seen to it
    number = values.get("InvoiceNumber", "")
    if not number:
        raise row_refused(TABLE, SOURCE, must_be_filled("Number"))
    if len(number) > LENGTH:
        raise field_refused(TABLE, "InvoiceNumber", f"The invoice number is longer than {LENGTH} characters.")
    currency = values.get("Currency") or vendor.values["CurrencyCode"] or ledger.values["AccountingCurrency"]
    if tables.get("Currencies", CurrencyCode=currency) is None:
        raise field_refused(TABLE, "Currency", not_found_in("Currency", currency, "Currencies"))
    group = values.get("SalesTaxGroup", "")
    if group and tables.get("TaxGroups", dataAreaId=company, TaxGroupCode=group) is None:
        raise field_refused(TABLE, "SalesTaxGroup", not_found_in("Sales tax group", group, "Sales tax groups"))
    invoiced, posted = values.get("InvoiceDate", NO_DATE), values.get("Date", NO_DATE)
    posted = invoiced if posted == NO_DATE else posted
    due = values.get("DueDate", NO_DATE)
    shown = _dimensions(environment, values.get("DimensionDisplayValue", ""), company, posted)
    return values | {
        "Currency": currency.upper(),
        "VendorName": values.get("VendorName") or vendor.values["VendorOrganizationName"],
        "Date": posted,
        "DueDate": posted if due == NO_DATE else due,
        "DimensionDisplayValue": shown,
    }


def _dimensions(environment: Environment, text: str, company: str, posted: str) -> str:
    if not text:
        return ""
    try:
        segments = dimensions.read(environment.tables, text, DEFAULT_FORMAT)
    except ValueError as error:
        raise _refused(str(error)) from error
    messages = dimensions.check_values(environment.tables, company, segments, posted[:10])
    if messages:
        raise _refused(*messages)
    known = dimensions.as_known(environment.tables, company, segments)
    return dimensions.show(environment.tables, known, DEFAULT_FORMAT, trailing=environment.switches.trailing_blanks)


def _picked_up(environment: Environment, row: Row) -> Row:
    """Fact: accounts payable can pick up an invoice without lines; here it does so at once, where it does at all."""
    waiting = row.values["IsOnHold"] == "No" and not lines_of(environment, row)
    if environment.switches.picks_up_empty and waiting:
        return environment.tables.update(row, {"VendorInvoiceReviewStatus": "InReview"})
    return row


def _refused(*messages: str) -> Refusal:
    return row_refused(TABLE, SOURCE, *messages)
