"""Which journal collects an entry."""

from datetime import date


def period(kind: str, day: date, record_id: str) -> str:
    """By the setting journal_period: `record`, `day`, `week` (ISO) or `month`."""
    if kind == "record":
        return record_id
    if kind == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat() if kind == "day" else f"{day:%Y-%m}"
