"""Bodies and acts of accounts payable, as plain as can be."""

from typing import Any, Final

from connector.domain import jsonio
from tests.sandbox.d365.caller import Caller, Json, message_of

INVOICE_HEADERS: Final = "VendInvoiceJournalHeaders"
INVOICE_LINES: Final = "VendInvoiceJournalLines"
PAYMENT_HEADERS: Final = "VendorPaymentJournalHeaders"
PAYMENT_LINES: Final = "VendorPaymentJournalLines"
PENDING: Final = "VendorInvoiceHeaders"
PENDING_LINES: Final = "VendorInvoiceLines"
DOCUMENTS: Final = "VendorInvoiceDocumentAttachments"
POSTED: Final = "VendTransBiEntities"
INVOICES: Final = "VendInvoiceJourBiEntities"


def invoice_line(number: str, **values: Any) -> Json:
    """Cr Acme 150 USD against software, invoice A-1. A value of None leaves the property out."""
    line = {
        "dataAreaId": "usmf",
        "JournalBatchNumber": number,
        "AccountType": "Vend",
        "AccountDisplayValue": "1001",
        "OffsetAccountType": "Ledger",
        "OffsetAccountDisplayValue": "605140-001-022-",
        "Credit": 150,
        "Currency": "USD",
        "Date": "2026-11-03T12:00:00Z",
        "Description": "Paper",
        "Document": "BXAAAAAAAAAAAAAAAAAA",
        "Invoice": "A-1",
        "InvoiceDate": "2026-11-02T12:00:00Z",
        "DueDate": "2026-12-02T12:00:00Z",
        **values,
    }
    return {name: value for name, value in line.items() if value is not None}


def payment_line(number: str, **values: Any) -> Json:
    """Dr Acme 150 USD out of the bank, for invoice A-1."""
    line = {
        "dataAreaId": "usmf",
        "JournalBatchNumber": number,
        "AccountDisplayValue": "1001",
        "OffsetAccountType": "Bank",
        "OffsetAccountDisplayValue": "USMF OPER",
        "DebitAmount": 150,
        "CurrencyCode": "USD",
        "TransactionDate": "2026-11-05T12:00:00Z",
        "TransactionText": "Payment",
        "PaymentReference": "BXBBBBBBBBBBBBBBBBBB",
        "MarkedInvoice": "A-1",
        **values,
    }
    return {name: value for name, value in line.items() if value is not None}


def pending(**values: Any) -> Json:
    header = {
        "dataAreaId": "usmf",
        "InvoiceAccount": "1001",
        "InvoiceNumber": "A-1",
        "InvoiceDate": "2026-11-02T12:00:00Z",
        "Date": "2026-11-03T12:00:00Z",
        "IsOnHold": "Yes",
        "ImportedAmount": 150,
        "DocumentNumber": "BXAAAAAAAAAAAAAAAAAA",
        **values,
    }
    return {name: value for name, value in header.items() if value is not None}


def pending_line(reference: str, **values: Any) -> Json:
    line = {
        "dataAreaId": "usmf",
        "HeaderReference": reference,
        "MainAccountDisplayValue": "605140-001-022-",
        "Amount": 150,
        "Currency": "USD",
        **values,
    }
    return {name: value for name, value in line.items() if value is not None}


def made(caller: Caller, entity_set: str, body: Json) -> Json:
    """What a POST that is expected to be taken answers."""
    response = caller.call("POST", entity_set, body)
    assert response.status_code == 201, response.text
    return dict(jsonio.loads(response.text))


def refused(caller: Caller, entity_set: str, body: Json, status: int = 400) -> str:
    return message_of(caller.call("POST", entity_set, body), status)


def journal(caller: Caller, headers: str = INVOICE_HEADERS, name: str = "APInvoice", company: str = "usmf") -> str:
    return str(made(caller, headers, {"dataAreaId": company, "JournalName": name})["JournalBatchNumber"])


def payment_journal(caller: Caller) -> str:
    return journal(caller, PAYMENT_HEADERS, "VendPay")
