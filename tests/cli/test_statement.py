from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.clock import stamp
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work
from tests.pipeline.helpers import key, scalar


@pytest.fixture
def dated(world: World) -> dict[str, Any]:
    """The middle of last month, so that its statement is finalised."""
    day = world.clock().date().replace(day=1) - timedelta(days=12)
    moment = stamp(datetime.combine(day, time(20), UTC))
    return {"erp_posting_date": moment, "posted_at": moment}


def test_a_statement_that_is_all_in_the_ledger_is_explained(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, dated: dict[str, Any]
) -> None:
    spend.expense("100.00", **dated)
    spend.refund("30.00", **dated)
    spend.expense("5.00")  # of this month
    taken_in()

    found = cli.json("statement", "acme")
    result = cli("statement", "acme")

    assert [found[name] for name in ("opening", "activity", "payments", "closing")] == [0, 70, 0, 70]
    assert (found["movement"], found["brex_difference"], found["unexplained"]) == (70, 0, 0)
    assert (found["ledger"], found["waiting"], found["clean"]) == ({"records": 2, "amount": 70}, {}, True)
    assert "Everything is explained." in result.stdout


def test_what_is_not_written_yet_explains_the_difference(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, dated: dict[str, Any]
) -> None:
    spend.expense("100.00", **dated)
    spend.expense("12.30", account=coding.UNMAPPED, **dated)
    taken_in()
    spend.expense("7.00", review_status="REVIEW", **dated)
    spend.expense("9.00", **dated)

    found = cli.json("statement", "acme")

    assert found["movement"] == Decimal("128.3")
    assert found["waiting"] == {
        "held": {"records": 1, "amount": Decimal("12.3")},
        "not exported in Brex, REVIEW": {"records": 1, "amount": 7},
        "not known here, READY_FOR_EXPORT": {"records": 1, "amount": 9},
    }
    assert (found["unexplained"], found["clean"]) == (0, True)


def test_a_line_missing_in_the_ledger_is_left_unexplained_by_its_part(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World, dated: dict[str, Any]
) -> None:
    one = spend.expense("100.00", **dated)
    taken_in()
    journal = cli.json("record", "acme", one)["journal"]
    world.d365.change_line(journal, 1, DebitAmount=Decimal("60.00"))

    found = cli.json("statement", "acme", code=1)
    result = cli("statement", "acme")

    assert (found["ledger"]["amount"], found["unexplained"]) == (60, 40)
    assert result.exit_code == 1
    assert "connector reconcile" in result.stderr
    assert world.d365.lines(document=key(one))


def test_a_transaction_without_a_record_is_left_unexplained(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World, dated: dict[str, Any]
) -> None:
    spend.expense("100.00", **dated)
    world.brex.card.add("BNPL_FEE", 250, datetime.fromisoformat(dated["posted_at"]).date())
    world.brex.card.add("COLLECTION", -4000, datetime.fromisoformat(dated["posted_at"]).date())
    taken_in()

    found = cli.json("statement", "acme", code=1)

    assert (found["activity"], found["payments"], found["brex_difference"]) == (Decimal("102.5"), 40, 0)
    assert found["unexplained"] == Decimal("-37.5")


def test_a_day_chooses_its_statement(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, dated: dict[str, Any]
) -> None:
    spend.expense("100.00", **dated)
    taken_in()
    day = dated["posted_at"][:10]

    assert cli.json("statement", "acme", "--of", day)["from"] == f"{day[:8]}01"
    result = cli("statement", "acme", "--of", "2020-01-01")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No finalised statement has the day 2020-01-01" in result.stderr


def test_before_the_first_statement_there_is_none(cli: Cli, connection: Connection) -> None:
    result = cli("statement", "acme")

    assert (result.exit_code, "no finalised statement" in result.stderr) == (1, True)


def scopes(world: World, *names: str) -> None:
    doc = world.brex.store.get("brex_token", world.brex.token)
    assert doc is not None
    world.brex.store.put("brex_token", world.brex.token, doc | {"scopes": [*names]})


def test_a_token_without_the_scope_is_told_in_words_and_pauses_nothing(
    cli: Cli, connection: Connection, world: World, runtime: Runtime
) -> None:
    scopes(world, "accounting.record.read")

    result = cli("statement", "acme")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "statements.card.readonly" in result.stderr
    assert scalar(runtime.database, "SELECT state FROM connections") == "active"


def test_without_the_transactions_the_balances_alone_are_compared(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, world: World, dated: dict[str, Any]
) -> None:
    spend.expense("100.00", **dated)
    taken_in()
    scopes(world, "accounting.record.read", "statements.card.readonly")

    found = cli.json("statement", "acme")
    result = cli("statement", "acme")

    assert (found["activity"], found["movement"], found["unexplained"], found["clean"]) == (None, 100, 0, True)
    assert "transactions.card.readonly" in result.stderr
    assert "(not told)" in result.stdout
