"""Master data row by row: what is new, changed and gone, however a reading ends and whoever reads beside it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from connector.pipeline import lookups, refresh, stages
from connector.pipeline.refresh import Outcome
from connector.pipeline.runtime import Runtime, Stop
from connector.pipeline.sets import SETS
from connector.store import connections
from connector.store.connections import Connection
from connector.store.master import Found
from sandbox.world import World
from tests.pipeline.helpers import (
    assert_all_done,
    codes,
    rows,
    run_chain,
    run_until_quiet,
    scalar,
    spend_and_announce,
)

pytestmark = pytest.mark.first_reading  # each begins with a connection that has read nothing
VALUES = "FinancialDimensionValues"
READ = f"GET /data/{VALUES}"


def value_key(value: str, dimension: str = "Department") -> dict[str, str]:
    return {"FinancialDimension": dimension, "LegalEntityId": "", "DimensionValue": value}


def add(world: World, value: str) -> None:
    world.d365.add(VALUES, **value_key(value))


def remove(world: World, value: str) -> None:
    tables = world.d365.environment.tables
    row = tables.get(VALUES, **value_key(value))
    assert row is not None
    tables.delete(row)


def changes(outcome: Outcome) -> dict[str, dict[str, int]]:
    """What was found other than before, by set."""
    told = {name: refresh.vars_of(found) for name, found in outcome.found.items()}
    return {name: one for name, one in told.items() if any(one.values())}


def version(runtime: Runtime, connection: Connection) -> int:
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    return found.rules_version


def stored(runtime: Runtime, value: str) -> dict[str, Any]:
    with runtime.database.begin() as tx:
        row = tx.execute(
            text("SELECT active, changed_at, last_seen, row->>'IsSuspended' AS suspended FROM master_rows "
                 "WHERE entity_set = :name AND row->>'DimensionValue' = :value"),
            {"name": VALUES, "value": value},
        ).one()  # fmt: skip
    return dict(row._mapping)


def departments(runtime: Runtime, connection: Connection) -> set[str]:
    with runtime.database.begin() as tx:
        return set(lookups.read(tx, connection.id).values["Department"])


def test_the_first_reading_finds_all_rows_new_and_the_second_nothing(runtime: Runtime, connection: Connection) -> None:
    first = refresh.run(runtime, connection)
    assert set(first.rows) == set(SETS)
    assert {name: found.new for name, found in first.found.items()} == first.rows
    assert (first.unread, first.replanned) == ({}, True)
    before = version(runtime, connection)
    second = refresh.run(runtime, connection)
    assert (changes(second), second.replanned) == ({}, False)
    assert version(runtime, connection) == before


def test_new_changed_and_gone_rows_are_counted_kept_and_used(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    refresh.run(runtime, connection)
    untouched = stored(runtime, "023")
    add(world, "031")
    remove(world, "026")
    world.d365.change(VALUES, value_key("022"), IsSuspended="Yes")
    outcome = refresh.run(runtime, connection)
    assert changes(outcome) == {VALUES: {"new": 1, "changed": 1, "gone": 1}}
    assert outcome.replanned
    assert stored(runtime, "023") == untouched
    assert stored(runtime, "022")["suspended"] == "Yes"
    gone = stored(runtime, "026")
    assert not gone["active"]
    assert gone["last_seen"] is not None
    assert "031" in departments(runtime, connection)
    assert "026" not in departments(runtime, connection)


def test_what_is_gone_may_come_back(runtime: Runtime, connection: Connection, world: World) -> None:
    refresh.run(runtime, connection)
    remove(world, "026")
    refresh.run(runtime, connection)
    add(world, "026")
    assert changes(refresh.run(runtime, connection))[VALUES]["new"] == 1
    back = stored(runtime, "026")
    assert (back["active"], back["last_seen"]) == (True, None)


def test_plans_are_made_anew_only_for_what_mapping_reads(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    refresh.run(runtime, connection)
    before = version(runtime, connection)
    world.d365.change(VALUES, value_key("022"), Description="Sales, marketing and events")
    outcome = refresh.run(runtime, connection)
    assert changes(outcome) == {VALUES: {"new": 0, "changed": 1, "gone": 0}}
    assert (outcome.replanned, version(runtime, connection)) == (False, before)


def test_a_set_broken_off_in_the_middle_keeps_what_was_read_and_nothing_is_gone(
    runtime: Runtime, connection: Connection, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh.run(runtime, connection)
    monkeypatch.setattr(refresh, "AT_ONCE", 5)
    world.d365.set(page_size=5)
    world.d365.change(VALUES, value_key("001", "BusinessUnit"), IsSuspended="Yes")  # on the first page
    remove(world, "026")
    world.faults.add("d365", READ, "status_before", skip=1, code=503, body="")
    outcome = refresh.run(runtime, connection)
    assert set(outcome.unread) == {VALUES}
    assert VALUES not in outcome.rows
    assert stored(runtime, "026")["active"]
    assert stored(runtime, "001")["suspended"] == "Yes"
    assert outcome.replanned
    later = refresh.run(runtime, connection)
    assert changes(later) == {VALUES: {"new": 0, "changed": 0, "gone": 1}}


def test_a_set_that_was_never_read_to_its_end_is_unknown_and_not_empty(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.set(page_size=5)
    world.faults.add("d365", READ, "status_before", skip=1, code=503, body="")
    refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        assert lookups.read(tx, connection.id).values == {}
    refresh.run(runtime, connection)
    assert "022" in departments(runtime, connection)


def test_a_reading_that_f_and_o_stops_is_told_of_by_the_next_one(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    refresh.run(runtime, connection)
    before = version(runtime, connection)
    world.d365.change(VALUES, value_key("022"), IsSuspended="Yes")
    world.faults.add("d365", "GET /data/FiscalPeriods", "throttle", retry_after=1)
    with pytest.raises(Stop):
        refresh.run(runtime, connection)
    assert version(runtime, connection) == before
    outcome = refresh.run(runtime, connection)
    assert (changes(outcome), outcome.replanned) == ({}, True)
    assert version(runtime, connection) == before + 1


@pytest.mark.parametrize(
    ("fault", "options", "seconds"),
    [
        ("throttle", {"retry_after": 1}, 3_600),
        ("status_before", {"code": 503, "body": ""}, 3_600),
        ("status_before", {"code": 404, "body": ""}, 86_400),
    ],
)
def test_what_may_pass_is_tried_again_within_the_hour_and_not_after_a_day(
    runtime: Runtime, connection: Connection, world: World, fault: str, options: dict[str, Any], seconds: int
) -> None:
    world.faults.add("d365", "GET /data/Vendors", fault, **options)
    stages.refresh_if_due(runtime, connection.id)
    with runtime.database.begin() as tx:
        left = tx.execute(text("SELECT extract(epoch FROM next_refresh_at - now())::int FROM connections")).scalar()
    assert left is not None
    assert seconds - 600 < left <= seconds


@pytest.mark.parametrize("name", refresh.NEEDED)
def test_without_what_account_strings_are_made_of_records_wait_and_are_not_held(
    name: str, runtime: Runtime, connection: Connection, world: World
) -> None:
    """The first reading, while F&O has a bad minute: nothing true can be said of the records yet."""
    world.faults.add("d365", f"GET /data/{name}", "status_before", code=503, body="", times=2)
    ids = spend_and_announce(runtime, connection, world, 1)
    run_chain(runtime, connection)
    assert [(row["stage"], codes(row)) for row in rows(runtime, connection).values()] == [("fetched", [])]
    seconds = scalar(runtime.database, "SELECT extract(epoch FROM next_refresh_at - now()) FROM connections")
    assert seconds <= refresh.SOON_SECONDS
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)


def test_a_set_the_role_may_not_read_stops_nothing(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/Vendors", "status_before", code=403, body="", times=None)
    outcome = refresh.run(runtime, connection)
    assert set(outcome.unread) == {"VendorsV2"}
    with runtime.database.begin() as tx:
        assert lookups.read(tx, connection.id).vendors is None
    assert runtime.connection(connection.id) is not None


def test_an_f_and_o_that_shows_our_user_nothing_at_all_stops_the_connection(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", "GET /data/", "status_before", code=403, body="", times=None)
    with pytest.raises(Stop):
        refresh.run(runtime, connection)
    assert runtime.connection(connection.id) is None


def test_an_f_and_o_that_does_not_know_a_column_is_read_without_choosing_columns(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    body = """{"error":{"code":"","message":"The query specified in the URI is not valid. Could not find a property
    named 'X' on type 'Microsoft.Dynamics.DataEntities.Y'."}}""".replace("\n    ", " ")
    world.faults.add(
        "d365", f"{READ}?cross-company=true&$select", "status_before", code=400, body=body,
        content_type="application/json", times=None,
    )  # fmt: skip
    outcome = refresh.run(runtime, connection)
    assert (outcome.unread, outcome.rows[VALUES]) == ({}, len(world.d365.rows(VALUES)))


def test_a_reading_beside_ours_is_not_undone_by_it(runtime: Runtime, connection: Connection, world: World) -> None:
    """The other one runs as a whole while ours has read the set's last page, but has not looked for what is gone."""
    refresh.run(runtime, connection)
    inner: list[Outcome] = []

    def meanwhile(name: str, done: int, count: int) -> None:
        if name == VALUES:
            add(world, "031")
            remove(world, "026")
            world.d365.change(VALUES, value_key("022"), IsSuspended="Yes")
            inner.append(refresh.run(runtime, connection))

    outer = refresh.run(runtime, connection, meanwhile)
    assert changes(inner[0]) == {VALUES: {"new": 1, "changed": 1, "gone": 1}}
    assert changes(outer) == {}
    assert stored(runtime, "031")["active"]
    assert not stored(runtime, "026")["active"]
    assert stored(runtime, "022")["suspended"] == "Yes"
    assert changes(refresh.run(runtime, connection)) == {}


def test_two_first_readings_at_once_count_each_row_once(runtime: Runtime, connection: Connection) -> None:
    runtime.clients(connection)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: refresh.run(runtime, connection), range(2)))
    both = [sum((one.found[name] for one in found), Found()) for name in SETS]
    assert sum(one.new for one in both) == sum(found[0].rows.values())
    assert [(one.changed, one.gone) for one in both] == [(0, 0)] * len(both)


