"""docs/fault-matrix.md shows the cells as they are tested, and says of every hole why it is one."""

from tests.faults import matrix
from tests.faults.mishaps import MISHAPS, MOMENTS


def test_the_page_is_as_the_table_makes_it() -> None:
    # Meant to change? `python -m tests.faults.matrix --write`
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page()


def test_every_cell_ends_somehow_or_has_a_reason_not_to_be() -> None:
    assert [cell.name for cell in matrix.cells() if bool(cell.end) == bool(cell.why_not)] == []
    assert {cell.end for cell in matrix.cells() if cell.end} == set(matrix.ENDS)


def test_there_are_a_few_hundred_cells() -> None:
    assert sum(bool(cell.end) for cell in matrix.cells()) + sum(len(one.ends) for one in MISHAPS) >= 400


def test_every_mishap_cites_what_is_known_of_it_and_happens_at_known_moments() -> None:
    assert [one.name for one in MISHAPS if not one.fact or not set(one.ends) <= set(MOMENTS)] == []
