"""Pending vendor invoices, their lines and documents, until a person posts them."""

import base64
from typing import Any

import pytest

from connector.domain import jsonio
from sandbox.d365 import CannotPost, Ledger
from tests.sandbox.d365.caller import HOST, Caller, Json, message_of
from tests.sandbox.d365.paying import (
    DOCUMENTS,
    INVOICES,
    PENDING,
    PENDING_LINES,
    POSTED,
    made,
    pending,
    pending_line,
    refused,
)

PDF = base64.b64encode(b"%PDF-1.4\n").decode()


def reference(caller: Caller, **values: Any) -> str:
    return str(made(caller, PENDING, pending(**values))["HeaderReference"])


def key(number: str) -> str:
    return f"{PENDING}(dataAreaId='usmf',HeaderReference='{number}')?cross-company=true"


def line_key(number: str, line: int = 1) -> str:
    return f"{PENDING_LINES}(dataAreaId='usmf',HeaderReference='{number}',InvoiceLineNumber={line})?cross-company=true"


def test_a_header_gets_a_reference_of_f_and_os(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", PENDING, pending())
    row = jsonio.loads(answer.text)
    assert answer.status_code == 201
    number = row["HeaderReference"]
    assert number
    assert answer.headers["Location"] == f"{HOST}/data/{PENDING}(dataAreaId='usmf',HeaderReference='{number}')"
    assert (row["InvoiceAccount"], row["VendorAccount"], row["VendorName"]) == ("1001", "1001", "Acme Office Supplies")
    assert (row["Currency"], row["DueDate"], row["IsOnHold"]) == ("USD", "2026-11-03T12:00:00Z", "Yes")
    assert (row["ImportedAmount"], row["VendorInvoiceReviewStatus"]) == (150, "Draft")
    for condition in ("InvoiceNumber eq 'a-1'", "DocumentNumber eq 'BXAAAAAAAAAAAAAAAAAA'", "IsOnHold eq 'Yes'"):
        assert [one["HeaderReference"] for one in f_and_o.rows(f"{PENDING}?$filter={condition}")] == [number]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"InvoiceNumber": ""}, "Field 'Number' must be filled in."),
        ({"InvoiceNumber": "x" * 21}, "longer than 20 characters"),
        ({"InvoiceAccount": None}, "Field 'Invoice account' must be filled in."),
        ({"InvoiceAccount": "9999"}, "The value '9999' in field 'Invoice account' is not found"),
        ({"InvoiceAccount": "1004"}, "Vendor account 1004 is on hold for invoices."),
        ({"Currency": "XXX"}, "validateField failed on field 'VendorInvoiceHeaderEntity.Currency'"),
        ({"SalesTaxGroup": "XX"}, "Sales tax groups"),
        ({"DimensionDisplayValue": "999--"}, "The value 999 doesn't exist for BusinessUnit."),
        ({"Colour": "red"}, "Could not find a property named 'Colour'"),
        ({"dataAreaId": "frrt"}, "The value '1001' in field 'Invoice account' is not found"),
        ({"IsOnHold": "Maybe"}, "Cannot convert the literal 'Maybe'"),
    ],
    ids=str,
)
def test_a_header_that_cannot_be_is_refused(f_and_o: Caller, wrong: Json, told: str) -> None:
    assert told in refused(f_and_o, PENDING, pending(**wrong))
    assert f_and_o.rows(PENDING) == []


def test_a_reference_that_is_sent_is_refused_ignored_or_kept(f_and_o: Caller, ledger: Ledger) -> None:
    told = refused(f_and_o, PENDING, pending(HeaderReference="MINE"), 403)
    assert told == "insert not allowed for field 'HeaderReference'"
    ledger.set(header_reference="ignored")
    assert reference(f_and_o, HeaderReference="MINE") != "MINE"
    ledger.set(header_reference="kept")
    assert reference(f_and_o, HeaderReference="MINE") == "MINE"
    assert "already exists" in refused(f_and_o, PENDING, pending(HeaderReference="MINE"))


def test_two_pending_invoices_may_have_one_number_unless_it_is_checked_early(f_and_o: Caller, ledger: Ledger) -> None:
    assert reference(f_and_o) != reference(f_and_o)
    ledger.set(reuse_checked_at_insert=True)
    assert "already used by another pending invoice" in refused(f_and_o, PENDING, pending())
    reference(f_and_o, InvoiceAccount="1002")


def test_a_header_is_changed_until_it_is_posted(f_and_o: Caller) -> None:
    number = reference(f_and_o)
    assert f_and_o.call("PATCH", key(number), {"IsOnHold": "No", "ImportedAmount": 160}).status_code == 204
    (row,) = f_and_o.rows(PENDING)
    assert (row["IsOnHold"], row["ImportedAmount"], row["InvoiceNumber"]) == ("No", 160, "A-1")
    assert f_and_o.call("PATCH", key(number), {"InvoiceNumber": ""}).status_code == 400
    assert message_of(f_and_o.call("PATCH", key(number), {"InvoiceAccount": "1002"}), 403)
    missing = f_and_o.call("PATCH", key("nothing"), {"IsOnHold": "No"})
    assert message_of(missing) == "No resources were found when selecting for update."


