"""Account strings, dimensions, structures."""

import pytest

from sandbox.d365 import Ledger
from sandbox.d365.display import join, split
from sandbox.d365.rules import matches
from tests.sandbox.d365.caller import Caller

CHART = {"ChartOfAccounts": "Shared"}
WHICH = "Dimension values were validated with this advanced rule structure or account structure "


def value_key(dimension: str, value: str) -> dict[str, str]:
    return {"FinancialDimension": dimension, "LegalEntityId": "", "DimensionValue": value}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("605140-001-022-007", "605140-001-022-007"),
        ("605140-001-022", "605140-001-022-"),  # missing trailing segments are blank
        ("605140", "605140---"),
        ("605140-001-022-007-whatever", "605140-001-022-007"),  # surplus trailing ones are dropped
        ("605140-001-022-OPS\\-1", "605140-001-022-OPS\\-1"),
        ("605140-001-022-ops\\-1", "605140-001-022-OPS\\-1"),
    ],
)
def test_a_ledger_string_is_read_by_the_active_format(f_and_o: Caller, sent: str, shown: str) -> None:
    assert f_and_o.line(f_and_o.journal(), AccountDisplayValue=sent)["AccountDisplayValue"] == shown


def test_an_unescaped_delimiter_ends_the_segment(f_and_o: Caller) -> None:
    told = f_and_o.refused(f_and_o.journal(), AccountDisplayValue="605140-001-022-OPS-1")
    assert "The value OPS doesn't exist for CostCenter." in told


@pytest.mark.parametrize("account", ["US\\-101", "1001"])
def test_a_vendor_is_found_by_its_escaped_number(f_and_o: Caller, account: str) -> None:
    row = f_and_o.line(f_and_o.journal(), AccountType="Vend", AccountDisplayValue=account)
    assert row["AccountDisplayValue"] == account
    assert (row["PostingProfile"], row["DueDate"]) == ("GEN", row["TransDate"])


def test_a_vendor_with_an_unescaped_hyphen_is_not_found(f_and_o: Caller) -> None:
    told = f_and_o.refused(f_and_o.journal(), AccountType="Vend", AccountDisplayValue="US-101")
    assert "The value 'US' in field 'Account' is not found in the related table 'Vendors'." in told


def test_a_vendor_of_another_company_is_not_found(f_and_o: Caller) -> None:
    assert "not found" in f_and_o.refused(f_and_o.journal(), AccountType="Vend", AccountDisplayValue="FR\\-001")


def test_a_bank_account_is_an_offset_like_any_other(f_and_o: Caller) -> None:
    row = f_and_o.line(f_and_o.journal(), OffsetAccountType="Bank", OffsetAccountDisplayValue="USMF OPER")
    assert (row["OffsetAccountType"], row["OffsetAccountDisplayValue"]) == ("Bank", "USMF OPER")


@pytest.mark.parametrize("kind", ["Project", "FixedAssets", "RCash"])
def test_other_account_types_are_refused(f_and_o: Caller, kind: str) -> None:
    assert "is not supported" in f_and_o.refused(f_and_o.journal(), AccountType=kind)


def test_default_dimensions_of_a_ledger_line_are_ignored(f_and_o: Caller) -> None:
    row = f_and_o.line(f_and_o.journal(), DefaultDimensionDisplayValue="001-022-")
    assert row["DefaultDimensionDisplayValue"] == ""
    assert row["AccountDisplayValue"] == "605140-001-022-"


def test_default_dimensions_of_a_vendor_follow_the_default_format(f_and_o: Caller) -> None:
    vendor = {"AccountType": "Vend", "AccountDisplayValue": "1001"}
    row = f_and_o.line(f_and_o.journal(), DefaultDimensionDisplayValue="001-022", **vendor)
    assert row["DefaultDimensionDisplayValue"] == "001-022-"
    told = f_and_o.refused(f_and_o.journal(), DefaultDimensionDisplayValue="022-001", **vendor)
    assert "The value 022 doesn't exist for BusinessUnit." in told
    assert "The value 001 doesn't exist for Department." in told


@pytest.mark.parametrize(
    ("account", "told"),
    [
        ("999999", "The value 999999 doesn't exist for MainAccount."),
        ("-001", "Blank isn't allowed for MainAccount for the combination."),
        ("605150", "MainAccount is suspended."),
        ("600999", "Manual entry is not allowed for main account 600999."),
        ("605140-009", "The value 009 doesn't exist for BusinessUnit."),
        ("605140-001-029", "Department is suspended."),
        ("200130-001-022", "022 isn't a valid dimension value in account structure."),
        ("200130-001-022", WHICH + "Manufacturing B/S."),
        ("606300-001", "Blank isn't allowed for Department for the combination."),
        ("606300-001", WHICH + "Manufacturing P&L."),
        ("801400", "801400 isn't a valid dimension value in account structure."),
    ],
)
def test_what_is_wrong_with_an_account_is_told(f_and_o: Caller, account: str, told: str) -> None:
    assert f"Warning: {told};" in f_and_o.refused(f_and_o.journal(), AccountDisplayValue=account)
    assert f"Warning: {told};" in f_and_o.refused(f_and_o.journal(), OffsetAccountDisplayValue=account)


def test_everything_wrong_is_told_at_once(f_and_o: Caller) -> None:
    told = f_and_o.refused(f_and_o.journal(), AccountDisplayValue="605150-009-029-x")
    assert told.count("Warning: ") == 5


