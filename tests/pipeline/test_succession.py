"""From card transactions to accounting records: every spend stands in the ledger once, whoever booked it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain import connection as files
from connector.pipeline import succession
from connector.pipeline.runtime import Runtime
from connector.store import connections, rules
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, UNITS
from sandbox.settled import Purse
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import mapping_rows
from tests.pipeline.helpers import codes, key, poll, rows, run_chain, run_until_quiet, stages_of
from tests.pipeline.test_transactions import UNITS as UNIT_ROWS
from tests.pipeline.test_transactions import again, stored

ACTOR = "person:test"


@pytest.fixture
def old(runtime: Runtime, world: World) -> Connection:
    return stored(runtime, world, "old")


@pytest.fixture
def new(runtime: Runtime, world: World, old: Connection) -> Connection:
    return follower(runtime, world)


@pytest.fixture
def purse(world: World) -> Purse:
    return Purse(world.brex)


def follower(runtime: Runtime, world: World, **posting: Any) -> Connection:
    data = world.connection("new")
    data["brex"] |= {"follows": "old"}
    data["posting"] |= posting
    with runtime.database.begin() as tx:
        connection_id = connections.add(tx, runtime.vault, files.read(data))
        rules.replace_mappings(tx, connection_id, [*mapping_rows(), *UNIT_ROWS])
        found = connections.by_id(tx, connection_id)
    assert found is not None
    return found


def twin_of(world: World, transaction_id: str, seed: int, **changes: Any) -> str:
    """The accounting record that Brex shows for the same spend, ready for export."""
    spent = next(one for one in world.brex.card.added() if one["id"] == transaction_id)
    worth = changes.pop("worth", Decimal(abs(spent["amount"]["amount"])) / 100)
    refund = spent["type"] == "REFUND"
    maker, (side, other) = Maker(seed), (CREDIT, DEBIT) if refund else (DEBIT, CREDIT)
    lines = [maker.line(side, worth, "USD", (ACCOUNTS[2], UNITS[0])), maker.line(other, worth, "USD")]
    kind = "CARD_EXPENSE_REFUND" if refund else "CARD_EXPENSE_POST"
    made = maker.record(kind, "USD", world.clock(), lines) | {"source_id": spent["expense_id"]} | changes
    return world.brex.add_record(made)


def works(runtime: Runtime, connection: Connection) -> None:
    with runtime.database.begin() as tx:
        connections.resume(tx, connection.id)
    poll(runtime, connection)
    run_until_quiet(runtime, connection)


def test_nothing_is_booked_by_both_and_nothing_by_neither(
    runtime: Runtime, old: Connection, new: Connection, world: World, purse: Purse
) -> None:
    booked = [purse.spend(1230), purse.spend(-400, "REFUND"), purse.spend(2000, parts=(900, 1100))]
    waiting = purse.spend(990, status="SUBMITTED")
    again(runtime, old)
    twins = [twin_of(world, one, seed) for seed, one in enumerate(booked)]
    proof = succession.cut_over(runtime, old, new, ACTOR)
    assert (proof.left, proof.booked, proof.new, proof.unsure, proof.doubled) == (1, 3, 0, {}, [])
    late = twin_of(world, waiting, 9)  # of what the old one had left; exported after the cut-over
    works(runtime, new)
    works(runtime, old)  # whatever anybody resumes
    found = rows(runtime, new)
    assert {name: found[name]["stage"] for name in twins} == dict.fromkeys(twins, "skipped")
    assert found[twins[0]]["reason"] == f"old booked it as card transaction {booked[0]} ({key(booked[0])})"
    assert found[late]["stage"] == "acknowledged"
    assert stages_of(runtime, old)[waiting] == "skipped"
    assert {line["Document"] for line in world.d365.lines()} == {*map(key, booked), key(late)}
    assert succession.cut_over(runtime, old, new, ACTOR).doubled == []


def test_the_follower_does_nothing_before_the_cut_over(
    runtime: Runtime, old: Connection, new: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    again(runtime, old)
    twin_of(world, spent, 1)
    poll(runtime, new)
    run_until_quiet(runtime, new)
    assert runtime.connection(new.id) is None
    assert {line["Document"] for line in world.d365.lines()} == {key(spent)}
    assert set(stages_of(runtime, new).values()) <= {"received"}


def test_a_record_of_another_amount_waits_for_a_person(
    runtime: Runtime, old: Connection, new: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    again(runtime, old)
    twin = twin_of(world, spent, 1, worth=Decimal("13.00"))
    assert list(succession.cut_over(runtime, old, new, ACTOR).unsure) == [twin]
    works(runtime, new)
    row = rows(runtime, new)[twin]
    assert (row["stage"], codes(row)) == ("held", ["RECORD-CUT-OVER"])
    assert row["problems"][0]["sentence"].startswith(f"Its expense was booked by old as {spent}: with 12.3")
    assert succession.book(runtime, new, [twin], ACTOR) == 1
    run_until_quiet(runtime, new)
    assert rows(runtime, new)[twin]["stage"] == "acknowledged"


def test_two_records_of_one_transaction_are_not_both_skipped(
    runtime: Runtime, old: Connection, new: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    again(runtime, old)
    first = twin_of(world, spent, 1)
    succession.cut_over(runtime, old, new, ACTOR)
    works(runtime, new)
    second = twin_of(world, spent, 2)
    works(runtime, new)
    assert stages_of(runtime, new) == {first: "skipped", second: "held"}


def test_it_is_refused_while_an_entry_is_uncertain(
    runtime: Runtime, old: Connection, new: Connection, world: World, purse: Purse
) -> None:
    purse.spend(1230)
    world.faults.add("d365", "POST /data/$batch", "reset_after")
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, old.id)
    assert found is not None
    poll(runtime, found)
    run_chain(runtime, old)
    with pytest.raises(succession.NotNow, match="not settled yet"):
        succession.cut_over(runtime, old, new, ACTOR)
    run_until_quiet(runtime, old)
    assert succession.cut_over(runtime, old, new, ACTOR).left == 0


def test_what_waits_must_not_lie_before_the_followers_start(
    runtime: Runtime, old: Connection, world: World, purse: Purse
) -> None:
    day = world.clock().date() - timedelta(9)
    purse.spend(990, status="SUBMITTED", day=day)
    again(runtime, old)
    new = follower(runtime, world, start_date=(day + timedelta(1)).isoformat())
    with pytest.raises(succession.NotNow, match=f"set its posting.start_date to {day} or earlier"):
        succession.cut_over(runtime, old, new, ACTOR)
    assert set(stages_of(runtime, old).values()) == {"received"}


def test_it_is_refused_for_two_that_do_not_belong_together(
    runtime: Runtime, old: Connection, new: Connection
) -> None:
    with pytest.raises(succession.NotNow, match="the first connection must be"):
        succession.cut_over(runtime, new, old, ACTOR)

