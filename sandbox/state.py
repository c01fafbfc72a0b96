"""The sandbox's memory: small documents with transactions, in memory and, if asked, in one SQLite file."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from threading import RLock
from typing import Any

from connector.domain import jsonio

Doc = dict[str, Any]

_SEQUENCES = "_sequences"


@dataclass(slots=True)
class _Slot:
    ordinal: int  # insertion order, across all kinds
    doc: Doc


class Store:
    """Documents in memory with an undo log; written through to SQLite when a path is given.

    A document is a JSON object (no floats; amounts are Decimal). What goes in and what comes out are copies.
    Every method is safe to call from several threads; a `transaction` keeps all others out until it ends.
    """

    def __init__(self, path: str | None = None) -> None:
        self._lock = RLock()
        self._kinds: dict[str, dict[str, _Slot]] = {}
        self._ordinal = 0
        self._undo: list[tuple[str, str, _Slot | None]] = []
        self._depth = 0
        self._file = None if path is None else _File(path)
        if self._file:
            for kind, key, ordinal, doc in self._file.read():
                self._kinds.setdefault(kind, {})[key] = _Slot(ordinal, doc)
                self._ordinal = max(self._ordinal, ordinal)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Nests: an exception that leaves an inner block undoes that block's changes only."""
        with self._lock:
            mark = len(self._undo)
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._commit()
            except BaseException:
                self._undo_to(mark)
                raise
            finally:
                self._depth -= 1

    def get(self, kind: str, key: str) -> Doc | None:
        with self._lock:
            slot = self._kinds.get(kind, {}).get(key)
            return None if slot is None else _copy(slot.doc)

    def put(self, kind: str, key: str, doc: Doc) -> None:
        """Insert or replace; a replaced document keeps its place in the order."""
        doc = _copy(doc)
        with self.transaction():
            slots = self._kinds.setdefault(kind, {})
            old = slots.get(key)
            if old is None:
                self._ordinal += 1
            self._undo.append((kind, key, old))
            slots[key] = _Slot(self._ordinal if old is None else old.ordinal, doc)

    def delete(self, kind: str, key: str) -> None:
        """Remove; a document that is not there is no error."""
        with self.transaction():
            slots = self._kinds.get(kind, {})
            if key in slots:
                self._undo.append((kind, key, slots.pop(key)))

    def all(self, kind: str, where: Callable[[Doc], bool] | None = None) -> list[Doc]:
        """Every document of a kind, oldest first. `where` sees the document itself and must not change it."""
        with self._lock:
            slots = self._kinds.get(kind, {}).values()
            return [_copy(slot.doc) for slot in slots if where is None or where(slot.doc)]

    def part(self, kind: str, first: int, number: int) -> tuple[list[Doc], int]:
        """So many documents of a kind from a place on, oldest first; and how many there are."""
        with self._lock:
            slots = self._kinds.get(kind, {})
            return [_copy(slot.doc) for slot in islice(slots.values(), first, first + number)], len(slots)

    def next(self, sequence: str) -> int:
        """1, 2, 3 … per name. A rolled-back transaction gives its numbers back."""
        with self.transaction():
            doc = self.get(_SEQUENCES, sequence) or {"value": 0}
            doc["value"] += 1
            self.put(_SEQUENCES, sequence, doc)
            return int(doc["value"])

    @property
    def in_memory(self) -> bool:
        return self._file is None

    def fill(self, other: "Store") -> None:
        """Begin with the documents of another store, which no document here has the kind and key of. In memory only."""
        if self._file:
            raise ValueError("a store with a file is filled by writing")
        with self._lock:
            for kind, slots in other._kinds.items():
                self._kinds.setdefault(kind, {}).update(slots)  # a slot is never changed, but replaced
            self._ordinal += other._ordinal

    def close(self) -> None:
        with self._lock:
            if self._file:
                self._file.close()

    def _commit(self) -> None:
        if self._file and self._undo:
            touched = {(kind, key): self._kinds.get(kind, {}).get(key) for kind, key, _ in self._undo}
            self._file.write((kind, key, slot) for (kind, key), slot in touched.items())
        self._undo.clear()

    def _undo_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            kind, key, old = self._undo.pop()
            slots = self._kinds.setdefault(kind, {})
            if old is None:
                slots.pop(key, None)
            elif key in slots:
                slots[key] = old
            else:
                # A deleted document comes back at the end of the dictionary: put it into its old place.
                slots[key] = old
                self._kinds[kind] = dict(sorted(slots.items(), key=lambda item: item[1].ordinal))


class _File:
    """The SQLite side: one row per document, one SQLite transaction per outermost `Store.transaction`."""

    def __init__(self, path: str) -> None:
        # The store's lock serialises the threads that come here.
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._base.execute("PRAGMA journal_mode=WAL")
        self._base.execute("PRAGMA synchronous=NORMAL")
        self._base.execute(
            "CREATE TABLE IF NOT EXISTS docs"
            " (kind TEXT, key TEXT, ordinal INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (kind, key))"
        )

    def read(self) -> Iterator[tuple[str, str, int, Doc]]:
        for kind, key, ordinal, doc in self._base.execute("SELECT kind, key, ordinal, doc FROM docs ORDER BY ordinal"):
            yield kind, key, ordinal, jsonio.loads(doc)

    def write(self, changes: Iterator[tuple[str, str, _Slot | None]]) -> None:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            for kind, key, slot in changes:
                if slot is None:
                    self._base.execute("DELETE FROM docs WHERE kind = ? AND key = ?", (kind, key))
                else:
                    self._base.execute(
                        "INSERT INTO docs VALUES (?, ?, ?, ?)"
                        " ON CONFLICT (kind, key)"
                        " DO UPDATE SET ordinal = excluded.ordinal, doc = excluded.doc",
                        (kind, key, slot.ordinal, jsonio.dumps(slot.doc)),
                    )
            self._base.execute("COMMIT")
        except BaseException:
            self._base.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._base.close()


def _copy(value: Any) -> Any:
    """A deep copy of JSON. Raises TypeError for anything else (a float, a date, a tuple)."""
    if value is None or isinstance(value, str | int | Decimal):
        return value
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    raise TypeError(f"{type(value).__name__} cannot be kept: {value!r}")
