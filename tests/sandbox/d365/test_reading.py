"""Sets, keys, companies, columns, order and pages."""

from urllib.parse import unquote

import pytest

from connector.domain import jsonio
from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import HOST, Caller, message_of


def test_without_cross_company_only_the_default_company_is_there(f_and_o: Caller) -> None:
    assert f_and_o.rows("JournalNames", everywhere=False) == []
    assert len(f_and_o.rows("JournalNames")) == 9


def test_the_default_company_can_be_another(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(default_company="frrt")
    assert {row["dataAreaId"] for row in f_and_o.rows("JournalNames", everywhere=False)} == {"frrt"}


def test_sets_without_a_company_need_no_cross_company(f_and_o: Caller) -> None:
    assert len(f_and_o.rows("Currencies", everywhere=False)) == 5


def test_a_row_is_read_by_its_whole_key(f_and_o: Caller) -> None:
    path = "JournalNames(Name='BREX',dataAreaId='USMF')?cross-company=true"
    row = f_and_o.call("GET", path).json
    assert row is not None
    assert row["@odata.context"] == f"{HOST}/data/$metadata#JournalNames/$entity"
    assert (row["dataAreaId"], row["Name"], row["NewVoucher"]) == ("usmf", "BREX", "BalanceSheet")


def test_a_key_with_one_part_may_go_unnamed(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Currencies('EUR')").status_code == 200


def test_a_key_may_hold_an_enum_a_date_and_quotes(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.add("VendorsV2", dataAreaId="usmf", VendorAccountNumber="O'Neil (1)/2")
    kind = "Microsoft.Dynamics.DataEntities.DimensionHierarchyType'DataEntityLedgerDimensionFormat'"
    for path in (
        f"DimensionIntegrationFormats(DimensionFormatName='Ledger',DimensionFormatType={kind})",
        "ExchangeRates(RateTypeName='Default',FromCurrency='EUR',ToCurrency='USD',StartDate=2020-01-01T12:00:00Z)",
        "VendorsV2(dataAreaId='usmf',VendorAccountNumber='O''Neil (1)%2F2')?cross-company=true",
    ):
        assert f_and_o.call("GET", path).status_code == 200, path


def test_a_key_with_a_part_missing_is_refused_in_f_and_os_words(f_and_o: Caller) -> None:
    answer = f_and_o.call("GET", "LedgerJournalHeaders(dataAreaId='usmf')?cross-company=true")
    assert (
        message_of(answer) == "Only 1 of 2 keys provided for lookup, provide keys for dataAreaId, JournalBatchNumber."
    )


@pytest.mark.parametrize(
    "key", ["Nonsense='EUR'", "CurrencyCode=EUR", "CurrencyCode='EUR'x", "CurrencyCode='A',CurrencyCode='B'"]
)
def test_a_malformed_key_is_refused(f_and_o: Caller, key: str) -> None:
    assert f_and_o.call("GET", f"Currencies({key})").status_code == 400


def test_a_key_that_is_not_there_is_404(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Currencies('XXX')").status_code == 404


def test_a_key_of_another_company_is_404_without_cross_company(f_and_o: Caller) -> None:
    path = "JournalNames(dataAreaId='usmf',Name='BREX')"
    assert f_and_o.call("GET", path).status_code == 404
    assert f_and_o.call("GET", f"{path}?cross-company=true").status_code == 200


def test_select_shows_only_those_columns_and_the_etag(f_and_o: Caller) -> None:
    answer = f_and_o.call("GET", "Currencies?$select=CurrencyCode,Name").json
    assert answer is not None
    assert answer["@odata.context"] == f"{HOST}/data/$metadata#Currencies(CurrencyCode,Name)"
    assert set(answer["value"][0]) == {"@odata.etag", "CurrencyCode", "Name"}


def test_an_unknown_column_is_refused_in_f_and_os_words(f_and_o: Caller) -> None:
    told = "Could not find a property named 'Nonsense' on type 'Microsoft.Dynamics.DataEntities.Currency'."
    for path in ("$select=Nonsense", "$orderby=Nonsense", "$filter=Nonsense eq 'x'"):
        assert message_of(f_and_o.call("GET", f"Currencies?{path}")) == told


@pytest.mark.parametrize("option", ["$expand=X", "$apply=x", "$top=-1", "$skip=x", "$top=1&$top=2", "$orderby=Name up"])
def test_an_option_it_does_not_know_is_refused(f_and_o: Caller, option: str) -> None:
    assert f_and_o.call("GET", f"Currencies?{option}").status_code == 400


def test_rows_come_in_the_order_asked_for(f_and_o: Caller) -> None:
    codes = [row["CurrencyCode"] for row in f_and_o.rows("Currencies?$orderby=CurrencyCode desc")]
    assert codes == ["USD", "KWD", "JPY", "GBP", "EUR"]
    rates = [row["Rate"] for row in f_and_o.rows("ExchangeRates?$orderby=ToCurrency asc,Rate desc&$top=3")]
    assert rates == sorted(rates, reverse=True)


def test_top_skip_and_count_work_together(f_and_o: Caller) -> None:
    answer = f_and_o.call("GET", "Currencies?$orderby=CurrencyCode&$skip=1&$top=2&$count=true").json
    assert answer is not None
    assert [row["CurrencyCode"] for row in answer["value"]] == ["GBP", "JPY"]
    assert answer["@odata.count"] == 5
    assert "@odata.nextLink" not in answer


def test_the_number_of_rows_is_a_bare_number(f_and_o: Caller) -> None:
    assert f_and_o.call("GET", "Currencies/$count?$filter=CurrencyCode ne 'USD'").text == "4"


def test_pages_are_linked_until_everything_was_shown(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(page_size=7)
    path, sizes, accounts = "MainAccounts?$filter=MainAccountId ge '4'&$select=MainAccountId", [], []
    while path:
        page = jsonio.loads(f_and_o.call("GET", path).text)
        sizes.append(len(page["value"]))
        accounts += [row["MainAccountId"] for row in page["value"]]
        link = page.get("@odata.nextLink", "")
        assert link.startswith(f"{HOST}/data/MainAccounts?") or not link
        path = unquote(link).removeprefix(f"{HOST}/data/").replace("+", " ")
    everything = [row["MainAccountId"] for row in ledger.rows("MainAccounts") if row["MainAccountId"] >= "4"]
    assert accounts == everything
    assert set(sizes[:-1]) == {7}


def test_a_top_longer_than_a_page_is_paged_and_then_ends(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(page_size=2)
    first = jsonio.loads(f_and_o.call("GET", "Currencies?$top=3").text)
    assert len(first["value"]) == 2
    rest = first["@odata.nextLink"].removeprefix(f"{HOST}/data/")
    second = jsonio.loads(f_and_o.call("GET", rest).text)
    assert len(second["value"]) == 1
    assert "@odata.nextLink" not in second


def test_empty_values_are_shown_as_f_and_o_shows_them(f_and_o: Caller) -> None:
    (row,) = f_and_o.rows("MainAccounts?$filter=MainAccountId eq '605140'")
    assert row["ActiveFrom"] == "1900-01-01T12:00:00Z"
    assert row["SRUCode"] == ""
    assert row["IsSuspended"] == "No"


def test_an_etag_is_the_version_and_record_id_in_base64(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    row = f_and_o.call(
        "GET", f"LedgerJournalHeaders(dataAreaId='usmf',JournalBatchNumber='{number}')?cross-company=true"
    )
    assert row.headers["ETag"] == 'W/"JzEsNTYzNzE0NDU3Nic="'  # '1,5637144576'
    assert f_and_o.line(number)["@odata.etag"] == 'W/"JzEsNTYzNzE0NDU3NjswLDAn"'  # '1,5637144576;0,0'
