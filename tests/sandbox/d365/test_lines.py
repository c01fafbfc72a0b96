"""Journal lines: what they must have, what F&O fills in, when it refuses."""

from decimal import Decimal

import pytest

from connector.domain import jsonio
from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import LINES, Caller, a_line, message_of

WRAP = "Write failed for table row of type 'LedgerJournalLineEntity'. Infolog: Warning: "
END = "; Warning: validateWrite failed on data source 'LedgerJournalTrans (LedgerJournalTrans)'."


def test_a_line_is_answered_with_every_value_it_got(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    row = f_and_o.line(number, DebitAmount=Decimal("50000.10"))
    told = {name: row[name] for name in ("LineNumber", "Voucher", "TransDate", "ExchRate", "Company", "OffsetCompany")}
    assert told == {
        "LineNumber": 1,
        "Voucher": "BRX0000001",
        "TransDate": "2026-11-03T12:00:00Z",
        "ExchRate": 100,
        "Company": "usmf",
        "OffsetCompany": "usmf",
    }
    assert row["DebitAmount"] == Decimal("50000.1")
    assert row["CreditAmount"] == 0
    assert row["DueDate"] == "1900-01-01T12:00:00Z"
    assert len(row) == 50  # 48 properties, context and etag


@pytest.mark.parametrize("amount", ["0.1", "0.07", "1234567890.12", "0.005", "99999999.995"])
def test_amounts_are_kept_to_the_last_digit(f_and_o: Caller, amount: str) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, DebitAmount=Decimal(amount))
    text = f_and_o.call("GET", f"{LINES}?cross-company=true").text
    assert f'"DebitAmount":{amount},' in text


def test_an_amount_shows_no_trailing_zeros(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, DebitAmount=Decimal("750.00"))
    assert '"DebitAmount":750,' in f_and_o.call("GET", f"{LINES}?cross-company=true").text


@pytest.mark.parametrize("date", ["2026-07-23", "2026-07-23T00:00:00Z", "2026-07-23T12:00:00Z"])
def test_a_date_is_read_back_at_noon(f_and_o: Caller, date: str) -> None:
    assert f_and_o.line(f_and_o.journal(), TransDate=date)["TransDate"] == "2026-07-23T12:00:00Z"


def test_lines_are_numbered_in_the_order_of_their_arrival(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    assert [f_and_o.line(number)["LineNumber"] for _ in range(3)] == [1, 2, 3]


def test_text_is_cut_at_sixty_and_document_at_twenty(f_and_o: Caller) -> None:
    row = f_and_o.line(f_and_o.journal(), Text="é" * 61, Document="B" * 21)
    assert (row["Text"], row["Document"]) == ("é" * 60, "B" * 20)


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ("TransDate", "Field 'Date' must be filled in."),
        ("CurrencyCode", "Field 'Currency' must be filled in."),
        ("AccountDisplayValue", "Field 'Account' must be filled in."),
        ("DebitAmount", "Field 'Debit or credit' must be filled in."),
        ("JournalBatchNumber", "Field 'Journal batch number' must be filled in."),
    ],
)
def test_a_line_without_what_it_must_have_is_refused(f_and_o: Caller, left_out: str, told: str) -> None:
    assert f_and_o.refused(f_and_o.journal(), **{left_out: None}) == WRAP + told + END


def test_a_line_of_no_journal_is_refused(f_and_o: Caller) -> None:
    told = (
        "The value 'USMF-000009' in field 'Journal batch number' is not found in the related table "
        "'Ledger journal table'."
    )
    assert f_and_o.refused("USMF-000009") == WRAP + told + END


def test_without_a_company_the_journal_is_looked_for_in_the_default_company(f_and_o: Caller) -> None:
    assert "is not found in the related table" in f_and_o.refused(f_and_o.journal(), dataAreaId=None)


def test_an_unknown_currency_is_refused(f_and_o: Caller) -> None:
    assert f_and_o.refused(f_and_o.journal(), CurrencyCode="XXX") == (
        WRAP + "The value 'XXX' in field 'Currency' is not found in the related table 'Currencies'.; Warning: "
        "validateField failed on field 'LedgerJournalLineEntity.CurrencyCode'."
    )


