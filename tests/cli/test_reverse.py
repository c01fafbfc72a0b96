from connector.domain.reference import reference
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes, stages_of


def test_reverse_takes_one_entry_back_and_the_record_tells_the_story(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, world: World
) -> None:
    one, other = spend.expense(), spend.expense()
    taken_in()
    world.d365.post_journal("USMF-000001")

    result = cli("reverse", "acme", one, "--reason", "booked by hand as well")
    assert (result.exit_code, result.stdout) == (0, "1 record to be taken back.\n")
    assert stages_of(cli) == {one: "writing", other: "acknowledged"}
    work()

    found = cli.json("record", "acme", one)
    assert (found["stage"], found["export_status"]) == ("reversed", "EXPORTED")
    asked = next(event for event in found["events"] if event["why"] == "to be taken back: booked by hand as well")
    assert asked["actor"].startswith("person")
    told = cli("record", "acme", one, columns=200).stdout
    counter = next(write for write in found["writes"] if write["kind"] == "reversal")
    assert counter["reference"] == reference(one, 0, "reversal")
    assert f"{counter['ledger']['journal']} {counter['ledger']['voucher']}" in told
    assert counter["ledger"]["journal"] == "USMF-000002"


def test_several_are_taken_back_only_after_a_yes(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, world: World
) -> None:
    ids = [spend.expense(), spend.expense()]
    taken_in()

    refused = cli("reverse", "acme", "--stage", "acknowledged", "--reason", "wrong ledger", stdin="n\n")
    assert (refused.exit_code, set(stages_of(cli).values())) == (1, {"acknowledged"})

    assert cli("reverse", "acme", "--stage", "acknowledged", "--reason", "wrong ledger", "--yes").exit_code == 0
    work()
    assert stages_of(cli) == dict.fromkeys(ids, "reversed")
    assert world.d365.lines() == []


def test_reverse_says_why_it_leaves_a_record_alone(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    held = spend.unmapped()
    taken_in()
    result = cli("reverse", "acme", held, "--reason", "a mistake")
    assert result.exit_code == 1
    assert f"{held}: no entry of it stands in the ledger." in result.stderr
    assert cli("reverse", "acme", "--reason", "all of them").exit_code == 2
    assert cli("reverse", "acme", held, "--reason", " ").exit_code == 2
    assert cli("reverse", "acme", held).exit_code == 2


def test_a_reversed_record_is_written_anew_by_retry_with_repost(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, world: World
) -> None:
    one = spend.expense()
    taken_in()
    cli("reverse", "acme", one, "--reason", "too early")
    work()

    left = cli("retry", "acme", one)
    assert "--repost" in left.stderr
    assert cli("retry", "acme", one, "--repost").exit_code == 2

    assert cli("retry", "acme", one, "--repost", "--reason", "the period is open now").exit_code == 0
    work()
    found = cli.json("record", "acme", one)
    assert (found["stage"], found["epoch"], found["export_status"]) == ("acknowledged", 1, "EXPORTED")
    assert [line["Document"] for line in world.d365.lines()] == [reference(one, 1, "entry")]


def test_a_person_accepts_what_f_and_o_made_of_an_entry(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work, world: World
) -> None:
    world.d365.journal_name("BREX", OffsetAccountDisplayValue="110180", IsFixedOffsetAccount="Yes")
    one, unmapped = spend.expense(), spend.unmapped()
    taken_in()
    assert codes(cli.json("record", "acme", one)["problems"]) == ["D365-ALTERED"]

    result = cli("retry", "acme", one, unmapped, "--anyway", "--reason", "the clearing account is right")
    work()

    assert f"{unmapped}: MAP-ACCOUNT-UNMAPPED cannot be accepted." in result.stderr
    found = cli.json("record", "acme", one)
    assert (found["stage"], found["ledger_status"], found["accepted"]) == ("acknowledged", "altered", ["D365-ALTERED"])
    why = [event["why"] for event in found["events"]]
    assert "accepted as it stands, by a person: the clearing account is right" in why
    assert any(one.startswith("accepted as it stands in journal USMF-000001: OffsetAccount") for one in why)
    assert stages_of(cli)[unmapped] == "held"
