from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.spend import CREDIT, DEBIT
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes, stages_of
from tests.conftest import store_connection
from tests.pipeline.helpers import announce

HEADER = "merchant,legal_entity,account\n"


@pytest.fixture
def connection(runtime: Runtime, world: World) -> Connection:
    """Bills are written, and no vendor stands in for one that is not known."""
    accounts = world.connection("acme")["posting"]["accounts"] | {"accounts_payable": {"type": "Vend"}}
    return store_connection(runtime, world, approved_types=["BILL_EXPENSE"], accounts=accounts)


def bill(spend: Spending, vendor: str) -> str:
    more: dict[str, Any] = {"vendor": {"id": "v_1", "name": vendor}}
    return spend._add("BILL_EXPENSE", DEBIT, CREDIT, "12.30", coding.ACCOUNTS[0], more)


@pytest.fixture
def arrive(runtime: Runtime, connection: Connection, work: Work) -> Callable[[str], None]:
    """A message about a bill, and all that follows from it."""

    def run(record_id: str) -> None:
        announce(runtime, connection, [record_id])
        work()

    return run


def test_a_bill_goes_to_the_vendor_of_its_name_and_says_why(
    cli: Cli, connection: Connection, spend: Spending
) -> None:
    record_id = bill(spend, "FABRIKAM ELECTRONICS, INC. #12")
    entry = cli.json("preview", "acme", record_id)["entry"]

    assert entry["lines"][0]["account"] == {"type": "Vend", "display": "US\\-101", "default_dimensions": ""}
    assert 'Vend US-101: the same name, "fabrikam electronics"' in entry["lines"][0]["why"]


def test_a_bill_of_an_unknown_vendor_waits_until_a_person_has_said_who_it_is(
    cli: Cli, connection: Connection, spend: Spending, arrive: Callable[[str], None], work: Work
) -> None:
    record_id = bill(spend, "Northwind Traders")
    arrive(record_id)
    assert codes(cli.json("record", "acme", record_id)["problems"]) == ["MAP-VENDOR-UNKNOWN"]
    assert [one["merchant"] for one in cli.json("vendors", "list", "acme", "--open")] == ["Northwind Traders"]

    result = cli("vendors", "confirm", "acme", "Northwind Traders", "1002")
    work()

    assert result.stdout == '"northwind traders" is 1002 Lande Packaging Supplies in usmf.\n'
    assert stages_of(cli)[record_id] == "acknowledged"
    assert "Nothing" not in cli("vendors", "list", "acme", "--open").stdout
    [told, first] = cli.json("vendors", "explain", "acme", "northwind TRADERS, Inc.")["history"]
    assert (first["verdict"], told["verdict"], told["account"]) == ("unknown", "accepted", "1002")
    assert told["actor"].startswith("person")


def test_what_is_likely_but_not_certain_is_a_suggestion_with_its_candidates(
    cli: Cli, connection: Connection, spend: Spending, arrive: Callable[[str], None]
) -> None:
    record_id = bill(spend, "Lande Packaging")
    arrive(record_id)

    [problem] = cli.json("record", "acme", record_id)["problems"]
    assert problem["code"] == "MAP-VENDOR-UNSURE"
    assert "1002 Lande Packaging Supplies" in problem["sentence"]
    assert "1002" in cli("vendors", "suggest", "acme", "Lande Packaging").stdout


def test_a_vendor_that_was_rejected_is_not_found_again(cli: Cli, connection: Connection, spend: Spending) -> None:
    cli("refresh", "acme")
    result = cli("vendors", "reject", "acme", "Fabrikam Electronics", "US-101")

    assert '"fabrikam electronics" is not US-101 in usmf; now unknown' in result.stdout
    found = cli.json("preview", "acme", bill(spend, "Fabrikam Electronics"))
    assert codes(found["problems"]) == ["MAP-VENDOR-UNKNOWN"]


def test_a_vendor_that_was_stopped_or_renamed_since_reopens_the_decision(
    cli: Cli, connection: Connection, spend: Spending, world: World
) -> None:
    cli("refresh", "acme")
    cli("vendors", "confirm", "acme", "Northwind Traders", "1002")
    key = {"dataAreaId": "usmf", "VendorAccountNumber": "1002"}
    world.d365.change("VendorsV2", key, VendorOrganizationName="Other Company")
    cli("refresh", "acme")

    [problem] = cli.json("preview", "acme", bill(spend, "Northwind Traders"))["problems"]
    assert problem["code"] == "MAP-VENDOR-CHANGED"
    assert 'was "Lande Packaging Supplies" and is now "Other Company"' in problem["sentence"]


