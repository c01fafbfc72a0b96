"""The main job through every stage, in process: what the population expects is what the ledger and Brex show."""

from connector.pipeline import intake, stages
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from sandbox.population import populate, published
from sandbox.world import World


def run_chain(runtime: Runtime, connection: Connection, times: int = 1) -> None:
    for _ in range(times):
        for stage in stages.CHAIN:
            stages.run(runtime, stage, connection.id, seconds=60)


def announce(runtime: Runtime, connection: Connection, world: World, ids: list[str]) -> None:
    """Published records, exported in Brex and announced."""
    for case in published():
        if case.record["id"] in ids:
            world.brex.add_record(case.record, ready=False)
    world.brex.export(ids)
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, ids, actor="test", source="webhook")


def test_every_record_comes_to_its_expected_end(runtime: Runtime, connection: Connection, world: World) -> None:
    cases = populate(220, world.clock())
    for case in cases:
        world.brex.add_record(case.record, ready=False)
    ids = [case.record["id"] for case in cases]
    world.brex.export(ids)
    with runtime.database.begin() as tx:
        intake.announce(tx, connection.id, ids, actor="test", source="webhook")

    run_chain(runtime, connection)

    with runtime.database.begin() as tx:
        rows = {row["record_id"]: row for row in views.listing(tx, connection.id)}
    for case in cases:
        row = rows[case.record["id"]]
        codes = [problem["code"] for problem in row["problems"]]
        if case.end == "written":
            assert (row["stage"], row["export_status"], codes) == ("acknowledged", "EXPORTED", []), row
        else:
            assert (row["stage"], codes) == ("held", [case.problem]), row
