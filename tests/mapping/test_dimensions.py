"""Display strings, read back by a parser of our own that follows the facts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.master import DELIMITERS
from connector.mapping.dimensions import display, escape, join, parse

# Values made of what makes trouble, besides ordinary ones.
VALUES = st.text(st.sampled_from("-._|~\\ 0aÄ*'\""), max_size=8) | st.text(max_size=8)
SEGMENTS = st.lists(VALUES, min_size=1, max_size=8)


def read_back(text: str, delimiter: str) -> list[str]:
    """Independent of the product: first which characters are literal, then where the delimiter stands."""
    marked, literal = [], False
    for character in text:
        if character == "\\" and not literal:
            literal = True
            continue
        marked.append((character, literal))
        literal = False
    assert not literal, "a lone backslash at the end"
    segments, at = [""], 0
    while at < len(marked):
        if marked[at : at + len(delimiter)] == [(character, False) for character in delimiter]:
            segments.append("")
            at += len(delimiter)
        else:
            segments[-1] += marked[at][0]
            at += 1
    return segments


@given(SEGMENTS, st.sampled_from(sorted(DELIMITERS.values())))
def test_an_independent_parser_reads_back_what_was_joined(values: list[str], delimiter: str) -> None:
    assert read_back(join(values, delimiter), delimiter) == values


@given(SEGMENTS, st.sampled_from(sorted(DELIMITERS.values())))
def test_our_own_parser_does_too(values: list[str], delimiter: str) -> None:
    assert parse(join(values, delimiter), delimiter) == values


@given(st.text(st.sampled_from("-\\a"), max_size=8), st.text(max_size=3))
def test_parsing_takes_any_text(text: str, delimiter: str) -> None:
    assert parse(text, delimiter)


@pytest.mark.parametrize(
    ("values", "delimiter", "text"),
    [
        (["605140", "001", "02"], "-", "605140-001-02"),
        (["401100", "", "", ""], "-", "401100---"),
        (["001", "", ""], "-", "001--"),
        (["DAT-0000000002"], "-", r"DAT\-0000000002"),
        (["USMF OPER"], "-", "USMF OPER"),
        ([r"a\b"], "-", r"a\\b"),
        (["US-101", "-"], "--", r"US\-101--\-"),
        (["1.5", "2"], "..", r"1\.5..2"),
        (["a-b", "c"], "|", "a-b|c"),
    ],
)
def test_the_strings_of_the_facts(values: list[str], delimiter: str, text: str) -> None:
    assert join(values, delimiter) == text


def test_segments_stand_in_the_formats_order_wherever_the_main_account_is() -> None:
    segments = ("Department", "MainAccount", "CostCenter", "Project")
    values = {"mainaccount": "605140", "CostCenter": "007", "Department": "0-1"}
    assert display(segments, values, "-") == r"0\-1-605140-007-"


def test_an_account_number_is_escaped_alike() -> None:
    assert escape("US_101", "__") == r"US\_101"
