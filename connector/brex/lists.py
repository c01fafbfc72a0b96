"""Lists of Brex's v1 paths, read page by page by their cursors."""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeVar

from connector.brex.calls import Params
from connector.brex.errors import Unreadable
from connector.brex.v1 import V1

MOST: Final = 1000  # on a page (Brex, pagination)
Item = TypeVar("Item")


def pages(
    v1: V1, path: str, read: Callable[[Any, str], Item], what: str, params: Params | None = None
) -> Iterator[list[Item]]:
    """Every page, in no order one may rely on. `read`: of an item and the trace id. Raises `brex.errors`."""
    cursor: str | None = None
    seen: set[str] = set()
    asked: Params = [("limit", str(MOST)), *(params or [])]
    while True:
        page, trace = v1.get(path, asked if cursor is None else [*asked, ("cursor", cursor)])
        items = page.get("items") if isinstance(page, dict) else None
        if not isinstance(items, list):
            raise Unreadable(f"Brex's page has no list of {what}", status=200, trace_id=trace)
        yield [read(item, trace) for item in items]
        cursor = page.get("next_cursor") or None
        if cursor is None:
            return
        if not isinstance(cursor, str) or cursor in seen:
            raise Unreadable(f"Brex's pages of {what} go round in a circle", status=200, trace_id=trace)
        seen.add(cursor)
