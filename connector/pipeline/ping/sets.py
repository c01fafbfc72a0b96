"""Entity sets as ping reads them: what cannot be read is said, with the right to grant, and never breaks the ladder."""

from collections.abc import Sequence
from typing import Any

from connector.d365 import odata
from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Throttled
from connector.pipeline.ping.rung import Ladder, Rung

Row = dict[str, Any]
Rows = list[Row]


class Sets:
    """Each set is asked for once."""

    def __init__(self, client: D365Client) -> None:
        self._client = client
        self._read: dict[tuple[str, str], Rows | D365Error] = {}

    def rows(self, name: str, select: Sequence[str] = (), **equal: str) -> Rows | D365Error:
        """The rows whose properties have these values, or the error; a set is always read with the same columns."""
        key = (name, str(sorted(equal.items())))
        if key not in self._read:
            try:
                where = " and ".join(odata.equals(field, value) for field, value in equal.items())
                self._read[key] = list(self._client.rows(name, filter=where or None, select=select))
            except D365Error as error:
                self._read[key] = error
            except ValueError as error:  # a value that F&O would not compare, but take as a pattern
                self._read[key] = D365Error(str(error))
        return self._read[key]


def unread(ladder: Ladder, rung: str, name: str, error: D365Error) -> Rung:
    """The rung for a set that F&O does not give: amber, as F&O itself will judge what could not be looked at."""
    tried = f"reading {name}"
    if isinstance(error, Throttled):
        return ladder.amber(rung, tried, f"cannot be read now: {error}", "try again once F&O is less busy")
    enabled = f"see whether the data entity {name} is enabled for OData"
    if error.status == 404:
        sentence = f"cannot be read: the environment does not serve {name} (404)"
        return ladder.amber(rung, tried, sentence, enabled)
    if error.status in (401, 403):
        sentence = f"cannot be read: F&O does not let our user see {name} ({error.status})"
        fix = (
            f"give the role of the connector's user Read on the data entity {name} (System administration > Security > "
            "Security configuration)"
        )
        return ladder.amber(rung, tried, sentence, fix)
    return ladder.amber(rung, tried, f"cannot be read: {error}", f"try again in a few minutes; {enabled}")


def first(rows: Rows) -> Row | None:
    return rows[0] if rows else None
