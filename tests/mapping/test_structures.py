"""Which account structure a main account belongs to."""

import pytest

from connector.domain.master import Structure
from connector.mapping.structures import matches, structure_of


@pytest.mark.parametrize(
    ("criterion", "account", "taken"),
    [
        ("1*;2*", "110110", True),
        ("1*;2*", "310110", False),
        ("1*; 2* ;", "210110", True),
        ("1*;", "310110", False),
        ("100000..199999", "110110", True),
        ("100000..199999", "100000", True),
        ("100000..199999", "199999", True),
        ("100000..199999", "200000", False),
        ("1..2000", "4", False),
        ("1..2000", "1999", True),
        ("..199", "150", True),
        ("600..", "599", False),
        ("6", "605140", False),
        ("605140", "605140", True),
        ("605140;606300", "606300", True),
        ("*40", "605140", True),
        ("6*40", "605140", True),
        ("6*40", "405140", False),
        ("6.*", "605140", False),
        ("*", "605140", True),
        ("", "605140", True),
        (" ", "605140", True),
        ('""', "605140", False),
        ('"";6*', "605140", True),
        ("a*", "ABC", True),
    ],
)
def test_a_criterion_takes_an_account(criterion: str, account: str, taken: bool) -> None:
    assert matches(criterion, account) is taken


def test_the_first_structure_that_takes_the_account_is_its_structure() -> None:
    first = Structure("first", ("MainAccount",), ("4*", "6051*"))
    second = Structure("second", ("MainAccount",), ("6*",))
    rest = Structure("rest", ("MainAccount",))
    assert structure_of("605140", [first, second, rest]) is first
    assert structure_of("606300", [first, second, rest]) is second
    assert structure_of("110110", [first, second, rest]) is rest
    assert structure_of("110110", [first, second]) is None