def test_decisions_are_kept_as_csv_and_a_bad_file_changes_nothing(
    cli: Cli, connection: Connection, tmp_path: Path
) -> None:
    cli("refresh", "acme")
    rows = HEADER + "Joe's Coffee,usmf,1001\nNorthwind Traders,,1002\n"
    bad = rows + ",usmf,1001\nX,usmf,9999\nY,nowhere,1001\n"

    refused = cli("vendors", "import", "acme", "-", stdin=bad)
    assert refused.exit_code == 1
    assert [line.strip() for line in refused.stderr.splitlines()[1:]] == [
        "row 4: merchant is empty",
        'row 5: usmf has no vendor account "9999"',
        'row 6: no vendors are known of a legal entity "nowhere"',
    ]
    assert cli("vendors", "export", "acme").stdout == HEADER

    assert cli("vendors", "import", "acme", "-", stdin=rows).exit_code == 0
    assert cli("vendors", "export", "acme").stdout == HEADER + "Joe's Coffee,usmf,1001\nNorthwind Traders,usmf,1002\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("confirm", "acme", "X", "9999"), "usmf has no vendor account 9999 in F&O"),
        (("confirm", "acme", "X", "1001", "--entity", "deen"), "acme does not post to deen; it posts to usmf"),
    ],
)
def test_what_cannot_be_is_a_sentence(cli: Cli, connection: Connection, args: tuple[str, ...], words: str) -> None:
    cli("refresh", "acme")
    result = cli("vendors", *args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr


def test_vendors_of_one_name_are_pointed_out(cli: Cli, connection: Connection, world: World) -> None:
    cli("refresh", "acme")
    assert cli("vendors", "duplicates", "acme").stdout == "No two vendor accounts have one name.\n"


def test_why_a_person_said_so_is_kept_with_the_decision(cli: Cli, connection: Connection) -> None:
    cli("refresh", "acme")
    cli("vendors", "confirm", "acme", "Northwind Traders", "1002", "--reason", "they were bought")
    cli("vendors", "reject", "acme", "Northwind Traders", "1002", "--reason", "only half of them")
    told = [one["why"] for one in cli.json("vendors", "explain", "acme", "Northwind Traders")["history"]]
    assert [why.rpartition(": ")[2] for why in told] == ["only half of them", "they were bought"]
    shown = cli("vendors", "explain", "acme", "Northwind Traders").stdout
    assert shown.startswith('Today it is no vendor: no vendor is called anything like "northwind traders"')


# Names that are no names: what a bill of theirs becomes, and what the commands say


@pytest.mark.parametrize(
    "name",
    ["", "   ", "A", "\N{HOT BEVERAGE}\N{VARIATION SELECTOR-16}",
     "\u0634\u0631\u0643\u0629 \u0627\u0644\u0646\u0648\u0631",
     "\u202eFabrikam", "N" * 500],
)  # fmt: skip
def test_a_strange_name_is_held_in_plain_words_and_breaks_nothing(
    cli: Cli, connection: Connection, spend: Spending, name: str
) -> None:
    cli("refresh", "acme")
    assert codes(cli.json("preview", "acme", bill(spend, name))["problems"]) == ["MAP-VENDOR-UNKNOWN"]
    assert cli.json("vendors", "suggest", "acme", name)["verdict"] == "unknown"
    assert cli("vendors", "explain", "acme", name).exit_code == 0


def test_ten_vendors_of_one_name_are_a_suggestion_and_pointed_out(
    cli: Cli, connection: Connection, spend: Spending, world: World
) -> None:
    for number in range(10):
        world.d365.add("VendorsV2", dataAreaId="usmf", VendorAccountNumber=f"T-{number}",
                       VendorOrganizationName="Tailspin Toys")  # fmt: skip
    cli("refresh", "acme")
    [problem] = cli.json("preview", "acme", bill(spend, "TAILSPIN TOYS #12"))["problems"]
    assert problem["code"] == "MAP-VENDOR-UNSURE"
    [same] = cli.json("vendors", "duplicates", "acme")
    assert same["accounts"] == [f"T-{number}" for number in range(10)]


def test_an_account_number_with_the_delimiter_is_found_by_itself_and_written_escaped(
    cli: Cli, connection: Connection, spend: Spending
) -> None:
    cli("refresh", "acme")
    assert cli("vendors", "confirm", "acme", "Northwind Traders", "US-101").exit_code == 0
    entry = cli.json("preview", "acme", bill(spend, "Northwind Traders"))["entry"]
    assert entry["lines"][0]["account"]["display"] == "US\\-101"


@pytest.mark.parametrize("change", [{"OnHoldStatus": "All"}, {"IsOneTimeVendor": "Yes"}])
def test_a_vendor_that_may_not_be_used_is_not_accepted_and_reopens_a_persons_word(
    cli: Cli, connection: Connection, spend: Spending, world: World, change: dict[str, str]
) -> None:
    cli("refresh", "acme")
    cli("vendors", "confirm", "acme", "Northwind Traders", "1002")
    world.d365.change("VendorsV2", {"dataAreaId": "usmf", "VendorAccountNumber": "1002"}, **change)
    cli("refresh", "acme")
    held = cli.json("preview", "acme", bill(spend, "Northwind Traders"))["problems"]
    by_name = cli.json("preview", "acme", bill(spend, "Lande Packaging Supplies"))["problems"]
    assert (codes(held), codes(by_name)) == (["MAP-VENDOR-CHANGED"], ["MAP-VENDOR-UNSURE"])


def test_a_vendor_that_was_merged_into_another_reopens_the_decision(
    cli: Cli, connection: Connection, spend: Spending, world: World
) -> None:
    cli("refresh", "acme")
    cli("vendors", "confirm", "acme", "Northwind Traders", "1002")
    row = world.d365.environment.tables.get("VendorsV2", dataAreaId="usmf", VendorAccountNumber="1002")
    assert row is not None
    world.d365.environment.tables.delete(row)
    cli("refresh", "acme")
    [problem] = cli.json("preview", "acme", bill(spend, "Northwind Traders"))["problems"]
    assert (problem["code"], "1002 is gone from F&O" in problem["sentence"]) == ("MAP-VENDOR-CHANGED", True)
