"""Deleting lines through the client: all of an entry or none, each in the version that was read."""

from typing import Any

import pytest

from connector.d365 import odata
from connector.d365.client import D365Client
from connector.d365.errors import NoAnswer
from sandbox.world import World
from tests.d365.test_client import REFERENCES, changesets, number  # noqa: F401 - a fixture

Lines = list[list[dict[str, Any]]]


@pytest.fixture
def lines(client: D365Client, number: str) -> Lines:  # noqa: F811 - the fixture
    """Three entries of two lines each, as they are read back."""
    assert client.send(changesets(number), seconds=30).complete
    read = client.lines_by_document("usmf", REFERENCES)
    return [[row for row in read if row["Document"] == reference] for reference in REFERENCES]


def documents(world: World) -> list[str]:
    return sorted({line["Document"] for line in world.d365.lines()})


def test_it_deletes_each_entry_whole_and_believes_an_answer_without_a_body(
    client: D365Client, world: World, lines: Lines
) -> None:
    answer = client.remove(lines[:2], seconds=30)
    assert answer.complete
    assert [part.rows for part in answer.parts] == [({}, {}), ({}, {})]
    assert documents(world) == REFERENCES[2:]


def test_a_line_that_changed_since_keeps_its_whole_entry_and_no_other(
    client: D365Client, world: World, lines: Lines
) -> None:
    world.d365.change_line(lines[0][1]["JournalBatchNumber"], lines[0][1]["LineNumber"], Text="a person's")
    answer = client.remove(lines, seconds=30)
    assert [part.rows is None for part in answer.parts] == [True, False, False]
    assert answer.parts[0].error is not None
    assert answer.parts[0].error.status == 412
    assert len(world.d365.lines(document=REFERENCES[0])) == 2
    assert documents(world) == REFERENCES[:1]


@pytest.mark.parametrize("status", [400, 204])
def test_lines_that_are_gone_are_refused_or_pass_for_deleted(
    status: int, client: D365Client, world: World, lines: Lines
) -> None:
    world.d365.set(delete_missing=status)
    assert client.remove(lines[:1], seconds=30).complete
    (part,) = client.remove(lines[:1], seconds=30).parts
    assert (part.rows is None) == (status == 400)


def test_a_posted_journals_lines_are_refused_in_the_words_of_f_and_o(
    client: D365Client, world: World, lines: Lines
) -> None:
    world.d365.post_journal(lines[0][0]["JournalBatchNumber"])
    (part,) = client.remove(lines[:1], seconds=30).parts
    assert part.error is not None
    assert "has been posted" in part.error.message
    assert documents(world) == REFERENCES


def test_a_lost_answer_is_no_answer(client: D365Client, world: World, lines: Lines) -> None:
    world.faults.add("d365", "POST /data/$batch", "reset_after")
    with pytest.raises(NoAnswer):
        client.remove(lines[:1], seconds=30)
    assert documents(world) == REFERENCES[1:]


def test_a_line_without_its_version_is_not_deleted(client: D365Client, world: World, lines: Lines) -> None:
    bare = [{name: value for name, value in row.items() if name != "@odata.etag"} for row in lines[0]]
    with pytest.raises(ValueError, match="ETag"):
        client.remove([bare], seconds=30)
    assert documents(world) == REFERENCES


def test_a_number_in_a_key_is_written_as_a_number() -> None:
    assert odata.key("Lines", Number="A'1", LineNumber=7) == "Lines(Number='A''1',LineNumber=7)"
