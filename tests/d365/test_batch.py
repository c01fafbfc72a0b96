"""Building the request, and matching parts of the answer to what was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.d365 import batch
from connector.d365.batch import BatchAnswer, InnerError, Part
from connector.domain import jsonio
from sandbox.d365 import multipart as reader

URL = "https://contoso.operations.dynamics.com/data/LedgerJournalLines"
CHANGESETS = st.lists(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=10), max_size=3), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@given(CHANGESETS)
def test_another_reader_finds_every_row_in_its_changeset(changesets: list[list[dict[str, Any]]]) -> None:
    ids = batch.content_ids(changesets)
    read = reader.read(batch.build(URL, changesets, ids, "batch_1"), "batch_1")
    assert [[jsonio.loads(part.body) for part in one.parts] for one in read] == changesets  # type: ignore[union-attr]
    assert [[part.content_id for part in one.parts] for one in read] == ids  # type: ignore[union-attr]
    assert {(part.method, part.url) for one in read for part in one.parts} == {("POST", URL)}  # type: ignore[union-attr]


@given(CHANGESETS)
def test_ids_are_unique_in_the_whole_batch_and_never_1(changesets: list[list[dict[str, Any]]]) -> None:
    flat = [one for ids in batch.content_ids(changesets) for one in ids]
    assert len(flat) == len(set(flat)) == sum(map(len, changesets))
    assert "1" not in flat


@pytest.mark.parametrize("changesets", [[], [[{}], []], [[{}] * 5001]])
def test_a_batch_that_f_and_o_would_not_take_is_not_built(changesets: list[list[dict[str, Any]]]) -> None:
    with pytest.raises(ValueError, match="batch"):
        batch.content_ids(changesets)


SENT = [["1001", "1002"], ["1003"], ["1004"]]


def created(*ids: str) -> Part:
    return Part(ids, tuple({"id": one} for one in ids), None)


def refused(content_id: str) -> Part:
    return Part((content_id,), None, InnerError(500, "no", "T", clear=True))


A, B, C = created("1001", "1002"), created("1003"), created("1004")


@pytest.mark.parametrize(
    ("parts", "complete", "matched"),
    [
        pytest.param([A, B, C], True, [A, B, C], id="all created"),
        pytest.param([A, B, C], False, [A, B, C], id="all created, but the end was cut"),
        pytest.param([C, A, B], True, [A, B, C], id="in another order"),
        pytest.param([A], False, [A, None, None], id="cut after the first"),
        pytest.param([A, refused("1003")], True, [A, refused("1003"), None], id="stopped at the first failure"),
        pytest.param([refused("1002"), B, C], True, [refused("1002"), B, C], id="the id of the failed operation"),
        pytest.param([A, refused("1"), C], True, [A, refused("1"), C], id="failed under id 1, by its place"),
        pytest.param([A, refused(""), C], True, [A, refused(""), C], id="failed without an id, by its place"),
        pytest.param([A, refused("1"), C], False, [A, None, C], id="no place counts in an incomplete answer"),
        pytest.param([C, refused("1"), A], True, [A, None, C], id="no place counts out of order"),
        pytest.param([refused("1004"), refused("1")], True, [None, None, refused("1004")], id="nor here"),
        pytest.param([A, A, B], True, [None, B, None], id="a changeset answered twice"),
        pytest.param([A, refused("1001")], True, [None, None, None], id="created and refused"),
        pytest.param([created("1001")], True, [None, None, None], id="part of a changeset"),
        pytest.param([created("1001", "1001")], True, [None, None, None], id="one operation twice"),
        pytest.param([created("1001", "1003")], True, [None, None, None], id="over two changesets"),
        pytest.param([created("7", "8"), B, C], True, [None, B, C], id="ids never sent"),
        pytest.param(
            [created("", ""), created(""), created("")], True, [created("", ""), created(""), created("")], id="no ids at all"
        ),
        pytest.param([created(""), created(""), C], True, [None, created(""), C], id="no ids and too few rows"),
        pytest.param([], False, [None, None, None], id="nothing"),
        pytest.param([A, B, C, refused("1")], True, [A, B, C], id="one part too many"),
    ],
)
def test_parts_are_matched_to_changesets(parts: list[Part], complete: bool, matched: list[Part | None]) -> None:
    assert BatchAnswer(parts, complete, "", SENT).by_changeset() == matched


def test_rows_come_in_the_order_sent() -> None:
    answer = BatchAnswer([created("1002", "1001"), B], complete=True, activity_id="", content_ids=SENT)
    assert answer.by_changeset()[0] == A


@given(
    st.lists(
        st.one_of(
            st.lists(st.sampled_from(["1001", "1002", "1003", "1004", "1", "", "9"]), min_size=1, max_size=3).map(
                lambda ids: created(*ids)
            ),
            st.sampled_from(["1001", "1002", "1003", "1004", "1", "", "9"]).map(refused),
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_no_part_counts_twice_and_rows_always_fit(parts: list[Part], complete: bool) -> None:
    matched = BatchAnswer(parts, complete, "", SENT).by_changeset()
    assert len(matched) == len(SENT)
    for part, ids in zip(matched, SENT, strict=True):
        if part is not None and part.rows is not None:
            assert len(part.rows) == len(ids)
            assert part.content_ids in (tuple(ids), ("",) * len(ids))
