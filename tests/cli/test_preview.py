import csv
from decimal import Decimal
from pathlib import Path

from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, codes, stages_of
from tests.conftest import store_connection


def test_a_record_that_is_not_here_is_read_from_brex_and_not_stored(
    cli: Cli, connection: Connection, spend: Spending
) -> None:
    record_id = spend.expense("12.30")

    found = cli.json("preview", "acme", record_id)

    assert (found["source"], found["problems"], found["skipped"]) == ("brex", [], "")
    assert found["entry"]["lines"][0]["debit"] == Decimal("12.30")
    assert cli.json("records", "acme") == []


def test_the_entry_is_the_one_that_is_written(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    record_id = spend.expense("12.30")
    before = cli.json("preview", "acme", record_id)
    taken_in()

    written = cli.json("record", "acme", record_id)

    assert before["entry"] == written["entry"]
    assert before["reference"] == written["reference"]
    assert cli.json("preview", "acme", record_id)["source"] == "stored"


def test_the_entry_is_a_table_with_the_reason_for_each_account(
    cli: Cli, connection: Connection, spend: Spending
) -> None:
    record_id = spend.expense("1234.50", user=None)

    shown = cli("preview", "acme", record_id).stdout

    for word in ("Journal BREX in usmf", "606100-001--", "200130-001--", "1,234.50 USD", "account role card_liability"):
        assert word in shown


def test_all_that_stands_in_the_way_is_told_at_once(cli: Cli, connection: Connection, spend: Spending) -> None:
    record_id = spend.expense(account=coding.SUSPENDED, erp_posting_date="2024-06-01T12:00:00Z")

    result = cli("preview", "acme", record_id)

    assert codes(cli.json("preview", "acme", record_id)["problems"]) == ["RECORD-BEFORE-START", "MAP-ACCOUNT-SUSPENDED"]
    assert result.exit_code == 0
    assert result.stdout.count("What to do:") == 2


def test_a_record_in_review_is_previewed_with_a_note(cli: Cli, connection: Connection, spend: Spending) -> None:
    record_id = spend.expense(review_status="REVIEW")

    found = cli.json("preview", "acme", record_id)

    assert found["entry"] is not None
    assert "REVIEW" in found["notes"][0]


def test_a_record_worth_nothing_would_be_skipped(cli: Cli, connection: Connection, spend: Spending) -> None:
    record_id = spend.expense("0")

    assert "nothing to book" in cli.json("preview", "acme", record_id)["skipped"]
    assert "would be skipped" in cli("preview", "acme", record_id).stdout


def test_the_whole_queue_is_a_table_of_what_is_here_and_what_is_ready_in_brex(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    held, done = spend.unmapped(), spend.expense("10.00")
    taken_in()
    fresh = spend.expense("1234.50")

    found = {one["record_id"]: one for one in cli.json("preview", "acme")}
    result = cli("preview", "acme")

    assert found.keys() == {held, fresh}
    assert (found[held]["source"], found[fresh]["source"]) == ("stored", "brex")
    assert done not in result.stdout
    assert "MAP-ACCOUNT-UNMAPPED" in result.stdout
    assert "1,234.50 USD" in result.stdout
    assert "2 records: 1 would be written, 1 held, 0 skipped." in result.stderr
    assert [one["record_id"] for one in cli.json("preview", "acme", "--stored")] == [held]


def test_the_queue_as_csv_has_the_exact_lines_and_no_formula(
    cli: Cli, connection: Connection, spend: Spending, tmp_path: Path
) -> None:
    record_id = spend.expense("10.00", memo="=1+1", vendor=None, user=None)
    held = spend.unmapped()
    path = tmp_path / "queue.csv"

    assert cli("preview", "acme", "--csv", str(path)).exit_code == 0

    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["record_id"]: row for row in csv.DictReader(file)}
    assert (rows[record_id]["account"], rows[record_id]["debit"]) == ("606100-001--", "10.00")
    assert rows[record_id]["text"] == "'=1+1"
    assert rows[held]["problems"].startswith("MAP-ACCOUNT-UNMAPPED: ")
    assert cli.json("records", "acme") == []


def test_a_record_that_nobody_knows_is_a_sentence(cli: Cli, connection: Connection) -> None:
    for record_id in ("accr_nowhere", "\udcff"):
        result = cli("preview", "acme", record_id)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Neither acme nor Brex knows" in result.stderr


def test_where_f_and_o_is_not_reached_a_first_preview_says_so(
    cli: Cli, connection: Connection, spend: Spending, world: World
) -> None:
    world.faults.add("entra", "GET /", "refuse", times=None)

    result = cli("preview", "acme", spend.expense())

    assert result.exit_code == 1
    assert "Entra ID" in result.stderr


def test_an_approved_type_is_posted_and_what_was_held_for_it_goes_on(
    cli: Cli, runtime: Runtime, world: World, spend: Spending
) -> None:
    connection = store_connection(runtime, world, approved_types=[])
    work = _worker(runtime, connection)
    refund, other = spend.refund(), spend.unmapped()
    cli("backfill", "acme", "--since", "2025-01-01")
    work()
    assert codes(cli.json("record", "acme", refund)["problems"]) == ["TREATMENT-UNCONFIRMED"]

    assert cli("approve", "acme", "--type", "card_expense_refund").exit_code == 0
    work()

    assert stages_of(cli) == {refund: "acknowledged", other: "held"}
    assert connection.id in cli.woken


def test_a_type_that_has_no_treatment_cannot_be_approved(cli: Cli, connection: Connection) -> None:
    result = cli("approve", "acme", "--type", "INVOICE")

    assert result.exit_code == 1
    assert "CARD_EXPENSE_REFUND" in result.stderr
    assert cli.json("connections", "list")[0]["approved_types"] == []


def _worker(runtime: Runtime, connection: Connection) -> Work:
    def run() -> None:
        for stage in stages.CHAIN:
            stages.run(runtime, stage, connection.id, seconds=60)

    return run
