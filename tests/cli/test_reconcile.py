from decimal import Decimal

import pytest

from connector.store.connections import Connection
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


@pytest.mark.parametrize("options", [[], ["--from", "2026-02-01"], ["--from", "2026-02-02", "--to", "2026-02-01"]])
def test_a_time_without_two_days_in_order_is_wrong_usage(cli: Cli, connection: Connection, options: list[str]) -> None:
    assert cli("reconcile", "acme", *options).exit_code == 2


def test_a_ledger_that_cannot_be_read_is_no_agreement(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "GET /data/LedgerJournalLines", "status_before", times=None, code=503)

    result = cli("reconcile", "acme", *ALL)

    assert (result.exit_code, result.stdout) == (1, "")
    assert "F&O is not available" in result.stderr
