"""The state of everything but the workers: kept, put back in milliseconds, and told apart from others.

Two states are alike where the tables and the two outside systems hold the same but for chance and the clock: moments
count as before the schedule, within it or after it, and hashes that cover moments are left out.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import psycopg2

from connector.domain import jsonio
from sandbox.world import World
from tests.interleavings.stepping import Stage, scrub

KEPT = ("records", "events", "journals", "batches", "writes", "pacing", "requests")
# Of the rows: they cover moments, or are counted by the clock.
_LEFT_OUT = frozenset({"hash", "prev_hash", "event_hash", "seconds_per_line"})


class States:
    """One database and one world, as they were when this was made."""

    def __init__(self, url: str, world: World) -> None:
        self._session = psycopg2.connect(url.replace("+psycopg2", "", 1))
        self._session.autocommit = True
        self._world = world
        self._times = {table: self._columns(table) for table in KEPT}
        self._sequences = self._owned()
        self._run("CREATE SCHEMA kept", "CREATE TABLE kept.at AS SELECT clock_timestamp() AS at")
        for table in KEPT:
            self._run(f"CREATE TABLE kept.{table} AS TABLE {table}")
        self._kinds = {kind: dict(slots) for kind, slots in world.store._kinds.items()}

    def put_back(self) -> None:
        """Everything as it was, and all moments as far from now as they were then."""
        statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
        shift = "(SELECT clock_timestamp() - at FROM kept.at)"
        for table in reversed(KEPT):
            statements.append(f"DELETE FROM {table}")
        for table in KEPT:
            statements.append(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept.{table}")
            # An event's moment is covered by its hash.
            if self._times[table] and table != "events":
                moved = ", ".join(f"{name} = {name} + {shift}" for name in self._times[table])
                statements.append(f"UPDATE {table} SET {moved}")
        statements += [f"SELECT setval('{name}', {last}, {called})" for name, last, called in self._sequences]
        self._run(*statements, "COMMIT")
        self._world_back()

    def _world_back(self) -> None:
        store, tables = self._world.store, self._world.d365.environment.tables
        for name in list(tables._rows):  # F&O keeps what it has read, by name
            now, then = store._kinds.get(f"d365.{name}", {}), self._kinds.get(f"d365.{name}", {})
            if now.keys() != then.keys() or any(now[key] is not then[key] for key in now):
                del tables._rows[name]
                for key in [key for key in tables._index if key[0] == name]:
                    del tables._index[key]
        store._kinds = {kind: dict(slots) for kind, slots in self._kinds.items()}
        self._world.faults.clear()

    def key(self, stage: Stage) -> str:
        """All that what happens from here on depends on. The workers are alike: which of them is where is not told."""
        told = hashlib.sha256()
        for table in KEPT:
            if table not in ("events", "requests"):
                for row in self._rows(f"SELECT * FROM {table} ORDER BY 1, 2"):
                    told.update(scrub(stage.words({k: v for k, v in row.items() if k not in _LEFT_OUT})).encode())
        told.update(self._outside().encode())
        told.update("\n".join(sorted(worker.history for worker in stage.workers)).encode())
        return told.hexdigest()

    def _outside(self) -> str:
        """Brex and F&O, and what is still to go wrong with them."""
        kinds = self._world.store._kinds
        changed = {
            kind: {key: slot.doc for key, slot in slots.items() if self._kinds.get(kind, {}).get(key) is not slot}
            | {key: None for key in self._kinds.get(kind, {}) if key not in slots}
            for kind, slots in kinds.items()
        }
        rules = [(rule.kind, rule.match, rule.times) for rule in self._world.faults.pending()]
        return scrub(jsonio.canonical(changed)) + str(rules)

    def _columns(self, table: str) -> list[str]:
        return [
            row["column_name"]
            for row in self._rows(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND "
                f"table_name = '{table}' AND data_type = 'timestamp with time zone'"
            )
        ]

    def _owned(self) -> list[tuple[str, int, bool]]:
        names = [row["name"] for row in self._rows("SELECT CAST(oid AS regclass)::text AS name FROM pg_class "
                                                   "WHERE relkind = 'S'")]  # fmt: skip
        found = []
        for name in names:
            (row,) = self._rows(f"SELECT last_value, is_called FROM {name}")
            found.append((name, row["last_value"], row["is_called"]))
        return found

    def _run(self, *statements: str) -> None:
        with self._session.cursor() as cursor:
            cursor.execute("; ".join(statements))

    def _rows(self, statement: str) -> Iterable[dict[str, Any]]:
        with self._session.cursor() as cursor:
            cursor.execute(statement)
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def end(self) -> None:
        self._session.close()
