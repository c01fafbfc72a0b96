"""Journal headers."""

import pytest

from connector.domain import jsonio
from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import HEADERS, HOST, Caller, Json, message_of

NOTHING = "No resources were found when selecting for update."


def one(caller: Caller, number: str, company: str = "usmf") -> Json:
    (row,) = caller.rows(f"{HEADERS}?$filter=dataAreaId eq '{company}' and JournalBatchNumber eq '{number}'")
    return row


def key(number: str, company: str = "usmf", *, everywhere: bool = True) -> str:
    return f"{HEADERS}(dataAreaId='{company}',JournalBatchNumber='{number}')" + (
        "?cross-company=true" if everywhere else ""
    )


def test_a_new_journal_is_answered_as_recorded(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", HEADERS, {"dataAreaId": "USMF", "JournalName": "brex"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{HOST}/data/{HEADERS}(dataAreaId='usmf',JournalBatchNumber='USMF-000001')"
    assert answer.headers["Content-Type"] == "application/json; odata.metadata=minimal"
    assert answer.headers["OData-Version"] == "4.0"
    row = jsonio.loads(answer.text)
    assert answer.headers["ETag"] == row.pop("@odata.etag")
    assert row == {
        "@odata.context": f"{HOST}/data/$metadata#LedgerJournalHeaders/$entity",
        "dataAreaId": "usmf",
        "JournalBatchNumber": "USMF-000001",
        "AccountingCurrency": "",
        "JournalName": "BREX",
        "IntegrationKey": "",
        "Description": "Brex card spend",
        "PostingLayer": "Current",
        "IsPosted": "No",
        "JournalTotalCredit": 0,
        "JournalTotalDebit": 0,
    }


def test_each_company_numbers_its_journals_itself(f_and_o: Caller) -> None:
    assert [f_and_o.journal(), f_and_o.journal(), f_and_o.journal(company="frrt")] == [
        "USMF-000001",
        "USMF-000002",
        "FRRT-000001",
    ]


def test_without_a_company_it_lands_in_the_default_company(f_and_o: Caller, ledger: Ledger) -> None:
    assert "not found in the related table 'Journal names'" in message_of(
        f_and_o.call("POST", HEADERS, {"JournalName": "BREX"})
    )
    ledger.set(default_company="frrt")
    row = f_and_o.call("POST", HEADERS, {"JournalName": "BREX"}).json
    assert row is not None
    assert row["dataAreaId"] == "frrt"


def test_a_description_is_kept_and_cut_at_sixty(f_and_o: Caller) -> None:
    number = f_and_o.journal(Description="BXJ" + "x" * 70)
    assert one(f_and_o, number)["Description"] == "BXJ" + "x" * 57


def test_a_journal_is_found_by_a_mark_inside_its_description(f_and_o: Caller) -> None:
    number = f_and_o.journal(Description="Brex 2026-11-03 BXJABCDEFGHIJKLM")
    f_and_o.journal()
    rows = f_and_o.rows(f"{HEADERS}?$filter=dataAreaId eq 'usmf' and Description eq '*BXJABCDEFGHIJKLM*'")
    assert [row["JournalBatchNumber"] for row in rows] == [number]


def test_an_unknown_journal_name_is_refused(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", HEADERS, {"dataAreaId": "usmf", "JournalName": "NOPE"})
    assert message_of(answer) == (
        "Write failed for table row of type 'LedgerJournalHeaderEntity'. Infolog: Warning: The value 'NOPE' in field "
        "'Name' is not found in the related table 'Journal names'.; Warning: validateField failed on field "
        "'LedgerJournalHeaderEntity.JournalName'."
    )


def test_a_journal_name_is_required(f_and_o: Caller) -> None:
    assert "must be filled in" in message_of(f_and_o.call("POST", HEADERS, {"dataAreaId": "usmf"}))


@pytest.mark.parametrize("prop", ["IsPosted", "JournalTotalDebit", "JournalTotalCredit", "AccountingCurrency"])
def test_what_f_and_o_computes_cannot_be_sent(f_and_o: Caller, prop: str) -> None:
    value = 0 if "Total" in prop else "No" if prop == "IsPosted" else "USD"
    sent = {"dataAreaId": "usmf", "JournalName": "BREX", prop: value}
    assert message_of(f_and_o.call("POST", HEADERS, sent), 403) == f"insert not allowed for field '{prop}'"
    number = f_and_o.journal()
    refused = f_and_o.call("PATCH", key(number), {"Description": "new", prop: value})
    assert message_of(refused, 403) == f"update not allowed for field '{prop}'"
    assert one(f_and_o, number)["Description"] == "Brex card spend"


def test_the_journal_name_cannot_be_changed(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    assert f_and_o.call("PATCH", key(number), {"JournalName": "GenJrn"}).status_code == 403


def test_a_number_of_ones_own_needs_the_number_sequences_permission(f_and_o: Caller, ledger: Ledger) -> None:
    sent = {"dataAreaId": "usmf", "JournalName": "BREX", "JournalBatchNumber": "B0002"}
    assert f_and_o.call("POST", HEADERS, sent).status_code == 400
    ledger.set(user_numbers=True)
    assert f_and_o.call("POST", HEADERS, sent).status_code == 201
    assert "The record already exists.." in message_of(f_and_o.call("POST", HEADERS, sent))


def test_an_unknown_property_is_refused(f_and_o: Caller) -> None:
    answer = f_and_o.call("POST", HEADERS, {"dataAreaId": "usmf", "JournalName": "BREX", "Nonsense": 1})
    assert message_of(answer) == (
        "Could not find a property named 'Nonsense' on type 'Microsoft.Dynamics.DataEntities.LedgerJournalHeader'."
    )


def test_annotations_in_a_body_are_ignored(f_and_o: Caller) -> None:
    assert f_and_o.journal(**{"@odata.type": "#Microsoft.Dynamics.DataEntities.LedgerJournalHeader"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"JournalName": NaN}'])
def test_a_body_that_is_no_json_object_is_refused(f_and_o: Caller, body: bytes) -> None:
    assert f_and_o.call("POST", HEADERS, body, Content_Type="application/json").status_code == 400


def test_a_description_can_be_changed(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    before = one(f_and_o, number)["@odata.etag"]
    answer = f_and_o.call("PATCH", key(number), {"Description": "new"})
    assert (answer.status_code, answer.text) == (204, "")
    assert one(f_and_o, number)["Description"] == "new"
    assert one(f_and_o, number)["@odata.etag"] != before


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_changing_what_is_not_there_is_refused_in_f_and_os_words(f_and_o: Caller, method: str) -> None:
    body = {"Description": "x"} if method == "PATCH" else None
    assert message_of(f_and_o.call(method, key("USMF-999999"), body)) == NOTHING


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_changing_another_company_without_cross_company_finds_nothing(f_and_o: Caller, method: str) -> None:
    number = f_and_o.journal()
    body = {"Description": "x"} if method == "PATCH" else None
    assert message_of(f_and_o.call(method, key(number, everywhere=False), body)) == NOTHING
    assert one(f_and_o, number)["Description"] == "Brex card spend"


def test_deleting_what_is_not_there_may_pass_for_done(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(delete_missing=204)
    assert f_and_o.call("DELETE", key("USMF-999999")).status_code == 204


def test_an_empty_journal_can_be_deleted(f_and_o: Caller, ledger: Ledger) -> None:
    assert f_and_o.call("DELETE", key(f_and_o.journal())).status_code == 204
    assert ledger.headers() == []


def test_a_journal_with_lines_cannot_be_deleted(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    told = message_of(f_and_o.call("DELETE", key(number)))
    assert "Ledger journal table cannot be deleted while dependent Journal lines exist." in told


def test_a_posted_journal_cannot_be_deleted(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.post_journal(number)
    told = message_of(f_and_o.call("DELETE", key(number)))
    assert f"Journal '{number}' has been posted and cannot be deleted." in told


def test_totals_follow_the_lines(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    row = one(f_and_o, number)
    assert (row["JournalTotalDebit"], row["JournalTotalCredit"], row["AccountingCurrency"]) == (
        jsonio.loads("12.5"),
        jsonio.loads("12.5"),
        "USD",
    )


def test_the_journal_table_tells_more_of_a_journal(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal(Description="mine")
    f_and_o.line(number)
    ledger.lock_journal(number, "Alicia")
    path = f"LedgerJournalTableBiEntities(dataAreaId='usmf',JournalNum='{number}')?cross-company=true"
    row = f_and_o.call("GET", path).json
    assert row is not None
    told = {name: row[name] for name in ("Name", "Posted", "NumOfLines", "InUseBy", "WorkflowApprovalStatus")}
    assert told == {
        "Name": "mine",
        "Posted": "No",
        "NumOfLines": 1,
        "InUseBy": "Alicia",
        "WorkflowApprovalStatus": "NotSubmitted",
    }
    assert row["PostedDateTime"] == "1900-01-01T00:00:00Z"
    ledger.unlock_journal(number)
    ledger.post_journal(number)
    (row,) = f_and_o.rows("LedgerJournalTableBiEntities?$filter=Posted eq 'Yes'")
    assert row["PostedDateTime"] > "2026"
