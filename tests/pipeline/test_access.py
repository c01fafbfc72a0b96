"""The security role that docs/connecting.md describes is what the connector really calls, no more and no less."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connector.pipeline import access, ping, probe, recover, refresh, watch
from connector.pipeline.alignment import create, survey
from connector.pipeline.ping import journal_name
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.journals import MOST_LINES
from sandbox.middleware import Faulty
from sandbox.world import World
from tests.pipeline.helpers import announce, poll, run_chain, run_until_quiet, spend
from tests.pipeline.invoices.helpers import bill as pending_bill
from tests.pipeline.invoices.helpers import connected
from tests.pipeline.payables import bills, invoice_lines, marking, number_of, payment
from tests.sandbox.openapi import Exchange
from tests.sandbox.recording import Recording

GUIDE = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text(encoding="utf-8")
# Lines are inserted and deleted in a `$batch`, which is a POST.
RIGHTS = {access.READ: {"GET"}} | {one: {"GET", "POST"} for one in (access.WRITE, access.REMOVE, access.CHANGE)}


def with_group(connection: Connection) -> Connection:
    posting = connection.settings["posting"] | {"vendors": {"group": "20"}}
    return replace(connection, settings=connection.settings | {"posting": posting})


def recorded(world: World) -> list[Exchange]:
    """What goes in and out of F&O from now on."""
    exchanges: list[Exchange] = []
    faulty = world.apps["d365"]
    assert isinstance(faulty, Faulty)
    faulty.app = Recording(faulty.app, exchanges)
    return exchanges


def called(exchanges: list[Exchange]) -> Iterator[tuple[str, str]]:
    """Entity sets and methods, those inside a `$batch` by what they are about."""
    for one in exchanges:
        if one.path == "/data/$batch":
            inside = re.findall(r"^(?:POST|PATCH|DELETE) https://[^/]+/data/(\w+)", one.body.decode(), re.MULTILINE)
            yield from ((name, "POST") for name in inside)
        elif found := re.match(r"/data/(\w+)", one.path):
            yield found[1], one.method


def test_the_guide_has_the_table_as_it_is() -> None:
    assert access.table() in GUIDE


def test_all_master_data_is_among_what_is_granted() -> None:
    assert set(refresh.SETS) <= {one.entity_set for one in access.USED}


def test_what_is_granted_is_what_is_called(runtime: Runtime, world: World) -> None:
    exchanges, connection = recorded(world), marking(runtime, world)
    refresh.run(runtime, connection)
    spend(world, 1, 3)
    (bill,) = bills(world, 2, seed=2)
    poll(runtime, connection)
    run_chain(runtime, connection)
    world.d365.post_journal(invoice_lines(world, bill)[0]["JournalBatchNumber"])
    announce(runtime, connection, [payment(world, number_of(world, bill))])
    run_until_quiet(runtime, connection)
    other, receipt = connected(runtime, world, "pending"), world.brex.receipts.add("pdf")
    announce(runtime, other, [pending_bill(world, receipts=[{"id": receipt, "download_uris": None}])])
    run_until_quiet(runtime, other)
    probe.run(runtime, connection, datetime.now(UTC))
    watch.run(runtime, connection)
    recover.scan(runtime, connection)
    ping.run(runtime, connection)
    create.create(runtime, with_group(connection), survey.in_d365("usmf", survey.BrexVendor("", "Joe")), "test")
    world.faults.add("d365", "GET /data/LegalEntities", "status_before", code=404, body="")
    world.faults.add("d365", "GET /data/VendorsV3", "status_before", code=404, body="", times=None)
    ping.run(runtime, connection)
    create.create(runtime, with_group(connection), survey.in_d365("usmf", survey.BrexVendor("", "Ann")), "test")

    calls: dict[str, set[str]] = {}
    for name, method in called(exchanges):
        calls.setdefault(name, set()).add(method)
    assert calls == {one.entity_set: RIGHTS[one.rights] for one in access.USED}


def test_the_guide_names_every_option_that_ping_looks_at() -> None:
    told = {
        "Type": "Journal type", "NewVoucher": "New voucher", "VoucherSeriesCode": "Voucher series",
        "DeleteLinesAfterPosting": "Delete lines after posting", "IsFixedOffsetAccount": "Fixed offset account",
        "OffsetAccountDisplayValue": "Offset account", "DetailLevel": "Detail level",
        "DefaultFinancialDimensionDisplayValue": "Financial dimensions (default)",
        "AmountsIncludeSalesTax": "Amounts include sales tax", "IsWorkflowApprovalActive": "Workflow",
        "IsApprovalActive": "approval", "PrivateForUserGroup": "Private for user group",
        "PostingLineLimit": "Lines limit", "VoucherAllocationAtPosting": "Number allocation at posting",
        "PostingLayer": "Posting layer",
    }  # fmt: skip
    assert {option.key for option in journal_name.OPTIONS} == set(told)
    assert [name for name in told.values() if name not in GUIDE] == []
    assert f"at least {MOST_LINES}" in GUIDE
