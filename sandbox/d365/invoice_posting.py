"""Posting a pending vendor invoice: a person's act in accounts payable; there is no OData action for it."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.d365 import invoices, periods, reuse, vendor_transactions
from sandbox.d365.environment import Environment
from sandbox.d365.posting import CannotPost
from sandbox.d365.schema import NO_DATE, tidy
from sandbox.d365.tables import Row

_SERIES: Final = "VIN"


def post(environment: Environment, row: Row, moment: datetime) -> str:
    """The invoice leaves the list of pending ones; its voucher. Raises `CannotPost`, in own words."""
    own, lines = row.values, invoices.lines_of(environment, row)
    company, number = own["dataAreaId"], own["InvoiceNumber"]
    if own["IsOnHold"] == "Yes":
        raise CannotPost(f"Vendor invoice {number} is on hold.")
    if not lines:
        raise CannotPost(f"Vendor invoice {number} has no lines.")
    day = _date_of(own, moment)
    ledger = environment.tables.get("Ledgers", LegalEntityId=company)
    if ledger is None or not periods.is_open(environment.tables, ledger, day[:10]):
        raise CannotPost(periods.not_open(day[:10]))
    told = reuse.told(environment, company, own["InvoiceAccount"], number, day)
    if told:
        raise CannotPost(told)
    voucher = f"{_SERIES}{environment.store.next(f'd365.voucher.{company}.{_SERIES}'):07}"
    total = sum((Decimal(line.values["NetAmount"]) for line in lines), Decimal(0))
    vendor_transactions.add(environment, _transaction(own, voucher, day, total), moment)
    vendor_transactions.add_invoice(environment, _invoice(own, voucher, day, total), moment)
    invoices.remove(environment, row)
    return voucher


def _date_of(own: dict[str, Any], moment: datetime) -> str:
    """Own reading: an invoice without a posting date is posted today."""
    return f"{moment:%Y-%m-%d}T12:00:00Z" if own["Date"] == NO_DATE else str(own["Date"])


def _transaction(own: dict[str, Any], voucher: str, day: str, total: Decimal) -> dict[str, Any]:
    return {
        "dataAreaId": own["dataAreaId"],
        "AccountNum": own["InvoiceAccount"],
        "Invoice": own["InvoiceNumber"],
        "Voucher": voucher,
        "TransDate": day,
        "DueDate": own["DueDate"],
        "DocumentNum": own["DocumentNumber"],
        "DocumentDate": own["InvoiceDate"],
        "Txt": own["InvoiceDescription"],
        "CurrencyCode": own["Currency"],
        "AmountCur": tidy(-total),
        "AmountMST": tidy(-total),
        "TransType": "Purch",
    }


def _invoice(own: dict[str, Any], voucher: str, day: str, total: Decimal) -> dict[str, Any]:
    return {
        "dataAreaId": own["dataAreaId"],
        "InvoiceId": own["InvoiceNumber"],
        "InvoiceAccount": own["InvoiceAccount"],
        "OrderAccount": own["VendorAccount"],
        "InvoiceDate": day if own["InvoiceDate"] == NO_DATE else own["InvoiceDate"],
        "DueDate": own["DueDate"],
        "DocumentNum": own["DocumentNumber"],
        "Description": own["InvoiceDescription"],
        "LedgerVoucher": voucher,
        "CurrencyCode": own["Currency"],
        "InvoiceAmount": tidy(total),
        "InvoiceAmountMST": tidy(total),
        "ImportedAmount": own["ImportedAmount"],
    }
