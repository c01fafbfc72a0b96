from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.outbound.pacing import CAP_SECONDS, backoff, retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_waits_grow_to_a_cap_and_half_of_each_is_chance(strikes: int, rng: Random) -> None:
    most = min(CAP_SECONDS, 2.0 * 2 ** min(max(strikes, 1) - 1, 20))
    assert most / 2 <= backoff(strikes, None, rng) <= most


@settings(deadline=None)
@given(st.integers(0, 50), st.floats(0, 1e9), st.randoms(use_true_random=False))
def test_a_time_the_peer_named_is_waited_out_but_never_forever(strikes: int, named: float, rng: Random) -> None:
    wait = backoff(strikes, named, rng)
    assert min(named, 3600.0) <= wait <= max(1.0, min(named, 3600.0)) * 1.25


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60.0),
        (" 5 ", 5.0),
        ("0", 0.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_it_reads_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_date_to_come_back_at_counts_from_the_answers_own_date() -> None:
    then, date = "Sun, 22 Nov 2026 12:00:30 GMT", "Sun, 22 Nov 2026 12:00:00 GMT"
    for off in (timedelta(hours=1), timedelta(0), -timedelta(hours=1)):
        assert retry_after(then, NOW + off, date) == 30.0


@pytest.mark.parametrize("date", [None, "", "now"])
def test_without_a_date_of_its_own_it_counts_from_ours(date: str | None) -> None:
    assert retry_after("Sun, 22 Nov 2026 12:00:30 GMT", NOW, date) == 30.0


@settings(deadline=None)
@given(st.text())
def test_no_retry_after_breaks_it(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0
