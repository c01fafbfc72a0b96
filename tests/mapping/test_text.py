"""The text of a ledger line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.text import clean, cut, label, line_text
from tests.mapping.building import record

OF = record(
    "10",
    memo="Team  lunch",
    invoice_number="INV-7",
    user={"id": "u1", "first_name": "Ada ", "last_name": " King"},
    vendor={"id": "v1", "name": "Delta"},
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{merchant} {user} {memo}", "Delta Ada King Team lunch"),
        ("{type} {invoice} {record}", "CARD_EXPENSE_POST INV-7 accr_1"),
        ("Brex: {memo}", "Brex: Team lunch"),
        ("{nobody} {memo} {user", "{nobody} Team lunch {user"),
        ("{memo.__class__} {0} {} {{memo}}", "{memo.__class__} {0} {} {Team lunch}"),
        ("{invoice}\t\n{invoice}", "INV-7 INV-7"),
    ],
)
def test_the_template_is_filled_in(template: str, text: str) -> None:
    assert line_text(template, OF) == text


def test_a_lines_own_memo_goes_before_the_records() -> None:
    assert line_text("{memo}", OF, "Dessert") == "Dessert"
    assert line_text("{memo}", OF, " \t") == "Team lunch"


def test_what_is_empty_leaves_no_gap() -> None:
    assert line_text("{merchant} {user} {memo}", record("10", memo="Lunch")) == "Lunch"


@pytest.mark.parametrize("template", ["", "{merchant}", " {user} \u200b"])
def test_where_nothing_is_left_the_type_is_the_text(template: str) -> None:
    assert line_text(template, record("10")) == "Brex CARD_EXPENSE_POST"


def test_a_value_is_not_a_template() -> None:
    assert line_text("{memo}", record("10", memo="{user} {memo}", user={"first_name": "Ada"})) == "{user} {memo}"


@given(st.text(), st.text())
def test_a_text_is_one_line_of_at_most_60_units_and_can_be_sent(template: str, memo: str) -> None:
    text = line_text(template, OF, memo)
    assert 0 < len(text.encode("utf-16-le")) // 2 <= 60
    assert text == " ".join(text.split())
    assert text.isprintable() or not text.isascii()


def test_a_character_of_two_units_is_not_cut_in_half() -> None:
    assert cut("a" * 59 + "😀", 60) == "a" * 59
    assert cut("a" * 58 + "😀b", 60) == "a" * 58 + "😀"


def test_a_cut_leaves_no_blank_at_the_end() -> None:
    assert line_text("{memo}", OF, "a" * 59 + " b") == "a" * 59


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (" a\t b\r\nc ", "a b c"),
        ("a\x00b\x07c\x85d", "a b c d"),
        ("a\u00a0\u2003b\u2028c", "a b c"),
        ("a\u200b\ufeff\u202eb", "ab"),
        ("a\ud800b", "ab"),
        ("e\u0301", "é"),
        ("Müller & Söhne – 東京", "Müller & Söhne – 東京"),
    ],
)
def test_cleaning(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_a_label_is_the_first_name_that_says_something() -> None:
    assert (label("", " \u200b", "id"), label("", "")) == ("id", "")
