"""The figures of the metrics page: added up by several at once, and read without reading the records."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from connector.store import figures
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from tests.store.conftest import Sql
from tests.store.test_plans import YEAR, fill, plan

READ: dict[str, Callable[[Tx, int], Any]] = {
    "times to written": figures.times_to_written,
    "most attempts": figures.most_attempts,
    "ages": figures.ages,
    "requests": figures.requests,
    "paces": figures.paces,
}


def test_every_figure_is_read_from_an_index(
    database: Database, connection: Connection, other: Connection, sql: Sql
) -> None:
    fill(sql, connection, other, YEAR)
    sql("UPDATE records SET written_at = now() WHERE stage = 'acknowledged'")
    sql("INSERT INTO webhooks (connection_id, webhook_id, event_type, body_hash, records) "
        "SELECT :id, n, '', '', 1 FROM generate_series(1, 20000) n", id=connection.id)  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(text("VACUUM ANALYZE"))  # as autovacuum does it
    told = {name: plan(database, connection, query) for name, query in READ.items()}
    unwanted = ("Seq Scan on records", "Seq Scan on webhooks", "events")
    assert {name: how for name, how in told.items() if any(one in how for one in unwanted)} == {}


def test_two_connections_have_figures_of_their_own(
    database: Database, connection: Connection, other: Connection
) -> None:
    with database.begin() as tx:
        figures.add(tx, connection.id, {("brex", "200"): (2, Decimal("0.5"))})
        figures.add(tx, connection.id, {("brex", "200"): (1, Decimal("0.25")), ("d365", "no answer"): (1, Decimal(30))})
        assert figures.requests(tx, connection.id) == [
            ("brex", "200", 3, Decimal("0.75")), ("d365", "no answer", 1, Decimal(30)),
        ]  # fmt: skip
        assert figures.requests(tx, other.id) == []


def test_many_that_count_at_once_lose_nothing_and_never_lock_each_other_out(
    database: Database, connection: Connection
) -> None:
    keys = [("brex", "200"), ("d365", "200"), ("d365", "503")]

    def count(number: int) -> None:
        order = keys if number % 2 else keys[::-1]
        with database.begin() as tx:
            figures.add(tx, connection.id, {key: (1, Decimal(1)) for key in order})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(80)))
    with database.begin() as tx:
        assert [row[2] for row in figures.requests(tx, connection.id)] == [80, 80, 80]
