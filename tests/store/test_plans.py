"""The queries that every wake-up makes find their rows by an index, with 50,000 records in the table."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from connector.pipeline import intake
from connector.store import bills, due, open_writes, records, views, vouchers, writes
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from connector.store.journals import Key
from tests.store.conftest import Sql

NUMBERED = {"id": 1, "legal_entity": "usmf", "vendor": "V-1", "number": "INV-7"}
KEY = Key("usmf", "BREX", "2026-11-20")
# A year's work done and a little to do.
YEAR = (
    "CASE WHEN n % 500 < 490 THEN 'acknowledged' ELSE (ARRAY['received', 'fetched', 'mapped', 'writing', 'written', "
    "'held', 'skipped'])[1 + n % 7] END"
)

FILL = """
    INSERT INTO records (connection_id, record_id, stage, looked_at, body, entry, planned_rules)
    SELECT (ARRAY[CAST(:first AS bigint), :second])[1 + n % 2], 'accr_' || n, {stage},
        CASE WHEN {stage} <> 'received' THEN now() END, repeat('x', 1200), '{{}}', 1
    FROM generate_series(1, 50000) n
"""
FILL_WRITES = """
    INSERT INTO writes (connection_id, record_pk, kind, reference, intent, intent_hash, legal_entity, journal_name,
        period, outcome, next_look_at)
    SELECT connection_id, id, 'entry', 'REF' || id, '[]', '', 'usmf', 'BREX', '2026-11-20',
        CASE WHEN id % 500 < 490 THEN 'written' ELSE 'open' END, CASE WHEN id % 700 = 0 THEN now() END
    FROM records WHERE stage IN ('acknowledged', 'writing', 'written')
"""

Query = Callable[[Tx, int], Any]
QUERIES: dict[str, Query] = {
    "claim to fetch": lambda tx, one: records.claim_to_fetch(tx, one, 500),
    "claim to map": lambda tx, one: records.claim_to_map(tx, one, 500),
    "claim to intend": lambda tx, one: records.claim_to_intend(tx, one, 500),
    "claim to acknowledge": lambda tx, one: records.claim_to_acknowledge(tx, one, 500, posted_only=False),
    "claim to acknowledge what is posted": lambda tx, one: records.claim_to_acknowledge(tx, one, 500, posted_only=True),
    "claim to send": lambda tx, one: open_writes.claim_open(tx, one, "entry", 100, key=KEY),
    "whose is an invoice number": lambda tx, one: bills.holders(tx, one, [NUMBERED]),
    "who is in a voucher": lambda tx, one: vouchers.holders(tx, one, ["usmf/j1/v1"]),
    "claim to look at": lambda tx, one: writes.claim_to_look_at(tx, one, 100, 60),
    "is work due": due.work,
    "what is due": lambda tx, _: due.everything(tx),
    "next seconds": due.next_seconds,
    "intake": lambda tx, one: intake.announce(tx, one, ["accr_1", "accr_2"], actor="test", source="webhook"),
    "one record": lambda tx, one: views.one(tx, one, "accr_2"),
}


def plan(database: Database, connection: Connection, query: Query) -> str:
    """The query is run and rolled back; PostgreSQL says how it goes about each of its statements."""
    sent: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: sent.append((args[2], args[3])))
    with database.engine.connect() as tx:
        query(tx, connection.id)
        tx.rollback()
        cursor = tx.connection.cursor()
        lines = []
        for statement, parameters in list(sent):
            cursor.execute(f"EXPLAIN {statement}", parameters)
            lines += [row[0] for row in cursor.fetchall()]
    return "\n".join(lines)


def fill(sql: Sql, connection: Connection, other: Connection, stage: str) -> None:
    sql(FILL.format(stage=stage), first=connection.id, second=other.id)
    sql(FILL_WRITES)
    sql("ANALYZE")


def without_index(plans: dict[str, str]) -> dict[str, str]:
    return {name: how for name, how in plans.items() if "Seq Scan on records" in how or "Seq Scan on writes" in how}


def test_every_wake_up_finds_its_rows_by_an_index(
    database: Database, connection: Connection, other: Connection, sql: Sql
) -> None:
    fill(sql, connection, other, YEAR)
    assert without_index({name: plan(database, connection, query) for name, query in QUERIES.items()}) == {}


@pytest.mark.parametrize(
    ("stage", "name", "table"),
    [
        ("received", "claim to fetch", "records"),
        ("mapped", "claim to intend", "records"),
        ("writing", "claim to send", "writes"),
    ],
)
def test_a_claim_of_a_few_hundred_does_not_read_a_backlog_of_fifty_thousand(
    database: Database, connection: Connection, other: Connection, sql: Sql, stage: str, name: str, table: str
) -> None:
    fill(sql, connection, other, f"'{stage}'")
    sql("UPDATE writes SET outcome = 'open'")
    sql("ANALYZE")
    assert f"Seq Scan on {table}" not in plan(database, connection, QUERIES[name])
