"""Brex's vendors beside F&O's, by the command line: compared, created on either side, and never a second time."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from connector.domain.connection import BadConnectionFile, read
from connector.outbound.session import Outbound
from connector.pipeline.alignment import survey
from connector.pipeline.alignment.create import create
from connector.pipeline.runtime import Runtime
from connector.store import brex_vendors
from connector.store.connections import Connection
from connector.vault import Vault
from sandbox import coding
from sandbox.spend import CREDIT, DEBIT
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, stages_of
from tests.conftest import store_connection
from tests.pipeline.crashing import Crash, CrashingCalls, CrashingDatabase, Fuse
from tests.pipeline.helpers import after_answer, announce, change
from tests.pipeline.test_twice import at_once

SETTINGS = {"group": "20"}
JOE = "Joe's Coffee"
IN_FO, IN_BREX = "POST /data/VendorsV2", "POST /v1/vendors"


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    accounts = world.connection("acme")["posting"]["accounts"] | {"accounts_payable": {"type": "Vend"}}
    return store_connection(runtime, world, approved_types=["BILL_EXPENSE"], accounts=accounts, vendors=SETTINGS)


@pytest.fixture
def in_fo(cli: Cli) -> Callable[..., Any]:
    return lambda *more: cli("vendors", "create", "acme", JOE, "--in", "fo", "--yes", *more)


def bill(spend: Spending, vendor: str, vendor_id: str) -> str:
    more: dict[str, Any] = {"vendor": {"id": vendor_id, "name": vendor}}
    return spend._add("BILL_EXPENSE", DEBIT, CREDIT, "12.30", coding.ACCOUNTS[0], more)


def change_vendor(world: World, account: str, **values: str) -> None:
    world.d365.change("VendorsV2", {"dataAreaId": "usmf", "VendorAccountNumber": account}, **values)


def named(world: World, name: str = JOE) -> list[str]:
    rows = world.d365.rows("VendorsV2")
    return [row["VendorAccountNumber"] for row in rows if row["VendorOrganizationName"] == name]


def in_brex(world: World, name: str) -> int:
    return sum(doc["company_name"] == name for doc in world.brex.vendors.all())


def writes(cli: Cli) -> list[tuple[str, bool, int]]:
    return [(one["outcome"], one["held"], one["attempts"]) for one in cli.json("vendors", "created", "acme")]


def later(runtime: Runtime) -> None:
    """As if the time of whoever was at it were over."""
    change(runtime.database, "UPDATE vendor_writes SET busy_until = now() - interval '1 second', "
           "sent_at = least(sent_at, now() - interval '1 second')")  # fmt: skip


# Compared


def test_every_vendor_of_both_sides_is_told_once_with_the_reason(
    cli: Cli, connection: Connection, world: World
) -> None:
    change_vendor(world, "1003", PrimaryEmailAddress="a@ade.example")
    change_vendor(world, "1002", PrimaryEmailAddress="x@lande.example")
    brex = {"ACME Office Supplies, Inc.": None, "Ade & Sons": "A@ade.example", "Fabrikam Electronics East": None,
            "Lande Packaging Supplies": "y@lande.example", JOE: None}  # fmt: skip
    for name, email in brex.items():
        world.brex.vendors.add(name, email)

    rows = cli.json("vendors", "align", "acme")

    told = {(one["brex"] or {}).get("name"): one for one in rows if one["brex"]}
    assert {name: one["status"] for name, one in told.items()} == {
        "ACME Office Supplies, Inc.": "matched", "Ade & Sons": "differing", "Fabrikam Electronics East": "suggested",
        "Lande Packaging Supplies": "differing", JOE: "only_brex",
    }  # fmt: skip
    assert told["Ade & Sons"]["why"] == "the same e-mail, A@ade.example"
    assert told["Ade & Sons"]["differs"] == ['the name is "Ade & Sons" in Brex and "Ade Supply Company" in F&O']
    assert told["Lande Packaging Supplies"]["differs"] == [
        "the e-mail is y@lande.example in Brex and x@lande.example in F&O"
    ]
    assert told["Fabrikam Electronics East"]["candidates"][0].startswith("US-101 Fabrikam Electronics")
    assert [one["f_and_o"]["account"] for one in rows if one["status"] == "only_d365"] == ["1004"]
    assert (len(named(world)), in_brex(world, JOE), cli.json("vendors", "created", "acme")) == (0, 1, [])

    shown = cli("vendors", "align", "acme", "--kept")
    assert "1 only in Brex" in shown.stdout
    assert "Brex's vendors as of" in shown.stderr


def test_two_vendors_in_brex_that_are_one_in_f_and_o_are_pointed_out(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.brex.vendors.add("Acme Office Supplies")
    world.brex.vendors.add("ACME OFFICE SUPPLIES LLC")
    rows = [one for one in cli.json("vendors", "align", "acme") if one["brex"]]
    assert [one["differs"] for one in rows] == [["2 vendors in Brex are this one"]] * 2


def test_one_time_vendors_are_never_accepted_by_themselves(cli: Cli, connection: Connection, world: World) -> None:
    change_vendor(world, "1001", IsOneTimeVendor="Yes")
    world.brex.vendors.add("Acme Office Supplies")
    [row] = [one for one in cli.json("vendors", "align", "acme") if one["brex"]]
    assert (row["status"], "one-time" in row["why"]) == ("suggested", True)


def test_a_record_finds_its_vendor_by_the_e_mail_of_its_vendor_in_brex(
    cli: Cli, connection: Connection, world: World, spend: Spending
) -> None:
    change_vendor(world, "1003", PrimaryEmailAddress="pay@ade.example")
    vendor_id = world.brex.vendors.add("A.S.C. Holding", "pay@ade.example")
    record_id = bill(spend, "A.S.C. Holding", vendor_id)
    cli("refresh", "acme")
    assert cli.json("preview", "acme", record_id)["entry"] is None

    cli("vendors", "align", "acme")

    entry = cli.json("preview", "acme", record_id)["entry"]
    assert entry["lines"][0]["offset"]["display"] == "1003"
    assert "Vend 1003: the same e-mail, pay@ade.example" in entry["lines"][0]["why"]


def test_a_token_without_the_scope_is_told_and_pauses_nothing(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    doc = world.store.get("brex_token", world.brex.token)
    assert doc is not None
    world.store.put("brex_token", world.brex.token, doc | {"scopes": [s for s in doc["scopes"] if "vendors" not in s]})
    result = cli("vendors", "align", "acme")
    assert result.exit_code == 1
    assert "This needs the scope vendors.readonly." in result.stderr
    survey.daily(runtime, connection)
    assert cli.json("connections", "list")[0]["state"] == "active"


# Created in F&O


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
    assert stages_of(cli)[record_id] == "acknowledged"
    assert world.d365.lines()[0]["OffsetAccountDisplayValue"].replace("\\", "") == account


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


def test_what_f_and_o_refuses_is_told_in_its_words_and_may_be_mended(
    cli: Cli, runtime: Runtime, world: World
) -> None:
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


# Created in Brex


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


# By policy


def test_by_policy_the_missing_are_created_daily_on_both_sides_and_only_once(
    cli: Cli, runtime: Runtime, world: World
) -> None:
    connection = store_connection(runtime, world, vendors={"create": "both", "group": "20", "terms": "Net30"})
    world.brex.vendors.add(JOE)
    world.brex.vendors.add("Lande Packaging")  # likely to be one that there is: a person decides
    cli("refresh", "acme")
    for _ in range(2):
        change(runtime.database, "UPDATE vendor_surveys SET claimed_at = NULL")
        survey.daily(runtime, connection)

    assert len(named(world)) == 1
    assert len(named(world, "Lande Packaging")) == 0
    assert {doc["company_name"] for doc in world.brex.vendors.all()} == {
        JOE, "Lande Packaging", "Acme Office Supplies", "Fabrikam Electronics", "Ade Supply Company"
    }  # fmt: skip
    assert {one["actor"] for one in cli.json("vendors", "created", "acme")} == {"schedule:vendors"}


def test_nothing_is_created_by_itself_unless_the_settings_say_so(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.brex.vendors.add(JOE)
    cli("refresh", "acme")
    survey.daily(runtime, connection)
    assert (cli.json("vendors", "created", "acme"), named(world), len(world.brex.vendors.all())) == ([], [], 1)
    with runtime.database.begin() as tx:
        counts = tx.execute(text("SELECT counts -> 'usmf' ->> 'only in Brex' FROM vendor_surveys")).scalar()
    assert counts == "1"


def test_the_day_has_one_turn_after_each_reading_of_the_master_data(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    cli("refresh", "acme")
    for _ in range(3):
        survey.daily(runtime, connection)
    assert world.traffic.counts["brex"] == 1
    cli("refresh", "acme")
    survey.daily(runtime, connection)
    assert world.traffic.counts["brex"] == 2


def test_a_day_on_which_brex_does_not_answer_is_made_up_for(
    cli: Cli, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.brex.vendors.add(JOE)
    cli("refresh", "acme")
    world.faults.add("brex", "GET /v1/vendors", "status_before", times=2, code=503)  # on both hosts
    survey.daily(runtime, connection)
    assert cli.json("vendors", "align", "acme", "--kept") != []
    with runtime.database.begin() as tx:
        assert brex_vendors.everything(tx, connection.id) == []
        assert brex_vendors.due(tx) == [connection.id]
    survey.daily(runtime, connection)
    with runtime.database.begin() as tx:
        assert [one["name"] for one in brex_vendors.everything(tx, connection.id)] == [JOE]
        assert brex_vendors.due(tx) == []


def test_the_settings_are_read_strictly_and_all_mistakes_are_told(world: World) -> None:
    data = world.connection("acme")
    data["posting"]["vendors"] = {"create": "often", "group": "", "currency": "dollars", "colour": "red"}
    with pytest.raises(BadConnectionFile) as caught:
        read(data)
    assert sorted(one.split(":")[0] for one in caught.value.mistakes) == [
        "posting.vendors.colour", "posting.vendors.create", "posting.vendors.currency", "posting.vendors.group"
    ]  # fmt: skip
    data["posting"]["vendors"] = {"create": "both"}
    with pytest.raises(BadConnectionFile, match=r"posting\.vendors\.group: is required"):
        read(data)
