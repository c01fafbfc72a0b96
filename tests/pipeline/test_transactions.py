"""Card transactions as a source: the same path and the same guarantees, from settlement to the ledger."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.domain import connection as files
from connector.pipeline import people, reconcile, recover, stages, statement
from connector.pipeline.runtime import Runtime
from connector.store import connections, due, rules
from connector.store.connections import Connection
from sandbox import settled
from sandbox.settled import Purse, coded, money, populate
from sandbox.world import World
from tests.conftest import mapping_rows
from tests.pipeline.helpers import codes, key, poll, rows, run_until_quiet, stages_of, story

UNITS = [("Business unit", "Home", "BusinessUnit", "001")]


def stored(runtime: Runtime, world: World, name: str = "acme", ready: Any = None, **posting: Any) -> Connection:
    data = settled.connection(world, name)
    data["brex"]["transactions"] |= ready or {}
    data["posting"] |= posting
    with runtime.database.begin() as tx:
        connection_id = connections.add(tx, runtime.vault, files.read(data))
        rules.replace_mappings(tx, connection_id, [*mapping_rows(), *UNITS])
        found = connections.by_id(tx, connection_id)
    assert found is not None
    return found


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return stored(runtime, world)


@pytest.fixture
def purse(world: World) -> Purse:
    return Purse(world.brex)


def again(runtime: Runtime, connection: Connection) -> None:
    """A poll as the schedule makes it, with the connection as it is by then; and all that follows from it."""
    with runtime.database.begin() as tx:
        found = connections.by_id(tx, connection.id)
    assert found is not None
    assert poll(runtime, found) is not None
    run_until_quiet(runtime, found)


def today(world: World) -> date:
    return world.clock().date()


def test_a_settled_and_coded_transaction_is_written_once_and_brex_is_told_nothing(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    again(runtime, connection)
    again(runtime, connection)
    [row] = rows(runtime, connection).values()
    assert (row["record_id"], row["stage"], row["export_status"]) == (spent, "acknowledged", "NOT_APPLICABLE")
    [line] = world.d365.lines(document=key(spent))
    assert (Decimal(line["DebitAmount"]), line["CurrencyCode"]) == (Decimal("12.30"), "USD")
    assert world.brex.reported() == []


def test_every_kind_comes_to_the_end_it_must(runtime: Runtime, connection: Connection, world: World) -> None:
    expected = {one["record_id"]: one for one in populate(world.brex, 60, world.clock())}
    again(runtime, connection)
    ends = {name: (row["record_type"], row["stage"], codes(row)) for name, row in rows(runtime, connection).items()}
    assert ends == {
        name: (
            one["type"],
            "acknowledged" if one["end"] == "written" else one["end"],
            [one["problem"]] if one["problem"] else [],
        )
        for name, one in expected.items()
    }
    result = reconcile.run(runtime, connection, today(world) - timedelta(30), today(world) + timedelta(30))
    assert result.clean


def test_what_is_not_coded_waits_with_its_reason_and_goes_on_once_it_is(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230, fields=[])
    again(runtime, connection)
    row = rows(runtime, connection)[spent]
    assert (row["stage"], row["problems"][0]["sentence"]) == (
        "received", "It is not booked yet: GL Account is not filled in.",
    )  # fmt: skip
    [expense] = world.brex.expenses.all()
    world.brex.expenses.change(expense["id"], custom_fields=coded())
    again(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged"}


def test_a_waiting_one_makes_no_work_between_polls(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    purse.spend(1230, bare=True)
    again(runtime, connection)
    assert stages.next_seconds(runtime, connection.id) is None
    with runtime.database.begin() as tx:
        assert not due.work(tx, connection.id)


def test_an_expense_that_comes_later_is_found(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230, bare=True)
    again(runtime, connection)
    other = purse.spend(990)
    world.brex.card.change(spent, expense_id=world.brex.card.added()[1]["expense_id"])
    again(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged", other: "acknowledged"}


def test_what_waits_too_long_is_held_and_still_goes_on_when_it_is_coded(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230, day=today(world) - timedelta(31), status="SUBMITTED")
    again(runtime, connection)
    row = rows(runtime, connection)[spent]
    assert (row["stage"], codes(row)) == ("held", ["RECORD-WAITING"])
    world.brex.expenses.change(world.brex.expenses.all()[0]["id"], status="APPROVED")
    again(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged"}


def test_an_expense_recoded_before_writing_is_planned_again(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230, fields=coded("Suspense – ask finance"))
    again(runtime, connection)
    assert codes(rows(runtime, connection)[spent]) == ["MAP-ACCOUNT-UNMAPPED"]
    world.brex.expenses.change(world.brex.expenses.all()[0]["id"], custom_fields=coded("SaaS "))
    again(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged"}
    assert "605140" in str(world.d365.lines(document=key(spent))[0]["AccountDisplayValue"])


@pytest.mark.parametrize("days", [1, 80])
def test_an_expense_recoded_after_writing_is_flagged_however_old_it_is(
    runtime: Runtime, connection: Connection, world: World, purse: Purse, days: int
) -> None:
    spent = purse.spend(1230, day=today(world) - timedelta(days))
    again(runtime, connection)
    before = world.d365.lines()
    world.brex.expenses.change(world.brex.expenses.all()[0]["id"], custom_fields=coded("SaaS "))
    again(runtime, connection)
    row = rows(runtime, connection)[spent]
    assert row["stage"] == "acknowledged"
    assert "coding" in row["changed_in_brex"]["differences"][0]
    assert world.d365.lines() == before
    assert any("changed in Brex after it was written" in told for told in story(runtime, connection, spent))


def test_nothing_is_flagged_where_nothing_has_changed(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    again(runtime, connection)
    world.brex.expenses.change(world.brex.expenses.all()[0]["id"], receipts=[{"id": "receipt_1"}])
    again(runtime, connection)
    assert rows(runtime, connection)[spent]["changed_in_brex"] is None


def test_late_and_back_dated_settlements_are_found(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    again(runtime, connection)
    late = purse.spend(1230, day=today(world) - timedelta(40))
    again(runtime, connection)
    assert stages_of(runtime, connection) == {late: "acknowledged"}


def test_the_first_poll_reads_from_the_start_and_nothing_before_it(
    runtime: Runtime, world: World, purse: Purse
) -> None:
    connection = stored(runtime, world, start_date=(today(world) - timedelta(90)).isoformat())
    purse.spend(500, day=today(world) - timedelta(91))
    spent = purse.spend(1230, day=today(world) - timedelta(90))
    again(runtime, connection)
    assert list(rows(runtime, connection)) == [spent]


def test_days_of_grace_are_waited_for(runtime: Runtime, world: World, purse: Purse) -> None:
    connection = stored(runtime, world, ready={"grace_days": 5})
    fresh, ripe = purse.spend(1230), purse.spend(990, day=today(world) - timedelta(5))
    again(runtime, connection)
    assert stages_of(runtime, connection) == {fresh: "received", ripe: "acknowledged"}


def test_two_currencies_in_one_expense_are_held(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(2000, parts=(1000, 1000))
    child = next(one for one in world.brex.expenses.all() if one["parent"])
    world.brex.expenses.change(child["id"], billing_amount=money(1000, "EUR"))
    again(runtime, connection)
    row = rows(runtime, connection)[spent]
    assert (row["stage"], codes(row)) == ("held", ["RECORD-CURRENCIES"])


def test_splits_that_do_not_add_up_are_held(
    runtime: Runtime, connection: Connection, purse: Purse
) -> None:
    spent = purse.spend(2000, parts=(1000, 900))
    again(runtime, connection)
    [problem] = rows(runtime, connection)[spent]["problems"]
    assert problem["sentence"] == (
        "The record's lines do not add up: the coded lines come to 19.00 USD, the record is worth 20.00 USD."
    )


def test_parts_that_are_not_shown_at_once_are_asked_for(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(2000, parts=(1000, 1000))
    world.brex.expenses.whole_parts = False
    again(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged"}
    assert len(world.d365.lines(document=key(spent))) == 3


def test_a_mapped_field_of_another_type_than_yesterday_is_held_and_not_dropped(
    runtime: Runtime, connection: Connection, purse: Purse
) -> None:
    many = {"key": "Department", "value": {"value_type": "LIST", "data_type": "STRING", "data": ["IT", "Finance"]}}
    spent = purse.spend(1230, fields=[*coded(), many])
    again(runtime, connection)
    [problem] = rows(runtime, connection)[spent]["problems"]
    assert problem["sentence"].startswith('No Department is mapped for Department = "2 values: IT, Finance"')


def test_an_expense_without_a_transaction_is_told_and_not_booked(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = [purse.spend(500, day=today(world) - timedelta(days)) for days in (20, 1)]
    moment = f"{today(world) - timedelta(9)}T10:00:00Z"
    paid: dict[str, Any] = {"payment_posted_at": moment, "billing_amount": money(500)}
    alone = world.brex.expenses.add(**paid)
    world.brex.expenses.add(**paid, payment_status="PROCESSING")
    with capture_logs() as logs:
        again(runtime, connection)
    assert list(rows(runtime, connection)) == spent
    assert [one["expenses"] for one in logs if "without a settled transaction" in one["event"]] == [[alone]]


def test_a_transaction_without_an_id_is_counted_and_one_that_cannot_be_read_is_held(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230)
    world.brex.card.change(spent, amount={"amount": "12.30", "currency": "USD"})
    again(runtime, connection)
    row = rows(runtime, connection)[spent]
    assert (row["stage"], codes(row)) == ("held", ["RECORD-UNREADABLE"])


def test_a_record_is_read_again_on_request_although_brex_has_no_call_for_one(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = purse.spend(1230, fields=coded("Suspense – ask finance"), day=today(world) - timedelta(70))
    again(runtime, connection)
    world.brex.expenses.change(world.brex.expenses.all()[0]["id"], custom_fields=coded())
    people.retry(runtime, connection, actor="person:test", record_ids=[spent])
    run_until_quiet(runtime, connection)
    assert stages_of(runtime, connection) == {spent: "acknowledged"}


def test_a_database_that_was_lost_finds_its_entries_again(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    spent = [purse.spend(1230), purse.spend(2000, parts=(1000, 1000))]
    again(runtime, connection)
    before = world.d365.lines()
    with runtime.database.begin() as tx:
        connections.remove(tx, connection.id)
    anew = stored(runtime, world)
    recover.run(runtime, anew)
    run_until_quiet(runtime, anew)
    assert world.d365.lines() == before
    assert stages_of(runtime, anew) == dict.fromkeys(spent, "acknowledged")


def test_a_thousand_transactions_take_a_dozen_requests_to_brex(
    runtime: Runtime, connection: Connection, world: World, purse: Purse
) -> None:
    for number in range(1000):
        purse.spend(1000 + number, day=today(world) - timedelta(number % 20))
    world.requests.clear()
    assert poll(runtime, connection) is not None
    assert world.requests["brex"] == 11  # one page of transactions, ten of expenses
    assert len(rows(runtime, connection)) == 1000


def test_the_statement_adds_up(runtime: Runtime, connection: Connection, world: World, purse: Purse) -> None:
    day = today(world).replace(day=1) - timedelta(1)
    purse.spend(1230, day=day)
    purse.spend(-300, "CHARGEBACK", day=day)
    purse.spend(77, "BNPL_FEE", day=day)
    purse.moved("COLLECTION", -500, day)
    purse.moved("REWARDS_CREDIT", -100, day)
    again(runtime, connection)
    found = statement.run(runtime, connection, day)
    zero = Decimal(0)
    assert (found.movement, found.unexplained, found.brex_difference) == (Decimal("4.07"), zero, zero)
    assert found.notes == [
        "No cash account at Brex paid the card in these days; the statement has payments of 5.00 USD."
    ]
    world.brex.cash.add("CARD_COLLECTION", -500, day)
    world.brex.cash.add("PAYMENT", -900, day)
    assert statement.run(runtime, connection, day).notes == [
        "The cash accounts at Brex paid 5.00 USD to the card in these days, as the statement has it."
    ]


def test_an_expense_s_own_link_leads_from_the_ledger_to_its_receipt(
    runtime: Runtime, world: World, purse: Purse
) -> None:
    connection = stored(runtime, world, receipt_link={"into": "financial_tag", "link": "{link}"})
    spent = purse.spend(1230)
    [expense] = world.brex.expenses.all()
    world.brex.expenses.change(expense["id"], receipts=[{"id": world.brex.receipts.add("pdf"), "download_uris": None}])
    again(runtime, connection)
    [line] = world.d365.lines(document=key(spent))
    assert line["FinTagDisplayValue"] == expense["dashboard_url"]
