from datetime import timedelta
from decimal import Decimal

import pytest

from connector.pipeline import nightly
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.clock import stamp
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work

ALL = ("--from", "2025-01-01", "--to", "2030-12-31")


def test_a_ledger_that_agrees_ends_with_zero(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    spend.expense("12.30")
    spend.refund("4.05")
    spend.unmapped()
    taken_in()

    found = cli.json("reconcile", "acme", *ALL)

    assert (found["reconciliation_difference"], found["clean"], found["findings"]) == (0, True, [])
    assert found["totals"] == [
        {
            "legal_entity": "usmf",
            "currency": "USD",
            "brex": Decimal("28.65"),
            "parts": {
                "held": {"records": 1, "amount": Decimal("12.30")},
                "written": {"records": 2, "amount": Decimal("16.35")},
            },
            "brex_difference": 0,
            "planned": Decimal("16.35"),
            "ledger": Decimal("16.35"),
            "difference": 0,
        }
    ]
    assert "16.35 USD" in cli("reconcile", "acme", *ALL).stdout


def test_a_line_deleted_in_the_ledger_is_found_and_ends_with_one(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    record_id, other = spend.expense("12.30"), spend.expense("7.00")
    taken_in()
    world.d365.delete_lines(document=cli.json("record", "acme", record_id)["reference"])

    found = cli.json("reconcile", "acme", *ALL, code=1)
    result = cli("reconcile", "acme", *ALL)

    assert found["reconciliation_difference"] == Decimal("12.30")
    assert [(one["kind"], one["record_id"]) for one in found["findings"]] == [("missing", record_id)]
    assert (result.exit_code, other in result.stdout) == (1, False)
    assert f"missing: {record_id}" in result.stdout


def test_a_finding_alone_ends_with_one(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    record_id = spend.expense("12.30")
    taken_in()
    found = cli.json("record", "acme", record_id)
    world.d365.change_line(found["journal"], 1, AccountDisplayValue="618900-001--")

    report = cli.json("reconcile", "acme", *ALL, code=1)

    assert report["reconciliation_difference"] == 0
    assert [one["kind"] for one in report["findings"]] == ["altered"]


def test_brex_s_records_are_told_by_where_they_stand(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    spend.expense("12.30")
    spend.unmapped()
    taken_in()
    spend.expense("5.00", review_status="REVIEW")
    unheard = spend.expense("7.00")

    report = cli.json("reconcile", "acme", *ALL, code=1)
    result = cli("reconcile", "acme", *ALL)

    assert report["reconciliation_difference"] == 0
    assert report["totals"][0]["brex"] == Decimal("36.60")
    assert [(one["kind"], one["record_id"], one["amount"]) for one in report["findings"]] == [("unknown", unheard, 7)]
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    start = lines.index("In Brex Records Amount")
    assert lines[start + 1 : start + 7] == [
        "written 1 12.30 USD",
        "held 1 12.30 USD",
        "not exported in Brex, REVIEW 1 5.00 USD",
        "not known here, READY_FOR_EXPORT 1 7.00 USD",
        "Brex's total 4 36.60 USD",
        "Difference to its parts 0.00 USD",
    ]
    assert f"unknown: {unheard}, 7.00 USD" in result.stdout
    assert "What to do: Take it in" in result.stdout


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--from", "2026-02-01"],
        ["--from", "2026-02-02", "--to", "2026-02-01"],
        ["--kept", "--from", "2026-02-01"],
    ],
)
def test_a_time_without_two_days_in_order_is_wrong_usage(cli: Cli, connection: Connection, options: list[str]) -> None:
    assert cli("reconcile", "acme", *options).exit_code == 2


def test_a_ledger_that_cannot_be_read_is_no_agreement(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/LedgerJournalLines", "status_before", times=None, code=503)

    result = cli("reconcile", "acme", *ALL)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "F&O is not available" in result.stderr


def test_brex_that_cannot_be_read_is_no_agreement(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("brex", "GET /v3/accounting/records", "status_before", times=None, code=503)

    result = cli("reconcile", "acme", *ALL)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "Brex is not available" in result.stderr


def test_what_the_nights_found_is_kept(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World, runtime: Runtime
) -> None:
    assert cli.json("reconcile", "acme", "--kept") == []
    assert "No night was reconciled yet" in cli("reconcile", "acme", "--kept").stdout
    record_id = spend.expense("12.30", erp_posting_date=stamp(world.clock() - timedelta(days=3)))
    taken_in()
    world.d365.delete_lines(document=cli.json("record", "acme", record_id)["reference"])
    assert nightly.run(runtime, connection) is not None

    (night,) = cli.json("reconcile", "acme", "--kept", code=1)
    result = cli("reconcile", "acme", "--kept")

    assert (night["clean"], night["found"], night["since_before"]["new"]) == (False, 1, 1)
    assert [(one["kind"], one["record_id"], one["amount"]) for one in night["findings"]] == [
        ("missing", record_id, Decimal("12.30"))
    ]
    assert (result.exit_code, f"missing: {record_id}" in result.stdout) == (1, True)
    assert "1 finding, 1 of them new" in cli("status", "acme").stdout.replace("\n", " ")
