from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.d365 import odata


def test_quotes_are_doubled() -> None:
    assert odata.quote("O'Hara's") == "'O''Hara''s'"


def test_filters_are_written_as_f_and_o_reads_them() -> None:
    assert odata.equals("Document", "BX1") == "Document eq 'BX1'"
    assert odata.has_text("Description", "BXJ1") == "Description eq '*BXJ1*'"
    assert odata.any_of("Document", ["A", "B'"]) == "(Document eq 'A' or Document eq 'B''')"


@pytest.mark.parametrize("build", [odata.equals, odata.has_text])
def test_a_wildcard_in_a_value_is_refused(build: object) -> None:
    with pytest.raises(ValueError, match="wildcard"):
        build("Document", "A*")  # type: ignore[operator]


def test_a_key_names_every_part_and_is_encoded() -> None:
    key = odata.key("LedgerJournalHeaders", dataAreaId="usmf", JournalBatchNumber="A/B 'x'")
    assert key == "LedgerJournalHeaders(dataAreaId='usmf',JournalBatchNumber='A%2FB%20''x''')"
    assert unquote(key) == "LedgerJournalHeaders(dataAreaId='usmf',JournalBatchNumber='A/B ''x''')"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["$filter", "cross-company"]), st.text(min_size=1)), min_size=1))
def test_any_query_reads_back_and_has_no_plus_for_a_blank(options: list[tuple[str, str]]) -> None:
    text = odata.query(options)
    assert "+" not in text
    assert " " not in text
    assert parse_qsl(text, keep_blank_values=True) == options
