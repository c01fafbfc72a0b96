"""Criteria of structures and rules: read by the facts, or not at all."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping import criteria

WORDS = st.text(st.sampled_from("0123456789abcXYZ"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("criterion", "value", "answer"),
    [
        ("1*;2*", "210110", True),
        ("1*;2*", "310110", False),
        ("1..2000", "4", False),
        ("1..2000", "1999", True),
        ("abc*", "ABCD", True),
        ("abc*", "", False),
        ("*", "", False),
        ("*", "022", True),
        ('*;""', "", True),
        ('""', "", True),
        ('""', "022", False),
        ("", "", True),
        (" ; ", "anything", True),
        ("022", "22", False),
        ("022", "022", True),
        ("1E5", "100000", False),
        ("2024-01-01", "2024-01-01", True),
        ("001..004", "", False),
        ("O'Hara;a+b", "a+b", True),
    ],
)
def test_it_takes_what_the_facts_say(criterion: str, value: str, answer: bool) -> None:
    read = criteria.read(criterion)
    assert read.readable
    assert read.takes(value) is answer


@pytest.mark.parametrize(
    "criterion",
    ['"022"', "02?", "!022", "<100", ">=100", "(1*)", "1,2", "=022", "1*..2*", "1..2..3", "1...3", "..", 'a"b'],
)
def test_what_is_written_in_another_way_is_not_guessed_at(criterion: str) -> None:
    assert not criteria.read(criterion).readable
    assert [criteria.read(criterion).takes(value) for value in ("022", "", criterion)] == [None] * 3


def test_a_readable_alternative_that_takes_the_value_is_enough() -> None:
    assert criteria.read("02?;5*").takes("510") is True
    assert criteria.read("02?;5*").takes("610") is None


@pytest.mark.parametrize("value", ["A-1", "Ä", "a b"])
def test_whether_a_range_holds_what_a_collation_orders_cannot_be_told(value: str) -> None:
    assert criteria.read("A..Z").takes(value) is None
    assert criteria.read("A-1..Z").takes("B") is None
    assert criteria.read("A..Z").takes("B") is True


ALTERNATIVES = st.one_of(
    st.tuples(st.just("exact"), WORDS),
    st.tuples(st.just("range"), WORDS, WORDS),
    st.tuples(st.just("prefix"), WORDS),
    st.tuples(st.just("suffix"), WORDS),
    st.tuples(st.just("any")),
    st.tuples(st.just("blank")),
)


def written(one: tuple[str, ...]) -> str:
    kind, *words = one
    low = words[0] if words else ""
    return {
        "exact": low, "range": "..".join(words), "prefix": f"{low}*", "suffix": f"*{low}", "any": "*", "blank": '""',
    }[kind]  # fmt: skip


def meant(one: tuple[str, ...], value: str) -> bool:
    """Independent of the product: what the alternative was written for."""
    kind, *words = one
    if not value or kind == "blank":
        return not value and kind == "blank"
    folded, text = [word.lower() for word in words], value.lower()
    return {
        "exact": lambda: text == folded[0],
        "range": lambda: sorted([folded[0], text, folded[1]])[1] == text and folded[0] <= folded[1],
        "prefix": lambda: text[: len(folded[0])] == folded[0],
        "suffix": lambda: re.search(re.escape(folded[0]) + r"\Z", text) is not None,
        "any": lambda: True,
    }[kind]()


@given(st.lists(ALTERNATIVES, min_size=1, max_size=5), st.one_of(st.just(""), WORDS))
def test_it_reads_back_every_criterion_of_the_documented_kinds(alternatives: list[tuple[str, ...]], value: str) -> None:
    read = criteria.read(" ; ".join(written(one) for one in alternatives))
    assert read.readable
    assert read.takes(value) is any(meant(one, value) for one in alternatives)


@given(st.text(st.sampled_from('01aA*.;"?!<>()= -_Ä'), max_size=12), st.text(st.sampled_from("01aA-. "), max_size=4))
def test_any_text_is_read_or_declared_unreadable(criterion: str, value: str) -> None:
    read = criteria.read(criterion)
    assert read.takes(value) in (True, False, None)
    if not read.readable:
        assert read.takes(value) is not False
