"""Building the request."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.d365 import batch
from connector.domain import jsonio
from sandbox.d365 import multipart as reader

URL = "https://contoso.operations.dynamics.com/data/LedgerJournalLines"
CHANGESETS = st.lists(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=10), max_size=3), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(CHANGESETS)
def test_another_reader_finds_every_row_in_its_changeset(changesets: list[list[dict[str, Any]]]) -> None:
    ids = batch.content_ids(changesets)
    read = reader.read(batch.build(URL, changesets, ids, "batch_1"), "batch_1")
    assert [[jsonio.loads(part.body) for part in one.parts] for one in read] == changesets  # type: ignore[union-attr]
    assert [[part.content_id for part in one.parts] for one in read] == ids  # type: ignore[union-attr]
    assert {(part.method, part.url) for one in read for part in one.parts} == {("POST", URL)}  # type: ignore[union-attr]


@settings(deadline=None)
@given(CHANGESETS)
def test_ids_are_unique_in_the_whole_batch_and_never_1(changesets: list[list[dict[str, Any]]]) -> None:
    flat = [one for ids in batch.content_ids(changesets) for one in ids]
    assert len(flat) == len(set(flat)) == sum(map(len, changesets))
    assert "1" not in flat


@pytest.mark.parametrize("changesets", [[], [[{}], []], [[{}] * 5001]])
def test_a_batch_that_f_and_o_would_not_take_is_not_built(changesets: list[list[dict[str, Any]]]) -> None:
    with pytest.raises(ValueError, match="batch"):
        batch.content_ids(changesets)
