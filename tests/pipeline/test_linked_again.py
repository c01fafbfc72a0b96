"""Two linked entries when things go otherwise: a lost database, other mappings, a person who skips, invoices."""

from collections.abc import Iterator

import pytest

from connector.domain.reference import linked_id, reference
from connector.embedded import testing
from connector.mapping.mappings import Mappings
from connector.pipeline import people, recover, stages, trial, watch
from connector.pipeline.runtime import Runtime
from connector.pipeline.stages import StageName
from connector.store import rules
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.spend import Maker
from sandbox.world import World
from tests.conftest import mapping_rows, migrate, store_connection
from tests.invariants import assert_kept
from tests.pipeline.companies import DUE_FROM, DUE_TO, linked, on_account, spend, standing
from tests.pipeline.helpers import announce, change, codes, rows, run_until_quiet, stages_of
from tests.pipeline.helpers import expense as simple

DONE = ["acknowledged", "acknowledged"]
BEFORE_SENDING = (StageName.FETCH, StageName.MAP)


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return linked(runtime, world)


@pytest.fixture
def another() -> Iterator[Database]:
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        yield database
        database.dispose()


def run(runtime: Runtime, connection: Connection, *some: StageName) -> None:
    for stage in some:
        stages.run(runtime, stage, connection.id, seconds=60)


def ends(runtime: Runtime, connection: Connection, pair: tuple[str, str]) -> list[str]:
    found = stages_of(runtime, connection)
    return [found[one] for one in pair]


def first_written(runtime: Runtime, connection: Connection, world: World) -> tuple[str, str]:
    """The first entry stands; nothing of the second was sent."""
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    run(runtime, connection, *BEFORE_SENDING)
    run(runtime, connection, StageName.POST)
    assert stages_of(runtime, connection)[pair[0]] == "written"
    assert standing(world, pair[1]) == []
    return pair


@pytest.mark.parametrize("times", [1, 2])
def test_a_lost_database_finds_both_or_writes_the_one_that_is_missing(
    runtime: Runtime, connection: Connection, world: World, another: Database, times: int
) -> None:
    pair = first_written(runtime, connection, world)
    if times == 2:
        run_until_quiet(runtime, connection)
    fresh = Runtime(another, runtime.vault, runtime.outbound, quiet_seconds=0)
    again = linked(fresh, world)
    recover.run(fresh, again)
    run_until_quiet(fresh, again)
    assert ends(fresh, again, pair) == DONE
    assert len(standing(world, pair[0])) == 3
    assert len(standing(world, pair[1])) == 1
    assert_kept(world, another, again, settled=True)


def test_a_lost_database_after_both_were_written_anew(
    runtime: Runtime, connection: Connection, world: World, another: Database
) -> None:
    pair = spend(runtime, connection, world)
    run_until_quiet(runtime, connection)
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[pair[1]], repost=True)
    run_until_quiet(runtime, connection)
    fresh = Runtime(another, runtime.vault, runtime.outbound, quiet_seconds=0)
    again = linked(fresh, world)
    recover.run(fresh, again)
    run_until_quiet(fresh, again)
    found = rows(fresh, again)
    assert [(found[one]["stage"], found[one]["epoch"]) for one in pair] == [("acknowledged", 1)] * 2
    assert_kept(world, another, again, settled=True)


def map_office(runtime: Runtime, connection: Connection, account: str) -> None:
    """Office supplies go to another account from now on."""
    with runtime.database.begin() as tx:
        rows_ = [*mapping_rows(), ("GL_ACCOUNT", "Office supplies", "MainAccount", account)]
        rules.replace_mappings(tx, connection.id, rows_)
    change(runtime.database, "UPDATE connections SET rules_version = rules_version + 1")


