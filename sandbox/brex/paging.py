"""Pages of Brex's older APIs: a limit, and a cursor that is base64 of an offset."""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from connector.domain import jsonio
from sandbox.brex.answers import Json, bad_request

MOST: Final = 1000  # fact: of a page (Brex, pagination)


def page(
    limit: str | None, cursor: str | None, most: int | None, part: Callable[[int, int], tuple[list[Json], int]]
) -> Json:
    """The page that was asked for, of at most `most` items. `part`: (offset, limit) → those items, how many there are.

    400 for a limit or cursor that is none.
    """
    size, offset = _limit(limit), _offset(cursor)
    size = min(size, most or size)
    items, there = part(offset, size)
    following = base64.urlsafe_b64encode(jsonio.dumps({"offset": offset + size}).encode()).decode()
    return {"next_cursor": following if there > offset + size else None, "items": items}


def _limit(text: str | None) -> int:
    if text is None:
        return 100
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise bad_request(f"limit must be a number from 1 to {MOST}")
    return int(text)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(jsonio.loads(base64.urlsafe_b64decode(cursor.encode()))["offset"])
    except (binascii.Error, jsonio.NotJson, ValueError, KeyError, TypeError) as error:
        raise bad_request("cursor was not issued here") from error
