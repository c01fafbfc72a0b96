"""$filter: what it takes, what it refuses, and how it compares."""

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import Caller, message_of


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ("CurrencyCode eq 'EUR'", ["EUR"]),
        ("CurrencyCode eq 'eur'", ["EUR"]),
        ("CurrencyCode eq 'EUR  '", ["EUR"]),
        ("'EUR' eq CurrencyCode", ["EUR"]),
        ("CurrencyCode ne 'EUR'", ["GBP", "JPY", "KWD", "USD"]),
        ("CurrencyCode gt 'JPY'", ["KWD", "USD"]),
        ("'JPY' lt CurrencyCode", ["KWD", "USD"]),
        ("CurrencyCode ge 'JPY' and CurrencyCode lt 'USD'", ["JPY", "KWD"]),
        ("CurrencyCode eq 'EUR' or CurrencyCode eq 'USD'", ["EUR", "USD"]),
        ("CurrencyCode eq 'EUR' or CurrencyCode eq 'USD' and Name eq 'x'", ["EUR"]),
        ("(CurrencyCode eq 'EUR' or CurrencyCode eq 'USD') and Name eq 'Euro'", ["EUR"]),
        ("not (CurrencyCode eq 'EUR' or CurrencyCode eq 'USD')", ["GBP", "JPY", "KWD"]),
        ("Name eq '*dollar*'", ["USD"]),
        ("Name eq '*D*r'", ["KWD", "USD"]),
        ("Name ne '*e*'", ["KWD", "USD"]),
        ("Name eq '*.*'", []),
        ("GeneralRoundingRule lt 0.01", ["KWD"]),
        ("GeneralRoundingRule eq 1", ["JPY"]),
        ("GeneralRoundingRule le 0.010", ["EUR", "GBP", "KWD", "USD"]),
        ("Symbol eq null", []),
    ],
)
def test_it_takes_the_rows_a_filter_means(f_and_o: Caller, condition: str, codes: list[str]) -> None:
    assert [
        row["CurrencyCode"] for row in f_and_o.rows(f"Currencies?$filter={condition}&$orderby=CurrencyCode")
    ] == codes


@pytest.mark.parametrize("yes", ["Microsoft.Dynamics.DataEntities.NoYes'Yes'", "'Yes'"])
def test_an_enum_is_compared_by_its_full_name_or_plainly(f_and_o: Caller, yes: str) -> None:
    rows = f_and_o.rows(f"MainAccounts?$filter=IsSuspended eq {yes}")
    assert [row["MainAccountId"] for row in rows] == ["605150"]
    assert len(f_and_o.rows(f"MainAccounts?$filter=IsSuspended ne {yes}")) > 40


def test_dates_are_compared_as_moments(f_and_o: Caller) -> None:
    november = "StartDate ge 2026-11-01T00:00:00Z and StartDate lt 2026-12-01T00:00:00Z"
    assert [row["PeriodName"] for row in f_and_o.rows(f"FiscalPeriods?$filter={november}")] == ["Period 11"]
    assert len(f_and_o.rows("FiscalPeriods?$filter=StartDate eq 2026-11-01T12:00:00Z")) == 1
    assert len(f_and_o.rows("FiscalPeriods?$filter=StartDate gt 2027-11-30")) == 2


def test_a_quote_inside_a_text_is_doubled(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.add("VendorsV2", dataAreaId="usmf", VendorAccountNumber="9", VendorOrganizationName="O'Neil's")
    (row,) = f_and_o.rows("VendorsV2?$filter=VendorOrganizationName eq 'O''Neil''s'")
    assert row["VendorAccountNumber"] == "9"


@pytest.mark.parametrize(
    "condition",
    [
        "startswith(Name,'U')",
        "contains(Name,'U')",
        "CurrencyCode in ('EUR','USD')",
        "CurrencyCode has 'EUR'",
        "GeneralRoundingRule add 1 eq 2",
        "CurrencyCode eq",
        "CurrencyCode",
        "CurrencyCode eq EUR",
        "CurrencyCode = 'EUR'",
        "CurrencyCode eq 'EUR' and",
        "(CurrencyCode eq 'EUR'",
        "not CurrencyCode eq 'EUR'",
        "CurrencyCode eq 1",
        "GeneralRoundingRule eq '1'",
        "CurrencyCode EQ 'EUR'",
        "Name eq 'it's'",
        "(" * 80 + "Name eq 'x'" + ")" * 80,
    ],
)
def test_it_refuses_what_f_and_o_does_not_understand(f_and_o: Caller, condition: str) -> None:
    assert f_and_o.call("GET", f"Currencies?$filter={condition}").status_code == 400


@pytest.mark.parametrize(
    "condition",
    ["IsSuspended eq 'Perhaps'", "IsSuspended gt 'No'", "IsSuspended eq Microsoft.Dynamics.DataEntities.Other'Yes'"],
)
def test_it_refuses_a_wrong_use_of_an_enum(f_and_o: Caller, condition: str) -> None:
    assert f_and_o.call("GET", f"MainAccounts?$filter={condition}").status_code == 400


@pytest.mark.parametrize("date", ["'2026-11-01'", "2026-13-01", "20261101"])
def test_it_refuses_what_is_no_date(f_and_o: Caller, date: str) -> None:
    assert f_and_o.call("GET", f"FiscalPeriods?$filter=StartDate eq {date}").status_code == 400


def test_types_that_do_not_fit_are_named(f_and_o: Caller) -> None:
    answer = f_and_o.call("GET", "FiscalPeriods?$filter=StartDate ge '2026-11-01'")
    assert message_of(answer) == (
        "A binary operator with incompatible types was detected. Found operand types 'Edm.DateTimeOffset' and "
        "'Edm.String' for operator kind 'GreaterThanOrEqual'."
    )


def test_comparing_the_account_type_of_lines_silently_finds_nothing(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    assert len(f_and_o.rows(f"LedgerJournalLines?$filter=JournalBatchNumber eq '{number}'")) == 1
    for condition in ("AccountType eq 'Ledger'", "AccountType ne 'Vend'", "not (AccountType eq 'Vend')"):
        assert f_and_o.rows(f"LedgerJournalLines?$filter=JournalBatchNumber eq '{number}' and {condition}") == []


def test_lines_are_found_by_their_documents_among_many(f_and_o: Caller) -> None:
    first, second = f_and_o.journal(), f_and_o.journal()
    for position in range(6):
        f_and_o.line(second if position % 2 else first, Document=f"BX{position}", TransDate=f"2026-11-0{position + 1}")
    either = " or ".join(f"Document eq 'bx{position}'" for position in (1, 2, 4, 9))
    window = "TransDate ge 2026-11-03T00:00:00Z and TransDate le 2026-11-30T23:59:59Z"
    rows = f_and_o.rows(f"LedgerJournalLines?$filter=dataAreaId eq 'usmf' and {window} and ({either})")
    assert [row["Document"] for row in rows] == ["BX2", "BX4"]
    assert [
        row["Document"] for row in f_and_o.rows("LedgerJournalLines?$filter=Document eq 'BX*' and Document ne 'BX5'")
    ] == [f"BX{position}" for position in range(5)]


def test_a_filter_on_a_journal_does_not_see_other_companies_without_cross_company(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    path = f"LedgerJournalLines?$filter=JournalBatchNumber eq '{number}'"
    assert f_and_o.rows(path, everywhere=False) == []
