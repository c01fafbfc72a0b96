from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.d365.forms import LINE_FIELDS
from connector.d365.wire import cut, journal_lines
from connector.domain import jsonio
from connector.domain.entry import Account, Entry, EntryLine


def entry(*lines: EntryLine) -> Entry:
    return Entry(
        record_id="accr_1",
        record_type="CARD_EXPENSE_POST",
        legal_entity="usmf",
        journal_name="BREX",
        date=date(2026, 11, 5),
        currency="USD",
        lines=lines,
    )


MEALS = Account("Ledger", "605140-001-", default_dimensions="not for ledger accounts")
LIABILITY = Account("Ledger", "200130-001-")
BANK = Account("Bank", "USMF OPER", default_dimensions="001--")


def test_a_line_with_an_offset_is_one_row() -> None:
    line = EntryLine(MEALS, Decimal("100.50"), Decimal(0), "Lunch", offset=LIABILITY)
    assert journal_lines(entry(line), "BX2AAAAAAAAAAAAAAAAA") == [
        {
            "dataAreaId": "usmf",
            "AccountType": "Ledger",
            "AccountDisplayValue": "605140-001-",
            "DefaultDimensionDisplayValue": "",
            "OffsetAccountType": "Ledger",
            "OffsetAccountDisplayValue": "200130-001-",
            "OffsetDefaultDimensionDisplayValue": "",
            "OffsetCompany": "usmf",
            "DebitAmount": Decimal("100.50"),
            "CreditAmount": Decimal(0),
            "CurrencyCode": "USD",
            "TransDate": "2026-11-05T12:00:00Z",
            "Text": "Lunch",
            "Document": "BX2AAAAAAAAAAAAAAAAA",
            "SalesTaxGroup": "",
            "ItemSalesTaxGroup": "",
            "SalesTaxCode": "",
        }
    ]


def test_a_financial_tag_stands_on_each_side_that_there_is_and_is_sent_only_where_set() -> None:
    tagged = EntryLine(MEALS, Decimal("1.00"), Decimal(0), "Lunch", financial_tag="a|b")
    (alone,) = journal_lines(entry(tagged), "BX")
    assert {name: value for name, value in alone.items() if "FinTag" in name} == {"FinTagDisplayValue": "a|b"}
    (both,) = journal_lines(entry(replace(tagged, offset=LIABILITY)), "BX")
    assert (both["FinTagDisplayValue"], both["OffsetFinTagDisplayValue"]) == ("a|b", "a|b")
    (none,) = journal_lines(entry(replace(tagged, financial_tag="", offset=LIABILITY)), "BX")
    assert not any("FinTag" in name for name in none)


def test_without_an_offset_nothing_is_left_for_a_default_to_fill() -> None:
    (row,) = journal_lines(entry(EntryLine(BANK, Decimal(0), Decimal("7.00"), "Payment")), "BX")
    assert row["DefaultDimensionDisplayValue"] == "001--"
    assert (row["OffsetAccountType"], row["OffsetAccountDisplayValue"]) == ("Ledger", "")


def test_what_f_and_o_assigns_is_never_sent_and_all_that_is_sent_is_read_back() -> None:
    line = EntryLine(MEALS, Decimal(1), Decimal(0), "x", offset=BANK)
    (row,) = journal_lines(entry(line), "BX")
    assert not {"LineNumber", "Voucher", "JournalBatchNumber", "ExchRate", "Company"} & row.keys()
    assert row.keys() <= set(LINE_FIELDS)


def test_amounts_keep_their_digits_on_the_wire() -> None:
    (row,) = journal_lines(entry(EntryLine(MEALS, Decimal("0.10"), Decimal("0.00"), "x")), "BX")
    assert '"DebitAmount":0.10,"CreditAmount":0.00' in jsonio.dumps(row)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("short", "short"), ("a" * 61, "a" * 60), ("a" * 59 + " b", "a" * 59), ("a" * 59 + "🍕", "a" * 59), ("", "")],
)
def test_text_is_cut_at_60(text: str, kept: str) -> None:
    assert cut(text) == kept


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_fits(text: str) -> None:
    kept = cut(text)
    assert len(kept.encode("utf-16-le", "surrogatepass")) <= 120
    assert text.startswith(kept)
