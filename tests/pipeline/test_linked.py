"""Two linked entries of one record: written one after the other, reported once, and taken back together."""

import pytest

from connector.domain.reference import linked_id
from connector.pipeline import people, reconcile
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.d365.schema import SETS
from sandbox.world import World
from tests.invariants import assert_kept
from tests.pipeline.companies import DUE_FROM, DUE_TO, linked, on_account, spend, standing
from tests.pipeline.helpers import SEND, change, rows, run_chain, run_until_quiet, stages_of

DONE = ("acknowledged", "acknowledged")


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return linked(runtime, world)


def both(runtime: Runtime, connection: Connection, first: str) -> tuple[str, str]:
    found = stages_of(runtime, connection)
    return found[first], found.get(linked_id(first), "")


def period(world: World, company: str, status: str) -> None:
    """All of the company's periods, in F&O alone: what was read of them before stays as it was."""
    world.d365.set(closed_period_at_insert=True)
    for row in world.d365.rows("LedgerFiscalPeriods"):
        if row["LegalEntityId"].upper() == company:
            key = {part: row[part] for part in SETS["LedgerFiscalPeriods"].keys}
            world.d365.change("LedgerFiscalPeriods", key, PeriodStatus=status)


def reported(world: World) -> list[str]:
    return [str(one["accounting_record_id"]) for one in world.brex.reported()]


@pytest.mark.parametrize(("ours", "theirs"), [(0, 1), (1, 1), (2, 3)])
def test_an_expense_of_another_company_is_written_in_both_and_reported_once(
    runtime: Runtime, connection: Connection, world: World, ours: int, theirs: int
) -> None:
    first, second = spend(runtime, connection, world, ours=ours, theirs=theirs)
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == DONE
    assert {line["dataAreaId"].lower() for line in standing(world, first)} == {"usmf"}
    assert {line["dataAreaId"].lower() for line in standing(world, second)} == {"frrt"}
    assert reported(world) == [first]
    assert on_account(world, DUE_FROM) == -on_account(world, DUE_TO) > 0
    found = rows(runtime, connection)
    assert (found[first]["linked"], found[second]["linked_to"]) == (second, first)
    assert (found[first]["export_status"], found[second]["export_status"]) == ("EXPORTED", "NOT_APPLICABLE")
    assert_kept(world, runtime.database, connection, settled=True)


def test_reconciliation_is_zero_with_linked_entries(runtime: Runtime, connection: Connection, world: World) -> None:
    spend(runtime, connection, world, ours=1, theirs=2)
    run_until_quiet(runtime, connection)
    days = [row["posting_date"] for row in rows(runtime, connection).values()]
    result = reconcile.run(runtime, connection, min(days), max(days))
    assert (result.findings, result.difference, result.records) == ([], 0, 1)
    assert {key[0] for key in result.ledger} == {"usmf", "frrt"}


def test_the_second_entry_is_not_sent_where_the_first_is_refused(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, second = spend(runtime, connection, world)
    run_chain_until_mapped(runtime, connection)
    period(world, "USMF", "Closed")
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == ("held", "skipped")
    assert standing(world, second) == []
    assert first in rows(runtime, connection)[second]["reason"]


def run_chain_until_mapped(runtime: Runtime, connection: Connection) -> None:
    from connector.pipeline import stages  # noqa: PLC0415

    for stage in stages.CHAIN[:2]:
        stages.run(runtime, stage, connection.id, seconds=60)


def test_the_first_is_not_reported_while_the_second_is_held(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, second = spend(runtime, connection, world)
    run_chain_until_mapped(runtime, connection)
    period(world, "FRRT", "Closed")
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == ("written", "held")
    assert reported(world) == []
    period(world, "FRRT", "Open")
    people.retry(runtime, connection, actor="person:test", record_ids=[second])
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == DONE
    assert reported(world) == [first]
    assert_kept(world, runtime.database, connection, settled=True)


@pytest.mark.parametrize("asked", [0, 1])
@pytest.mark.parametrize("posted", [False, True])
def test_either_name_takes_both_back_and_writes_both_anew(
    runtime: Runtime, connection: Connection, world: World, asked: int, posted: bool
) -> None:
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    run_until_quiet(runtime, connection)
    if posted:
        for header in world.d365.headers():
            world.d365.post_journal(header["JournalBatchNumber"])
    done = people.reverse(
        runtime, connection, actor="person:test", reason="wrong", record_ids=[pair[asked]], repost=True
    )
    assert sorted(done.changed) == sorted(pair)
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, pair[0]) == DONE
    found = rows(runtime, connection)
    assert [found[one]["epoch"] for one in pair] == [1, 1]
    assert [len(standing(world, one, epoch=1)) > 0 for one in pair] == [True, True]
    assert reported(world) == [pair[0]]
    assert on_account(world, DUE_FROM) == -on_account(world, DUE_TO)
    assert_kept(world, runtime.database, connection, settled=True)


def test_reversed_both_stand_no_more(runtime: Runtime, connection: Connection, world: World) -> None:
    first, _ = spend(runtime, connection, world)
    run_until_quiet(runtime, connection)
    people.reverse(runtime, connection, actor="person:test", reason="wrong", record_ids=[first])
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == ("reversed", "reversed")
    assert world.d365.lines() == []
    again = people.retry(runtime, connection, actor="person:test", reason="after all", record_ids=[first], repost=True)
    assert len(again.changed) == 2
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == DONE


@pytest.mark.parametrize("broken", ["reset_after", "reset_before", "malformed_after"])
@pytest.mark.parametrize("sending", [1, 2])
def test_a_lost_answer_to_either_doubles_nothing(
    runtime: Runtime, connection: Connection, world: World, broken: str, sending: int
) -> None:
    first, second = spend(runtime, connection, world)
    if sending == 1:
        world.faults.add(system="d365", match=SEND, kind=broken, times=1)
    run_chain(runtime, connection)
    if sending == 2:
        world.faults.add(system="d365", match=SEND, kind=broken, times=1)
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == DONE
    assert len(standing(world, first)) == len(standing(world, second)) == 1
    assert_kept(world, runtime.database, connection, settled=True)


def test_a_changed_record_changes_both_before_anything_is_sent(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    first, _ = spend(runtime, connection, world)
    run_chain_until_mapped(runtime, connection)
    change(runtime.database, "UPDATE connections SET rules_version = rules_version + 1")
    run_until_quiet(runtime, connection)
    assert both(runtime, connection, first) == DONE
    assert_kept(world, runtime.database, connection, settled=True)
