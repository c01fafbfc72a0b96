"""Brex's vendors beside F&O's, by the command line and by the schedule: compared, used, created by policy."""

import pytest
from sqlalchemy import text

from connector.domain.connection import BadConnectionFile, read
from connector.pipeline.alignment import survey
from connector.pipeline.runtime import Runtime
from connector.store import brex_vendors
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.aligning import JOE, aligned, bill, change_vendor, in_brex, named
from tests.cli.conftest import Cli, Spending
from tests.conftest import store_connection
from tests.pipeline.helpers import change


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    return aligned(runtime, world)


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
    assert entry["lines"][0]["account"]["display"] == "1003"
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
