"""Two connections with the same record ids, references and journals never see each other's rows."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.domain.stages import Stage
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import (
    batches,
    due,
    journals,
    master,
    moves,
    nights,
    open_writes,
    overview,
    pacing,
    reconciling,
    records,
    rules,
    views,
    vouchers,
    webhooks,
    writes,
)
from connector.store.connections import Connection
from connector.store.engine import Database, Tx
from connector.store.journals import Key
from sandbox.world import World
from tests.pipeline.helpers import announce, run_chain, spend
from tests.store.conftest import IDS, Sql, intent, pks

Both = tuple[Connection, Connection]
KEY = Key("usmf", "BREX", "2026-11-20")


def test_word_of_a_record_reaches_one_connection(database: Database, runtime: Runtime, both: Both) -> None:
    first, second = both
    announce(runtime, first, IDS)
    with database.begin() as tx:
        heard = {one.name: {row["times_heard"] for row in views.listing(tx, one.id)} for one in both}
    assert heard == {"acme": {2}, "other": {1}}
    assert set(pks(database, first)).isdisjoint(pks(database, second))


CLAIMS: dict[str, tuple[Callable[..., Any], str]] = {
    "fetch": (records.claim_to_fetch, "stage = 'received'"),
    "map": (records.claim_to_map, "stage = 'fetched', looked_at = heard_at"),
    "intend": (records.claim_to_intend, "stage = 'mapped', looked_at = heard_at"),
    "acknowledge": (
        lambda tx, connection_id, limit: records.claim_to_acknowledge(tx, connection_id, limit, posted_only=False),
        "stage = 'written'",
    ),
}


@pytest.mark.parametrize(("claim", "ready"), CLAIMS.values(), ids=CLAIMS.keys())
def test_a_claim_takes_its_own_connections_records(
    database: Database, both: Both, sql: Sql, claim: Callable[..., Any], ready: str
) -> None:
    first, second = both
    sql(f"UPDATE records SET {ready}")
    with database.begin() as tx:
        assert [one.id for one in claim(tx, first.id, 100)] == pks(database, first)
        assert claim(tx, first.id, 100) == []
    with database.begin() as tx:
        assert [one.id for one in claim(tx, second.id, 100)] == pks(database, second)


def test_a_change_of_records_needs_their_own_connection(database: Database, both: Both, sql: Sql) -> None:
    """Ids of the other connection, given by mistake, do nothing."""
    first, second = both
    foreign = pks(database, second)
    before = sql("SELECT * FROM records ORDER BY id")
    step = [moves.Move(one, Stage.RECEIVED, Stage.HELD, "by mistake") for one in foreign]
    with database.begin() as tx:
        assert moves.move(tx, first.id, "test", step) == set()
        now = records.now(tx)
        records.store_bodies(tx, first.id, [{"id": one, "body": "x", "body_hash": "y"} for one in foreign], now)
        records.looked(tx, first.id, foreign, now)
        records.defer(tx, first.id, foreign, 60)
        records.release(tx, first.id, foreign)
        records.look_anew(tx, first.id, foreign)
    assert sql("SELECT * FROM records ORDER BY id") == before


@pytest.fixture
def intended(database: Database, both: Both) -> Both:
    """A write of the same reference for the first record of each."""
    for one in both:
        with database.begin() as tx:
            assert len(writes.intend(tx, one.id, [intent(pks(database, one)[0])])) == 1
    return both


def owners(tx: Tx, found: list[writes.Write]) -> set[int]:
    """Connections whose writes these are."""
    rows = tx.exec_driver_sql("SELECT id, connection_id FROM writes").all()
    ids = {one.id for one in found}
    return {row.connection_id for row in rows if row.id in ids}


def test_writes_are_claimed_by_their_own_connection(database: Database, intended: Both, sql: Sql) -> None:
    first, _ = intended
    with database.begin() as tx:
        assert open_writes.waiting_keys(tx, first.id) == {KEY: 1}
        assert owners(tx, open_writes.claim_open(tx, first.id, "entry", 100, key=KEY)) == {first.id}
    sql("UPDATE writes SET outcome = 'uncertain', next_look_at = now()")
    with database.begin() as tx:
        assert owners(tx, writes.claim_to_look_at(tx, first.id, 100, 60)) == {first.id}


def test_ledgers_are_told_apart(database: Database, intended: Both, sql: Sql) -> None:
    first, second = intended
    with database.begin() as tx:
        for one in intended:
            journal = journals.begin_opening(tx, one.id, KEY, f"marker {one.id}")
            assert journal is not None
            journals.opened(tx, journal, "J1")
    sql("""UPDATE writes w SET outcome = 'written', journal_id = j.id,
        ledger = '{"data_area": "usmf", "journal": "J1", "voucher": "V1"}'
        FROM journals j WHERE j.connection_id = w.connection_id""")
    with database.begin() as tx:
        ours, theirs = (vouchers.holders(tx, one.id, ["usmf/j1/v1"]) for one in intended)
        assert ours == theirs == [("usmf/j1/v1", "REF1")]
        assert vouchers.holders(tx, first.id, ["usmf/j1/v2", "usmf/j10/v1"]) == []
        free = journals.free(tx, first.id, KEY, 2)
        assert free is not None
        assert free.marker == f"marker {first.id}"
        assert batches.begin(tx, first.id, free.id, [], 45) is not None
        assert (journals.busy(tx, first.id, KEY), journals.busy(tx, second.id, KEY)) == (1, 0)
        assert journals.free(tx, first.id, KEY, 2) is None
        assert journals.free(tx, second.id, KEY, 2) is not None
    sql("UPDATE batches SET deadline = now()")
    with database.begin() as tx:
        assert batches.past_deadline(tx, second.id) == []
        assert len(batches.past_deadline(tx, first.id)) == 1


def test_views_show_one_connection(runtime: Runtime, connection: Connection, other: Connection, world: World) -> None:
    ids = spend(world, 1, 2)
    for one in (connection, other):
        announce(runtime, one, ids)
    run_chain(runtime, connection)
    with runtime.database.begin() as tx:
        assert views.counts(tx, connection.id) == {"acknowledged": 2}
        assert views.counts(tx, other.id) == {"received": 2}
        assert {row["stage"] for row in views.listing(tx, other.id)} == {"received"}
        shown = views.one(tx, other.id, ids[0])
        assert shown is not None
        assert (shown["stage"], len(shown["events"]), shown["writes"]) == ("received", 1, [])
        assert {row.record_id for row in views.ids(tx, connection.id, record_ids=ids, stage="received")} == set()
        (first, _) = views.listing(tx, connection.id)
        day = first["posting_date"]
        dated = reconciling.records(tx, connection.id, day, day, [])
        assert {row.record_id for row in dated} == set(ids)
        assert reconciling.records(tx, other.id, day, day, []) == []
        keys = [row.id for row in dated]
        assert len(reconciling.writes(tx, connection.id, keys)) == 2
        assert reconciling.writes(tx, other.id, keys) == []
        assert reconciling.known_references(tx, [first["reference"], "BX"]) == {first["reference"]}
        assert nights.claim(tx, other.id, 45) is not None
        assert nights.kept(tx, connection.id) == []
        assert (overview.unfinished(tx, other.id), views.problem_counts(tx, other.id)) == (0, [])


@pytest.mark.first_reading
def test_rules_pacing_and_deliveries_are_each_connections_own(
    database: Database, connection: Connection, other: Connection
) -> None:
    with database.begin() as tx:
        before = rules.mappings(tx, other.id)
        rules.replace_mappings(tx, connection.id, [])
        reading = {"reading": "r1", "started": records.now(tx)}
        master.put(tx, connection.id, "Ledgers", {"usmf": {"LegalEntityId": "USMF"}}, **reading)
        master.complete(tx, connection.id, "Ledgers", **reading)
        assert rules.mappings(tx, other.id) == before
        assert (master.known(tx, other.id), master.version(tx, other.id)) == ([], 0)
        assert master.refreshed(tx, other.id) is False
        assert list(master.rows(tx, connection.id, ["Ledgers"])) == [("Ledgers", {"LegalEntityId": "USMF"})]
        assert list(master.rows(tx, other.id, ["Ledgers"])) == []
        assert master.complete(tx, other.id, "Ledgers", **reading).gone == 0
        pacing.leave_alone(tx, connection.id, "brex", 60)
        assert (pacing.wait_seconds(tx, other.id, "brex"), overview.waits(tx, other.id)) == (0, {})
        for one in (connection, other):
            assert webhooks.first_time(tx, one.id, "msg_1", "X", "", 0)
        assert not webhooks.first_time(tx, other.id, "msg_1", "X", "", 0)
        assert (webhooks.repeated(tx, connection.id), webhooks.repeated(tx, other.id)) == (0, 1)


def test_work_of_one_connection_is_not_due_for_the_other(
    runtime: Runtime, connection: Connection, other: Connection
) -> None:
    announce(runtime, connection, IDS)
    with runtime.database.begin() as tx:
        assert (due.work(tx, connection.id), due.work(tx, other.id)) == (True, False)
        assert (due.next_seconds(tx, connection.id), due.next_seconds(tx, other.id)) == (0, None)
    stages.run(runtime, StageName.FETCH, other.id)
    with runtime.database.begin() as tx:
        assert views.counts(tx, connection.id) == {"received": 3}
