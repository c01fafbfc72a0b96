"""Other systems' words before they are kept: on one line, bounded, storable, without what may be a credential."""

import pytest

from connector.outbound.words import plain


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  two\r\nlines\tand  blanks ", "two lines and blanks"),
        ("a\x00b\ud800c\x1b[31m", "a b c [31m"),
        ("Authorization: Bearer abc.def-ghi, please", "Authorization: ********, please"),
        ("token bxt_AbC-123~x is over", "token ******** is over"),
        (f"sent {'aB3_' * 20}!", "sent ********!"),
        ("Fiscal period for 2026-01-15 is not open.", "Fiscal period for 2026-01-15 is not open."),
        ("journal USMF-000001, BXAAAAAAAAAAAAAAAAAA", "journal USMF-000001, BXAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_it_keeps_the_words_and_leaves_out_the_rest(said: str, kept: str) -> None:
    assert plain(said, 300) == kept


def test_it_is_never_longer_than_asked_for() -> None:
    assert len(plain("word " * 1_000_000, 100)) == 100


def test_a_token_that_is_cut_by_the_bound_is_gone_before_it_is_cut() -> None:
    assert "AbCd" not in plain("x" * 40 + " Bearer AbCdEfGhIjKl", 55)