def test_other_mappings_before_anything_is_sent_change_both(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    run(runtime, connection, *BEFORE_SENDING)
    map_office(runtime, connection, "602150")
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    for one in pair:
        assert any("602150" in line["AccountDisplayValue"] for line in standing(world, one))


def test_mappings_that_would_make_another_pair_hold_the_second(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = first_written(runtime, connection, world)
    map_office(runtime, connection, "602150")
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == ["written", "held"]
    assert codes(rows(runtime, connection)[pair[1]]) == ["MAP-LINKED-CHANGED"]
    now = runtime.connection(connection.id)
    assert now is not None
    tried = trial.of(runtime, now, mappings=Mappings(mapping_rows()))
    assert (tried.looked_at, tried.freed, tried.caught) == (1, 1, 0)  # with the mappings of before
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[pair[0]], repost=True)
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    assert on_account(world, DUE_FROM) == -on_account(world, DUE_TO)
    assert_kept(world, runtime.database, connection, settled=True)


def test_without_its_second_entry_a_first_is_taken_back_alone(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = first_written(runtime, connection, world)
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[pair[0]])
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == ["reversed", "skipped"]
    assert world.d365.lines() == []


def test_either_name_skips_both_and_neither_once_one_stands(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = spend(runtime, connection, world)
    run(runtime, connection, *BEFORE_SENDING)
    done = people.skip(runtime, connection, actor="person:test", reason="by hand", record_ids=[pair[1]])
    assert sorted(done.changed) == sorted(pair)
    run_until_quiet(runtime, connection)
    assert world.d365.lines() == []
    people.retry(runtime, connection, actor="person:test", record_ids=[pair[0]])
    run(runtime, connection, *BEFORE_SENDING, StageName.POST)
    done = people.skip(runtime, connection, actor="person:test", reason="by hand", record_ids=[pair[1]])
    assert done.left_alone == [pair[1]]
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE


def test_an_id_like_that_of_a_second_entry_is_nobodys_in_brex(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = spend(runtime, connection, world)
    run_until_quiet(runtime, connection)
    announce(runtime, connection, [pair[1], "strange/linked"])
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    assert set(rows(runtime, connection)) == set(pair)


def test_a_card_expense_as_an_invoice_is_cleared_by_its_second_entry(runtime: Runtime, world: World) -> None:
    treatments = {"CARD_EXPENSE_POST": {
        "form": "invoice_journal", "credit": "accounts_payable", "cleared_by": "card_liability",
    }}  # fmt: skip
    connection = store_connection(runtime, world, treatments=treatments)
    record_id = world.brex.add_record(simple(Maker(3), world))
    announce(runtime, connection, [record_id])
    run_until_quiet(runtime, connection)
    pair = (record_id, linked_id(record_id))
    assert ends(runtime, connection, pair) == DONE
    assert standing(world, pair[1])[0]["dataAreaId"].lower() == "usmf"
    assert [one["accounting_record_id"] for one in world.brex.reported()] == [record_id]


def left_alone(runtime: Runtime, connection: Connection, world: World, alone: int) -> tuple[str, str]:
    """Two entries of which F&O let one be taken back and refused the other, which a person then let stand."""
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    run_until_quiet(runtime, connection)
    [journal] = {line["JournalBatchNumber"] for line in standing(world, pair[alone])}
    world.d365.post_journal(journal)
    world.d365.set(refuses_document=reference(pair[alone], 0, "reversal"))
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[pair[0]])
    run_until_quiet(runtime, connection)
    expected = ["reversed", "reversed"]
    expected[alone] = "held"
    assert ends(runtime, connection, pair) == expected
    people.retry(runtime, connection, actor="person:test", record_ids=[pair[alone]])
    run_until_quiet(runtime, connection)
    world.d365.set(refuses_document="")
    return pair


@pytest.mark.parametrize("repost", [False, True])
@pytest.mark.parametrize("alone", [0, 1])
def test_one_left_alone_since_f_and_o_refused_to_take_it_back_says_so(
    runtime: Runtime, connection: Connection, world: World, alone: int, repost: bool
) -> None:
    """Retried, it stands again; its other entry does not."""
    pair = left_alone(runtime, connection, world, alone)
    assert codes(rows(runtime, connection)[pair[alone]]) == ["REVERSAL-ALONE"]
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[pair[alone]], repost=repost)
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == (DONE if repost else ["reversed", "reversed"])
    assert_kept(world, runtime.database, connection, settled=True, taken_back=() if repost else pair)


def test_beside_a_first_entry_that_stands_the_second_is_written_anew_and_not_the_other_way_round(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = left_alone(runtime, connection, world, 0)
    people.retry(runtime, connection, actor="person:test", reason="x", record_ids=[pair[1]], repost=True)
    people.retry(runtime, connection, actor="person:test", record_ids=[pair[0]])
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    assert len(standing(world, pair[1], epoch=1)) == 1


def test_a_first_entry_is_not_written_anew_beside_a_second_one_that_stands(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    pair = left_alone(runtime, connection, world, 1)
    done = people.retry(runtime, connection, actor="person:test", reason="x", record_ids=[pair[0]], repost=True)
    assert (done.changed, list(done.why)) == ([], [pair[0]])
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == ["reversed", "held"]


def test_where_brex_waits_for_the_posting_both_entries_have_to_be_posted(runtime: Runtime, world: World) -> None:
    connection = linked(runtime, world, acknowledge_when="posted")
    pair = spend(runtime, connection, world, ours=1, theirs=1)
    run_until_quiet(runtime, connection)
    for number, one in enumerate(pair):
        assert ends(runtime, connection, pair) == ["written", "written"]
        assert world.brex.reported() == []
        [journal] = {line["JournalBatchNumber"] for line in standing(world, one)}
        world.d365.post_journal(journal)
        change(runtime.database, "UPDATE journals SET watch_at = now()")
        watch.run(runtime, connection)
        run_until_quiet(runtime, connection)
        assert number == 1 or ends(runtime, connection, pair)[0] == "written"
    assert ends(runtime, connection, pair) == DONE
    assert [one["accounting_record_id"] for one in world.brex.reported()] == [pair[0]]


PENDING = {"CARD_EXPENSE_POST": {
    "form": "pending_invoice", "credit": "accounts_payable", "cleared_by": "card_liability",
}}  # fmt: skip


def test_a_card_expense_as_a_pending_invoice_is_reported_once_both_stand_and_are_posted(
    runtime: Runtime, world: World
) -> None:
    connection = store_connection(runtime, world, treatments=PENDING, acknowledge_when="posted")
    record_id = world.brex.add_record(simple(Maker(3), world))
    announce(runtime, connection, [record_id])
    run_until_quiet(runtime, connection)
    pair = (record_id, linked_id(record_id))
    assert ends(runtime, connection, pair) == ["written", "written"]
    world.d365.post_journal(standing(world, pair[1])[0]["JournalBatchNumber"])
    watch_everything(runtime, connection)
    assert (ends(runtime, connection, pair)[0], world.brex.reported()) == ("written", [])
    world.d365.payables.post("USMF-VI0000001")
    watch_everything(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    assert [one["accounting_record_id"] for one in world.brex.reported()] == [record_id]


def watch_everything(runtime: Runtime, connection: Connection) -> None:
    change(runtime.database, "UPDATE journals SET watch_at = now()")
    change(runtime.database, "UPDATE invoices SET watch_at = now()")
    watch.run(runtime, connection)
    run_until_quiet(runtime, connection)


def test_beside_an_invoice_that_was_posted_unseen_what_clears_it_is_written_anew(
    runtime: Runtime, world: World
) -> None:
    connection = store_connection(runtime, world, treatments=PENDING)
    record_id = world.brex.add_record(simple(Maker(3), world))
    announce(runtime, connection, [record_id])
    run_until_quiet(runtime, connection)
    pair = (record_id, linked_id(record_id))
    world.d365.payables.post("USMF-VI0000001")
    people.reverse(runtime, connection, actor="person:test", reason="x", record_ids=[record_id], vendor_checked=True)
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == ["held", "reversed"]
    assert codes(rows(runtime, connection)[record_id]) == ["INVOICE-POSTED"]
    people.retry(runtime, connection, actor="person:test", reason="x", record_ids=[pair[1]], repost=True)
    people.retry(runtime, connection, actor="person:test", record_ids=[record_id])
    run_until_quiet(runtime, connection)
    assert ends(runtime, connection, pair) == DONE
    assert len(standing(world, pair[1], epoch=1)) == 1
