"""Whole account strings as entries carry them: any delimiter, any order, any value, read back by the facts alone."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.master import DELIMITERS, MasterData
from connector.mapping.books import ledger_account, open_books, other_account
from connector.mapping.entities import LegalEntity
from connector.mapping.findings import RECORD, Findings
from connector.mapping.mappings import Mappings
from tests.mapping.building import posting

NAMES = ("MainAccount", "Department", "CostCenter", "Project", "Cost-Center_2")
# What spreadsheets, dates and numbers look like, and what makes trouble between delimiters.
LOOK_ALIKES = (
    "001", "0", "1E5", "1e05", "100000", "1.0", "1,000", "-5", "2024-01-01", "01/02/2026", "TRUE", "=1+1", "'001",
    "NULL", "a--b", "..", "a..b", "__", "||", "~~", "-", "\\", "\\\\", "\\-", "--\\", "O'Hara", "Köln", "スター",
    " ", "a b",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(LOOK_ALIKES),
    st.text(st.sampled_from("-._|~\\01aÄ "), min_size=1, max_size=8),
    st.text(min_size=1, max_size=6),
)


def read_back(text: str, delimiter: str) -> list[str]:
    """By the facts: a backslash makes the next character an ordinary one; the delimiter stands between segments.

    Another way than the product's: escaped characters are hidden behind private ones, then the text is split at once.
    """
    hidden: list[str] = []
    shown = ""
    rest = iter(text)
    for character in rest:
        if character == "\\":
            hidden.append(next(rest))
            shown += chr(0xF0000)
        else:
            assert character != chr(0xF0000)
            shown += character
    kept = iter(hidden)
    return [
        "".join(next(kept) if one == chr(0xF0000) else one for one in segment) for segment in shown.split(delimiter)
    ]


def books(order: tuple[str, ...], delimiter: str) -> Any:
    plain = tuple(name for name in order if name != "MainAccount")
    master = MasterData(delimiter=delimiter, ledger_format=order, default_format=plain)
    return open_books(master, Mappings(), LegalEntity("usmf", posting()), date(2026, 11, 5))


def without_private(values: Any) -> bool:
    return chr(0xF0000) not in "".join(values)


CHOSEN = st.dictionaries(st.sampled_from(NAMES[1:]), VALUES).filter(lambda chosen: without_private(chosen.values()))


@given(
    st.permutations(NAMES).map(tuple), st.sampled_from(sorted(DELIMITERS.values())),
    VALUES.filter(lambda one: without_private([one])), CHOSEN,
)  # fmt: skip
def test_a_ledger_string_is_read_back_segment_by_segment(
    order: tuple[str, ...], delimiter: str, account: str, chosen: dict[str, str]
) -> None:
    found = Findings()
    built = ledger_account(books(order, delimiter), account, chosen, found.at(RECORD))
    assert built is not None
    assert found.problems() == []
    known = {"MainAccount": account, **chosen}
    assert read_back(built.display, delimiter) == [known.get(name, "") for name in order]


@given(
    st.permutations(NAMES).map(tuple), st.sampled_from(sorted(DELIMITERS.values())), st.sampled_from(["Vend", "Bank"]),
    VALUES.filter(lambda one: without_private([one])), CHOSEN,
)  # fmt: skip
def test_a_vendor_or_bank_account_and_its_default_string_are_read_back(
    order: tuple[str, ...], delimiter: str, kind: str, number: str, chosen: dict[str, str]
) -> None:
    built = other_account(books(order, delimiter), kind, number, chosen, Findings().at(RECORD))
    assert built is not None
    assert read_back(built.display, delimiter) == [number]
    plain = [name for name in order if name != "MainAccount"]
    told = read_back(built.default_dimensions, delimiter) if chosen else []
    assert told == ([chosen.get(name, "") for name in plain] if chosen else [])


@pytest.mark.parametrize("value", LOOK_ALIKES)
def test_what_looks_like_something_else_stays_the_text_it_is(value: str) -> None:
    built = ledger_account(books(NAMES[:3], "|"), "001", {"Department": value}, Findings().at(RECORD))
    assert built is not None
    assert read_back(built.display, "|") == ["001", value, ""]


@pytest.mark.parametrize(
    ("order", "chosen", "text"),
    [
        (("MainAccount", "Department", "CostCenter"), {}, "605140--"),
        (("MainAccount", "Department", "CostCenter"), {"CostCenter": "007"}, "605140--007"),
        (("Department", "CostCenter", "MainAccount"), {"Department": "022"}, "022--605140"),
        (("Department", "MainAccount", "CostCenter"), {}, "-605140-"),
    ],
)
def test_blanks_keep_their_place_in_the_middle_and_at_the_end(
    order: tuple[str, ...], chosen: dict[str, str], text: str
) -> None:
    built = ledger_account(books(order, "-"), "605140", chosen, Findings().at(RECORD))
    assert built is not None
    assert built.display == text
