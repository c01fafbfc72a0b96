from connector.store.connections import Connection
from sandbox import coding
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes, stages_of


def test_retry_lets_one_record_go_on(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, world: World
) -> None:
    first, second = (spend.expense(account=coding.TRAVEL, user=None) for _ in range(2))
    taken_in()
    assert codes(cli.json("record", "acme", first)["problems"]) == ["MAP-VALUE-BLANK"]
    travel = {"AccountStructure": "Manufacturing P&L", "Status": "Active", "Position": 3}
    world.d365.change("AccountStructureConstraints", travel, SegmentCriteria03='*;""')

    result = cli("retry", "acme", first)
    work()

    assert (result.exit_code, result.stdout) == (0, "1 record retried.\n")
    assert stages_of(cli) == {first: "acknowledged", second: "held"}
    assert cli.json("record", "acme", first)["events"][-6]["actor"].startswith("person")


def test_retry_of_nothing_in_particular_takes_all_that_are_held(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written, held = spend.expense(), spend.unmapped()
    taken_in()

    done = cli.json("retry", "acme")

    assert done == {"retried": [held], "left_alone": []}
    assert stages_of(cli) == {written: "acknowledged", held: "received"}


def test_one_unknown_record_and_nothing_is_done_to_the_others(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    held = spend.unmapped()
    taken_in()

    for command in (["retry", "acme"], ["skip", "acme", "--reason", "by hand"]):
        result = cli(*command, held, "accr_nowhere")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "accr_nowhere" in result.stderr
    assert stages_of(cli) == {held: "held"}


def test_retry_leaves_a_finished_record_alone_and_says_so(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written = spend.expense()
    taken_in()
    woken = len(cli.woken)

    result = cli("retry", "acme", written)

    assert result.exit_code == 1
    assert written in result.stderr
    assert (stages_of(cli), len(cli.woken)) == ({written: "acknowledged"}, woken)


def test_a_skipped_record_keeps_its_reason(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    held = spend.unmapped()
    taken_in()

    assert cli("skip", "acme", "--problem", "MAP-ACCOUNT-UNMAPPED", "--reason", "keyed by hand").exit_code == 0

    found = cli.json("record", "acme", held)
    assert (found["stage"], found["reason"], codes(found["problems"])) == ("skipped", "keyed by hand", [])
    assert found["events"][-1]["actor"].startswith("person")


def test_what_stands_in_the_ledger_cannot_be_skipped(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written = spend.expense()
    taken_in()

    result = cli("skip", "acme", written, "--reason", "a mistake")

    assert result.exit_code == 1
    assert written in result.stderr
    assert stages_of(cli) == {written: "acknowledged"}


def test_skip_wants_to_know_which_records_and_why(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    held = spend.unmapped()
    taken_in()

    assert cli("skip", "acme", "--reason", "all of them").exit_code == 2
    assert cli("skip", "acme", held).exit_code == 2
    assert cli("skip", "acme", held, "--reason", "  ").exit_code == 2
    assert stages_of(cli) == {held: "held"}


def test_where_nothing_matches_nothing_is_done(cli: Cli, connection: Connection) -> None:
    assert cli("retry", "acme", "--stage", "held").stdout == "No record matches.\n"
    assert cli.woken == []
