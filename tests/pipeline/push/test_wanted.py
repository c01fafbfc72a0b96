"""What people see of an account or a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.codings import ACCOUNT_REMOTE_IDS
from connector.mapping.mappings import fold
from connector.pipeline.push.wanted import ACCOUNT_FIELD, LONGEST, shown


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Meals", "606100 Meals"),
        ("  Meals   and  drinks ", "606100 Meals and drinks"),
        ("", "606100"),
        ("Café Zürich – Straße", "606100 Cafe Zurich - Strasse"),
        ("Łódź Ørsted", "606100 Lodz Orsted"),
        ("東京", "606100 ??"),
        ("tab\tand\nline", "606100 tab and line"),
        ("bell\x07", "606100 bell?"),
    ],
)
def test_the_number_and_the_name_in_ascii(name: str, told: str) -> None:
    assert shown("606100", name) == told


@given(st.text(max_size=400))
def test_whatever_the_name_it_is_ascii_and_not_too_long(name: str) -> None:
    told = shown("606100", name)

    assert told.isascii()
    assert told.isprintable()
    assert told.startswith("606100")
    assert len(told) <= LONGEST


def test_the_field_of_accounts_is_one_that_the_mapping_reads() -> None:
    assert fold(ACCOUNT_FIELD) in ACCOUNT_REMOTE_IDS
