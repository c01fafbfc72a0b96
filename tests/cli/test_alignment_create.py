"""Vendors created on either side, by the command line: on wish, in words where refused, and never a second time."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.outbound.session import Outbound
from connector.pipeline.alignment import survey
from connector.pipeline.alignment.create import create
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.vault import Vault
from sandbox.world import World
from tests.cli.aligning import (
    IN_BREX,
    IN_FO,
    JOE,
    aligned,
    bill,
    change_vendor,
    in_brex,
    later,
    named,
    writes,
)
from tests.cli.conftest import Cli, Spending, Work, stages_of
from tests.conftest import store_connection
from tests.pipeline.crashing import Crash, CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import after_answer, announce, change
from tests.pipeline.payables import invoice_lines
from tests.pipeline.test_twice import at_once


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return aligned(runtime, world)


@pytest.fixture
def in_fo(cli: Cli) -> Callable[..., Any]:
    return lambda *more: cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes", *more)


def test_creating_is_asked_for_and_the_merchant_is_that_vendor_from_then_on(
    cli: Cli, connection: Connection, world: World, spend: Spending, runtime: Runtime, work: Work
) -> None:
    vendor_id = world.brex.vendors.add(JOE, "joe@coffee.example")
    record_id = bill(spend, JOE, vendor_id)
    announce(runtime, connection, [record_id])
    work()
    assert stages_of(cli)[record_id] == "held"
    cli("vendors", "align", "acme")

    refused = cli("vendors", "create", "acme", JOE, "--in", "fo", stdin="n\n")
    assert (refused.exit_code, named(world)) == (1, [])
    result = cli("vendors", "create", "acme", JOE, "--in", "f&o", stdin="y\n")

    [account] = named(world)
    assert result.stdout.endswith(f'"{JOE}" is {account} in F&O (not there yet; created).\n')
    [row] = [one for one in world.d365.rows("VendorsV2") if one["VendorAccountNumber"] == account]
    assert (row["VendorGroupId"], row["PrimaryEmailAddress"]) == ("20", "joe@coffee.example")
    work()
    assert stages_of(cli)[record_id] != "held"
    assert account in {row["AccountDisplayValue"].replace("\\", "") for row in invoice_lines(world, record_id)}


def test_creating_again_creates_nothing(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World
) -> None:
    assert in_fo().exit_code == 0
    again = in_fo()
    assert again.exit_code == 1
    assert f"is vendor {named(world)[0]} already" in again.stderr
    assert len(named(world)) == 1


@pytest.mark.parametrize("fault", ["reset_after", "reset_before"])
def test_an_answer_that_was_lost_is_looked_for_and_nothing_is_created_twice(
    in_fo: Callable[..., Any], cli: Cli, runtime: Runtime, connection: Connection, world: World, fault: str
) -> None:
    world.faults.add("d365", IN_FO, fault)
    first = in_fo()
    assert first.exit_code == 1
    assert "It is not known yet whether" in first.stderr
    assert writes(cli) == [("uncertain", False, 1)]

    for _ in range(2):  # an absence is believed when it was seen twice
        later(runtime)
        survey.daily(runtime, connection)

    assert len(named(world)) == 1
    assert writes(cli) == [("written", False, 1 if fault == "reset_after" else 2)]


def test_an_absence_is_not_believed_before_the_quiet_time_is_over(
    in_fo: Callable[..., Any], cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    runtime.quiet_seconds = 600
    world.d365.late_write(IN_FO)  # carried out after everyone has stopped waiting
    assert in_fo().exit_code == 1
    for _ in range(3):
        later(runtime)
        assert in_fo().exit_code == 1
    assert (writes(cli), named(world)) == ([("uncertain", False, 1)], [])
    world.d365.release_late()
    later(runtime)
    assert in_fo().exit_code == 0
    assert (writes(cli), len(named(world))) == ([("written", False, 1)], 1)


def test_two_at_once_create_one(
    in_fo: Callable[..., Any], cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    cli("refresh", "acme")
    connection = survey.known_to_f_and_o(runtime, connection)
    wish = survey.in_d365("usmf", survey.BrexVendor("", JOE))
    at_once(*[lambda: create(runtime, connection, wish, "person:test")] * 4)
    assert len(named(world)) == 1
    assert writes(cli) == [("written", False, 1)]


@pytest.mark.parametrize("side", ["d365", "brex"])
def test_killed_at_any_point_it_goes_on_and_nothing_is_created_twice(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, database_url: str, vault: Vault, side: str
) -> None:
    cli("refresh", "acme")
    connection = survey.known_to_f_and_o(runtime, connection)
    for point in range(1, 60):
        name, account = f"Q{chr(97 + point % 26) * 3}{chr(97 + point // 26) * 3} Traders", f"N{point:03}"
        wish = survey.in_d365("usmf", survey.BrexVendor("", name))
        if side == "brex":
            wish = survey.in_brex("usmf", account, name, "")
        fuse = Fuse()
        database = CrashingDatabase(database_url, fuse)
        outbound = Outbound(adapter=CrashingCalls(world.adapter(), fuse))
        worker = Runtime(database, vault, outbound, quiet_seconds=0)
        fuse.light(point)
        try:
            create(worker, connection, wish, "person:test")
            whole = True
        except Crash:
            whole = False
        fuse.put_out()
        database.dispose()
        for _ in range(2):
            later(runtime)
            survey.daily(runtime, connection)
        standing = len(named(world, name)) if side == "d365" else in_brex(world, name)
        known = [one for one in cli.json("vendors", "created", "acme") if one["name"] == name]
        # Killed before the intent was stored, nothing was begun; otherwise it is there, once, and we know it.
        assert (standing, [one["outcome"] for one in known]) in ([(1, ["written"])] + [(0, [])] * (point < 3))
        if whole:
            assert point > 10
            return
    raise AssertionError("it never ends")


def test_one_of_that_name_without_our_mark_is_held_and_never_created_again(
    in_fo: Callable[..., Any], cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("d365", IN_FO, "reset_before")
    in_fo()
    world.d365.add("VendorsV2", dataAreaId="usmf", VendorAccountNumber="9", VendorOrganizationName=JOE)
    later(runtime)
    held = in_fo()
    assert "cannot be told" in held.stderr
    survey.daily(runtime, connection)
    assert (writes(cli), named(world)) == ([("uncertain", True, 1)], ["9"])


def test_one_of_that_name_that_is_there_already_is_not_created(
    in_fo: Callable[..., Any], cli: Cli, connection: Connection, world: World
) -> None:
    cli("refresh", "acme")
    world.d365.add("VendorsV2", dataAreaId="usmf", VendorAccountNumber="9", VendorOrganizationName=JOE)
    result = in_fo()
    assert f"was not created in F&O: there is a vendor of that name: 9 {JOE}." in result.stderr
    assert named(world) == ["9"]


def test_what_f_and_o_refuses_is_told_in_its_words_and_may_be_mended(cli: Cli, runtime: Runtime, world: World) -> None:
    store_connection(runtime, world, vendors={"group": "99"})
    result = cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes")
    assert result.exit_code == 1
    assert "The value '99' in field 'Group' is not found in the related table 'Vendor groups'" in result.stderr
    assert (writes(cli), named(world)) == ([("refused", False, 1)], [])
    change(
        runtime.database,
        "UPDATE connections SET settings = jsonb_set(settings, '{posting,vendors,group}', '\"20\"'), "
        "rules_version = rules_version + 1",
    )
    assert cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes").exit_code == 0
    assert writes(cli) == [("written", False, 1), ("refused", False, 1)]


@pytest.mark.parametrize(
    ("merchant", "more", "words"),
    [
        ("SQ *JOES", (), "give its name with --called"),
        ("J" * 101, (), "longer than 100 characters"),
        ("Fabrikam Electronics", (), "is vendor US-101 already"),
        ("", (), "a vendor needs a name"),
    ],
)
def test_what_cannot_be_created_in_f_and_o_is_a_sentence(
    cli: Cli, connection: Connection, world: World, merchant: str, more: tuple[str, ...], words: str
) -> None:
    result = cli("vendors", "create", "acme", merchant, "--in", "fo", "--yes", *more)
    assert result.exit_code == 1
    assert words.casefold() in result.stderr.casefold()
    assert [one for one in world.traffic.latest if one.method == "POST" and "Vendors" in one.path] == []


@pytest.mark.parametrize("fault", [None, "reset_after", "reset_before"])
def test_a_vendor_of_f_and_o_is_created_in_brex_once(
    cli: Cli, runtime: Runtime, connection: Connection, world: World, fault: str | None
) -> None:
    if fault:
        world.faults.add("brex", IN_BREX, fault)
    result = cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    assert result.exit_code == (1 if fault else 0)
    if fault:
        later(runtime)
        survey.daily(runtime, connection)
    assert in_brex(world, "Acme Office Supplies") == 1
    assert [one[0] for one in writes(cli)] == ["written"]
    [row] = [one for one in cli.json("vendors", "align", "acme") if one["brex"]]
    assert (row["status"], row["f_and_o"]["account"]) == ("matched", "1001")


def test_a_repetition_is_sent_unchanged_under_the_same_key(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("brex", IN_BREX, "reset_after")
    cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    # Brex does not show it yet: the key alone keeps it from being made a second time.
    [made] = world.brex.vendors.all()
    world.store.delete("brex_vendor", made["id"])
    later(runtime)
    after_answer(world, "brex_v1", "GET /v1/vendors", lambda: world.store.put("brex_vendor", made["id"], made))
    survey.daily(runtime, connection)
    assert world.brex.vendors.all() == [made]
    assert writes(cli) == [("written", False, 2)]


def test_a_name_that_brex_has_is_refused_and_told(cli: Cli, connection: Connection, world: World) -> None:
    world.brex.vendors.add("acme office supplies")
    result = cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    assert "there is a vendor of that name" in result.stderr
    assert [one[0] for one in writes(cli)] == ["refused"]


def test_a_name_that_brex_takes_only_after_we_looked_is_refused_in_its_words(
    cli: Cli, connection: Connection, world: World
) -> None:
    cli("refresh", "acme")
    after_answer(world, "brex_v1", "GET /v1/vendors", lambda: world.brex.vendors.add("Acme Office Supplies"))
    result = cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    assert "A vendor with this name already exists" in result.stderr
    assert in_brex(world, "Acme Office Supplies") == 1


def test_brex_takes_ascii_only_so_another_name_is_asked_for(cli: Cli, connection: Connection, world: World) -> None:
    change_vendor(world, "1001", VendorOrganizationName="Café Zoë")
    refused = cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes")
    assert "give another one with --called" in refused.stderr
    assert cli("vendors", "create", "acme", "1001", "--in", "brex", "--yes", "--called", "Cafe Zoe").exit_code == 0
    assert in_brex(world, "Cafe Zoe") == 1
