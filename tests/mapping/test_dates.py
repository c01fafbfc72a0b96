"""The local date of a moment."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connector.mapping.dates import local_date

LOS_ANGELES = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-11-05T18:20:00+00:00", LOS_ANGELES, "2026-11-05"),
        ("2026-11-05T07:59:59+00:00", LOS_ANGELES, "2026-11-04"),
        ("2026-11-05T08:00:00+00:00", LOS_ANGELES, "2026-11-05"),
        ("2026-06-05T06:59:59+00:00", LOS_ANGELES, "2026-06-04"),  # summer time: one hour earlier
        ("2026-06-05T07:00:00+00:00", LOS_ANGELES, "2026-06-05"),
        ("2026-12-31T11:00:00+00:00", "Pacific/Auckland", "2027-01-01"),
        ("2026-11-05T00:00:00.000001+00:00", LOS_ANGELES, "2026-11-04"),
        ("2026-11-04T18:00:00-08:00", LOS_ANGELES, "2026-11-04"),
    ],
)
def test_a_moment_belongs_to_the_local_day(moment: str, zone: str, day: str) -> None:
    assert local_date(datetime.fromisoformat(moment), zone, midnight_is_date=True) == (date.fromisoformat(day), "")


@pytest.mark.parametrize("moment", ["2026-11-05T00:00:00+00:00", "2026-11-04T16:00:00-08:00"])
def test_exactly_midnight_utc_is_a_calendar_date_and_noted(moment: str) -> None:
    day, note = local_date(datetime.fromisoformat(moment), LOS_ANGELES, midnight_is_date=True)
    assert day == date(2026, 11, 5)
    assert "2026-11-05" in note


def test_midnight_is_a_moment_where_the_connection_says_so() -> None:
    assert local_date(datetime(2026, 11, 5, tzinfo=UTC), LOS_ANGELES, midnight_is_date=False) == (
        date(2026, 11, 4),
        "",
    )


@pytest.mark.parametrize("moment", [datetime(1, 1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
@pytest.mark.parametrize("zone", [LOS_ANGELES, "Pacific/Auckland"])
def test_the_first_and_last_day_there_is_do_not_overflow(moment: datetime, zone: str) -> None:
    day, _ = local_date(moment, zone, midnight_is_date=True)
    assert abs(day - moment.date()) <= timedelta(days=1)


def test_a_moment_without_zone_is_utc() -> None:
    naive = datetime(2026, 11, 5, 7, tzinfo=UTC).replace(tzinfo=None)
    assert local_date(naive, LOS_ANGELES, midnight_is_date=True)[0] == date(2026, 11, 4)
