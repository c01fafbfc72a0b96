"""Lines of pending vendor invoices: an account (or a procurement category), an amount, a currency.

Facts: Currency is required; a line says what it is for by MainAccountDisplayValue or by a procurement category
(Microsoft; a live connector's fields). How an account string and DimensionDisplayValue go together is not recorded:
here they are one combination, in which the account string wins.
"""

from typing import Any, Final

from sandbox.d365 import accounts, dimensions, invoices
from sandbox.d365.accounts import NotAllowed
from sandbox.d365.dimensions import DEFAULT_FORMAT, LEDGER_FORMAT, MAIN_ACCOUNT
from sandbox.d365.environment import Environment
from sandbox.d365.errors import Refusal, field_refused, must_be_filled, not_found_in, read_only, row_refused
from sandbox.d365.tables import Row

SET: Final = invoices.LINES
TABLE: Final = "VendorInvoiceLineEntity"
SOURCE: Final = "VendInvoiceInfoLine"
_KEYS: Final = ("dataAreaId", "HeaderReference", "InvoiceLineNumber")

# The categories of this environment, by hierarchy.
CATEGORIES: Final = {"Corporate procurement": ("Office supplies", "Professional services", "Travel")}

Values = dict[str, Any]


def create(environment: Environment, sent: Values) -> Row:
    """Own reading: InvoiceLineNumber is counted up (1, 2, 3 …) where it is not sent, and taken where it is."""
    header = invoices.find(environment, TABLE, sent)
    number = sent.get("InvoiceLineNumber") or header.hidden["next_line"]
    values = _checked(environment, header, {prop: value for prop, value in sent.items() if prop not in _KEYS})
    row = environment.tables.insert(SET, {**values, "InvoiceLineNumber": number, "LineNumber": number})
    later = max(header.hidden["next_line"], int(number) + 1)
    environment.tables.update(header, hidden={"next_line": later})
    return row


def change(environment: Environment, row: Row, sent: Values) -> Row:
    header = invoices.find(environment, TABLE, row.values)
    for prop in _KEYS:
        if prop in sent:
            raise read_only(prop)
    return environment.tables.update(row, _checked(environment, header, {**row.values, **sent}))


def delete(environment: Environment, row: Row) -> None:
    invoices.find(environment, TABLE, row.values)
    environment.tables.delete(row)


def _checked(environment: Environment, header: Row, values: Values) -> Values:
    tables, head = environment.tables, header.values
    company, currency = head["dataAreaId"], values.get("Currency", "")
    if not currency:
        raise _refused(must_be_filled("Currency"))
    if currency.upper() != head["Currency"]:
        raise field_refused(TABLE, "Currency", f"The currency must be {head['Currency']}, as the invoice's.")
    for prop, entity, key, label in (
        ("SalesTaxGroup", "TaxGroups", "TaxGroupCode", "Sales tax group"),
        ("ItemSalesTax", "TaxItemGroupHeadings", "TaxItemGroup", "Item sales tax group"),
    ):
        if values.get(prop) and tables.get(entity, dataAreaId=company, **{key: values[prop]}) is None:
            raise field_refused(TABLE, prop, not_found_in(label, values[prop], f"{label}s"))
    return (
        values
        | _account(environment, header, values)
        | _amount(values)
        | {
            "dataAreaId": company,
            "HeaderReference": head["HeaderReference"],
            "Currency": head["Currency"],
            "InvoiceAccount": head["InvoiceAccount"],
            "VendorAccount": head["VendorAccount"],
            "DataAreaCompany": company,
        }
    )


def _amount(values: Values) -> Values:
    """Own reading: Amount, or what quantity and unit price come to; one of them there must be."""
    amount = values.get("Amount", 0) or values.get("ReceiveNow", 0) * values.get("UnitPrice", 0)
    if not amount:
        raise _refused(must_be_filled("Amount"))
    return {"Amount": amount, "NetAmount": values.get("NetAmount", 0) or amount}


def _account(environment: Environment, header: Row, values: Values) -> Values:
    account, category = values.get("MainAccountDisplayValue", ""), values.get("ProcurementCategoryName", "")
    if values.get("ItemNumber"):  # this environment has no products
        raise field_refused(TABLE, "ItemNumber", not_found_in("Item number", values["ItemNumber"], "Released products"))
    if not account and not category:
        raise _refused("A procurement category, an item or a main account must be entered.")
    company, day = header.values["dataAreaId"], header.values["Date"][:10]
    try:
        own = _segments(environment, values.get("DimensionDisplayValue", ""), company, day)
        if not account:
            _check_category(values)
            return {}
        ledger = environment.tables.get("Ledgers", LegalEntityId=company)
        assert ledger is not None  # noqa: S101 - the header's company has one
        given = dimensions.read(environment.tables, account, LEDGER_FORMAT)
        segments = own | given
        if environment.switches.main_account_only and len(given) > 1:
            raise NotAllowed(["Only a main account may be entered."])
        text = dimensions.show(environment.tables, segments, LEDGER_FORMAT, trailing=False)
        side = accounts.resolve(environment, ledger, day, kind="Ledger", text=text, defaults="")
    except NotAllowed as no:
        raise _refused(*no.messages) from no
    except ValueError as error:
        raise _refused(str(error)) from error
    whole = {name: value for name, value in side.segments.items() if name != MAIN_ACCOUNT}
    shown = dimensions.show(environment.tables, whole, DEFAULT_FORMAT, trailing=environment.switches.trailing_blanks)
    return {"MainAccountDisplayValue": side.display(environment), "DimensionDisplayValue": shown}


def _segments(environment: Environment, text: str, company: str, day: str) -> dict[str, str]:
    segments = dimensions.read(environment.tables, text, DEFAULT_FORMAT) if text else {}
    messages = dimensions.check_values(environment.tables, company, segments, day)
    if messages:
        raise NotAllowed(messages)
    return segments


def _check_category(values: Values) -> None:
    category = values["ProcurementCategoryName"]
    if category not in CATEGORIES.get(values.get("ProcurementCategoryHierarchyName", ""), ()):
        message = not_found_in("Procurement category", category, "Procurement categories")
        raise field_refused(TABLE, "ProcurementCategoryName", message)


def _refused(*messages: str) -> Refusal:
    return row_refused(TABLE, SOURCE, *messages)
