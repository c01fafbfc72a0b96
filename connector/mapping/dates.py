"""The day an entry belongs to, in the legal entity's own time.

Fact: `erp_posting_date` is the "ERP impact date in UTC timezone" (Brex accounting spec): a moment, not a day.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_date(moment: datetime, time_zone: str, *, midnight_is_date: bool) -> tuple[date, str]:
    """The local date of a UTC moment, and a note where we decided something ("" where not).

    Exactly midnight UTC is somebody's calendar date rather than a moment, and is kept as that date when the
    connection says so: west of Greenwich it would otherwise become the day before.
    """
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if midnight_is_date and moment.timetz() == time(0, tzinfo=UTC):
        day = moment.date()
        return day, f"The posting time is exactly midnight UTC and was taken as the calendar date {day}."
    try:
        return moment.astimezone(ZoneInfo(time_zone)).date(), ""
    except OverflowError:  # the first or last day there is
        return moment.date(), ""