def test_a_blank_segment_is_fine_where_the_structure_says_so(f_and_o: Caller) -> None:
    assert f_and_o.line(f_and_o.journal(), AccountDisplayValue="606300--022-")


def test_a_value_outside_its_dates_is_not_active(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.change("FinancialDimensionValues", value_key("Department", "022"), ActiveFrom="2026-11-04T12:00:00Z")
    assert "Department isn't active." in f_and_o.refused(f_and_o.journal())
    assert f_and_o.line(f_and_o.journal(), TransDate="2026-11-04")
    ledger.change("MainAccounts", CHART | {"MainAccountId": "605140"}, ActiveTo="2026-10-31T12:00:00Z")
    assert "MainAccount isn't active." in f_and_o.refused(f_and_o.journal())
    assert f_and_o.line(f_and_o.journal(), TransDate="2026-10-31", AccountDisplayValue="605140-001")


def test_a_value_blocked_for_manual_entry_is_refused(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.change("FinancialDimensionValues", value_key("Department", "022"), IsBlockedForManualEntry="Yes")
    assert "Manual entry is not allowed for Department 022." in f_and_o.refused(f_and_o.journal())


def test_a_company_may_suspend_a_value_for_itself(f_and_o: Caller) -> None:
    french = {"dataAreaId": "frrt", "AccountDisplayValue": "605140--026", "CurrencyCode": "EUR"}
    assert "Department is suspended." in f_and_o.refused(f_and_o.journal(company="frrt"), **french)
    assert f_and_o.line(f_and_o.journal(), AccountDisplayValue="605140--026")


def test_a_company_may_suspend_an_account_for_itself(f_and_o: Caller, ledger: Ledger) -> None:
    key = CHART | {"MainAccountId": "605100", "LegalEntityId": "USMF"}
    ledger.change("MainAccountLegalEntities", key, IsSuspended="Yes")
    assert "MainAccount is suspended." in f_and_o.refused(f_and_o.journal(), AccountDisplayValue="605100")


def test_fixed_dimensions_of_an_account_replace_what_was_sent(f_and_o: Caller, ledger: Ledger) -> None:
    key = CHART | {"MainAccountId": "605100", "LegalEntityId": "USMF"}
    ledger.change("MainAccountLegalEntities", key, FixedDimensionsDisplayValue="002--")
    row = f_and_o.line(f_and_o.journal(), AccountDisplayValue="605100-001-022-")
    assert row["AccountDisplayValue"] == "605100-002-022-"


def test_without_an_active_format_no_line_can_be_written(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set_format("ledger", None)
    assert "No active format" in f_and_o.refused(f_and_o.journal())


def test_the_format_says_the_order_of_the_segments(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    ledger.set_format("ledger", ["Department", "MainAccount", "BusinessUnit", "Project"])
    assert ledger.lines()[0]["AccountDisplayValue"] == "022-605140-001-"
    sent = {"AccountDisplayValue": "022-605140-002", "OffsetAccountDisplayValue": "-200130-001"}
    assert f_and_o.line(number, **sent)["OffsetAccountDisplayValue"] == "-200130-001-"


@pytest.mark.parametrize(("name", "sign"), [("Period", "."), ("DoubleBar", "||"), ("Tilde", "~")])
def test_the_delimiter_of_the_environment_separates_and_is_escaped(
    f_and_o: Caller, ledger: Ledger, name: str, sign: str
) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, AccountDisplayValue="605140-001-022-OPS\\-1")
    ledger.set_delimiter(name)
    assert ledger.lines()[0]["AccountDisplayValue"] == sign.join(("605140", "001", "022", "OPS-1"))
    ledger.add("FinancialDimensionValues", FinancialDimension="CostCenter", DimensionValue=f"A{sign}B")
    sent = {
        "AccountDisplayValue": sign.join(("605140", "001", "022", f"A\\{sign}B")),
        "OffsetAccountDisplayValue": sign.join(("200130", "001")),
    }
    assert f_and_o.line(number, **sent)["AccountDisplayValue"] == sent["AccountDisplayValue"]
    assert f_and_o.rows("DimensionParameters")[0]["DimensionSegmentDelimiter"] == name
    formats = {
        row["DimensionFormatName"]: row["FinancialDimensionFormat"]
        for row in f_and_o.rows("DimensionIntegrationFormats")
    }
    assert formats["Default"] == sign.join(("BusinessUnit", "Department", "CostCenter"))


def test_trailing_blanks_may_be_left_out_elsewhere(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(trailing_blanks=False)
    row = f_and_o.line(f_and_o.journal())
    assert (row["AccountDisplayValue"], row["OffsetAccountDisplayValue"]) == ("605140-001-022", "200130-001")


@pytest.mark.parametrize("delimiter", ["-", ".", "|", "--", "~~"])
def test_splitting_undoes_joining(delimiter: str) -> None:
    segments = ["605140", "", "A-B", "C.D|E~F", "back\\slash", "end\\", ""]
    assert split(join(segments, delimiter), delimiter) == segments


@pytest.mark.parametrize(
    ("criteria", "good", "bad"),
    [
        ("1*;2*", ["1", "1999", "2"], ["3", ""]),
        ("001..004", ["001", "004", "0035"], ["005", "000", ""]),
        ("1..2000", ["1", "15", "2000", "199999"], ["4", "2001"]),
        ("022", ["022"], ["0220", ""]),
        ('*;""', ["x", ""], []),
        ("*", ["x"], [""]),
        ('""', [""], ["x"]),
        ("", ["x", ""], []),
    ],
)
def test_criteria_are_read_as_text(criteria: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good + bad if matches(criteria, value)] == good
