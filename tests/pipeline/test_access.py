"""The security role that docs/connecting.md describes is what the connector really calls, no more and no less."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from connector.pipeline import access, ping, probe, recover, refresh, watch
from connector.pipeline.alignment import create, survey
from connector.pipeline.ping import journal_name
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.journals import MOST_LINES
from sandbox.middleware import Seen
from sandbox.world import World
from tests.pipeline.helpers import poll, run_chain, spend

GUIDE = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text(encoding="utf-8")
# Lines are inserted and deleted in a `$batch`, which is a POST.
RIGHTS = {access.READ: {"GET"}, access.WRITE: {"GET", "POST"}, access.REMOVE: {"GET", "POST"}}


def with_group(connection: Connection) -> Connection:
    posting = connection.settings["posting"] | {"vendors": {"group": "20"}}
    return replace(connection, settings=connection.settings | {"posting": posting})


def called(seen: Seen) -> tuple[str, str] | None:
    """Entity set and method; a `$batch` posts lines."""
    if seen.system != "d365" or not (found := re.match(r"/data/([A-Za-z0-9]+|\$batch)", seen.path)):
        return None
    return ("LedgerJournalLines" if found[1] == "$batch" else found[1]), seen.method


def test_the_guide_has_the_table_as_it_is() -> None:
    assert access.table() in GUIDE


def test_all_master_data_is_among_what_is_granted() -> None:
    assert set(refresh.SETS) <= {one.entity_set for one in access.USED}


def test_what_is_granted_is_what_is_called(runtime: Runtime, connection: Connection, world: World) -> None:
    spend(world, 1, 3)
    poll(runtime, connection)
    run_chain(runtime, connection)
    probe.run(runtime, connection, datetime.now(UTC))
    watch.run(runtime, connection)
    recover.scan(runtime, connection)
    ping.run(runtime, connection)
    create.create(runtime, with_group(connection), survey.in_d365("usmf", survey.BrexVendor("", "Joe")), "test")
    world.faults.add("d365", "GET /data/LegalEntities", "status_before", code=404, body="")
    ping.run(runtime, connection)

    calls: dict[str, set[str]] = {}
    for one in filter(None, map(called, world.traffic.latest)):
        calls.setdefault(one[0], set()).add(one[1])
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
