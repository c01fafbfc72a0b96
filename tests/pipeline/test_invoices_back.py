"""Bills in invoice journals that are taken back, lost with the database, or seen by an earlier release."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from connector.domain.reference import reference
from connector.embedded import testing
from connector.pipeline import mirror, reconcile, recover
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.spend import Maker
from sandbox.world import World
from tests.conftest import migrate, store_connection
from tests.pipeline.helpers import (
    SEND,
    announce,
    codes,
    expense,
    poll,
    record,
    rows,
    run_chain,
    run_until_quiet,
    stages_of,
)
from tests.pipeline.payables import (
    INVOICE_LINES,
    assert_booked,
    bill_and_announce,
    bills,
    invoice_lines,
    number_of,
    shown,
)
from tests.pipeline.taking_back import assert_nothing_left, reverse
from tests.pipeline.test_recover import copy_of


@pytest.fixture
def booked(runtime: Runtime, connection: Connection, world: World) -> list[str]:
    ids = bill_and_announce(runtime, connection, world, 1, 3)
    run_until_quiet(runtime, connection)
    assert_booked(runtime, connection, world, ids)
    return ids


@pytest.fixture
def amnesia(runtime: Runtime, connection: Connection) -> Iterator[Runtime]:
    with testing.fresh_database(migrate) as url:
        database = Database(url)
        yield Runtime(database, runtime.vault, runtime.outbound, quiet_seconds=0)
        database.dispose()


def clean(runtime: Runtime, connection: Connection, world: World) -> bool:
    day = world.clock().date()
    return reconcile.run(runtime, connection, day.replace(day=1), day).clean


def post_all(world: World) -> None:
    for header in shown(world, "VendInvoiceJournalHeaders"):
        if header["IsPosted"] == "No":
            world.d365.post_journal(header["JournalBatchNumber"])


# -- taken back


def test_an_unposted_bill_is_taken_out_of_its_invoice_journal_without_asking_for_settlements(
    runtime: Runtime, connection: Connection, world: World, booked: list[str]
) -> None:
    assert sorted(reverse(runtime, connection, *booked).changed) == sorted(booked)
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"reversed"}
    assert [line for one in booked for line in invoice_lines(world, one)] == []
    assert clean(runtime, connection, world)


@pytest.mark.parametrize("fault", ["", "reset_before", "reset_after", "parts_after"])
def test_a_posted_bill_is_cancelled_by_a_credit_note_once_somebody_looked_at_its_settlements(
    runtime: Runtime, connection: Connection, world: World, booked: list[str], fault: str
) -> None:
    post_all(world)
    reverse(runtime, connection, *booked)
    run_until_quiet(runtime, connection)
    assert {tuple(codes(row)) for row in rows(runtime, connection).values()} == {("REVERSAL-VENDOR",)}
    reverse(runtime, connection, *booked, vendor_checked=True)
    if fault:
        world.faults.add("d365", SEND, fault, **({"drop": [0]} if fault == "parts_after" else {}))
    run_until_quiet(runtime, connection)
    assert set(stages_of(runtime, connection).values()) == {"reversed"}
    for one in booked:
        assert_nothing_left(world, one)
        credit = invoice_lines(world, one, "reversal")
        assert [line["Invoice"] for line in credit if line["Invoice"]] == [f"{number_of(world, one)}-R"]
        assert len(credit) == len(invoice_lines(world, one))
    assert clean(runtime, connection, world)
    post_all(world)  # F&O takes the credit notes' numbers


def test_a_credit_notes_number_is_the_invoices_and_fits() -> None:
    assert mirror.credit_number("INV-7", 0) == "INV-7-R"
    assert mirror.credit_number("INV-7", 2) == "INV-7-R2"
    assert mirror.credit_number("A" * 10 + "1234567890", 0) == "A" * 8 + "1234567890-R"


def test_a_bill_that_is_written_anew_goes_into_an_invoice_journal_again(
    runtime: Runtime, connection: Connection, world: World, booked: list[str]
) -> None:
    reverse(runtime, connection, booked[1], repost=True)
    run_until_quiet(runtime, connection)
    assert rows(runtime, connection)[booked[1]]["stage"] == "acknowledged"
    key = reference(booked[1], 1, "entry")
    again = [line for line in shown(world, "VendInvoiceJournalLines") if line["Document"] == key]
    assert [line["Invoice"] for line in again if line["Invoice"]] == [number_of(world, booked[1])]
    assert clean(runtime, connection, world)


# -- the database is lost, or behind


@pytest.mark.parametrize("general_shows_all", [False, True])
def test_an_empty_database_finds_the_bills_that_an_earlier_one_wrote(
    runtime: Runtime, connection: Connection, world: World, amnesia: Runtime, general_shows_all: bool
) -> None:
    world.d365.set(general_shows_all=general_shows_all)
    first = bill_and_announce(runtime, connection, world, 1, 2, 3)
    run_until_quiet(runtime, connection)
    second = bills(world, 2, 1, seed=2)
    again = store_connection(amnesia, world)
    poll(amnesia, again)
    run_until_quiet(amnesia, again)
    assert_booked(amnesia, again, world, [*first, *second])
    assert len(shown(world, "VendInvoiceJournalHeaders")) == 2  # what was found stays where it is, the rest is added
    assert clean(amnesia, again, world)


def test_a_restored_database_reads_invoice_journals_before_it_goes_on(
    runtime: Runtime, connection: Connection, world: World, booked: list[str]
) -> None:
    with copy_of(runtime) as restored:
        more = bills(world, 2, 1, seed=2)
        announce(runtime, connection, more)
        run_until_quiet(runtime, connection)
        announce(restored, connection, more)
        run_chain(restored, connection)
        done = recover.run(restored, restored_connection(restored, connection))
        run_until_quiet(restored, connection)
        assert done.found == 4
        assert_booked(restored, connection, world, [*booked, *more])


def restored_connection(runtime: Runtime, connection: Connection) -> Connection:
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    return found


def test_what_could_not_be_read_at_first_is_read_before_the_first_bill_is_sent(
    runtime: Runtime, connection: Connection, world: World, amnesia: Runtime
) -> None:
    ids = bill_and_announce(runtime, connection, world, 1, 2)
    run_until_quiet(runtime, connection)
    denied = '{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Access denied."}}}'
    world.faults.add("d365", INVOICE_LINES, "status_before", code=403, body=denied, times=None)
    again = store_connection(amnesia, world)
    card = world.brex.add_record(expense(Maker(9), world))
    announce(amnesia, again, [card])
    run_until_quiet(amnesia, again)  # the ledger is read as far as it may be
    assert stages_of(amnesia, again) == {card: "acknowledged"}
    announce(amnesia, again, ids)
    world.faults.clear()
    run_until_quiet(amnesia, again)
    lines = [line for one in ids for line in invoice_lines(world, one)]
    assert len(lines) == 1 + 3
    assert set(stages_of(amnesia, again).values()) == {"acknowledged"}


def test_a_bill_that_stands_in_a_general_journal_is_compared_there(
    runtime: Runtime, world: World, amnesia: Runtime
) -> None:
    general: dict[str, Any] = {"BILL_EXPENSE": {"form": "general_journal"}}
    before = store_connection(runtime, world, "before", treatments=general)
    ids = bill_and_announce(runtime, before, world, 3)
    run_until_quiet(runtime, before)
    assert len(world.d365.lines(document=reference(ids[0], 0, "entry"))) == 4
    now = store_connection(amnesia, world)
    announce(amnesia, now, ids)
    run_until_quiet(amnesia, now)
    assert shown(world, "VendInvoiceJournalLines") == []
    assert record(amnesia, now, ids[0])["stage"] == "acknowledged"


# -- the release before


def test_a_release_that_knows_no_forms_can_change_no_write_of_one(
    runtime: Runtime, database_url: str, booked: list[str]
) -> None:
    engine = create_engine(database_url)
    with engine.connect() as session, pytest.raises(DBAPIError, match="a write of the form invoice_journal"):
        session.execute(text("UPDATE writes SET next_look_at = now() WHERE kind = 'entry'"))
    engine.dispose()
    with runtime.database.begin() as tx:
        assert tx.execute(text("UPDATE writes SET looks = looks WHERE form = 'invoice_journal'")).rowcount > 0
