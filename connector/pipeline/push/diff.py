"""What has to change in a field of Brex's so that people can choose what F&O has. Pure, and streaming."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, TypeVar

One = TypeVar("One", "Option", "Present")


class Kind(StrEnum):
    CREATE = "create"
    RENAME = "rename"
    ENABLE = "enable"
    DISABLE = "disable"


@dataclass(frozen=True, slots=True)
class Option:
    """What people shall be able to choose: F&O's account or value, and what they see of it."""

    remote_id: str
    value: str


@dataclass(frozen=True, slots=True)
class Present:
    """A value of a field as Brex has it. One made in Brex, without a remote id, is none of our business."""

    brex_id: str
    remote_id: str
    value: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Change:
    """`value` is the name from now on; None where it stays. `was`: what it was before, for people."""

    kind: Kind
    remote_id: str
    value: str | None = None
    brex_id: str = ""
    was: str = ""

    def item(self) -> dict[str, Any]:
        """As Brex takes it. Facts: a new value has value, value_id and remote_id; a changed one is named by its
        brex_id and has value and is_disabled as `data` (Brex, Fields API)."""
        if self.kind is Kind.CREATE:
            return {"value": self.value, "value_id": self.remote_id, "remote_id": self.remote_id, "is_disabled": False}
        data: dict[str, Any] = {} if self.value is None else {"value": self.value}
        if self.kind is not Kind.RENAME:
            data["is_disabled"] = self.kind is Kind.DISABLE
        return {"brex_id": self.brex_id, "data": data}


def diff(wanted: Iterable[Option], present: Iterable[Present]) -> Iterator[Change]:
    """Both sorted by remote id, in the order of code points; each wanted one once. Raises ValueError where not.

    Values of the same remote id are the same to F&O: one of them stays, the first that can be chosen; the others are
    disabled. Holds two rows at a time, however many there are.
    """
    groups = groupby(_ordered(present, strict=False), key=lambda one: one.remote_id)
    there = next(groups, None)
    for option in _ordered(wanted, strict=True):
        while there is not None and there[0] < option.remote_id:
            yield from _disabled(there[1])
            there = next(groups, None)
        if there is not None and there[0] == option.remote_id:
            yield from _kept(option, list(there[1]))
            there = next(groups, None)
        else:
            yield Change(Kind.CREATE, option.remote_id, option.value)
    while there is not None:
        yield from _disabled(there[1])
        there = next(groups, None)


def _kept(option: Option, same: list[Present]) -> Iterator[Change]:
    keeper = min(same, key=lambda one: one.disabled)  # the first of those that can be chosen, else the first
    value = None if keeper.value == option.value else option.value
    if keeper.disabled:
        yield Change(Kind.ENABLE, option.remote_id, value, keeper.brex_id, keeper.value)
    elif value is not None:
        yield Change(Kind.RENAME, option.remote_id, value, keeper.brex_id, keeper.value)
    yield from _disabled(one for one in same if one is not keeper)


def _disabled(those: Iterable[Present]) -> Iterator[Change]:
    for one in those:
        if not one.disabled:
            yield Change(Kind.DISABLE, one.remote_id, None, one.brex_id, one.value)


def _ordered(rows: Iterable[One], *, strict: bool) -> Iterator[One]:
    """The rows; a wrong order would create anew what is there."""
    last: str | None = None
    for row in rows:
        if last is not None and (row.remote_id < last or (strict and row.remote_id == last)):
            raise ValueError(f"{row.remote_id!r} comes after {last!r}")
        last = row.remote_id
        yield row