def test_a_line_is_counted_up_and_shows_its_account_as_one_string(f_and_o: Caller) -> None:
    number = reference(f_and_o)
    row = made(f_and_o, PENDING_LINES, pending_line(number))
    assert (row["InvoiceLineNumber"], row["NetAmount"], row["Currency"]) == (1, 150, "USD")
    assert (row["MainAccountDisplayValue"], row["DimensionDisplayValue"]) == ("605140-001-022-", "001-022-")
    split = {"MainAccountDisplayValue": "605140", "DimensionDisplayValue": "001-022-"}
    again = made(f_and_o, PENDING_LINES, pending_line(number, **split))
    assert (again["InvoiceLineNumber"], again["MainAccountDisplayValue"]) == (2, "605140-001-022-")
    found = f_and_o.rows(f"{PENDING_LINES}?$filter=HeaderReference eq '{number}'&$select=InvoiceLineNumber")
    assert [one["InvoiceLineNumber"] for one in found] == [1, 2]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"Currency": None}, "Field 'Currency' must be filled in."),
        ({"Currency": "EUR"}, "The currency must be USD, as the invoice's."),
        ({"Amount": None}, "Field 'Amount' must be filled in."),
        ({"MainAccountDisplayValue": None}, "A procurement category, an item or a main account must be entered."),
        ({"MainAccountDisplayValue": "999999"}, "The value 999999 doesn't exist for MainAccount."),
        ({"MainAccountDisplayValue": "605150-001--"}, "MainAccount is suspended."),
        ({"MainAccountDisplayValue": "606300-001--"}, "Blank isn't allowed for Department"),
        ({"MainAccountDisplayValue": "605140-001-029-"}, "Department is suspended."),
        ({"DimensionDisplayValue": "999--"}, "The value 999 doesn't exist for BusinessUnit."),
        ({"ItemSalesTax": "XX"}, "Item sales tax groups"),
        ({"ItemNumber": "D0001"}, "Released products"),
        ({"HeaderReference": ""}, "Field 'Header reference' must be filled in."),
        ({"HeaderReference": "nothing"}, "not found in the related table 'Vendor invoice header'"),
    ],
    ids=str,
)
def test_a_line_that_cannot_be_is_refused(f_and_o: Caller, wrong: Json, told: str) -> None:
    line = pending_line(reference(f_and_o), **wrong)
    assert told in refused(f_and_o, PENDING_LINES, line)
    assert f_and_o.rows(PENDING_LINES) == []


def test_a_line_may_name_a_procurement_category_instead(f_and_o: Caller) -> None:
    number = reference(f_and_o)
    category = {"ProcurementCategoryName": "Travel", "ProcurementCategoryHierarchyName": "Corporate procurement"}
    made(f_and_o, PENDING_LINES, pending_line(number, MainAccountDisplayValue=None, **category))
    category |= {"ProcurementCategoryName": "Yachts"}
    told = refused(f_and_o, PENDING_LINES, pending_line(number, MainAccountDisplayValue=None, **category))
    assert "The value 'Yachts' in field 'Procurement category' is not found" in told


