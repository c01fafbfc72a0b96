"""ping's number sequences: who numbers vouchers and journals, and can they."""

from typing import Any

import pytest

from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli

REFERENCE = {"ScopeType": "DataArea", "ScopeValue": "usmf", "DataTypeName": "LedgerJournalId"}
SERIES = {"NumberSequenceCode": "BRX", "ScopeType": "DataArea", "ScopeValue": "usmf"}
NUMBERS = SERIES | {"NumberSequenceCode": "JrnBatch"}
VOUCHERS = "the voucher series BRX of BREX in usmf"
JOURNALS = "the number sequence JrnBatch of journal numbers in usmf"


def told(cli: Cli, code: int = 0) -> list[tuple[str, str]]:
    """State and sentence of each step about number sequences; all but a green one say what to do."""
    found = [one for one in cli.json("ping", "acme", code=code) if one["rung"] == "number sequences"]
    assert all(one["fix"] for one in found if one["state"] != "green")
    return [(one["state"], one["sentence"]) for one in found]


def test_what_can_number_is_green(cli: Cli, connection: Connection) -> None:
    assert told(cli) == [("green", "F&O can number the vouchers and journals of usmf")]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"Stopped": "Yes"}, "red", "{} is stopped"),
    ({"Manual": "Yes"}, "red", "{} is manual: F&O gives no numbers, and none are sent"),
    ({"Next": 1000, "Largest": 999}, "red", "{} is exhausted: its largest number, 999, is given"),
    ({"Next": 500, "Largest": 999}, "amber", "{} has 500 numbers left"),
]


@pytest.mark.parametrize(("sequence", "name"), [(SERIES, VOUCHERS), (NUMBERS, JOURNALS)])
@pytest.mark.parametrize(("change", "state", "sentence"), WRONG)
def test_a_sequence_that_cannot_number_is_told(
    cli: Cli, connection: Connection, world: World, sequence: dict[str, str], name: str, change: Any, state: str,
    sentence: str,
) -> None:  # fmt: skip
    world.d365.change("SequenceV2Tables", sequence, **change)

    assert told(cli, code=1 if state == "red" else 0) == [(state, sentence.format(name))]


def test_a_sequence_that_begins_again_never_runs_out(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.change("SequenceV2Tables", SERIES, Next=1000, Largest=999, Cyclical="Yes")

    assert told(cli)[0][0] == "green"


@pytest.mark.parametrize(("sequence", "name"), [(SERIES, VOUCHERS), (NUMBERS, JOURNALS)])
def test_a_sequence_that_is_not_there_is_red(
    cli: Cli, connection: Connection, world: World, sequence: dict[str, str], name: str
) -> None:
    world.d365.remove("SequenceV2Tables", **sequence)

    assert told(cli, code=1) == [("red", f"{name} does not exist")]


def test_a_sequence_of_all_companies_counts_where_it_is_the_only_one(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.remove("SequenceV2Tables", **SERIES)
    shared = SERIES | {"ScopeType": "LegalEntity", "ScopeValue": ""}
    world.d365.add("SequenceV2Tables", **shared, Stopped="Yes", Next=1, Largest=99999)
    assert told(cli, code=1) == [("red", f"{VOUCHERS} is stopped")]

    world.d365.add("SequenceV2Tables", **shared | {"ScopeValue": "other"}, Next=1, Largest=99999)
    assert told(cli) == [
        ("amber", f"{VOUCHERS} is there in other scopes than the company: which one counts cannot be told")
    ]


def test_a_voucher_series_of_another_company_is_looked_for_there(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.journal_name("BREX", VoucherSeriesCode="FBX", VoucherSeriesCompanyId="FRRT")
    assert told(cli)[0][0] == "green"

    world.d365.journal_name("BREX", VoucherSeriesCompanyId="usmf")
    assert told(cli, code=1) == [("red", "the voucher series FBX of BREX in usmf does not exist")]


def test_a_company_without_journal_numbers_is_red_where_another_one_has_them(
    cli: Cli, connection: Connection, world: World
) -> None:
    world.d365.remove("NumberSequencesV2References", **REFERENCE)

    assert told(cli, code=1) == [
        ("red", "no number sequence gives usmf its journal batch numbers, so no journal can be opened")
    ]


def test_a_reference_without_a_sequence_is_red(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.change("NumberSequencesV2References", REFERENCE, NumberSequenceCode="")

    assert "no number sequence gives usmf" in told(cli, code=1)[0][1]


def test_an_environment_that_shows_no_reference_at_all_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    for company in ("usmf", "frrt"):
        world.d365.remove("NumberSequencesV2References", **REFERENCE | {"ScopeValue": company})

    assert told(cli) == [("amber", "F&O shows no number sequence of journal batch numbers, for any company")]


def test_a_reference_of_another_scope_is_amber(cli: Cli, connection: Connection, world: World) -> None:
    world.d365.remove("NumberSequencesV2References", **REFERENCE)
    other = REFERENCE | {"ScopeType": "OperatingUnit", "ScopeValue": "004"}
    world.d365.add("NumberSequencesV2References", **other, NumberSequenceCode="X")

    assert told(cli) == [
        ("amber", "whether journals of usmf are numbered cannot be told: F&O has sequences of another scope")
    ]


@pytest.mark.parametrize("name", ["SequenceV2Tables", "NumberSequencesV2References"])
def test_a_set_that_cannot_be_read_is_amber(cli: Cli, connection: Connection, world: World, name: str) -> None:
    world.faults.add("d365", f"GET /data/{name}", "status_before", times=None, code=403, body="")
    found = told(cli)

    assert {state for state, _ in found} == {"amber"}
    assert all(sentence.startswith("cannot be read") and name in sentence for _, sentence in found)


def test_numbers_that_f_and_o_does_not_tell_are_not_judged(cli: Cli, connection: Connection, world: World) -> None:
    body = '{"value":[{"ScopeType":"DataArea","ScopeValue":"USMF","Next":null,"Largest":"many"}]}'
    world.faults.add("d365", "GET /data/SequenceV2Tables", "malformed_after", times=None, body=body,
                     content_type="application/json")  # fmt: skip

    assert told(cli)[0][0] == "green"
