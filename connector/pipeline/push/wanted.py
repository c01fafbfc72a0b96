"""What people shall be able to choose in Brex: the accounts and dimensions that the connection opts in to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from unicodedata import combining, normalize

from connector.domain.connection import PushSettings
from connector.pipeline.building import day
from connector.pipeline.push.diff import Option
from connector.store import options
from connector.store.connections import Connection
from connector.store.engine import Tx

Row = Mapping[str, Any]

# What the mapping takes for the account field (`mapping.codings`). Fact: Brex's own has it (a recorded record).
ACCOUNT_FIELD: Final = "GL_ACCOUNT"
_ACCOUNT_NAME: Final = "GL Account"
LONGEST: Final = 200  # of what people see; Brex documents no limit
# Facts: these types of main account take no entries (F&O metadata).
_NO_ENTRIES: Final = ("Total", "Reporting")
# Letters that no decomposition brings to ASCII.
_LETTERS: Final = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L",
    "–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...",
})  # fmt: skip


class NotPossible(Exception):
    """What the connection opts in to cannot be had; `str()` says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of Brex's as it shall be. `dimension` is empty for the main accounts."""

    remote_id: str
    name: str
    dimension: str = ""


@dataclass(slots=True)
class Source:
    """F&O's side of a field, by the master data as they are. `left_out`: remote ids that Brex would not take."""

    connection: Connection
    today: date
    left_out: list[str] = field(default_factory=list)

    @property
    def entities(self) -> list[str]:
        posting = self.connection.settings["posting"]
        return list(dict.fromkeys([posting["legal_entity"].lower(), *map(str.lower, posting.get("entities") or {})]))

    def options(self, tx: Tx, wanted: Wanted) -> Iterator[Option]:
        """What can be chosen, sorted by remote id, each once. The transaction must stay open."""
        id_, name = ("DimensionValue", "Description") if wanted.dimension else ("MainAccountId", "Name")
        last = None
        closed = self._closed(tx, wanted)
        for row in self._rows(tx, wanted):
            remote_id = _text(row, id_)
            if remote_id == last or not remote_id or not self._usable(row) or closed.get(remote_id, 0) == self._number:
                continue
            if not (remote_id.isascii() and remote_id.isprintable()):
                self.left_out.append(remote_id)
                continue
            last = remote_id
            yield Option(remote_id, shown(remote_id, _text(row, name)))

    @property
    def _number(self) -> int:
        return len(self.entities)

    def _rows(self, tx: Tx, wanted: Wanted) -> Iterator[Row]:
        if wanted.dimension:
            return options.values(tx, self.connection.id, wanted.dimension, self.entities)
        return options.accounts(tx, self.connection.id, self._charts(tx))

    def _charts(self, tx: Tx) -> list[str]:
        charts = options.ledgers(tx, self.connection.id)
        return list(dict.fromkeys(charts[entity] for entity in self.entities if entity in charts))

    def _closed(self, tx: Tx, wanted: Wanted) -> dict[str, int]:
        """Account or value → how many of our companies close it; one that any of them uses can be chosen."""
        name, id_ = ("MainAccountLegalEntities", "MainAccountId")
        if wanted.dimension:
            name, id_ = ("FinancialDimensionValueLegalEntityOverridesV2", "DimensionValue")
        found: dict[str, set[str]] = {}
        for row in options.exceptions(tx, self.connection.id, name, self.entities):
            if wanted.dimension and _text(row, "FinancialDimension") != wanted.dimension:
                continue
            if not self._usable(row):
                found.setdefault(_text(row, id_), set()).add(_text(row, "LegalEntityId").lower())
        return {one: len(entities) for one, entities in found.items()}

    def _usable(self, row: Row) -> bool:
        """As the mapping checks it before posting: active today, and open for manual entry."""
        stopped = ("IsSuspended", "IsBlockedForManualEntry", "DoNotAllowManualEntry")
        if any(row.get(name) == "Yes" for name in stopped) or row.get("MainAccountType") in _NO_ENTRIES:
            return False
        first, last = day(row.get("ActiveFrom")), day(row.get("ActiveTo"))
        return (first or self.today) <= self.today <= (last or self.today)


def fields(tx: Tx, connection: Connection) -> list[Wanted]:
    """The fields that the connection opts in to. Raises `NotPossible` for a dimension that F&O does not have."""
    push = PushSettings.model_validate(connection.settings["brex"].get("push") or {})
    found = [Wanted(ACCOUNT_FIELD, _ACCOUNT_NAME)] if push.accounts else []
    if not push.dimensions:
        return found
    known = {name.casefold(): name for name in options.dimensions(tx, connection.id)}
    for name in dict.fromkeys(push.dimensions):
        if name.casefold() not in known:
            there = ", ".join(known.values()) or "none is known"
            raise NotPossible(f"F&O has no values of the dimension {name} (brex.push.dimensions); it has: {there}")
        found.append(Wanted(known[name.casefold()], known[name.casefold()], known[name.casefold()]))
    return list(dict.fromkeys(found))


def shown(remote_id: str, name: str) -> str:
    """What people see: F&O's number and name, as `606100 Meals`. The number keeps two of the same name apart.

    Fact: a POST with text outside ASCII is refused (Brex, error codes), so letters lose their marks, and one of
    another script becomes a question mark.
    """
    name = " ".join(name.split())
    if name.isascii() and name.isprintable():
        return f"{remote_id} {name}".strip()[:LONGEST]
    plain = "".join(one for one in normalize("NFKD", name.translate(_LETTERS)) if not combining(one))
    readable = "".join(one if one.isascii() and one.isprintable() else "?" for one in plain)
    return f"{remote_id} {readable}".strip()[:LONGEST]


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()
