"""Reconciliation read from both stand-ins: what people, jobs and F&O itself do to a true ledger is named."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest

from connector.domain.reference import reference
from connector.pipeline import people, reconcile, statement
from connector.pipeline.balance import Result
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.population import populate
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import announce, key, run_until_quiet, spend, stages_of

FIRST, LAST = date(2025, 1, 1), date(2030, 12, 31)


def found(runtime: Runtime, connection: Connection) -> Result:
    return reconcile.run(runtime, connection, FIRST, LAST)


def kinds(result: Result) -> list[tuple[str, str, str]]:
    return [(one.kind, one.record_id, one.reference) for one in result.findings]


@pytest.fixture
def posted(runtime: Runtime, connection: Connection, world: World) -> list[str]:
    ids = spend(world, 1, 3, 2)
    announce(runtime, connection, ids)
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"acknowledged"}
    assert found(runtime, connection).clean
    return ids


def test_a_whole_population_agrees_and_so_does_its_card_statement(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Spent towards the end of last month, with everything that is held and skipped."""
    moment = world.clock().replace(day=1) - timedelta(days=5)
    for case in populate(90, moment):
        world.brex.add_record(case.record, ready=case.record.get("review_status") != "READY_FOR_EXPORT")
    announce(runtime, connection, list(world.brex.statuses()))
    run_until_quiet(runtime, connection)
    result = found(runtime, connection)
    assert result.clean
    assert sum(one.records for parts in result.parts.values() for one in parts.values()) == 90
    assert {currency for _, currency in result.keys} == {"USD", "EUR"}
    card = statement.run(runtime, connection, None)
    assert card.clean
    assert card.brex_difference == card.unexplained == 0
    assert card.ledger.records > 40
    assert card.waiting.keys() == {"held"}


def test_lines_that_people_delete_move_change_and_add_are_named(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    first, second, third = posted
    journal = world.d365.lines(document=key(first))[0]["JournalBatchNumber"]
    world.d365.delete_lines(document=key(second), first=1)
    new = world.d365.move_lines(journal, document=key(third))
    line = world.d365.lines(document=key(first))[0]
    world.d365.change_line(journal, line["LineNumber"], DebitAmount=line["DebitAmount"] + 5)
    result = found(runtime, connection)
    assert sorted(kinds(result)) == [
        ("altered", first, key(first)), ("deleted", second, key(second)), ("moved", third, key(third)),
    ]  # fmt: skip
    by_kind = {one.kind: one for one in result.findings}
    assert by_kind["moved"].journal == new
    assert by_kind["altered"].amount == line["DebitAmount"]
    assert f"not in {journal}" in by_kind["moved"].sentence


def test_a_journal_that_is_deleted_is_missed_entry_by_entry(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    world.d365.delete_journal(world.d365.lines(document=key(posted[0]))[0]["JournalBatchNumber"])
    result = found(runtime, connection)
    assert sorted(kinds(result)) == sorted(("missing", one, key(one)) for one in posted)
    assert sum(result.ledger.values()) == 0
    assert result.difference == sum(result.planned.values())


def test_lines_moved_to_another_year_are_still_found(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    line = world.d365.lines(document=key(posted[0]))[0]
    far = f"{world.clock().date() + timedelta(days=200)}T12:00:00Z"
    world.d365.change_line(line["JournalBatchNumber"], line["LineNumber"], TransDate=far)
    today = world.clock().date()
    result = reconcile.run(runtime, connection, today - timedelta(days=10), today)
    assert kinds(result) == [("altered", posted[0], key(posted[0]))]


def test_lines_under_our_kind_of_reference_that_nobody_explains_are_named(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    journal = world.d365.lines(document=key(posted[0]))[0]
    strange = reference("accr_nobody", 0, "entry")
    line = {name: journal[name] for name in ("AccountType", "AccountDisplayValue", "CurrencyCode", "TransDate")}
    world.d365.add_line(journal["JournalBatchNumber"], **line, DebitAmount=Decimal(3), Document=strange)
    result = found(runtime, connection)
    assert kinds(result) == [("orphan", "", strange)]
    assert result.difference == 3


def test_another_connection_of_this_database_explains_its_own_lines(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    other = store_connection(runtime, world, "other")
    result = found(runtime, other)
    assert {one.kind for one in result.findings} == {"unknown"}
    assert sum(result.ledger.values()) == 0


def test_what_people_do_in_brex_is_named(
    runtime: Runtime, connection: Connection, world: World, posted: list[str]
) -> None:
    first, second, third = posted
    world.brex.edit(first, review_status="REVIEW")
    record = world.brex.records.get(second)
    assert record is not None
    more = {"amount": record["amount"]["amount"] + 1, "currency": "USD"}
    lines = [line | {"amount": more} for line in record["line_items"][:1]]
    world.brex.edit(second, amount=more, line_items=lines)
    world.brex.remove(third)
    (fresh,) = spend(world, 1, seed=9)
    (exported,) = spend(world, 1, seed=10)
    world.brex.edit(exported, review_status="EXPORTED")
    result = found(runtime, connection)
    assert sorted(one[:2] for one in kinds(result)) == sorted(
        [("returned", first), ("amount", second), ("vanished", third), ("unknown", fresh), ("unknown", exported)]
    )
    assert result.difference > 0
    assert sum(abs(one) for one in result.differences.values()) == 0


def test_what_is_exported_in_brex_by_hand_and_not_written_is_named(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    (one,) = spend(world, 1)
    announce(runtime, connection, [one])
    assert found(runtime, connection).clean
    world.brex.edit(one, review_status="EXPORTED")
    assert kinds(found(runtime, connection)) == [("exported", one, "")]


@pytest.mark.parametrize("posted_in_ledger", [False, True])
@pytest.mark.parametrize("again", [False, True])
def test_what_was_taken_back_agrees_whether_it_was_removed_or_reversed_and_written_again(
    runtime: Runtime, connection: Connection, world: World, posted: list[str], again: bool, posted_in_ledger: bool
) -> None:
    journal = world.d365.lines(document=key(posted[1]))[0]["JournalBatchNumber"]
    amount = world.d365.totals(document=key(posted[1]))["USD"][0]
    before = sum(found(runtime, connection).ledger.values())
    if posted_in_ledger:
        world.d365.post_journal(journal)
    people.reverse(runtime, connection, actor="person:dana", reason="twice", record_ids=[posted[1]], repost=again)
    run_until_quiet(runtime, connection)
    result = found(runtime, connection)
    assert (result.findings, result.clean) == ([], True)
    assert result.by_stage == ({"acknowledged": 3} if again else {"acknowledged": 2, "reversed": 1})
    assert sum(result.ledger.values()) == (before if again else before - amount)


def test_ten_times_the_records_take_hardly_more_calls(runtime: Runtime, connection: Connection, world: World) -> None:
    costs = []
    for number, seed in ((5, 1), (50, 2)):
        announce(runtime, connection, spend(world, *[1] * number, seed=seed))
        run_until_quiet(runtime, connection)
        before = Counter(world.requests)
        assert found(runtime, connection).clean
        costs.append(sum((Counter(world.requests) - before).values()))
    assert costs[1] <= costs[0] + 1
