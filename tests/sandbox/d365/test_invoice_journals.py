"""Vendor invoice and payment journals: entity sets of their own over the journals there are."""

import pytest

from connector.domain import jsonio
from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import HEADERS, HOST, LINES, Caller, Json, a_line, message_of
from tests.sandbox.d365.paying import (
    INVOICE_HEADERS,
    INVOICE_LINES,
    PAYMENT_HEADERS,
    PAYMENT_LINES,
    invoice_line,
    journal,
    made,
    payment_journal,
    payment_line,
    refused,
)


def test_a_new_invoice_journal_is_answered_as_recorded(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", INVOICE_HEADERS, {"dataAreaId": "usmf", "JournalName": "APInvoice"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == (
        f"{HOST}/data/VendInvoiceJournalHeaders(dataAreaId='usmf',JournalBatchNumber='USMF-000001')"
    )
    row = jsonio.loads(answer.text)
    assert answer.headers["ETag"] == row.pop("@odata.etag")
    assert row == {
        "@odata.context": f"{HOST}/data/$metadata#VendInvoiceJournalHeaders/$entity",
        "dataAreaId": "usmf",
        "JournalBatchNumber": "USMF-000001",
        "JournalName": "APInvoice",
        "OverrideSalesTax": "No",
        "Description": "AP Invoice",
        "IsPosted": "No",
        "SalesTaxIncluded": "No",
        "JournalTotalCredit": 0,
        "JournalTotalDebit": 0,
    }


def test_journals_of_every_kind_are_numbered_in_one_row(f_and_o: Caller) -> None:
    numbers = [f_and_o.journal(), journal(f_and_o), payment_journal(f_and_o), f_and_o.journal()]
    assert numbers == [f"USMF-00000{number}" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("headers", "name"),
    [(HEADERS, "APInvoice"), (HEADERS, "VendPay"), (INVOICE_HEADERS, "BREX"), (INVOICE_HEADERS, "VendPay"),
     (PAYMENT_HEADERS, "GenJrn"), (PAYMENT_HEADERS, "APInvoice")],
)  # fmt: skip
def test_a_journal_name_of_another_type_is_refused(f_and_o: Caller, headers: str, name: str) -> None:
    told = refused(f_and_o, headers, {"dataAreaId": "usmf", "JournalName": name})
    assert f"The value '{name}' in field 'Name' is not found in the related table 'Journal names" in told


def test_each_company_has_a_name_for_either(f_and_o: Caller) -> None:
    for company in ("usmf", "frrt"):
        assert journal(f_and_o, company=company)
        assert journal(f_and_o, PAYMENT_HEADERS, "VendPay", company)


def test_an_invoice_line_is_kept_under_its_own_names(f_and_o: Caller) -> None:
    number = journal(f_and_o)
    row = made(f_and_o, INVOICE_LINES, invoice_line(number))
    assert (row["Credit"], row["Debit"], row["Currency"], row["Description"]) == (150, 0, "USD", "Paper")
    assert (row["Date"], row["InvoiceDate"]) == ("2026-11-03T12:00:00Z", "2026-11-02T12:00:00Z")
    assert (row["DueDate"], row["Invoice"], row["LineNumber"]) == ("2026-12-02T12:00:00Z", "A-1", 1)
    assert (row["AccountDisplayValue"], row["OffsetAccountDisplayValue"]) == ("1001", "605140-001-022-")
    assert row["Voucher"] == "API0000001"
    assert f_and_o.rows(f"{INVOICE_LINES}?$filter=Document eq 'BXAAAAAAAAAAAAAAAAAA'") == [_bare(row)]
    header = f_and_o.rows(f"{INVOICE_HEADERS}?$filter=JournalBatchNumber eq '{number}'")[0]
    assert (header["JournalTotalDebit"], header["JournalTotalCredit"]) == (150, 150)


def test_a_line_is_the_vendors_where_it_does_not_say(f_and_o: Caller) -> None:
    assert made(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o), AccountType=None))["AccountType"] == "Vend"
    line = payment_line(payment_journal(f_and_o), MarkedInvoice=None)
    assert made(f_and_o, PAYMENT_LINES, line)["AccountType"] == "Vend"


def test_a_payment_line_is_kept_under_its_own_names(f_and_o: Caller) -> None:
    number = payment_journal(f_and_o)
    dimensions = {"DefaultDimensionsForAccountDisplayValue": "001--", "TaxGroup": "TX", "TaxItemGroup": "ALL"}
    row = made(f_and_o, PAYMENT_LINES, payment_line(number, MarkedInvoice=None, **dimensions))
    assert (row["DebitAmount"], row["TransactionText"], row["ExchangeRate"]) == (150, "Payment", 100)
    assert (row["TransactionDate"], row["OffsetCompany"]) == ("2026-11-05T12:00:00Z", "usmf")
    assert {name: row[name] for name in dimensions} == dimensions
    found = f_and_o.rows(f"{PAYMENT_LINES}?$filter=PaymentReference eq 'BXBBBBBBBBBBBBBBBBBB'")
    assert found == [_bare(row)]