def test_keys_seen_are_forgotten_after_every_reading(runtime: Runtime, connection: Connection, world: World) -> None:
    world.faults.add("d365", READ, "status_before", code=503, body="")
    refresh.run(runtime, connection)
    refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        assert tx.execute(text("SELECT count(*) FROM master_seen")).scalar() == 0


def test_what_an_earlier_release_has_read_is_used_until_the_first_reading(
    runtime: Runtime, connection: Connection
) -> None:
    with runtime.database.begin() as tx:
        tx.execute(
            text("INSERT INTO master_data (connection_id, entity_set, rows, rows_hash) VALUES (:id, 'Ledgers', "
                 """'[{"LegalEntityId": "USMF", "ChartOfAccounts": "Old", "AccountingCurrency": "USD"}]', '')"""),
            {"id": connection.id},
        )  # fmt: skip
        before = lookups.read(tx, connection.id)
    assert before.ledger("usmf") is not None
    assert before.accounts is None
    refresh.run(runtime, connection)
    with runtime.database.begin() as tx:
        after = lookups.read(tx, connection.id).ledger("usmf")
    assert after is not None
    assert after.chart == "Shared"


def test_a_held_record_goes_on_by_itself_once_f_and_o_has_what_it_lacked(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    world.d365.change("MainAccounts", {"ChartOfAccounts": "Shared", "MainAccountId": "602100"}, IsSuspended="Yes")
    [one] = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    assert codes(rows(runtime, connection)[one]) == ["MAP-ACCOUNT-SUSPENDED"]
    world.d365.change("MainAccounts", {"ChartOfAccounts": "Shared", "MainAccountId": "602100"}, IsSuspended="No")
    refresh.run(runtime, connection)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[one]["stage"] == "acknowledged"
