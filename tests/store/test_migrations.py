"""Migrations up, down and up again, with data in every table; and none that waits for a lock for ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from connector.embedded.testing import fresh_database
from connector.outbound.session import Outbound
from connector.pipeline import intake, stages
from connector.pipeline.runtime import Runtime
from connector.store import schema, webhooks
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.population import populate
from sandbox.world import World
from tests.conftest import KEY, alembic_config, store_connection

SHAPE = """
    SELECT 'column', table_name, column_name, data_type, coalesce(column_default, ''), is_nullable
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', CAST(conrelid AS regclass)::text, conname, pg_get_constraintdef(oid), '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger', event_object_table, trigger_name, event_manipulation, action_statement, ''
    FROM information_schema.triggers
    UNION ALL SELECT 'function', proname, pg_get_functiondef(oid), '', '', '' FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    ORDER BY 1, 2, 3, 4
"""

# What the main job leaves empty. A new table that it does not fill gets its row here.
BESIDE_THE_MAIN_JOB = {
    "install": "INSERT INTO install (fingerprint) VALUES ('test')",
    "ledger_references": "INSERT INTO ledger_references (connection_id, reference) SELECT id, 'BX' FROM connections",
    "master_data": "INSERT INTO master_data (connection_id, entity_set, rows, rows_hash) SELECT id, 'x', '[]', '' "
    "FROM connections",
    "master_seen": "INSERT INTO master_seen (connection_id, reading, entity_set, key) SELECT id, '', 'x', '' "
    "FROM connections",
    "learned_facts": "INSERT INTO learned_facts (connection_id, fact, answer) SELECT id, 'x', '1' FROM connections",
    "reconciliations": "INSERT INTO reconciliations (connection_id, first_day, last_day, claimed_until) "
    "SELECT id, now(), now(), now() FROM connections",
    "audit_digests": "INSERT INTO audit_digests (connection_id, since, until, records, events, heads, prev_hash, hash) "
    "SELECT id, now() - interval '1 day', now(), 0, 0, '', '', '' FROM connections",
    "invoice_numbers": "INSERT INTO invoice_numbers (connection_id) SELECT id FROM connections",
    "invoices": "INSERT INTO invoices (write_id, connection_id, header, vendor, number) "
    "SELECT id, connection_id, 'x', 'x', 'x' FROM writes LIMIT 1",
    "receipts": "INSERT INTO receipts (connection_id, record_pk, write_id, receipt_id) "
    "SELECT connection_id, record_pk, id, 'x' FROM writes WHERE record_pk IS NOT NULL LIMIT 1",
    "brex_fields": "INSERT INTO brex_fields (connection_id, remote_id, brex_id, name, disabled) "
    "SELECT id, 'X', 'x', 'x', false FROM connections",
    "brex_options": "INSERT INTO brex_options (connection_id, field, brex_id, value, disabled, reading) "
    "SELECT id, 'X', 'x', 'x', false, 'x' FROM connections",
    "field_writes": "INSERT INTO field_writes (connection_id, field, method, path, key, body_hash, items) "
    "SELECT id, 'X', 'POST', '/v1/fields', 'x', 'x', 1 FROM connections",
    "field_pushes": "INSERT INTO field_pushes (connection_id, worker, claimed_until) "
    "SELECT id, 'x', now() FROM connections",
    "rules": "INSERT INTO rules (connection_id, position, cells) SELECT id, 0, ARRAY['R','yes','','','','Skip','x'] "
    "FROM connections",
    "vendor_matches": "INSERT INTO vendor_matches (connection_id, legal_entity, key, merchant, verdict, decided_by, "
    "why, names_version, actor) SELECT id, 'usmf', 'x', 'X', 'unknown', 'name', '', 1, 'test' FROM connections",
    "vendor_decisions": "INSERT INTO vendor_decisions (connection_id, legal_entity, key, version, actor, verdict, "
    "account, why) SELECT id, 'usmf', 'x', 1, 'test', 'unknown', '', '' FROM connections",
    "brex_vendors": "INSERT INTO brex_vendors (connection_id, brex_id, name, seen_at) SELECT id, 'x', 'X', now() "
    "FROM connections",
    "vendor_surveys": "INSERT INTO vendor_surveys (connection_id) SELECT id FROM connections",
    "vendor_writes": "INSERT INTO vendor_writes (connection_id, side, legal_entity, subject, merchant, name, "
    "reference, body, actor) SELECT id, 'd365', 'usmf', 'x', 'X', 'X', 'x', '{}', 'test' FROM connections",
    "transfers": "INSERT INTO transfers (connection_id, reference, key, body, vendor, amount, currency, memo, "
    "request_hash, requested_by) SELECT id, 'x', 'x', '{}', 'x', 1, 'USD', '', 'x', 'test' FROM connections",
    "transfer_days": "INSERT INTO transfer_days (connection_id, currency, day, spent) SELECT id, 'USD', now(), 1 "
    "FROM connections",
    "transfer_events": "INSERT INTO transfer_events (connection_id, reference, actor, what, body_hash) "
    "SELECT id, 'x', 'test', 'x', '' FROM connections",
    "requests": "INSERT INTO requests (connection_id, side, outcome) SELECT id, 'brex', '200' FROM connections",
}


@pytest.fixture
def empty() -> Iterator[tuple[Config, Database]]:
    with fresh_database() as url:
        database = Database(url)
        yield alembic_config(url), database
        database.dispose()


def ask(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.begin() as tx:
        return [tuple(row) for row in tx.execute(text(statement))]


def tables(database: Database) -> dict[str, int]:
    """Our tables, and how many rows each has."""
    names = ask(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name: ask(database, f"SELECT count(*) FROM {name}")[0][0] for (name,) in names if name != "alembic_version"}


def fill(database: Database) -> None:
    """The main job, as far as it leaves something in every table."""
    world = World()
    runtime = Runtime(database, Vault([KEY]), Outbound(adapter=world.adapter()), quiet_seconds=0)
    connection = store_connection(runtime, world)
    for case in populate(60, world.clock()):
        world.brex.add_record(case.record)
    with database.begin() as tx:
        ids = list(world.brex.statuses())
        intake.announce(tx, connection.id, ids, actor="test", source="webhook")
        webhooks.first_time(tx, connection.id, "msg_1", "ACCOUNTING_RECORD_READY_FOR_EXPORT", "", len(ids))
    for stage in stages.CHAIN:
        stages.run(runtime, stage, connection.id, seconds=60)
    world.close()
    for name, rows in tables(database).items():
        if rows == 0 and name in BESIDE_THE_MAIN_JOB:
            with database.begin() as tx:
                tx.execute(text(BESIDE_THE_MAIN_JOB[name]))


def test_up_from_nothing_down_to_nothing_and_up_again_with_data_in_every_table(
    empty: tuple[Config, Database],
) -> None:
    config, database = empty
    nothing = ask(database, SHAPE)
    command.upgrade(config, "head")
    first = ask(database, SHAPE)
    fill(database)
    assert [name for name, rows in tables(database).items() if rows == 0] == []

    command.downgrade(config, "base")
    assert tables(database) == {}
    assert [row for row in ask(database, SHAPE) if "alembic_version" not in row[1]] == nothing

    command.upgrade(config, "head")
    assert ask(database, SHAPE) == first
    fill(database)


def test_every_single_step_can_be_taken_back(empty: tuple[Config, Database]) -> None:
    config, database = empty
    for revision in schema.known():
        command.upgrade(config, revision)
        with_it = ask(database, SHAPE)
        command.downgrade(config, "-1")
        command.upgrade(config, revision)
        assert ask(database, SHAPE) == with_it


def test_there_is_one_head_and_files_are_named_by_their_revision() -> None:
    """`schema.known` reads the revisions from the files' names."""
    scripts = ScriptDirectory.from_config(alembic_config("postgresql://nowhere/nothing"))
    oldest_first = list(reversed(list(scripts.walk_revisions())))
    assert [script.revision for script in oldest_first] == schema.known()
    assert scripts.get_heads() == [schema.known()[-1]]
    for script in oldest_first:
        assert Path(script.path).name.startswith(f"{script.revision}_")


def test_a_migration_that_cannot_get_its_lock_gives_up_and_changes_nothing(database_url: str) -> None:
    config, database = alembic_config(database_url), Database(database_url)
    before = ask(database, SHAPE)
    config.set_main_option("lock_timeout", "100ms")
    with database.begin() as tx:
        tx.execute(text(f"LOCK TABLE {', '.join(tables(database))} IN ACCESS SHARE MODE"))  # as any reader does
        with pytest.raises(OperationalError, match="lock timeout"):
            command.downgrade(config, "base")
    assert (ask(database, SHAPE), schema.state(database)) == (before, schema.State.CURRENT)
    database.dispose()


def test_no_migration_waits_longer_for_a_lock_than_the_release_allows() -> None:
    config = alembic_config("postgresql://nowhere/nothing")
    assert config.get_main_option("lock_timeout") == "5s"
    scripts = ScriptDirectory.from_config(config)
    for script in scripts.walk_revisions():
        assert "lock_timeout" not in Path(script.path).read_text(encoding="utf-8")
