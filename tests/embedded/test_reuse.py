"""A database that was used is as good as a new one, or is not used again."""

from collections.abc import Iterator

import psycopg2
import pytest

from connector.embedded import testing
from connector.embedded.reuse import Databases

SCHEMA = """
CREATE TABLE words (word text PRIMARY KEY);
INSERT INTO words VALUES ('first');
CREATE TABLE parents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);
CREATE TABLE children (parent bigint NOT NULL REFERENCES parents);
CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON parents FOR EACH STATEMENT EXECUTE FUNCTION never();
"""


def schema(url: str) -> None:
    do(url, SCHEMA)


def name_of(url: str) -> str:
    return url.rsplit("/", 1)[1]


def do(url: str, statement: str) -> list[tuple[object, ...]]:
    with testing.session(name_of(url)) as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def identity(url: str) -> object:
    return do(url, "SELECT oid FROM pg_database WHERE datname = current_database()")


def contents(url: str) -> list[list[tuple[object, ...]]]:
    return [do(url, f"SELECT * FROM {table}") for table in ("words", "parents", "children")]


@pytest.fixture
def databases() -> Iterator[Databases]:
    with Databases(schema) as found:
        yield found


USED = """
INSERT INTO parents (name) VALUES ('one'), ('two');
INSERT INTO children SELECT id FROM parents;
UPDATE parents SET name = 'three';
"""


def test_it_is_used_again_and_nothing_of_the_use_before_is_there(databases: Databases) -> None:
    with databases.one() as url:
        before = identity(url)
        do(url, USED)
    with databases.one() as again:
        assert identity(again) == before
        assert contents(again) == [[("first",)], [], []]
        assert do(again, "INSERT INTO parents (name) VALUES ('new') RETURNING id") == [(1,)]
        assert do(again, "SHOW session_replication_role") == [("origin",)]


@pytest.mark.parametrize(
    "touch",
    [
        "INSERT INTO words VALUES ('second')",
        "UPDATE words SET word = 'other'",
        "UPDATE words SET word = word",
        "DELETE FROM words",
        "TRUNCATE words",
        "DELETE FROM words; INSERT INTO words VALUES ('first')",
        "ALTER TABLE parents DISABLE TRIGGER kept",
        "ALTER TABLE parents DISABLE TRIGGER kept; ALTER TABLE parents ENABLE TRIGGER kept",
        "ALTER TABLE parents ADD COLUMN more text",
        "ALTER TABLE children DROP CONSTRAINT children_parent_fkey",
        "CREATE TABLE more (id int)",
        "CREATE INDEX more ON children (parent)",
        "CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE TYPE more AS ENUM ('x')",
        "CREATE SCHEMA more",
        "ALTER SEQUENCE parents_id_seq INCREMENT BY 2",
        "DROP TABLE words",
        "DROP SCHEMA public CASCADE",
        "SELECT lo_create(0)",
    ],
)
def test_one_whose_definitions_or_first_rows_were_touched_is_dropped(databases: Databases, touch: str) -> None:
    with databases.one() as url:
        before = identity(url)
        do(url, touch)
    assert do(testing.postgres_url(), f"SELECT FROM pg_database WHERE datname = '{name_of(url)}'") == []
    with databases.one() as other:
        assert identity(other) != before
        assert contents(other) == [[("first",)], [], []]


def test_a_setting_of_the_whole_database_does_not_stay(databases: Databases) -> None:
    with databases.one() as url:
        do(url, f"ALTER DATABASE {name_of(url)} SET work_mem = '1MB'")
    with databases.one() as again:
        assert do(again, "SHOW work_mem") != [("1MB",)]


def test_who_is_still_in_it_is_sent_out_and_does_not_come_back(databases: Databases) -> None:
    with databases.one() as url:
        late = psycopg2.connect(url.replace("+psycopg2", "", 1))
        with late.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(7)")
            cursor.execute("INSERT INTO parents (name) VALUES ('uncommitted')")
    with databases.one() as again:
        with pytest.raises(psycopg2.OperationalError), late.cursor() as cursor:
            cursor.execute("COMMIT")
        late.close()
        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            psycopg2.connect(url.replace("+psycopg2", "", 1))
        assert do(again, "SELECT pg_try_advisory_lock(7)") == [(True,)]
        assert contents(again) == [[("first",)], [], []]
        assert do(again, "INSERT INTO parents (name) VALUES ('new') RETURNING id") == [(1,)]


def test_two_at_once_are_two(databases: Databases) -> None:
    with databases.one() as one, databases.one() as other:
        assert identity(one) != identity(other)
        do(one, USED)
        assert contents(other)[1] == []


def test_at_the_end_none_is_left() -> None:
    with Databases(schema) as databases:
        with databases.one() as one, databases.one() as other:
            names = name_of(one), name_of(other)
        names += tuple(free.name for free in databases._free)
    assert do(testing.postgres_url(), f"SELECT FROM pg_database WHERE datname = ANY(ARRAY{list(names)})") == []
