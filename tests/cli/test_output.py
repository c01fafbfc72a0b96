from decimal import Decimal

import pytest
from rich.text import Text

from connector.cli.output import clean
from connector.cli.words import counted, duration, money


def test_characters_that_could_steer_a_terminal_are_not_passed_on() -> None:
    assert clean("Café \x1b[2J\x9b Zürich\nnext").plain == "Café �[2J� Zürich\nnext"
    assert clean(Text("held\x1b", style="yellow")).plain == "held�"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1234.5", "USD", "1,234.50 USD"),
        ("-1234567", "JPY", "-1,234,567 JPY"),
        ("1.005", "KWD", "1.005 KWD"),
        ("0.001", "USD", "0.001 USD"),
    ],
)
def test_amounts_have_their_currency_and_are_never_rounded(amount: str, currency: str, words: str) -> None:
    assert money(Decimal(amount), currency) == words


def test_numbers_are_told_in_words() -> None:
    assert (counted(1), counted(1200, "row")) == ("1 record", "1,200 rows")
    assert (duration(59.6), duration(600), duration(86400)) == ("60 s", "10 min", "24 h")
