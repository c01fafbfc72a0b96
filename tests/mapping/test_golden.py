"""Golden entries: reviewing a change of planning means reading ledger entries."""

import pytest

from tests.golden import cases, generate


@pytest.mark.parametrize("name", cases.names())
def test_it_plans_the_golden_entry(name: str) -> None:
    case = cases.load(name)
    assert case["brex_shape"] in cases.SHAPES
    assert case["about"]
    # Meant to change? `python -m tests.golden.generate --force`, then read the difference.
    assert cases.result(case) == cases.expected_path(name).read_text()


def test_the_generated_input_is_what_its_generator_makes() -> None:
    assert (cases.FOLDER / f"{generate.LONG_SPLIT}.json").read_text() == cases.as_text(generate.long_split())


def test_no_expected_file_is_left_without_its_case() -> None:
    expected = {path.name for path in cases.FOLDER.glob("*.expected.json")}
    assert expected == {cases.expected_path(name).name for name in cases.names()}
