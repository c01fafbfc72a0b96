from connector.cli.probe import QUESTIONS
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.conftest import store_connection


def test_it_asks_before_it_writes_anything(cli: Cli, connection: Connection, world: World) -> None:
    result = cli("probe", "acme", stdin="n\n")

    assert result.exit_code == 1
    assert "creates a journal BREX in usmf" in result.stderr
    assert world.d365.headers() == []


def test_it_tells_what_it_learned_and_which_journal_to_delete(cli: Cli, connection: Connection, world: World) -> None:
    result = cli("probe", "acme", stdin="y\n")

    assert result.exit_code == 0
    assert "one of its own, as it must be" in result.stdout
    assert "is refused" in result.stdout
    assert "goes on with the next entry" in result.stdout
    number = world.d365.headers()[0]["JournalBatchNumber"]
    assert f"Journal {number} in usmf" in result.stderr
    assert "can be deleted" in result.stderr


def test_show_tells_it_again_with_its_date_and_writes_nothing(cli: Cli, connection: Connection, world: World) -> None:
    assert cli("probe", "acme", "--show").stdout == "Nothing was learned yet: `connector probe acme`.\n"
    cli("probe", "acme", "--yes")
    before = len(world.d365.lines())
    told = cli.json("probe", "acme", "--show")

    assert {one["fact"] for one in told} == set(QUESTIONS)
    assert all(one["learned_at"] for one in told)
    assert len(world.d365.lines()) == before


def test_what_stays_open_is_told(cli: Cli, connection: Connection, world: World) -> None:
    world.faults.add("d365", "POST /data/$batch", "reset_after", containing="LineNumber")
    result = cli("probe", "acme", "--yes")

    assert "A LineNumber that is sent: still open" in result.stderr


def test_without_a_usable_account_it_says_so(cli: Cli, world: World) -> None:
    store_connection(cli.context.runtime, world, accounts={})
    result = cli("probe", "acme", "--yes")

    assert result.exit_code == 1
    assert "Nothing was tried: posting.accounts has no account role of type Ledger to try with." in result.stderr


def test_resume_says_what_was_learned_of_vouchers_before_anything_is_written(cli: Cli, world: World) -> None:
    store_connection(cli.context.runtime, world, journal_name="BREX1V")
    cli("pause", "acme")
    cli("probe", "acme", "--yes")

    result = cli("resume", "acme")

    assert (result.exit_code, result.stdout) == (0, "acme goes on.\n")
    assert "(shared)" in result.stderr
    assert "D365-VOUCHER" in result.stderr
