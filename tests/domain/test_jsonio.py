"""JSON that is read from others: strict, and nothing in it that a ledger or a table could not hold."""

from decimal import Decimal

import pytest

from connector.domain import jsonio


@pytest.mark.parametrize(
    "text",
    [
        "1e999999", "1e99999999999999999999", "1e-999999", "[1.5, 1e101]", f"0.{'1' * 200}", "9" * 5000, "NaN",
        "-Infinity", "[" * 100_000, b"\xff", "", '{"a": 1} {"b": 2}',
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_json_or_no_number_of_ours(text: str | bytes) -> None:
    with pytest.raises(jsonio.NotJson):
        jsonio.loads(text)


def test_amounts_are_read_digit_by_digit() -> None:
    assert jsonio.loads("[100.50, 1e2, -0.005, 7]") == [Decimal("100.50"), Decimal(100), Decimal("-0.005"), 7]


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"b": {"value": [1], "value": []}}]'])
def test_a_name_that_stands_twice_is_refused_where_it_must_be_unique(text: str) -> None:
    jsonio.loads(text)
    with pytest.raises(jsonio.NotJson, match="twice"):
        jsonio.loads(text, unique=True)
