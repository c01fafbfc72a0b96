"""What mappings or approvals mend goes on by itself; what they do not mend stays held without a new event."""

from connector.pipeline.runtime import Runtime
from connector.store import connections, rules, views
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import mapping_rows
from tests.pipeline.test_end_to_end import announce, run_chain


def history(runtime: Runtime, connection: Connection, record_id: str) -> list[str]:
    with runtime.database.begin() as tx:
        found = views.one(tx, connection.id, record_id)
    assert found is not None
    return [event["to_stage"] for event in found["events"]]


def test_a_record_held_for_a_missing_mapping_goes_on_once_it_is_there(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    with runtime.database.begin() as tx:
        rules.replace_mappings(tx, connection.id, [])
    announce(runtime, connection, world, ["accr_000000000000000000000900"])
    run_chain(runtime, connection)
    assert history(runtime, connection, "accr_000000000000000000000900") == ["received", "fetched", "held"]

    with runtime.database.begin() as tx:
        rules.replace_mappings(tx, connection.id, mapping_rows())
    run_chain(runtime, connection)

    assert history(runtime, connection, "accr_000000000000000000000900")[3:] == [
        "mapped",
        "writing",
        "written",
        "acknowledged",
    ]


def test_a_record_that_no_change_of_rules_mends_gets_no_new_event(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    with runtime.database.begin() as tx:
        rules.replace_mappings(tx, connection.id, [])
    announce(runtime, connection, world, ["accr_000000000000000000000900"])
    run_chain(runtime, connection)

    for _ in range(3):
        with runtime.database.begin() as tx:
            connections.bump_rules(tx, connection.id)
        run_chain(runtime, connection)

    assert history(runtime, connection, "accr_000000000000000000000900") == ["received", "fetched", "held"]
