"""`connector recover` and `resume` on a database that may be behind its ledger."""

import pytest
from sqlalchemy import text

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, stages_of


def as_another(runtime: Runtime) -> None:
    """As a restored, copied or failed-over database finds it."""
    with runtime.database.begin() as tx:
        tx.execute(text("UPDATE install SET fingerprint = 'another'"))


def forget(runtime: Runtime, record_id: str) -> None:
    """As after a restore: the backup was taken while the record was on its way to F&O."""
    with runtime.database.begin() as tx:
        tx.execute(text("DELETE FROM writes WHERE record_pk = (SELECT id FROM records WHERE record_id = :id)"),
                   {"id": record_id})  # fmt: skip
        tx.execute(
            text("UPDATE records SET stage = 'received', export_status = 'NONE', ledger_status = 'none', "
                 "looked_at = NULL WHERE record_id = :id"),
            {"id": record_id},
        )  # fmt: skip


@pytest.fixture
def restored(cli: Cli, runtime: Runtime, spend: Spending, taken_in: Work, work: Work, world: World) -> str:
    """A record that stands in the ledger, forgotten by a database that was restored; the workers have noticed."""
    record_id = spend.expense()
    taken_in()
    forget(runtime, record_id)
    as_another(runtime)
    work()
    return record_id


def test_after_a_restore_every_connection_is_paused_and_says_what_to_do(
    cli: Cli, connection: Connection, restored: str
) -> None:
    told = cli("status", "acme").stdout
    assert "paused" in told
    assert "connector recover acme" in told
    assert stages_of(cli)[restored] == "received"


def test_recover_adopts_what_stands_and_goes_on(
    cli: Cli, connection: Connection, restored: str, work: Work, world: World
) -> None:
    result = cli("recover", "acme")
    for _ in range(4):
        work()

    assert result.exit_code == 0
    assert "Entries of ours in the ledger: 1. Records taken in from Brex: 1." in result.stdout
    assert cli.woken[-1] == connection.id
    assert stages_of(cli)[restored] == "acknowledged"
    assert len(world.d365.lines()) == 1


def test_recover_tells_programs_what_it_found(cli: Cli, connection: Connection, restored: str) -> None:
    assert cli.json("recover", "acme") == {"references_in_ledger": 1, "records_new": 0, "records_known": 1}


def test_recover_within_the_quiet_period_is_refused_with_the_time_left(
    cli: Cli, connection: Connection, restored: str, runtime: Runtime
) -> None:
    runtime.quiet_seconds = 600

    result = cli("recover", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "acme stays paused" in result.stderr
    assert "run it again in" in result.stderr
    assert cli.json("status", "acme")["connections"][0]["state"] == "paused"


def test_a_ledger_that_cannot_be_read_leaves_it_paused(
    cli: Cli, connection: Connection, restored: str, world: World
) -> None:
    world.faults.add("d365", "GET /data/LedgerJournalLines", "status_before", times=None, code=503)

    assert cli("recover", "acme").exit_code == 1
    assert cli.json("status", "acme")["connections"][0]["state"] == "paused"


def test_resume_alone_reads_the_ledger_before_anything_is_posted(
    cli: Cli, connection: Connection, restored: str, work: Work, world: World
) -> None:
    assert cli("resume", "acme").exit_code == 0
    for _ in range(4):
        work()

    assert stages_of(cli)[restored] == "acknowledged"
    assert len(world.d365.lines()) == 1


def test_resume_posts_nothing_within_the_quiet_period(
    cli: Cli, connection: Connection, restored: str, work: Work, world: World, runtime: Runtime
) -> None:
    """A request of the former life may land after the ledger was read."""
    runtime.quiet_seconds = 600
    world.requests.clear()
    cli("resume", "acme")
    work()

    assert world.requests["d365"] == 0
    assert stages_of(cli)[restored] != "acknowledged"
