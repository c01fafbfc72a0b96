"""What the command line shows of pending vendor invoices and their receipts, and what a retry does for them."""

from connector.pipeline.runtime import Runtime
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.pipeline.helpers import run_until_quiet
from tests.pipeline.invoices.helpers import bill, connected, do


def test_receipts_are_shown_counted_and_retried(cli: Cli, runtime: Runtime, world: World) -> None:
    connection = connected(runtime, world)
    kinds = ("pdf", "executable")
    one = bill(world, receipts=[{"id": world.brex.receipts.add(kind), "download_uris": None} for kind in kinds])
    do(runtime, connection)

    shown = cli.json("record", "acme", one)
    assert [(row["state"], row["reason"]) for row in shown["receipts"]] == [
        ("attached", ""),
        ("refused", "it is a Windows program, not a PDF or a picture"),
    ]
    assert (shown["journal"], shown["ledger_status"]) == ("USMF-VI0000001", "unposted")
    [listed] = cli.json("records", "acme")
    assert (listed["record_id"], listed["journal"], listed["voucher"]) == (one, "USMF-VI0000001", "")
    assert cli.json("status", "acme")["connections"][0]["receipts"] == {"attached": 1, "refused": 1}

    text = cli("record", "acme", one, columns=200).output
    assert "Receipts" in text
    assert "it is a Windows program" in text
    assert "1 attached, 1 refused" in cli("status", "acme", columns=200).output

    world.brex.receipts.add("png", shown["receipts"][1]["receipt_id"])
    assert cli("retry", "acme", one).exit_code == 0
    run_until_quiet(runtime, connection)
    assert cli.json("status", "acme")["connections"][0]["receipts"] == {"attached": 2}


def test_a_record_without_receipts_says_nothing_of_them(cli: Cli, runtime: Runtime, world: World) -> None:
    connection = connected(runtime, world)
    one = bill(world)
    do(runtime, connection)
    assert "Receipts" not in cli("record", "acme", one).output
    assert "Receipts" not in cli("status", "acme").output
    assert cli.json("record", "acme", one)["receipts"] == []