def test_whether_a_line_takes_more_than_a_main_account_is_a_switch(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(main_account_only=True)
    number = reference(f_and_o)
    assert "Only a main account may be entered" in refused(f_and_o, PENDING_LINES, pending_line(number))
    split = {"MainAccountDisplayValue": "605140", "DimensionDisplayValue": "001-022-"}
    made(f_and_o, PENDING_LINES, pending_line(number, **split))


def test_lines_are_changed_and_deleted_and_go_with_their_header(f_and_o: Caller) -> None:
    number = reference(f_and_o)
    for _ in range(2):
        made(f_and_o, PENDING_LINES, pending_line(number))
    assert f_and_o.call("PATCH", line_key(number), {"Amount": 20, "NetAmount": 20}).status_code == 204
    assert f_and_o.rows(PENDING_LINES)[0]["NetAmount"] == 20
    assert f_and_o.call("DELETE", line_key(number)).status_code == 204
    assert [row["InvoiceLineNumber"] for row in f_and_o.rows(PENDING_LINES)] == [2]
    assert f_and_o.call("DELETE", key(number)).status_code == 204
    assert f_and_o.rows(PENDING) == f_and_o.rows(PENDING_LINES) == []


def test_documents_are_attached_one_by_one(f_and_o: Caller, ledger: Ledger) -> None:
    number = reference(f_and_o)
    body = {"dataAreaId": "usmf", "HeaderReference": number, "FileName": "receipt", "FileType": "pdf"}
    for name in ("one", "two"):
        row = made(f_and_o, DOCUMENTS, body | {"Name": name, "FileContents": PDF})
        assert (row["TypeId"], row["FileContents"]) == ("File", PDF)
    found = f_and_o.rows(f"{DOCUMENTS}?$filter=HeaderReference eq '{number}'&$select=Name")
    assert (
        [one["Name"] for one in found] == ["one", "two"] == [one["Name"] for one in ledger.payables.documents(number)]
    )
    assert "Field 'File contents' must be filled in." in refused(f_and_o, DOCUMENTS, body)
    assert "Cannot convert the literal" in refused(f_and_o, DOCUMENTS, body | {"FileContents": "no base64"})
    assert "Vendor invoice header" in refused(f_and_o, DOCUMENTS, body | {"HeaderReference": "x", "FileContents": PDF})
    ledger.set(attachment_megabytes=1)
    large = base64.b64encode(bytes(2**20 + 3)).decode()
    assert "The file is larger than 1 megabytes." in refused(f_and_o, DOCUMENTS, body | {"FileContents": large})


def test_a_refused_operation_of_a_changeset_leaves_no_document_behind(f_and_o: Caller) -> None:
    number = reference(f_and_o)
    document = {"dataAreaId": "usmf", "HeaderReference": number, "FileContents": PDF}
    wrong = pending_line(number, Currency="EUR")
    assert f_and_o.batch([("POST", DOCUMENTS, document), ("POST", PENDING_LINES, wrong)]).statuses == [[500]]
    assert f_and_o.rows(DOCUMENTS) == []


def test_a_person_posts_it_and_it_leaves_the_list(f_and_o: Caller, ledger: Ledger) -> None:
    number = reference(f_and_o, IsOnHold="No")
    for amount in (100, 50):
        made(f_and_o, PENDING_LINES, pending_line(number, Amount=amount))
    voucher = ledger.payables.post(number)
    assert f_and_o.rows(PENDING) == f_and_o.rows(PENDING_LINES) == []
    (row,), (invoice,) = f_and_o.rows(POSTED), f_and_o.rows(INVOICES)
    assert (row["Invoice"], row["AccountNum"], row["AmountCur"], row["Voucher"]) == ("A-1", "1001", -150, voucher)
    assert (row["DocumentNum"], row["JournalNum"]) == ("BXAAAAAAAAAAAAAAAAAA", "")
    assert (invoice["InvoiceId"], invoice["InvoiceAmount"], invoice["LedgerVoucher"]) == ("A-1", 150, voucher)
    gone = f_and_o.call("PATCH", key(number), {"IsOnHold": "Yes"})
    assert message_of(gone) == "No resources were found when selecting for update."
    assert "Vendor invoice header" in refused(f_and_o, PENDING_LINES, pending_line(number))


def test_what_cannot_be_posted_stays(f_and_o: Caller, ledger: Ledger) -> None:
    number = reference(f_and_o)
    with pytest.raises(CannotPost, match="is on hold"):
        ledger.payables.post(number)
    ledger.payables.change(number, IsOnHold="No")
    with pytest.raises(CannotPost, match="has no lines"):
        ledger.payables.post(number)
    ledger.payables.add_line(number, MainAccountDisplayValue="605140-001-022-", Amount=1, Currency="USD")
    ledger.payables.change(number, Date="2026-01-05T12:00:00Z")
    with pytest.raises(CannotPost, match="Fiscal period for 2026-01-05 is not open"):
        ledger.payables.post(number)
    ledger.payables.change(number, Date="2026-11-03T12:00:00Z")
    ledger.payables.post(number)
    again = reference(f_and_o, IsOnHold="No")
    made(f_and_o, PENDING_LINES, pending_line(again))
    with pytest.raises(CannotPost, match="Invoice number A-1 is already used"):
        ledger.payables.post(again)
    assert [one["HeaderReference"] for one in ledger.payables.invoices("A-1")] == [again]


def test_accounts_payable_may_pick_up_an_invoice_that_has_no_lines_yet(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(picks_up_empty=True)
    taken, kept = reference(f_and_o, IsOnHold="No"), reference(f_and_o, InvoiceNumber="A-2")
    assert "is in workflow and cannot be changed" in refused(f_and_o, PENDING_LINES, pending_line(taken))
    assert f_and_o.call("DELETE", key(taken)).status_code == 400
    made(f_and_o, PENDING_LINES, pending_line(kept))
    assert f_and_o.call("PATCH", key(kept), {"IsOnHold": "No"}).status_code == 204
    statuses = [row["VendorInvoiceReviewStatus"] for row in f_and_o.rows(PENDING)]
    assert statuses == ["InReview", "Draft"]


def test_people_change_and_remove_what_is_pending(f_and_o: Caller, ledger: Ledger) -> None:
    number = reference(f_and_o)
    made(f_and_o, PENDING_LINES, pending_line(number))
    ledger.payables.delete_line(number)
    assert ledger.payables.lines(number) == []
    ledger.payables.submit(number)
    assert f_and_o.call("PATCH", key(number), {"IsOnHold": "No"}).status_code == 400
    ledger.payables.delete(number)
    assert ledger.payables.invoices() == []
    with pytest.raises(KeyError):
        ledger.payables.post(number)
