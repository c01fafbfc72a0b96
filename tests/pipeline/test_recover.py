"""A database behind its ledger never posts; recovered, it doubles nothing and loses nothing."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from connector.embedded import testing
from connector.pipeline import intake, people, post, recover, stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import connections, install, views
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.population import populate
from sandbox.world import World
from tests.conftest import migrate, store_connection
from tests.pipeline.test_end_to_end import run_chain


@pytest.fixture
def spend(world: World) -> list[str]:
    """Sixty records, all of which can be written."""
    cases = [case for case in populate(120, world.clock()) if case.end == "written"][:60]
    for case in cases:
        world.brex.add_record(case.record, ready=False)
    ids = [case.record["id"] for case in cases]
    world.brex.export(ids)
    return ids


@pytest.fixture
def another_database() -> Iterator[Database]:
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        yield database
        database.dispose()


def announce(runtime: Runtime, connection: Connection, ids: list[str]) -> None:
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, ids, actor="test", source="webhook")


def half_done(runtime: Runtime, connection: Connection, ids: list[str]) -> None:
    """Half are written and acknowledged, a quarter is written only, the rest was not heard of."""
    announce(runtime, connection, ids[:30])
    run_chain(runtime, connection)
    announce(runtime, connection, ids[30:45])
    for stage in (StageName.FETCH, StageName.MAP, StageName.POST):
        stages.run(runtime, stage, connection.id, seconds=60)


def assert_each_once(world: World, ids: list[str]) -> None:
    vouchers: dict[str, set[tuple[str, str]]] = {}
    for line in world.d365.lines():
        vouchers.setdefault(line["Document"], set()).add((line["JournalBatchNumber"], line["Voucher"]))
    assert len(vouchers) == len(ids)
    assert all(len(places) == 1 for places in vouchers.values())
    assert {world.brex.statuses()[record_id] for record_id in ids} == {"EXPORTED"}


def test_an_empty_database_finds_what_an_earlier_one_wrote(
    runtime: Runtime, connection: Connection, world: World, spend: list[str], another_database: Database
) -> None:
    half_done(runtime, connection, spend)

    fresh = Runtime(another_database, runtime.vault, runtime.outbound, quiet_seconds=0)
    again = store_connection(fresh, world)
    announce(fresh, again, spend)
    run_chain(fresh, again, times=3)

    assert_each_once(world, spend)
    with fresh.database.begin() as tx:
        assert views.counts(tx, again.id) == {"acknowledged": 60}


@contextmanager
def copy_of(runtime: Runtime) -> Iterator[Runtime]:
    """The database as it is now, restored later; everything else goes on without it."""
    name = runtime.database.engine.url.database
    runtime.database.dispose()
    with testing.session() as cursor:
        cursor.execute(f"CREATE DATABASE {name}_restored TEMPLATE {name}")
    database = Database(testing.postgres_url(f"{name}_restored"))
    try:
        yield Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
    finally:
        database.dispose()
        with testing.session() as cursor:
            cursor.execute(f"DROP DATABASE {name}_restored WITH (FORCE)")


def test_a_restored_database_is_paused_until_it_was_recovered(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend[:10])
    run_chain(runtime, connection)
    with copy_of(runtime) as restored:
        half_done(runtime, connection, spend)  # what the restored copy knows nothing of
        announce(restored, connection, spend)
        run_chain(restored, connection)
        with restored.database.begin() as tx:
            paused = connections.by_id(tx, connection.id)
            assert views.counts(tx, connection.id) == {"acknowledged": 10, "received": 50}
        assert paused is not None
        assert not paused.active
        assert "connector recover acme" in paused.state_reason

        done = recover.run(restored, paused)
        run_chain(restored, paused, times=3)

        assert done.found == 45
        assert_each_once(world, spend)
        with restored.database.begin() as tx:
            assert views.counts(tx, connection.id) == {"acknowledged": 60}


def test_what_was_intended_before_the_copy_and_sent_after_it_is_not_sent_again(
    runtime: Runtime, connection: Connection, world: World, spend: list[str]
) -> None:
    announce(runtime, connection, spend)
    for stage in (StageName.FETCH, StageName.MAP):
        stages.run(runtime, stage, connection.id, seconds=60)
    assert post.intend(runtime, runtime.connection(connection.id) or connection)
    with copy_of(runtime) as restored:
        run_chain(runtime, connection)
        with restored.database.begin() as tx:
            install.check(tx)
            paused = connections.by_id(tx, connection.id)
        assert paused is not None

        recover.run(restored, paused)
        run_chain(restored, paused, times=3)

        assert_each_once(world, spend)
        with restored.database.begin() as tx:
            assert views.counts(tx, connection.id) == {"acknowledged": 60}


def test_recovery_waits_until_no_request_of_the_former_life_can_land(runtime: Runtime, connection: Connection) -> None:
    runtime.quiet_seconds = 600
    with runtime.database.begin() as tx:
        tx.execute(text("INSERT INTO install (fingerprint) VALUES ('another') ON CONFLICT (id) DO UPDATE "
                        "SET fingerprint = 'another'"))  # fmt: skip
    with pytest.raises(recover.TooEarly, match="run it again in"):
        recover.run(runtime, connection)


def test_the_same_database_is_not_paused(runtime: Runtime, connection: Connection, spend: list[str]) -> None:
    announce(runtime, connection, spend[:3])
    run_chain(runtime, connection, times=2)
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    assert found.active
    assert people.retry(runtime, connection, actor="test", stage="held").changed == []
