"""One F&O environment: its data, its switches, and what is going on in it at this moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from threading import Lock
from typing import Any

from sandbox.d365 import switches
from sandbox.d365.tables import Tables
from sandbox.state import Store

Journal = tuple[str, str]  # company and journal number, both in lower case


class Environment:
    """Shared by the app and every `Ledger` over the same store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tables = Tables(store)
        self.switches = switches.load(store)
        # Called with its position before each changeset of a batch: where tests let the world move on.
        self.before_changeset: Callable[[int], object] | None = None
        self.repeats = 0  # so many writes will be carried out twice, as by a proxy that repeats a request
        self._busy: dict[Journal, list[object]] = {}
        self._busy_lock = Lock()

    def throw(self, **changes: Any) -> None:
        """Throw switches; they are remembered with the data. Raises TypeError for one that does not exist."""
        if "line_seconds" in changes:
            changes["line_seconds"] = Decimal(changes["line_seconds"])
        if "host" in changes:
            changes["host"] = changes["host"].rstrip("/").lower()
        self.switches = replace(self.switches, **changes)
        switches.save(self.store, self.switches)

    @contextmanager
    def working_on(self, journals: set[Journal], who: object) -> Iterator[None]:
        """Mark journals as being written to by `who` while the block runs."""
        with self._busy_lock:
            for journal in journals:
                self._busy.setdefault(journal, []).append(who)
        try:
            yield
        finally:
            with self._busy_lock:
                for journal in journals:
                    self._busy[journal].remove(who)

    def conflicts(self, journal: Journal, who: object) -> bool:
        """Whether another request began writing to the journal before `who` did and is not done.

        A person (None) saves at once and meets nobody.
        """
        with self._busy_lock:
            first = self._busy.get(journal, ())[:1]
        return self.switches.conflicts and who is not None and any(one is not who for one in first)


def environment_of(store: Store) -> Environment:
    """The one environment over a store, whoever asks first."""
    kept: Environment = vars(store).setdefault("d365_environment", Environment(store))
    return kept