@pytest.mark.parametrize("wrong", ["DebitAmount", "CurrencyCode", "TransDate", "Text", "PaymentReference"])
def test_names_of_general_journal_lines_are_unknown_to_invoice_lines(f_and_o: Caller, wrong: str) -> None:
    told = refused(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o)) | {wrong: "x"})
    assert told == (
        f"Could not find a property named '{wrong}' on type 'Microsoft.Dynamics.DataEntities.VendInvoiceJournalLine'."
    )


@pytest.mark.parametrize("wrong", ["Document", "Text", "TransDate", "SalesTaxCode", "Invoice"])
def test_names_of_general_journal_lines_are_unknown_to_payment_lines(f_and_o: Caller, wrong: str) -> None:
    told = refused(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o)) | {wrong: "x"})
    assert f"Could not find a property named '{wrong}'" in told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"AccountDisplayValue": "9999"}, "The value '9999' in field 'Account' is not found in the related table"),
        ({"Currency": ""}, "Field 'Currency' must be filled in."),
        ({"Currency": "XXX"}, "validateField failed on field 'VendInvoiceJournalLineEntity.Currency'"),
        ({"Date": None}, "Field 'Date' must be filled in."),
        ({"Credit": None}, "Field 'Debit or credit' must be filled in."),
        ({"OffsetAccountDisplayValue": "605140-999--"}, "The value 999 doesn't exist for BusinessUnit."),
        ({"SalesTaxGroup": "NONE"}, "validateField failed on field 'VendInvoiceJournalLineEntity.SalesTaxGroup'"),
        ({"OffsetCompany": "frrt"}, "Intercompany is not supported"),
    ],
    ids=str,
)
def test_lines_are_checked_as_general_ones_are_in_their_own_words(f_and_o: Caller, wrong: Json, told: str) -> None:
    message = refused(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o), **wrong))
    assert told in message
    assert "'VendInvoiceJournalLineEntity'" in message


def test_a_line_number_that_is_sent_is_taken_by_invoice_lines_only(f_and_o: Caller) -> None:
    number = journal(f_and_o)
    assert made(f_and_o, INVOICE_LINES, invoice_line(number, LineNumber=7))["LineNumber"] == 7
    assert made(f_and_o, INVOICE_LINES, invoice_line(number, Invoice="A-2"))["LineNumber"] == 8
    assert "already exists" in refused(f_and_o, INVOICE_LINES, invoice_line(number, LineNumber=7))
    line = payment_line(payment_journal(f_and_o), LineNumber=1, MarkedInvoice=None)
    told = refused(f_and_o, PAYMENT_LINES, line, 403)
    assert told == "insert not allowed for field 'LineNumber'"


def test_each_set_shows_and_takes_its_own_journals_only(f_and_o: Caller) -> None:
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    assert f_and_o.rows(HEADERS) == f_and_o.rows(LINES) == f_and_o.rows(PAYMENT_HEADERS) == []
    assert "not found in the related table 'Ledger journal table'" in refused(f_and_o, LINES, a_line(number))
    key = f"dataAreaId='usmf',JournalBatchNumber='{number}'"
    assert f_and_o.call("GET", f"{HEADERS}({key})?cross-company=true").status_code == 404
    message_of(f_and_o.call("PATCH", f"{HEADERS}({key})?cross-company=true", {"Description": "x"}))


def test_an_environment_may_show_them_among_the_general_ones_too(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(general_shows_all=True)
    made(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o)))
    (seen,), (own,) = f_and_o.rows(LINES), f_and_o.rows(INVOICE_LINES)
    assert (seen["CreditAmount"], seen["Text"], seen["LineNumber"]) == (own["Credit"], own["Description"], 1)
    assert [row["JournalName"] for row in f_and_o.rows(HEADERS)] == ["APInvoice"]


def test_the_list_of_journals_tells_their_types(f_and_o: Caller) -> None:
    f_and_o.journal(), journal(f_and_o), payment_journal(f_and_o)
    types = [row["JournalType"] for row in f_and_o.rows("LedgerJournalTableBiEntities")]
    assert types == ["Daily", "VendInvoiceRegister", "Payment"]


