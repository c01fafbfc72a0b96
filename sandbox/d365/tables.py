"""The rows of every entity set: kept in the store, indexed in memory.

The store hands out copies, which is dear for ten thousand lines; so each row is also held here, together with
the few indexes that F&O has and clients rely on. A transaction that fails takes both back.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sandbox.d365.errors import Refusal, infolog
from sandbox.d365.schema import SETS, EntitySet, folded
from sandbox.state import Store

INDEXED: Final = {
    "LedgerJournalLines": ("JournalBatchNumber", "Document", "PaymentReference"),
    "VendTransBiEntities": ("AccountNum", "Invoice"),
    "VendorInvoiceHeaders": ("InvoiceNumber", "DocumentNumber"),
    "VendorInvoiceLines": ("HeaderReference",),
}
_FIRST_RECORD: Final = 5637144576  # the first RecId of every F&O table


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `values` are the public properties, `hidden` what F&O knows beside them; never changed."""

    set: str
    record_id: int
    version: int
    values: dict[str, Any]
    hidden: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_of(SETS[self.set], self.values)


def key_of(entity: EntitySet, values: dict[str, Any]) -> str:
    """All key values as one text; letters' case does not tell two keys apart."""
    return "|".join(str(folded(values[name])) for name in entity.keys)


class Tables:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, dict[str, Row]] = {}
        self._index: dict[tuple[str, str, Any], dict[str, None]] = {}
        self._undo: list[tuple[str, str, Row | None]] = []
        self._depth = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between. Nests as the store's transactions do."""
        with self._store.transaction():
            mark = len(self._undo)
            self._depth += 1
            try:
                yield
            except BaseException:
                while len(self._undo) > mark:
                    name, key, old = self._undo.pop()
                    self._set(name, key, old)
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._undo.clear()

    def rows(self, name: str) -> list[Row]:
        """Every row of a set, in the order of creation."""
        return sorted(self._of(name).values(), key=lambda row: row.record_id)

    def get(self, name: str, **key: Any) -> Row | None:
        return self._of(name).get(key_of(SETS[name], key))

    def found(self, name: str, pairs: Iterable[tuple[str, Any]]) -> list[Row]:
        """Rows with at least one of the (indexed property, value) pairs, in the order of creation."""
        rows = self._of(name)
        keys = {key for prop, value in pairs for key in self._index.get((name, prop, folded(value)), ())}
        return sorted((rows[key] for key in keys), key=lambda row: row.record_id)

    def insert(self, name: str, values: dict[str, Any], hidden: dict[str, Any] | None = None) -> Row:
        """A new record; properties left out get their empty values. Refuses a second one with the same key."""
        entity = SETS[name]
        with self.transaction():
            number = _FIRST_RECORD + self._store.next(f"d365.{name}.RecId") - 1
            row = Row(name, number, 1, {**entity.defaults, **values}, hidden or {})
            if row.key in self._of(name):
                raise _already_exists(entity, row)
            self._write(row)
        return row

    def update(self, row: Row, values: dict[str, Any] | None = None, hidden: dict[str, Any] | None = None) -> Row:
        """Fact: a record's version starts at 1 and is a random-looking number after the first change."""
        new = replace(
            row,
            version=(row.version * 1103515245 + row.record_id) & 0x7FFFFFFF,
            values={**row.values, **(values or {})},
            hidden={**row.hidden, **(hidden or {})},
        )
        with self.transaction():
            if new.key != row.key:
                self.delete(row)
            self._write(new)
        return new

    def delete(self, row: Row) -> None:
        with self.transaction():
            self._undo.append((row.set, row.key, self._of(row.set).get(row.key)))
            self._set(row.set, row.key, None)
            self._store.delete(_kind(row.set), row.key)

    def _write(self, row: Row) -> None:
        self._undo.append((row.set, row.key, self._of(row.set).get(row.key)))
        self._set(row.set, row.key, row)
        empty = SETS[row.set].defaults
        doc = {
            "record_id": row.record_id,
            "version": row.version,
            "values": {name: value for name, value in row.values.items() if value != empty.get(name)},
            "hidden": row.hidden,
        }
        self._store.put(_kind(row.set), row.key, doc)

    def _of(self, name: str) -> dict[str, Row]:
        if name not in self._rows:
            self._rows[name] = {}
            for doc in self._store.all(_kind(name)):
                values = {**SETS[name].defaults, **doc["values"]}
                row = Row(name, doc["record_id"], doc["version"], values, doc["hidden"])
                self._set(name, row.key, row)
        return self._rows[name]

    def _set(self, name: str, key: str, row: Row | None) -> None:
        rows = self._rows[name]
        old = rows.pop(key, None) if row is None else rows.get(key)
        if row is not None:
            rows[key] = row
        for prop in INDEXED.get(name, ()):
            if old is not None:
                self._index.get((name, prop, folded(old.values[prop])), {}).pop(key, None)
            if row is not None:
                self._index.setdefault((name, prop, folded(row.values[prop])), {})[key] = None


def _kind(name: str) -> str:
    return f"d365.{name}"


def _already_exists(entity: EntitySet, row: Row) -> Refusal:
    """Fact: the words for a second record with the same key, with its two full stops."""
    key = ", ".join(str(row.values[name]) for name in entity.keys)
    return infolog(entity.table, f"Info: Cannot create a record in {entity.name}. {key}.\nThe record already exists.")
