"""Golden entries: reviewing a change of planning means reading ledger entries."""

import pytest

from connector.domain.treatments import TREATMENTS
from tests.golden import cases, generate, page


@pytest.mark.parametrize("name", cases.names())
def test_it_plans_the_golden_entry(name: str) -> None:
    case = cases.load(name)
    assert case["brex_shape"] in cases.SHAPES
    assert case["about"]
    # Meant to change? `python -m tests.golden.generate --force`, then read the difference.
    assert cases.result(case) == cases.expected_path(name).read_text()


@pytest.mark.parametrize("name", cases.type_names())
def test_it_plans_every_type_in_every_shape(name: str) -> None:
    case = cases.load_type(name)
    assert case["brex_shape"] in cases.SHAPES
    assert case["about"]
    assert cases.type_result(case) == cases.type_expected_path(name).read_text()


def test_every_record_type_has_a_golden_entry() -> None:
    found = [cases.load_type(name) for name in cases.type_names()]
    assert {case["record"]["type"] for case in found} == set(TREATMENTS)
    recorded = {case["record"]["type"] for case in found if case["brex_shape"] == "recorded"}
    assert recorded == {kind for kind, treatment in TREATMENTS.items() if treatment.confirmed}


def test_the_page_shows_the_golden_entries_as_they_are() -> None:
    # Not so? `python -m tests.golden.generate --force`.
    assert page.PAGE.read_text(encoding="utf-8") == page.text()


def test_the_generated_input_is_what_its_generator_makes() -> None:
    assert (cases.FOLDER / f"{generate.LONG_SPLIT}.json").read_text() == cases.as_text(generate.long_split())


def test_no_expected_file_is_left_without_its_case() -> None:
    for folder, names in ((cases.FOLDER, cases.names()), (cases.TYPES, cases.type_names())):
        expected = {path.name for path in folder.glob("*.expected.json")}
        assert expected == {f"{name}.expected.json" for name in names}
