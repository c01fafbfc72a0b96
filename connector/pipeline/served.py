"""Sets that F&O serves under several names: a newer release has another version of the same set.

Facts: VendorsV3 has every column of VendorsV2 that is used here, under the same names and the same key (metadata). An
environment may serve one of them alone, and a role may be given one of them alone: whichever answers is as good.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from connector.d365.client import D365Client
from connector.d365.errors import D365Error, Refused, Unauthorized

# By the name under which rows are kept: the names to ask for, the newest first.
NAMES: Final = {"VendorsV2": ("VendorsV3", "VendorsV2")}

Row = dict[str, Any]


def names(entity_set: str) -> tuple[str, ...]:
    return NAMES.get(entity_set, (entity_set,))


def not_here(error: D365Error) -> bool:
    """Of a reading: this name is not served (404, with or without F&O's words), or closed to our user (403)."""
    return error.status in (403, 404)


def denied(error: D365Error) -> bool:
    """The set is closed to our user (403)."""
    return isinstance(error, Unauthorized) and error.status == 403


def rows(client: D365Client, entity_set: str, *, select: Sequence[str]) -> Iterator[Row]:
    """Only the columns we use; from an F&O that does not know one of them, all it has. Raises `D365Error`: where no
    name answers, that of the one which is served."""
    failure: D365Error | None = None
    for name in names(entity_set):
        some = False
        try:
            for row in columns(client, name, select):
                some = True
                yield row
        except D365Error as error:
            if some or not not_here(error):
                raise
            failure = error if failure is None or error.status == 403 else failure
        else:
            return
    assert failure is not None  # noqa: S101 - every set has a name
    raise failure


def columns(client: D365Client, name: str, select: Sequence[str]) -> Iterator[Row]:
    some = False
    try:
        for row in client.rows(name, select=select):
            some = True
            yield row
    except Refused as error:
        if some or error.status == 404:
            raise
        yield from client.rows(name)
