from datetime import datetime
from decimal import Decimal

from connector.domain import jsonio
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes


def test_a_record_for_programs_has_all_that_was_promised(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written, held = spend.expense("1234.50"), spend.unmapped()
    taken_in()

    found = {one["record_id"]: one for one in cli.json("records", "acme")}

    one = found[written]
    assert (one["stage"], one["export_status"], one["ledger_status"]) == ("acknowledged", "EXPORTED", "unposted")
    assert one["problems"] == []
    assert one["reference"].startswith("BX")
    assert one["journal"].startswith("USMF-")
    assert one["voucher"]
    assert (one["amount"], one["currency"]) == (Decimal("1234.50"), "USD")
    assert datetime.fromisoformat(one["posting_date"])
    problem = found[held]["problems"][0]
    assert problem["code"] == "MAP-ACCOUNT-UNMAPPED"
    assert "Suspense" in problem["sentence"]
    assert problem["fix"]


def test_the_list_can_be_narrowed_by_stage_and_problem(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    written, held = spend.expense(), spend.unmapped()
    taken_in()

    by_stage = cli.json("records", "acme", "--stage", "acknowledged")
    by_problem = cli.json("records", "acme", "--problem", "map-account-unmapped")

    assert [one["record_id"] for one in by_stage] == [written]
    assert [one["record_id"] for one in by_problem] == [held]
    assert cli.json("records", "acme", "--problem", "RECORD-UNBALANCED") == []


def test_a_stage_or_problem_that_does_not_exist_is_wrong_usage(cli: Cli, connection: Connection) -> None:
    assert cli("records", "acme", "--stage", "lost").exit_code == 2
    assert cli("records", "acme", "--problem", "MAP-NOTHING").exit_code == 2


def test_a_table_fits_a_narrow_terminal_and_keeps_ids_whole(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    record_id = spend.expense("1234.50")
    taken_in()

    result = cli("records", "acme", columns=60)

    assert record_id in result.stdout
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 60
    assert "Left out" in result.stderr


def test_a_pipe_gets_whole_lines_without_colour(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    record_id = spend.expense("1234.50")
    taken_in()

    result = cli("records", "acme")

    line = next(line for line in result.stdout.splitlines() if record_id in line)
    assert "1,234.50 USD" in line
    assert "EXPORTED" in line
    assert "\x1b" not in result.output


def test_one_record_shows_its_whole_history(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    record_id = spend.expense()
    taken_in()

    shown = cli("record", "acme", record_id).stdout
    found = cli.json("record", "acme", record_id)

    for word in ("acknowledged", found["reference"], found["journal"], "task:post", "PST", "Writes", "History"):
        assert word in shown
    stages = ["received", "fetched", "mapped", "writing", "written", "acknowledged"]
    assert [event["to_stage"] for event in found["events"]] == stages
    assert {write["kind"]: write["outcome"] for write in found["writes"]} == {
        "entry": "written",
        "acknowledge": "written",
    }
    assert found["body"]["id"] == record_id
    assert "id" not in found


def test_one_record_shows_its_problems_and_what_to_do(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    record_id = spend.unmapped()
    taken_in()

    shown = cli("record", "acme", record_id).stdout

    assert "MAP-ACCOUNT-UNMAPPED: No main account is mapped" in shown
    assert "What to do: Add a line to the mappings" in shown


def test_the_raw_body_of_an_unreadable_record_is_shown(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    record_id = spend.expense(amount="1")
    world.brex.edit(record_id, erp_posting_date="some day")
    taken_in()

    assert codes(cli.json("record", "acme", record_id)["problems"]) == ["RECORD-UNREADABLE"]
    shown = cli("record", "acme", record_id).stdout
    body = shown.partition("Body, as Brex gave it\n")[2]
    assert jsonio.loads(body)["erp_posting_date"] == "some day"


def test_a_record_that_is_not_there_is_a_sentence(cli: Cli, connection: Connection) -> None:
    for record_id in ("accr_nowhere", "a b", "\udcff"):
        result = cli("record", "acme", record_id)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "has no record" in result.stderr


def test_a_record_s_history_has_the_keys_of_both_sides_and_its_hashes(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World
) -> None:
    record_id = spend.expense("12.30")
    taken_in()

    found = cli.json("record", "acme", record_id)
    shown = cli("record", "acme", record_id).stdout

    line = world.d365.lines(document=found["reference"])[0]
    lines = [" ".join(one.split()) for one in shown.splitlines()]
    written = next(one for one in lines if "F&O confirmed it" in one)
    assert f"company usmf, journal {found['journal']}, voucher {line['Voucher']}, lines 1" in written
    assert f"F&O's activity {found['events'][4]['data']['ms_dyn_aid']}" in written
    told = next(one for one in lines if "told Brex" in one)
    assert f"usmf {found['journal']} {line['Voucher']}" in told
    for event in found["events"]:
        assert event["hash"][:12] in shown
    entry, report = found["writes"]
    assert (entry["kind"], entry["intent"][0]["Document"], entry["attempts"]) == ("entry", found["reference"], 1)
    assert entry["intent_hash"] == next(one["data"]["intent_hash"] for one in found["events"] if one["seq"] == 4)
    assert entry["trace"] == found["events"][4]["data"]["ms_dyn_aid"]
    assert (report["kind"], report["batch_status"]) == ("acknowledge", "settled")
