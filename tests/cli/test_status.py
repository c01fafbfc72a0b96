from dataclasses import replace

from connector.outbound.session import Outbound
from connector.pipeline.runtime import Runtime
from connector.store import sql
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from tests.cli.conftest import Cli, Spending, Work


def nowhere(vault: Vault) -> Runtime:
    return Runtime(Database("postgresql+psycopg2://somebody:pass-word@127.0.0.1:1/nothing"), vault, Outbound())


def test_it_counts_records_by_stage_and_by_problem(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work
) -> None:
    spend.expense()
    spend.unmapped()
    taken_in()

    report = cli.json("status", "acme")

    assert (report["database"], report["broker"]) == ("answers", "answers")
    one = report["connections"][0]
    assert (one["name"], one["state"]) == ("acme", "active")
    assert one["stages"] == {"acknowledged": 1, "held": 1}
    assert one["problems"] == {"MAP-ACCOUNT-UNMAPPED": 1}
    assert one["refreshed_at"] is not None
    assert "MAP-ACCOUNT-UNMAPPED: 1 record" in cli("status").stdout


def test_a_paused_connection_shows_why(cli: Cli, connection: Connection) -> None:
    cli("pause", "acme", "--reason", "month-end close")

    assert "month-end close" in cli("status", "acme").stdout
    assert cli("resume", "acme").exit_code == 0
    assert cli.json("status", "acme")["connections"][0]["state"] == "active"
    assert cli.woken == [connection.id]


def test_pausing_twice_keeps_the_first_reason(cli: Cli, connection: Connection) -> None:
    cli("pause", "acme", "--reason", "first")

    result = cli("pause", "acme", "--reason", "second")

    assert (result.exit_code, "first" in result.stdout) == (0, True)
    assert cli.json("connections", "list")[0]["state_reason"] == "first"


def test_a_broker_that_does_not_answer_is_told_and_no_failure(cli: Cli, connection: Connection) -> None:
    cli.context = replace(cli.context, redis_url="redis://127.0.0.1:1/0", wake=lambda connection_id: False)

    assert cli.json("status")["broker"] == "does not answer"
    resumed = cli("resume", "acme")
    assert (resumed.exit_code, "broker" in resumed.stderr) == (0, True)


def test_a_database_that_does_not_answer_is_told_and_a_failure(cli: Cli, vault: Vault) -> None:
    cli.context = replace(cli.context, runtime=nowhere(vault))

    report = cli.json("status", code=1)
    result = cli("status")

    assert (report["database"], report["connections"]) == ("does not answer", [])
    assert "DATABASE_URL" in result.stderr
    assert "pass-word" not in result.output


def test_every_other_command_says_so_too(cli: Cli, vault: Vault) -> None:
    cli.context = replace(cli.context, runtime=nowhere(vault))

    result = cli("records", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "The database does not answer" in result.stderr


def test_an_older_schema_is_told_with_what_to_do(cli: Cli, runtime: Runtime) -> None:
    with runtime.database.begin() as tx:
        sql.run(tx, "DROP SCHEMA public CASCADE")
        sql.run(tx, "CREATE SCHEMA public")

    for command in (["status"], ["records", "acme"], ["connections", "list"]):
        result = cli(*command)
        assert result.exit_code == 1
        assert "alembic upgrade head" in result.stderr


def test_a_credential_under_a_lost_key_is_told(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    lost = Vault(["x" * 43 + "="])
    cli.context = replace(cli.context, runtime=replace(runtime, vault=lost))

    result = cli("ping", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "CONNECTOR_SECRET_KEYS" in result.stderr
