"""Mappings: looking rows up, and their CSV file."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.mapping.csvfile import read_csv, write_csv
from connector.mapping.csvtable import BadRows
from connector.mapping.mappings import Mappings, Row, fold, folds

HEADER = "brex_field,brex_value,d365_dimension,d365_value\n"
CELL = st.text(st.characters(exclude_categories=("C", "Z")) | st.sampled_from(' ,"'), min_size=1).filter(str.strip)


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadRows) as caught:
        read_csv(text)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_value_is_found_by_any_of_its_names() -> None:
    mappings = Mappings([("Team", "Sales", "Department", "022"), ("ef_1", "efo_9", "CostCenter", "7")])
    assert mappings.targets(folds("ef_1", "TEAM "), folds("efo_9", " sales")) == {
        "department": ("022",),
        "costcenter": ("7",),
    }
    assert mappings.targets(folds("Team"), folds("Other")) == {}


def test_different_values_are_all_found_and_equal_ones_once() -> None:
    rows = [("Team", "Sales", "Department", "022"), ("team", "efo_1", "DEPARTMENT", "023")]
    mappings = Mappings([*rows, ("ef_1", "sales", "Department", " 022 ")])
    found = mappings.targets(folds("ef_1", "Team"), folds("efo_1", "Sales"))
    assert {key: set(values) for key, values in found.items()} == {"department": {"022", "023"}}


def test_the_dimensions_of_a_field_are_known_whatever_its_value() -> None:
    mappings = Mappings([("Team", "Sales", "Department", "022"), ("Team", "Ops", "CostCenter", "7")])
    assert mappings.dimensions_of(folds("x", "team")) == {"department", "costcenter"}
    assert mappings.dimensions_of(folds("x")) == frozenset()
    assert (mappings.written("costcenter"), mappings.written("other")) == ("CostCenter", "other")


@pytest.mark.parametrize("name", [" Straße  1 ", "STRASSE 1", "strasse\u00a01", "strasse\u200b 1"])
def test_names_fold_alike(name: str) -> None:
    assert fold(name) == "strasse 1"


def test_a_file_is_read_trimmed_in_any_order_of_columns() -> None:
    header = "\ufeffD365_Value , d365_dimension,brex_field,brex_value"
    text = "\r\n".join((header, " 022 ,department, Team ,Sales", "", '6,MAINACCOUNT,GL,"a, b"'))
    assert read_csv(text) == [Row("Team", "Sales", "department", "022"), Row("GL", "a, b", "MainAccount", "6")]


def test_a_repeated_row_is_dropped() -> None:
    assert read_csv(HEADER + "Team,Sales,Department,022\n TEAM,sales,department,022\n") == [
        Row("Team", "Sales", "Department", "022")
    ]


def test_a_file_with_its_header_alone_is_no_mistake() -> None:
    assert read_csv(HEADER) == []


def test_all_mistakes_are_told_with_the_rows_of_a_spreadsheet() -> None:
    text = HEADER + "Team,Sales,Department,022\n,Ops,Department,\n\nTeam,Ops\nteam,SALES,department,023\nA,B,C,\x07D\n"
    assert mistakes(text) == [
        "row 3: brex_field and d365_value are empty",
        "row 5: has 2 columns instead of 4",
        'row 6: maps team = "SALES" to department 023, but row 2 maps it to 022',
        "row 7: d365_value has a control character",
    ]


FIRST = "the first row must be brex_field,brex_value,d365_dimension,d365_value"
EMPTY = "row 1: the file is empty; its first row must be brex_field,brex_value,d365_dimension,d365_value"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", EMPTY),
        ("\n \n", EMPTY),
        ("Team,Sales,Department,022\n", f"row 1: {FIRST}"),
        ("\nbrex_field,brex_value,d365_dimension\n", f"row 2: {FIRST}"),
        ("brex_field;brex_value;d365_dimension;d365_value\n", f"row 1: {FIRST}; separate the columns by commas"),
    ],
)
def test_a_file_without_its_header_is_refused(text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


@pytest.mark.parametrize("broken", ['"a"b,c,d,e\n', '"never closed,c,d,e\n'])
def test_what_is_no_csv_is_refused_after_the_mistakes_before_it(broken: str) -> None:
    first, last = mistakes(HEADER + ",Sales,Department,022\n" + broken)
    assert first == "row 2: brex_field is empty"
    assert last.startswith("row 3: is not CSV (")


def test_the_names_that_are_no_dimensions_are_spelt_as_they_are_read() -> None:
    text = HEADER + "user,Ada, VENDOR ,E-42\nTeam,Sales,legalentity,frrt\nGL,7500,mainaccount,605140\n"
    assert [row.d365_dimension for row in read_csv(text)] == ["Vendor", "LegalEntity", "MainAccount"]


@given(st.dictionaries(st.tuples(CELL, CELL, CELL).map(lambda key: tuple(map(fold, key))), CELL, max_size=6))
def test_what_is_written_reads_back(table: dict[tuple[str, ...], str]) -> None:
    rows = [Row(*key, value.strip()) for key, value in table.items()]
    read = read_csv(write_csv(rows))
    assert [tuple(map(fold, row)) for row in read] == [tuple(map(fold, row)) for row in rows]
    assert read_csv(write_csv(read)) == read


@given(st.text(), st.booleans())
def test_any_text_is_read_or_refused(text: str, headed: bool) -> None:
    with contextlib.suppress(BadRows):
        assert all(all(row) for row in read_csv(HEADER + text if headed else text))
