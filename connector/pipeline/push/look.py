"""What a push would change: Brex's fields are read whole, and compared with what F&O has."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from connector.brex.errors import BrexError, LacksScope
from connector.brex.fields import ERP, Field, Fields, Value
from connector.brex.v1 import V1
from connector.pipeline import refresh
from connector.pipeline.push import wanted
from connector.pipeline.push.diff import Change, Kind, Present, diff
from connector.pipeline.push.wanted import NotPossible, Source, Wanted
from connector.pipeline.runtime import Runtime
from connector.store import connections, field_writes, master, options, records
from connector.store.connections import Connection
from connector.store.engine import Tx

SHOWN = 5  # changes of a kind that are shown by name
# Told how many options Brex has shown so far.
Progress = Callable[[int], None]


class NotAllowed(Exception):
    """The token lacks a scope. Posting needs none of these, so nothing is paused for it."""


@dataclass(slots=True)
class Look:
    """One field: what is there, and what a push would change. `examples`: some changes of each kind."""

    wanted: Wanted
    brex_id: str = ""  # empty: Brex has no such field yet
    disabled: bool = False  # the field as a whole
    present: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    examples: dict[Kind, list[Change]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """Of the field itself and of its values."""
        return self.counts.total() + (not self.brex_id or self.disabled)


@dataclass(slots=True)
class Survey:
    looks: list[Look]
    unknown: int  # writes of an earlier push of which it is not known what became of them

    @property
    def changes(self) -> int:
        return sum(look.changes for look in self.looks)


def client(runtime: Runtime, connection: Connection) -> Fields:
    settings = connection.settings["brex"]
    with runtime.database.begin() as tx:
        token = connections.secrets(tx, runtime.vault, connection.id)["brex.token"]
    hosts = {"v1_base_url": settings["v1_base_url"], "base_url": settings["base_url"]}
    return Fields(V1(runtime.outbound, token=token, **hosts))


@contextmanager
def calling(runtime: Runtime, connection: Connection) -> Iterator[None]:
    """As `Runtime.calling`, except for a missing scope. Raises `NotAllowed`, `Stop` and `brex.errors`."""
    lacking: BrexError | None = None
    with runtime.calling(connection, "brex"):
        try:
            yield
        except LacksScope as error:
            lacking = error
    if lacking is not None:
        scopes = "fields.read, fields.write, field_values.read and field_values.write"
        raise NotAllowed(f"{lacking}. Pushing fields needs the scopes {scopes}") from lacking


def survey(runtime: Runtime, connection: Connection, fields: Fields, progress: Progress | None = None) -> Survey:
    """Read what Brex has, and compare. Master data that were never read are read first.

    Raises `NotPossible`, `NotAllowed`, `Stop` and `brex.errors`; changes nothing in Brex.
    """
    with runtime.database.begin() as tx:
        known = master.known(tx, connection.id)
    if "MainAccounts" not in known:
        refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        asked = wanted.fields(tx, connection)
        unknown = len(field_writes.unsettled(tx, connection.id, sent=True))
    if not asked:
        raise NotPossible(
            "nothing is to be pushed: set brex.push in the connection file, such as "
            '{"accounts": true, "dimensions": ["BusinessUnit"]}'
        )
    there = _read(runtime, connection, fields, asked, progress)
    return Survey([_look(runtime, connection, one, there.get(one.remote_id)) for one in asked], unknown)


def _read(
    runtime: Runtime, connection: Connection, fields: Fields, asked: list[Wanted], progress: Progress | None
) -> dict[str, Field]:
    """Everything Brex has of the fields asked for, stored as read. Remote id → the field."""
    with calling(runtime, connection):
        found = fields.fields()
    with runtime.database.begin() as tx:
        options.see_fields(tx, connection.id, [_row_of_field(one) for one in found])
    there = {one.remote_id: _ours(one, found) for one in asked}
    number = 0
    for wish in asked:
        ours, reading = there[wish.remote_id], uuid4().hex
        pages = fields.values(ours.id) if ours is not None else iter([])
        while True:
            with calling(runtime, connection):
                page = next(pages, None)
            if page is None:
                break
            see(runtime, connection, wish.remote_id, page, reading)
            number += len(page)
            if progress is not None:
                progress(number)
        with runtime.database.begin() as tx:
            options.seen_whole(tx, connection.id, wish.remote_id, reading)
    return {remote_id: one for remote_id, one in there.items() if one is not None}


def _ours(wish: Wanted, found: list[Field]) -> Field | None:
    """The field that an integration made under this remote id. Raises `NotPossible` for one of another group."""
    same = [one for one in found if one.remote_id == wish.remote_id]
    if not same:
        return None
    for one in same:
        if one.group == ERP:
            return one
    raise NotPossible(
        f'Brex has a field "{same[0].name}" with the remote id {wish.remote_id}, but in the group '
        f"{same[0].group or 'of none'}, not {ERP}: it is not of an accounting integration, and is left alone"
    )


def see(runtime: Runtime, connection: Connection, field_: str, values: list[Value], reading: str) -> None:
    rows = [
        {"brex_id": one.id, "remote_id": one.remote_id, "value": one.value, "disabled": one.disabled} for one in values
    ]
    with runtime.database.begin() as tx:
        options.see_options(tx, connection.id, field_, reading, rows)


def _row_of_field(one: Field) -> dict[str, Any]:
    return {
        "brex_id": one.id, "remote_id": one.remote_id, "name": one.name, "field_group": one.group,
        "disabled": one.disabled,
    }  # fmt: skip


def _look(runtime: Runtime, connection: Connection, wish: Wanted, ours: Field | None) -> Look:
    look = Look(wish, ours.id if ours else "", ours.disabled if ours else False)
    with runtime.database.begin() as tx:
        for change in changes(tx, connection, look):
            look.counts[change.kind] += 1
            if look.counts[change.kind] <= SHOWN:
                look.examples.setdefault(change.kind, []).append(change)
        look.present = options.number(tx, connection.id, wish.remote_id)
    return look


def changes(tx: Tx, connection: Connection, look: Look) -> Iterator[Change]:
    """What has to change, one after the other: the transaction must stay open, and nothing be called meanwhile.

    Raises `NotPossible` where F&O has nothing at all to choose: that is a reading gone wrong, not an empty chart.
    """
    source = Source(connection, today(tx, connection))
    there = (Present(**row) for row in options.present(tx, connection.id, look.wanted.remote_id))
    some = False
    for change in diff(source.options(tx, look.wanted), there):
        some = some or change.kind is not Kind.DISABLE
        yield change
    look.left_out = list(dict.fromkeys(source.left_out))
    if not some and not any(True for _ in source.options(tx, look.wanted)):
        raise NotPossible(
            f"F&O shows nothing that could be chosen for {look.wanted.name}: look with `connector refresh` whether its "
            "sets can be read"
        )


def today(tx: Tx, connection: Connection) -> date:
    """By the database's clock, in the connection's zone."""
    moment: datetime = records.now(tx)
    return moment.astimezone(ZoneInfo(connection.settings["posting"]["time_zone"])).date()
