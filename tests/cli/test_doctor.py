"""`connector doctor`: each check, and what it says to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from sqlalchemy import text

from connector.outbound.session import Outbound
from connector.pipeline import doctor
from connector.pipeline.doctor import State
from connector.pipeline.runtime import Runtime
from connector.store import sql
from connector.store.connections import Connection
from connector.store.engine import Database
from connector.vault import Vault
from sandbox.world import World
from tests.cli.conftest import Cli, Spending, Work
from tests.conftest import KEY
from tests.guard import NoCallsInTransactions

ANOTHER = "b" * 43 + "="


class Dated(BaseAdapter):
    """The stand-ins, with a clock of their own in each answer."""

    def __init__(self, world: World, off: timedelta) -> None:
        super().__init__()
        self._inner, self._off = NoCallsInTransactions(world.adapter()), off

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        answer = self._inner.send(request, *args, **kwargs)
        answer.headers["Date"] = format_datetime(datetime.now(UTC) + self._off, usegmt=True)
        return answer

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def clocks(cli: Cli, runtime: Runtime, world: World) -> Callable[[timedelta], None]:
    def set_off(off: timedelta) -> None:
        cli.context = replace(cli.context, runtime=replace(runtime, outbound=Outbound(adapter=Dated(world, off))))

    set_off(timedelta(0))
    return set_off


def states(cli: Cli, code: int = 0) -> dict[str, str]:
    """The worst state of each check."""
    worst: dict[str, str] = {}
    for one in cli.json("doctor", code=code):
        order = list(State)
        worst[one["check"]] = max(
            worst.get(one["check"], "ok"), one["state"], key=lambda state: order.index(State(state))
        )
        assert (one["fix"] == "") == (one["state"] == "ok")
    return worst


def execute(runtime: Runtime, statement: str) -> None:
    with runtime.database.begin() as tx:
        tx.execute(text(statement))


def test_a_well_installation_passes(
    cli: Cli, connection: Connection, clocks: Any, spend: Spending, taken_in: Work
) -> None:
    spend.expense()
    taken_in()

    assert {name: state for name, state in states(cli).items() if state != "ok" and name != "disk"} == {}
    told = cli("doctor").stdout
    assert "PostgreSQL" in told
    assert "nothing is stuck" in told


@pytest.mark.parametrize(
    ("off", "state"), [(timedelta(0), "ok"), (timedelta(minutes=1), "warning"), (timedelta(minutes=-9), "failed")]
)
def test_the_clock_is_compared_with_what_brex_and_fo_tell(
    cli: Cli, connection: Connection, clocks: Any, off: timedelta, state: str
) -> None:
    clocks(off)
    found = [one for one in cli.json("doctor", code=1 if state == "failed" else 0) if one["check"] == "clock"]
    assert {one["state"] for one in found if one["connection"]} == {state}
    assert len(found) == 3
    assert state == "ok" or all("NTP" in one["fix"] for one in found if one["connection"])


def test_a_side_that_does_not_answer_or_tell_the_time_is_a_warning(cli: Cli, connection: Connection) -> None:
    """The stand-ins called in process tell no time."""
    found = [one for one in cli.json("doctor") if one["check"] == "clock" and one["connection"]]
    assert [(one["state"], "does not tell the time" in one["seen"]) for one in found] == [("warning", True)] * 2


@pytest.mark.parametrize(
    ("free", "state"), [(50 * 2**30, State.OK), (2**30, State.WARNING), (100 * 2**20, State.FAILED)]
)
def test_the_disk_is_judged_by_what_is_free(free: int, state: State) -> None:
    found = doctor.judge_disk(Path("/somewhere"), free)
    assert (found.state, bool(found.fix)) == (state, state is not State.OK)


def test_a_home_that_is_not_there_yet_is_judged_by_its_folder(tmp_path: Path) -> None:
    assert str(tmp_path) in doctor.disk(tmp_path / "not" / "yet").seen


def test_an_older_schema_fails(cli: Cli, runtime: Runtime, connection: Connection) -> None:
    execute(runtime, "UPDATE alembic_version SET version_num = '0001'")
    assert states(cli, code=1)["schema"] == "failed"
    assert "alembic upgrade head" in cli("doctor").stdout


def test_a_newer_schema_is_a_warning(cli: Cli, runtime: Runtime) -> None:
    execute(runtime, "UPDATE alembic_version SET version_num = '9999'")
    assert states(cli)["schema"] == "warning"


def test_a_broker_that_does_not_answer_fails(cli: Cli, connection: Connection) -> None:
    cli.context = replace(cli.context, redis_url="redis://127.0.0.1:1/0")
    assert states(cli, code=1)["broker"] == "failed"
    assert "check failed" in cli("doctor").stderr


@pytest.mark.parametrize(
    ("version", "state"), [("Redis 6.0.16", State.WARNING), ("Redis 6.2.1", State.OK), ("Valkey 9.1.2", State.OK)]
)
def test_an_old_broker_is_a_warning(version: str, state: State) -> None:
    assert doctor.judge_broker(version).state is state


def test_a_database_that_does_not_answer_fails_and_tells_no_password(cli: Cli, vault: Vault) -> None:
    nowhere = Database("postgresql+psycopg2://somebody:pass-word@127.0.0.1:1/nothing")
    cli.context = replace(cli.context, runtime=Runtime(nowhere, vault, Outbound()))
    assert states(cli, code=1)["database"] == "failed"
    assert "pass-word" not in cli("doctor").output


def test_a_key_still_in_use_is_told_before_it_is_taken_out(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    cli.context = replace(cli.context, runtime=replace(runtime, vault=Vault([ANOTHER, KEY])))
    found = next(one for one in cli.json("doctor") if one["check"] == "keys")
    assert (found["state"], Vault([KEY]).key_id in found["seen"]) == ("warning", True)
    assert "keys rotate" in found["fix"]

    assert cli("keys", "rotate").exit_code == 0
    assert states(cli)["keys"] == "ok"


def test_a_credential_that_no_key_opens_fails(cli: Cli, connection: Connection, runtime: Runtime) -> None:
    cli.context = replace(cli.context, runtime=replace(runtime, vault=Vault([ANOTHER])))
    found = next(one for one in cli.json("doctor", code=1) if one["check"] == "keys")
    assert (found["state"], "brex.token of acme" in found["seen"]) == ("failed", True)


def test_a_paused_connection_is_a_warning_with_its_reason(cli: Cli, connection: Connection) -> None:
    cli("pause", "acme", "--reason", "month-end close")
    found = next(one for one in cli.json("doctor") if one["check"] == "state")
    assert (found["state"], found["connection"]) == ("warning", "acme")
    assert "month-end close" in found["seen"]
    assert "connector resume acme" in found["fix"]


def test_what_is_stuck_is_told(
    cli: Cli, connection: Connection, spend: Spending, taken_in: Work, runtime: Runtime
) -> None:
    spend.expense()
    taken_in()
    execute(
        runtime,
        "UPDATE batches SET status = 'sending', deadline = now() - interval '1 hour' "
        "WHERE id = (SELECT max(id) FROM batches WHERE journal_id IS NOT NULL)",
    )
    execute(runtime, "UPDATE writes SET outcome = 'uncertain', next_look_at = now() WHERE kind = 'entry'")
    assert states(cli, code=1)["sending"] == "failed"
    execute(runtime, "UPDATE batches SET started_at = now() - interval '2 days'")
    execute(runtime, "UPDATE records SET stage = 'writing', created_at = now() - interval '3 hours'")

    found = states(cli, code=1)

    assert (found["uncertain"], found["waiting"], "work" in found) == ("warning", "warning", False)


def test_nothing_is_changed(
    cli: Cli, connection: Connection, runtime: Runtime, spend: Spending, taken_in: Work
) -> None:
    def everything() -> list[Any]:
        with runtime.database.begin() as tx:
            tables = [row[0] for row in sql.rows(tx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            return [sql.rows(tx, f"SELECT CAST(t AS text) FROM {name} t ORDER BY 1") for name in sorted(tables)]

    spend.expense()
    taken_in()
    before = everything()
    cli("doctor")
    assert everything() == before