@pytest.mark.parametrize(
    ("debit", "credit", "told"),
    [
        ("-1", None, "Only positive amounts"),
        (None, "-1", "Only positive amounts"),
        ("1", "1", "cannot both be entered"),
        ("0", "0", "must be filled in"),
    ],
)
def test_a_line_is_one_positive_amount(f_and_o: Caller, debit: str | None, credit: str | None, told: str) -> None:
    amounts = {"DebitAmount": debit and Decimal(debit), "CreditAmount": credit and Decimal(credit)}
    assert told in f_and_o.refused(f_and_o.journal(), **amounts)


@pytest.mark.parametrize(
    ("prop", "value"),
    [
        ("DebitAmount", "12.50"),
        ("DebitAmount", True),
        ("DebitAmount", 10**15),
        ("Text", 5),
        ("TransDate", "yesterday"),
        ("AccountType", "Ledgers"),
        ("AccountType", 0),
        ("DueDate", None),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(f_and_o: Caller, prop: str, value: object) -> None:
    body = a_line(f_and_o.journal()) | {prop: value}
    assert f_and_o.call("POST", LINES, body).status_code == 400


def test_null_text_counts_as_an_empty_one(f_and_o: Caller) -> None:
    body = a_line(f_and_o.journal()) | {"Text": None, "SalesTaxGroup": None}
    row = f_and_o.call("POST", LINES, body).json
    assert row is not None
    assert (row["Text"], row["SalesTaxGroup"]) == ("", "")


def test_an_unknown_property_is_refused(f_and_o: Caller) -> None:
    told = "Could not find a property named 'Memo' on type 'Microsoft.Dynamics.DataEntities.LedgerJournalLine'."
    assert f_and_o.refused(f_and_o.journal(), Memo="x") == told


def test_a_line_number_is_refused(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    assert f_and_o.refused(number, 403, LineNumber=7) == "insert not allowed for field 'LineNumber'"
    assert ledger.lines() == []


def test_a_line_number_may_be_ignored_elsewhere(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(line_number="ignored")
    assert f_and_o.line(f_and_o.journal(), LineNumber=7)["LineNumber"] == 1


def test_a_line_number_may_be_kept_elsewhere_and_then_is_unique(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(line_number="kept")
    number = f_and_o.journal()
    assert f_and_o.line(number, LineNumber=7)["LineNumber"] == 7
    assert f_and_o.line(number)["LineNumber"] == 8
    assert "The record already exists.." in f_and_o.refused(number, LineNumber=7)


def test_a_posted_journal_takes_no_line(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.post_journal(number)
    assert "has been posted" in f_and_o.refused(number)


def test_a_journal_in_use_takes_no_line(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.lock_journal(number)
    assert "is in use by user Alicia" in f_and_o.refused(number)
    ledger.unlock_journal(number)
    assert f_and_o.line(number)


def test_a_journal_in_workflow_takes_no_line(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.submit_workflow(number)
    assert "is in workflow" in f_and_o.refused(number)
    ledger.submit_workflow(number, "NotSubmitted")
    assert f_and_o.line(number)


def test_a_closed_period_is_no_matter_until_posting_unless_switched(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, TransDate="2026-01-15")
    ledger.set(closed_period_at_insert=True)
    assert f_and_o.refused(number, TransDate="2026-01-15") == WRAP + "Fiscal period for 2026-01-15 is not open." + END


@pytest.mark.parametrize("prop", ["Company", "OffsetCompany"])
def test_intercompany_lines_are_refused(f_and_o: Caller, prop: str) -> None:
    assert "Intercompany is not supported" in f_and_o.refused(f_and_o.journal(), **{prop: "frrt"})


@pytest.mark.parametrize("prop", ["SalesTaxGroup", "ItemSalesTaxGroup"])
def test_an_unknown_tax_group_is_refused(f_and_o: Caller, prop: str) -> None:
    assert "is not found in the related table" in f_and_o.refused(f_and_o.journal(), **{prop: "NOPE"})


def test_tax_groups_left_out_come_from_the_account_and_an_empty_one_stays_empty(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    filled = f_and_o.line(number, AccountDisplayValue="605100-001-022-")
    assert (filled["SalesTaxGroup"], filled["ItemSalesTaxGroup"]) == ("TX", "ALL")
    empty = f_and_o.line(number, AccountDisplayValue="605100-001-022-", SalesTaxGroup="", ItemSalesTaxGroup="")
    assert (empty["SalesTaxGroup"], empty["ItemSalesTaxGroup"]) == ("", "")


def test_financial_tags_are_kept_as_sent(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    assert f_and_o.line(number)["FinTagDisplayValue"] == ""
    line = f_and_o.line(number, FinTagDisplayValue="a|b", OffsetFinTagDisplayValue="a|b")
    assert (line["FinTagDisplayValue"], line["OffsetFinTagDisplayValue"]) == ("a|b", "a|b")


def test_an_offset_left_out_comes_from_the_journal_name_and_an_empty_one_stays_empty(
    f_and_o: Caller, ledger: Ledger
) -> None:
    ledger.journal_name("BREX", OffsetAccountDisplayValue="110180---")
    number = f_and_o.journal()
    filled = f_and_o.line(number, OffsetAccountDisplayValue=None, OffsetAccountType=None)
    assert filled["OffsetAccountDisplayValue"] == "110180---"
    assert f_and_o.line(number, OffsetAccountDisplayValue="")["OffsetAccountDisplayValue"] == ""


def test_a_fixed_offset_account_replaces_whatever_is_sent(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.journal_name("BREX", OffsetAccountDisplayValue="110180---", IsFixedOffsetAccount="Yes")
    number = f_and_o.journal()
    assert f_and_o.line(number, OffsetAccountDisplayValue="")["OffsetAccountDisplayValue"] == "110180---"
    assert f_and_o.line(number)["OffsetAccountDisplayValue"] == "110180---"


def test_a_foreign_currency_gets_its_rate_per_hundred(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    assert f_and_o.line(number, CurrencyCode="EUR", DebitAmount=100)["ExchRate"] == 110
    (header,) = f_and_o.rows("LedgerJournalHeaders")
    assert header["JournalTotalDebit"] == 110


def test_the_same_line_twice_is_two_lines(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    f_and_o.line(number)
    assert len(ledger.lines(document="BXAAAAAAAAAAAAAAAAAA")) == 2


def test_a_line_can_be_changed_and_deleted_while_unposted(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    key = f"{LINES}(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber=1)?cross-company=true"
    assert f_and_o.call("PATCH", key, {"Text": "new", "DebitAmount": 20}).status_code == 204
    assert [(line["Text"], line["DebitAmount"]) for line in ledger.lines()] == [("new", 20)]
    assert f_and_o.rows("LedgerJournalHeaders")[0]["JournalTotalDebit"] == 20
    assert f_and_o.call("DELETE", key).status_code == 204
    assert ledger.lines() == []
    assert f_and_o.rows("LedgerJournalHeaders")[0]["JournalTotalDebit"] == 0


def test_a_plain_patch_that_fails_says_only_that_an_error_has_occurred(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    key = f"{LINES}(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber=1)?cross-company=true"
    answer = f_and_o.call("PATCH", key, {"AccountDisplayValue": "999999"})
    assert answer.status_code == 400
    assert jsonio.loads(answer.text) == {"error": {"code": "", "message": "An error has occurred."}}
    inside = f_and_o.batch([("PATCH", key, {"AccountDisplayValue": "999999"})])
    assert "doesn't exist for MainAccount" in inside.message(0)


def test_a_single_failed_write_may_be_500_elsewhere(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(write_status=500)
    assert "must be filled in" in message_of(
        f_and_o.call("POST", LINES, a_line(f_and_o.journal(), TransDate=None)), 500
    )
