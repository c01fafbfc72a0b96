"""Databases for tests that a test leaves as the next one wants them: emptying one costs a tenth of making one.

    @pytest.fixture(scope="session")
    def databases():
        with Databases(migrate) as found:
            yield found

    @pytest.fixture
    def database_url(databases):
        with databases.one() as url:
            yield url

Every test finds tables, sequences and rows exactly as `prepare` left them. A database whose definitions were touched,
or whose first rows were, is dropped. Every user gets it under another name, so whoever is still alive of an earlier
test finds no database, as if it had been dropped.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import psycopg2

from connector.embedded import testing

Cursor = psycopg2.extensions.cursor

# Whoever defines something leaves the number of a later transaction behind, or one row more or fewer.
_CATALOGS = {
    "pg_class": "oid >= 16384 AND relpersistence <> 't'",
    "pg_attribute": "attrelid >= 16384 AND attrelid IN (SELECT oid FROM pg_class WHERE relpersistence <> 't')",
    "pg_attrdef": "oid >= 16384",
    "pg_constraint": "oid >= 16384",
    "pg_index": "indexrelid >= 16384 AND indrelid IN (SELECT oid FROM pg_class WHERE relpersistence <> 't')",
    "pg_trigger": "oid >= 16384",
    "pg_rewrite": "oid >= 16384",
    "pg_proc": "oid >= 16384",
    "pg_type": "oid >= 16384 AND typtype IN ('d', 'e', 'r')",
    "pg_sequence": "true",
    "pg_namespace": "nspname !~ '^pg_(toast_)?temp_'",
    "pg_extension": "true",
    "pg_policy": "true",
    "pg_largeobject_metadata": "true",
    "pg_default_acl": "true",
    "pg_db_role_setting": "setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
}
_STATE = "SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table} WHERE {which}"
_SHAPE = " UNION ALL ".join(_STATE.format(table=table, which=which) for table, which in _CATALOGS.items())
# A table in which a row was ever written, be it in a transaction that was undone, has a page.
_WRITTEN = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 AND relpersistence <> 't' "
    "AND pg_relation_size(oid) > 0 ORDER BY oid"
)
_OTHERS_OUT = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_SEQUENCES_BACK = (
    "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence "
    "WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
)

Shape = Sequence[tuple[Any, ...]]


class Databases:
    """Those of one process, one after the other or several at once. Dropped at the end."""

    def __init__(self, prepare: Callable[[str], object]) -> None:
        self._prepare = prepare
        self._free: list[_Reused] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._free:
            one.drop()

    @contextlib.contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a database as `prepare` left it."""
        found = self._free.pop() if self._free else _Reused(testing.template(self._prepare))
        try:
            yield testing.postgres_url(found.name)
        finally:
            if found.restore():
                self._free.append(found)
            else:
                found.drop()


class _Reused:
    def __init__(self, template: str) -> None:
        self.name = _name()
        testing.run(f"CREATE DATABASE {self.name} TEMPLATE {template} STRATEGY FILE_COPY")
        with self._session() as cursor:
            self._kept = _all(cursor, _WRITTEN)
            self._shape = self._look(cursor)

    def restore(self) -> bool:
        """Back to the beginning, under a new name; False where that cannot be."""
        try:
            with self._session() as cursor:
                cursor.execute(_OTHERS_OUT)
                if self._look(cursor) != self._shape:
                    return False
                written = [table for (table,) in _all(cursor, _WRITTEN) if (table,) not in self._kept]
                cursor.execute("SET session_replication_role = replica")  # no trigger has a say in it
                cursor.execute(";".join([*(f"DELETE FROM {table}" for table in written), _SEQUENCES_BACK]))  # noqa: S608
                if written:
                    cursor.execute(f"VACUUM {', '.join(written)}")  # gives the pages back
            name = _name()
            testing.run(f"ALTER DATABASE {self.name} RENAME TO {name}")
        except psycopg2.Error:
            return False
        self.name = name
        return True

    def drop(self) -> None:
        testing.run(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _look(self, cursor: Cursor) -> Shape:
        rows = " UNION ALL ".join(_STATE.format(table=table, which="true") for (table,) in self._kept)
        return _all(cursor, f"{_SHAPE} UNION ALL {rows}" if rows else _SHAPE)

    def _session(self) -> contextlib.AbstractContextManager[Cursor]:
        return testing.session(self.name)


def _all(cursor: Cursor, statement: str) -> Shape:
    cursor.execute(statement)
    return cursor.fetchall()


def _name() -> str:
    return f"test_{secrets.token_hex(8)}"
