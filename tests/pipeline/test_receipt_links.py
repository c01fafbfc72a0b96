"""The way from a journal's lines to the receipt: written with them, read back, and taken back with them."""

from decimal import Decimal

import pytest

from connector.mapping.text import units
from connector.pipeline import reconcile
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.spend import Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import (
    SEND,
    announce,
    assert_all_done,
    codes,
    expense,
    key,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
)
from tests.pipeline.payables import assert_booked, bills, invoice_lines
from tests.pipeline.taking_back import assert_nothing_left, counter, reverse

TAG = "https://acme.example/{record_id}|"


def connected(runtime: Runtime, world: World, into: str, link: str) -> Connection:
    return store_connection(runtime, world, receipt_link={"into": into, "link": link})


def spent(world: World, lines: int, *, receipt: bool = True, seed: int = 1) -> str:
    one = world.brex.add_record(expense(Maker(seed), world, lines))
    if receipt:
        world.brex.add_receipt(one)
    return one


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_a_link_in_the_text_stands_whole_on_every_line_and_only_where_there_is_a_receipt(
    lost: bool, runtime: Runtime, world: World
) -> None:
    connection = connected(runtime, world, "text", "https://acme.example/{record_id}")
    ids = [spent(world, 1), spent(world, 3, seed=2), spent(world, 1, receipt=False, seed=3)]
    announce(runtime, connection, ids)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    for one in ids[:2]:
        texts = [line["Text"] for line in world.d365.lines(document=key(one))]
        assert all(text.endswith(f" https://acme.example/{one}") and units(text) <= 60 for text in texts)
    assert "https://" not in world.d365.lines(document=key(ids[2]))[0]["Text"]


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_a_financial_tag_is_written_read_back_and_kept_by_the_reversing_entry(
    lost: bool, runtime: Runtime, world: World
) -> None:
    connection = connected(runtime, world, "financial_tag", TAG)
    ids = [spent(world, 1), spent(world, 3, seed=2), spent(world, 1, receipt=False, seed=3)]
    announce(runtime, connection, ids)
    if lost:
        world.faults.add("d365", SEND, "reset_after")
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, ids)
    tags = {one: {line["FinTagDisplayValue"] for line in world.d365.lines(document=key(one))} for one in ids}
    assert tags == {one: {f"https://acme.example/{one}|"} for one in ids[:2]} | {ids[2]: {""}}

    world.d365.post_journal("USMF-000001")
    reverse(runtime, connection, *ids)
    run_until_quiet(runtime, connection)
    for one in ids:
        assert_nothing_left(world, one)
        assert {line["FinTagDisplayValue"] for line in world.d365.lines(document=counter(one))} == tags[one]


def test_a_bill_in_an_invoice_journal_has_its_tag_on_both_sides(runtime: Runtime, world: World) -> None:
    connection = connected(runtime, world, "financial_tag", TAG)
    (bill,) = bills(world, 1)
    world.brex.add_receipt(bill)
    poll(runtime, connection)
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, [bill])
    (line,) = invoice_lines(world, bill)
    assert line["FinTagDisplayValue"] == line["OffsetFinTagDisplayValue"] == f"https://acme.example/{bill}|"
    day = world.clock().date()
    assert reconcile.run(runtime, connection, day.replace(day=1), day).clean


@pytest.mark.parametrize(
    ("tag", "stage", "code"), [("", "acknowledged", []), ("|of|somebody|else", "held", ["D365-ALTERED"])]
)
def test_a_tag_that_f_and_o_does_not_keep_holds_nothing_up_and_another_one_does(
    tag: str, stage: str, code: list[str], runtime: Runtime, world: World
) -> None:
    connection = connected(runtime, world, "financial_tag", TAG)
    one = spent(world, 1)
    announce(runtime, connection, [one])
    world.faults.add("d365", SEND, "reset_after")
    run_chain(runtime, connection)
    world.d365.change_line("USMF-000001", 1, FinTagDisplayValue=tag)
    run_until_quiet(runtime, connection)
    row = rows(runtime, connection)[one]
    assert (row["stage"], codes(row)) == (stage, code)


def test_a_link_that_has_no_room_is_left_out_and_the_entry_says_so(runtime: Runtime, world: World) -> None:
    connection = connected(runtime, world, "text", "https://dashboard.acme.example/expenses/{record_id}")
    one = spent(world, 1)
    announce(runtime, connection, [one])
    run_until_quiet(runtime, connection)
    assert_all_done(runtime, connection, world, [one])
    (line,) = world.d365.lines(document=key(one))
    assert "https://" not in line["Text"]
    assert Decimal(line["DebitAmount"]) > 0
    (note,) = record(runtime, connection, one)["entry"]["notes"]
    assert note.startswith("The link to the receipt is left out: it has ")
