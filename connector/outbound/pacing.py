"""How long to wait before trying again. Pure: the caller keeps the count and the clock."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final

FIRST_SECONDS: Final = 2.0
CAP_SECONDS: Final = 600.0
RETRY_AFTER_CAP_SECONDS: Final = 3600.0


def backoff(strikes: int, retry_after: float | None, rng: Random) -> float:
    """Seconds to wait after `strikes` failures in a row (1 is the first one).

    Where the peer named a time it is waited out, and up to a quarter more, so that workers do not all return
    at once; else the wait doubles from 2 s to 10 min, with half of it left to chance.
    Fact: F&O's Retry-After grows for a client that keeps calling meanwhile (Microsoft, service protection).
    """
    if retry_after is not None:
        return min(max(retry_after, 1.0), RETRY_AFTER_CAP_SECONDS) * rng.uniform(1.0, 1.25)
    most = min(CAP_SECONDS, FIRST_SECONDS * 2.0 ** min(max(strikes, 1) - 1, 30))
    return rng.uniform(most / 2, most)


def retry_after(value: str | None, now: datetime, date: str | None = None) -> float | None:
    """Seconds from a `Retry-After` header, a number or an HTTP date; else None.

    A date is counted from the same answer's `Date` header: this host's clock may be off. `now` (aware) takes the
    place of a `Date` that is missing or unreadable.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - (_moment(date or "") or now)).total_seconds())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
