"""The sandbox's master data as a first reading keeps it: read once by each process, and given to its connections.

Every world begins alike, so what was read of one is known of the others. What a test does to F&O's master data, or to
how F&O gives them, before anything asked F&O, is for the first reading to find: then it is still to come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

from sqlalchemy import text

from connector.pipeline import refresh
from connector.store import connections
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from sandbox.d365.switches import Switches
from sandbox.d365.tables import Row
from sandbox.world import World

# Table → its columns beside the connection.
TABLES = {
    "master_sets": "entity_set, read_at, unread, version, untold",
    "master_rows": "entity_set, key, row, row_hash, active, first_seen, changed_at, last_seen",
}
_KINDS = {"d365.switches", *(f"d365.{name}" for name in refresh.SETS)}  # of the documents in the sandbox's store
_WRITES = ("POST ", "PATCH ", "DELETE ")

Shown = tuple[list[list[Row]], Switches]


def shown(world: World) -> Shown:
    """F&O's master data in this world."""
    tables = world.d365.environment.tables
    return [tables.rows(name) for name in refresh.SETS], world.d365.switches


@dataclass(frozen=True, slots=True)
class Known:
    """Rows by table, as COPY writes them, and the master data of which they were read."""

    lines: dict[str, list[str]]
    shown: Shown

    def fits(self, world: World) -> bool:
        return shown(world) == self.shown and not world.faults.pending()

    def give(self, tx: Tx, connection_id: int) -> None:
        """From now on the connection has had its daily reading of master data, just now."""
        with tx.connection.cursor() as cursor:
            for table, columns in TABLES.items():
                rows = StringIO("".join(f"{connection_id}\t{line}" for line in self.lines[table]))
                cursor.copy_expert(f"COPY {table} (connection_id, {columns}) FROM STDIN", rows)
        connections.bump_rules(tx, connection_id)
        _change(tx, connection_id, "refreshed_at = now(), next_refresh_at = now() + interval '1 day'")


def take(tx: Tx, world: World) -> Known:
    """What the only connection of this database has read of this world."""
    lines = {}
    with tx.connection.cursor() as cursor:
        for table, columns in TABLES.items():
            rows = StringIO()
            cursor.copy_expert(f"COPY (SELECT {columns} FROM {table} ORDER BY entity_set) TO STDOUT", rows)
            lines[table] = rows.getvalue().splitlines(keepends=True)
    return Known(lines, shown(world))


def take_back_where_changed(database: Database, connection: Connection, world: World) -> None:
    """Where F&O's master data change before anyone asks F&O, they have not been read."""
    asked, given, waiting = world.requests["d365"], connection.rules_version, [True]

    def changed() -> None:
        if waiting and waiting.pop() and world.requests["d365"] == asked:
            with database.begin() as tx:
                for table in TABLES:
                    tx.execute(text(f"DELETE FROM {table} WHERE connection_id = :id"), {"id": connection.id})
                _change(tx, connection.id, "refreshed_at = NULL, next_refresh_at = now()")
                # Mappings and rules that were changed since are known by the version that they got.
                lower = "UPDATE connections SET rules_version = :given - 1 WHERE id = :id AND rules_version = :given"
                lowered = tx.execute(text(lower), {"id": connection.id, "given": given}).rowcount
            # What the test holds in its hands says so too.
            object.__setattr__(connection, "refreshed_at", None)
            object.__setattr__(connection, "rules_version", connection.rules_version - lowered)

    _before(world.store, "put", _of_master_data, changed)
    _before(world.store, "delete", _of_master_data, changed)
    _before(world.faults, "add", _of_a_reading, changed)


def _of_master_data(kind: str, *_: object, **__: object) -> bool:
    return kind in _KINDS


def _of_a_reading(system: str, match: str, *_: object, **__: object) -> bool:
    return system == "entra" or (system == "d365" and not match.startswith(_WRITES))


def _before(what: Any, name: str, fits: Callable[..., bool], do: Callable[[], None]) -> None:
    inner = getattr(what, name)

    def outer(*args: Any, **more: Any) -> Any:
        if fits(*args, **more):
            do()
        return inner(*args, **more)

    setattr(what, name, outer)


def _change(tx: Tx, connection_id: int, to: str) -> None:
    tx.execute(text(f"UPDATE connections SET {to} WHERE id = :id"), {"id": connection_id})