def test_header_and_lines_are_changed_and_deleted_in_their_own_words(f_and_o: Caller) -> None:
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    header = f"{INVOICE_HEADERS}(dataAreaId='usmf',JournalBatchNumber='{number}')?cross-company=true"
    line = f"{INVOICE_LINES}(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber=1)?cross-company=true"
    assert f_and_o.call("PATCH", header, {"Description": "Bills", "SalesTaxIncluded": "Yes"}).status_code == 204
    change = {"Description": "Pens", "Credit": 15, "DueDate": "2026-12-24"}
    assert f_and_o.call("PATCH", line, change).status_code == 204
    (row,), (head,) = f_and_o.rows(INVOICE_LINES), f_and_o.rows(INVOICE_HEADERS)
    assert (row["Description"], row["Credit"], row["InvoiceDate"]) == ("Pens", 15, "2026-11-02T12:00:00Z")
    assert (head["Description"], head["SalesTaxIncluded"], head["JournalTotalCredit"]) == ("Bills", "Yes", 15)
    assert "dependent Journal lines exist" in message_of(f_and_o.call("DELETE", header))
    assert f_and_o.call("DELETE", line).status_code == 204
    assert f_and_o.call("DELETE", header).status_code == 204
    assert f_and_o.rows(INVOICE_HEADERS) == []
    assert message_of(f_and_o.call("DELETE", line)) == "No resources were found when selecting for update."


def test_lines_of_one_changeset_share_the_fate_and_the_voucher(f_and_o: Caller) -> None:
    number = journal(f_and_o)
    side = {"Credit": None, "OffsetAccountDisplayValue": "", "Invoice": "", "AccountType": "Ledger"}
    debit = invoice_line(number, Debit=150, AccountDisplayValue="605140-001-022-", **side)
    credit = invoice_line(number, OffsetAccountDisplayValue="")
    answer = f_and_o.batch([("POST", INVOICE_LINES, debit), ("POST", INVOICE_LINES, credit)])
    assert answer.statuses == [[201, 201]]
    assert {row["Voucher"] for row in answer.rows(0)} == {"API0000001"}
    wrong = invoice_line(number, AccountDisplayValue="9999")
    answer = f_and_o.batch([("POST", INVOICE_LINES, debit), ("POST", INVOICE_LINES, wrong)])
    assert answer.statuses == [[500]]
    assert "Write failed for table row of type 'VendInvoiceJournalLineEntity'" in answer.message(0)
    assert len(f_and_o.rows(INVOICE_LINES)) == 2


def test_two_requests_into_one_invoice_journal_conflict(f_and_o: Caller, ledger: Ledger) -> None:
    number = journal(f_and_o)
    with ledger.somebody_writes_to(number):
        told = refused(f_and_o, INVOICE_LINES, invoice_line(number))
    assert told.startswith("Write failed for table row of type 'VendInvoiceJournalLineEntity'. Infolog: Info: ")
    assert "Cannot edit a record in Ledger journal table" in told


def test_filters_columns_order_and_pages_work_by_own_names(f_and_o: Caller, ledger: Ledger) -> None:
    number = journal(f_and_o)
    for credit in (10, 30, 20):
        made(f_and_o, INVOICE_LINES, invoice_line(number, Credit=credit, Invoice=f"A-{credit}"))
    found = f_and_o.rows(f"{INVOICE_LINES}?$filter=Credit gt 15&$orderby=Credit desc&$select=Credit,Invoice")
    assert [(row["Credit"], row["Invoice"]) for row in found] == [(30, "A-30"), (20, "A-20")]
    assert f_and_o.rows(f"{INVOICE_LINES}?$filter=AccountType eq 'Vend'") == []  # as with general lines
    ledger.set(page_size=2)
    first = f_and_o.call("GET", f"{INVOICE_LINES}?cross-company=true").json
    assert first is not None
    assert len(first["value"]) == 2
    assert f"/data/{INVOICE_LINES}?" in first["@odata.nextLink"]


def test_a_moved_journal_stays_what_it_was(f_and_o: Caller, ledger: Ledger) -> None:
    number = journal(f_and_o)
    made(f_and_o, INVOICE_LINES, invoice_line(number))
    moved = ledger.move_lines(number, document="BXAAAAAAAAAAAAAAAAAA")
    assert [row["JournalBatchNumber"] for row in f_and_o.rows(INVOICE_LINES)] == [moved]
    assert len(f_and_o.rows(INVOICE_HEADERS)) == 2


def test_people_see_lines_of_every_kind_by_our_reference(f_and_o: Caller, ledger: Ledger) -> None:
    made(f_and_o, INVOICE_LINES, invoice_line(journal(f_and_o)))
    made(f_and_o, PAYMENT_LINES, payment_line(payment_journal(f_and_o), MarkedInvoice=None))
    assert len(ledger.lines()) == ledger.documents() == 2
    assert len(ledger.lines(document="BXBBBBBBBBBBBBBBBBBB")) == 1
    added = ledger.add_line("USMF-000001", **{**invoice_line("USMF-000001"), "Invoice": "A-9"})
    assert added["CreditAmount"] == 150


def _bare(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "@odata.context"}
