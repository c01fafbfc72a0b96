"""Cut-over: what lies before the start is listed and skipped in bulk, and no live connection becomes another one."""

import pytest

from connector.domain import connection as files
from connector.domain import jsonio
from connector.pipeline import setup
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes, stages_of
from tests.conftest import store_connection
from tests.pipeline.helpers import announce, poll, run_until_quiet


@pytest.fixture
def cut_over(runtime: Runtime, world: World) -> Connection:
    """Starts in November; its legal entity is in California."""
    return store_connection(runtime, world, start_date="2026-11-01")


def test_what_is_dated_before_the_start_is_listed_and_not_posted(
    cli: Cli, runtime: Runtime, cut_over: Connection, spend: Spending, world: World
) -> None:
    """Also what became ready before the start: the queue is asked for wide of it."""
    old = spend.expense(erp_posting_date="2026-10-30T12:00:00Z", updated_at="2026-10-01T12:00:00Z",
                        review_status="READY_FOR_EXPORT")  # fmt: skip
    new = spend.expense(erp_posting_date="2026-11-02T12:00:00Z", updated_at="2026-10-02T12:00:00Z",
                        review_status="READY_FOR_EXPORT")  # fmt: skip
    poll(runtime, cut_over)
    run_until_quiet(runtime, cut_over)

    assert stages_of(cli) == {old: "held", new: "acknowledged"}
    (listed,) = cli.json("records", "acme", "--problem", "RECORD-BEFORE-START")
    assert (listed["record_id"], codes(listed["problems"])) == (old, ["RECORD-BEFORE-START"])
    assert len({line["Document"] for line in world.d365.lines()}) == 1


def test_everything_from_before_a_day_is_skipped_in_bulk(
    cli: Cli, runtime: Runtime, cut_over: Connection, spend: Spending, world: World
) -> None:
    """The day is the legal entity's: 2 a.m. UTC on the first is the evening before in California."""
    old = [spend.expense(erp_posting_date=f"2026-10-{day}T12:00:00Z") for day in (10, 20, 31)]
    evening = spend.expense(erp_posting_date="2026-11-01T02:00:00Z")
    midnight = spend.expense(erp_posting_date="2026-11-01T00:00:00Z")  # a calendar date: the first
    unmapped = spend.unmapped()
    poll(runtime, cut_over)
    run_until_quiet(runtime, cut_over)

    done = cli.json("skip", "acme", "--before", "2026-11-01", "--reason", "keyed by hand until October")

    assert sorted(done["skipped"]) == sorted([*old, evening])
    assert done["left_alone"] == []
    after = stages_of(cli)
    assert {after[one] for one in (*old, evening)} == {"skipped"}
    assert (after[midnight], after[unmapped]) == ("acknowledged", "held")
    found = cli.json("record", "acme", evening)
    assert (found["reason"], found["events"][-1]["to_stage"]) == ("keyed by hand until October", "skipped")
    run_until_quiet(runtime, cut_over)
    poll(runtime, cut_over)
    assert stages_of(cli) == after


def test_held_for_whatever_reason_the_day_is_brexs_where_none_was_planned(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    old = spend.expense(erp_posting_date="2026-03-31T20:00:00Z", user=None, line_items=[])
    new = spend.expense(erp_posting_date="2026-04-01T20:00:00Z", user=None, line_items=[])
    taken_in()

    listed = cli.json("records", "acme", "--before", "2026-04-01")
    done = cli.json("skip", "acme", "--before", "2026-04-01", "--reason", "by hand")

    assert [one["record_id"] for one in listed] == [old]
    assert done == {"skipped": [old], "left_alone": []}
    assert stages_of(cli)[new] == "held"


def test_what_is_done_and_what_has_no_date_yet_is_left_and_said(
    cli: Cli, runtime: Runtime, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written = spend.expense(erp_posting_date="2026-06-30T20:00:00Z")
    taken_in()
    announce(runtime, connection, ["accr_only_announced"])

    result = cli("skip", "acme", "--before", "2027-01-01", "--reason", "by hand")

    assert (result.exit_code, result.stdout) == (0, "No record matches.\n")
    assert "1 record left alone: without a readable posting date" in result.stderr
    assert stages_of(cli) == {written: "acknowledged", "accr_only_announced": "received"}


def test_before_can_be_narrowed_by_problem(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    unmapped = spend.unmapped()
    spend.expense(erp_posting_date="2026-03-31T20:00:00Z", line_items=[])
    taken_in()
    before, problem = ("--before", "2027-12-01"), ("--problem", "MAP-ACCOUNT-UNMAPPED")
    assert [one["record_id"] for one in cli.json("records", "acme", *before, *problem)] == [unmapped]
    assert cli.json("skip", "acme", *before, *problem, "--reason", "x")["skipped"] == [unmapped]


@pytest.mark.parametrize(
    ("side", "key", "value", "named"),
    [
        ("d365", "host", "https://other.operations.dynamics.com", "d365.host"),
        ("posting", "legal_entity", "demf", "posting.legal_entity"),
    ],
)
def test_a_live_connection_is_not_turned_into_another_one(
    side: str, key: str, value: str, named: str,
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World,
) -> None:  # fmt: skip
    spend.expense()
    taken_in()
    file = world.connection("acme")
    file[side][key] = value

    result = cli("connections", "add", "-", "--replace", stdin=jsonio.dumps(file))

    assert (result.exit_code, result.stdout) == (1, "")
    assert f"its {named} cannot change" in result.stderr
    assert "connector pause acme" in result.stderr
    assert "another name whose posting.start_date" in result.stderr
    assert cli.json("connections", "show", "acme")[side][key] == world.connection("acme")[side][key]


def test_the_source_of_a_live_connection_cannot_change(
    runtime: Runtime, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    spend.expense()
    taken_in()
    file = world.connection("acme")
    file["brex"]["source"] = "transactions"

    with pytest.raises(setup.NotReplaceable, match=r"its brex\.source cannot change"):
        setup.replace(runtime, connection, files.read(file))
