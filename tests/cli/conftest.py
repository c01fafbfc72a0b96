"""The command line in process, over the sandbox: what is printed, how it ends, and whom it wakes."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.context import Context
from connector.cli.main import app
from connector.domain import jsonio
from connector.embedded import testing
from connector.pipeline import stages
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World

Json = dict[str, Any]


class Cli:
    """`woken` has the ids of the connections that the workers were told of."""

    def __init__(self, runtime: Runtime) -> None:
        self.woken: list[int] = []
        self.context = Context(runtime, self._wake, testing.valkey_url())

    def _wake(self, connection_id: int) -> bool:
        self.woken.append(connection_id)
        return True

    def __call__(self, *args: str, stdin: str | bytes | None = None, columns: int | None = None) -> Result:
        """Run a command; an error that is no exit is the test's."""
        env = {"COLUMNS": None if columns is None else str(columns)}
        result = CliRunner(env=env).invoke(
            app, list(args), input=stdin, obj=self.context, prog_name="connector", catch_exceptions=False
        )
        assert "Traceback" not in result.output
        return result

    def json(self, *args: str, code: int = 0) -> Any:
        """What `--json` prints: everything on stdout, and nothing else there."""
        result = self(*args, "--json")
        assert result.exit_code == code, result.output
        return jsonio.loads(result.stdout)


@pytest.fixture
def cli(runtime: Runtime) -> Cli:
    return Cli(runtime)


class Spending:
    """Spend in Brex, exported there and taken in here."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._maker = Maker(7)

    def expense(self, amount: str = "12.30", account: coding.Value = coding.ACCOUNTS[0], **more: Any) -> str:
        return self._add("CARD_EXPENSE_POST", DEBIT, CREDIT, amount, account, more)

    def refund(self, amount: str = "4.05", **more: Any) -> str:
        return self._add("CARD_EXPENSE_REFUND", CREDIT, DEBIT, amount, coding.ACCOUNTS[0], more)

    def unmapped(self) -> str:
        return self.expense(account=coding.UNMAPPED)

    def _add(self, kind: str, side: str, other: str, amount: str, account: coding.Value, more: Json) -> str:
        worth, moment = Decimal(amount), self._world.clock()
        lines = [
            self._maker.line(side, worth, "USD", [account, coding.UNITS[0]]),
            self._maker.line(other, worth, "USD"),
        ]
        record = self._maker.record(kind, "USD", moment, lines) | more
        return self._world.brex.add_record(record, ready=more.get("review_status") is None)


@pytest.fixture
def spend(world: World) -> Spending:
    return Spending(world)


Work = Callable[[], None]


@pytest.fixture
def work(runtime: Runtime, connection: Connection) -> Work:
    """Let the workers do all that is due."""

    def run() -> None:
        for stage in stages.CHAIN:
            stages.run(runtime, stage, connection.id, seconds=60)

    return run


@pytest.fixture
def taken_in(cli: Cli, connection: Connection, work: Work) -> Work:
    """Take in what waits in Brex and let the workers do it."""

    def run() -> None:
        assert cli("backfill", connection.name, "--since", "2025-01-01").exit_code == 0
        work()

    return run


def stages_of(cli: Cli, name: str = "acme") -> dict[str, str]:
    return {one["record_id"]: one["stage"] for one in cli.json("records", name)}


def codes(found: Sequence[Json]) -> list[str]:
    return [one["code"] for one in found]
