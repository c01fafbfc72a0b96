from pathlib import Path

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work, stages_of
from tests.conftest import store_connection

HEADER = "rule,on,field,operator,value,dimension,result\n"
SUSPENSE = HEADER + "Suspense,yes,amount,at most,50,MainAccount,618900\n"


def test_export_gives_what_import_takes(cli: Cli, connection: Connection, tmp_path: Path) -> None:
    first, second = tmp_path / "in.csv", tmp_path / "out.csv"
    first.write_text(SUSPENSE + 'Private,no,memo,contains,"private, mine",Skip,paid back\n', encoding="utf-8-sig")

    assert "2 rules: 2 new" in cli("rules", "import", "acme", str(first)).stdout
    assert cli("rules", "export", "acme", str(second)).exit_code == 0

    assert second.read_text(encoding="utf-8") == first.read_text(encoding="utf-8-sig")
    assert connection.id in cli.woken


def test_one_wrong_line_and_nothing_is_imported(cli: Cli, connection: Connection) -> None:
    result = cli("rules", "import", "acme", "-", stdin=SUSPENSE + "A,yes,amount,like,5,MainAccount,1\n,,,,,,x\n")

    assert result.exit_code == 1
    assert "row 3:" in result.stderr
    assert "row 4:" in result.stderr
    assert cli("rules", "list", "acme").stdout == "No rule yet.\n"


def test_a_rule_frees_what_was_held_and_the_reason_is_kept(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, work: Work
) -> None:
    record_id = spend.unmapped()
    taken_in()
    assert stages_of(cli)[record_id] == "held"

    cli("rules", "import", "acme", "-", stdin=SUSPENSE)
    work()

    assert stages_of(cli)[record_id] == "acknowledged"
    why = cli.json("record", "acme", record_id)["entry"]["lines"][0]["why"]
    assert why[0].startswith('MainAccount 618900: rule "Suspense" (amount at most "50"), as no mapping takes GL')


def test_what_brex_carries_goes_before_a_rule(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    cli("rules", "import", "acme", "-", stdin=SUSPENSE)
    record_id = spend.expense()
    taken_in()

    assert "remote id of GL Account" in cli.json("record", "acme", record_id)["entry"]["lines"][0]["why"][0]


def test_a_rule_may_skip_with_its_reason(cli: Cli, connection: Connection, spend: Spending, taken_in: Work) -> None:
    cli("rules", "import", "acme", "-", stdin=HEADER + "Private,yes,memo,contains,private,Skip,paid back\n")
    record_id = spend.expense(memo="Private lunch")
    taken_in()

    found = cli.json("record", "acme", record_id)
    assert (found["stage"], found["reason"]) == ("skipped", 'paid back, by rule "Private" (memo contains "private")')


def test_a_rule_is_switched_off_and_on(cli: Cli, connection: Connection) -> None:
    cli("rules", "import", "acme", "-", stdin=SUSPENSE)

    assert cli("rules", "off", "acme", "suspense").exit_code == 0
    assert [rule["on"] for rule in cli.json("rules", "list", "acme")] == [False]
    assert cli("rules", "on", "acme", "Suspense").exit_code == 0
    assert cli.json("rules", "list", "acme") == [
        {
            "rule": "Suspense",
            "on": True,
            "conditions": ['amount at most "50"'],
            "results": {"MainAccount": "618900"},
            "skip": "",
        }
    ]
    assert "connector rules list acme" in cli("rules", "on", "acme", "Other").stderr


def test_a_dry_run_tells_what_would_be_freed_caught_and_altered(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    held, other = spend.unmapped(), spend.expense(account=coding.SUSPENDED)
    taken_in()
    before = cli("rules", "export", "acme").stdout

    result = cli("rules", "import", "acme", "-", "--dry-run", stdin=SUSPENSE)

    assert "1 rule: 1 new, 0 changed, 0 gone." in result.stdout
    assert "Of 2 records waiting:" in result.stdout
    assert "1 held would be freed" in result.stdout
    assert "0 previews would change" in result.stdout
    assert cli("rules", "export", "acme").stdout == before
    assert (stages_of(cli)[held], stages_of(cli)[other]) == ("held", "held")


def test_versions_are_kept_with_who_and_when_and_a_record_remembers_its_own(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    cli("rules", "import", "acme", "-", stdin=SUSPENSE)
    record_id = spend.unmapped()
    taken_in()
    cli("rules", "import", "acme", "-", stdin=HEADER)

    newest, first = cli.json("rules", "history", "acme")
    assert (newest["rows"], first["rows"]) == (0, 1)
    assert first["actor"].startswith("person")
    assert cli("rules", "export", "acme").stdout == HEADER
    assert cli("rules", "export", "acme", "--version", str(first["version"])).stdout == SUSPENSE
    assert "There is no version 99 yet" in cli("rules", "export", "acme", "--version", "99").stderr
    planned = cli.json("record", "acme", record_id)["planned_with"]
    assert planned["rules"]["version"] == first["version"]
    assert "mappings" in planned


def test_defaults_of_the_connection_answer_last(cli: Cli, runtime: Runtime, world: World, spend: Spending) -> None:
    store_connection(runtime, world, defaults={"MainAccount": "618900", "CostCenter": "007"})

    entry = cli.json("preview", "acme", spend.unmapped())["entry"]

    assert entry["lines"][0]["why"][0].startswith("MainAccount 618900: the connection's default, as no mapping takes")
    assert "CostCenter 007: the connection's default" in entry["lines"][0]["why"]
