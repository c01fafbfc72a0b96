"""`connector fields` broken off: answers lost, killed, throttled, two at once; each value stands once."""

from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from connector.outbound.session import Outbound
from connector.pipeline.push.look import client
from connector.pipeline.push.push import Busy, Push
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.cli.conftest import Cli
from tests.cli.pushing import ALL, MEALS, Json, choices, nothing_to_change, push, store, values, writes
from tests.pipeline.helpers import change, scalar

LOST = ["reset_after", "reset_before", "truncate_after", "malformed_after", "status_after"]
OPTIONS: dict[str, Json] = {"truncate_after": {"bytes": 20}, "malformed_after": {"body": "{}"}, "status_after": {
    "code": 502}}  # fmt: skip


@pytest.fixture
def pushing(runtime: Runtime, world: World) -> Connection:
    """A connection that opts in to accounts and two dimensions."""
    return store(runtime, world, ALL)


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("match", ["POST /v1/fields", "POST /values", "PUT /values"])
def test_a_lost_answer_is_looked_for_and_nothing_stands_there_twice(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime, kind: str, match: str
) -> None:
    if match.startswith("PUT"):
        push(cli)
        world.d365.change("MainAccounts", MEALS, Name="Renamed")
        cli("refresh", "acme")
    world.faults.add("brex", match, kind, **OPTIONS.get(kind, {}))

    assert push(cli)["unknown"] == 0
    assert world.faults.pending() == []
    assert nothing_to_change(cli)
    assert len(values(world)) == len(choices(world))
    keys = scalar(runtime.database, "SELECT count(DISTINCT key) - count(*) FROM field_writes")
    assert (keys, scalar(runtime.database, "SELECT count(*) FROM field_writes WHERE outcome <> 'written'")) == (0, 0)
    assert scalar(runtime.database, "SELECT count(*) FROM field_writes WHERE body IS NOT NULL") == 0


def test_a_write_that_lands_late_stands_there_once(cli: Cli, pushing: Connection, world: World) -> None:
    """Sent again under the same key: whichever comes second is a duplicate to Brex."""
    world.faults.add("brex", "POST /values", "late")
    assert push(cli)["unknown"] == 0
    assert world.faults.release() == 1

    assert nothing_to_change(cli)
    assert len(values(world)) == len(choices(world))


def test_an_answer_that_is_lost_again_and_again_is_told_as_unknown(cli: Cli, pushing: Connection, world: World) -> None:
    world.faults.add("brex", "POST /values", "reset_before", times=None)
    assert push(cli, code=1)["unknown"] == 3

    world.faults.clear()
    assert push(cli)["unknown"] == 0
    assert nothing_to_change(cli)


class Killed(BaseException):
    """As a signal would end the process, wherever it is."""


class Doors(BaseAdapter):
    """Ends the process at the nth change of fields: before it leaves, or before its answer is read."""

    def __init__(self, inner: BaseAdapter, at: int, when: str) -> None:
        super().__init__()
        self._inner, self._left, self._when = inner, at, when

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        counts = request.method != "GET" and "/v1/fields" in (request.url or "")
        self._left -= counts
        if counts and self._left == 0 and self._when == "before":
            raise Killed
        answer = self._inner.send(request, *args, **kwargs)
        if counts and self._left == 0:
            raise Killed
        return answer

    def close(self) -> None:
        self._inner.close()


# The changes of a first push: three fields, and the values of each.
STEPS = [(number, when) for number in range(1, 7) for when in ("before", "after")]


def test_killed_at_any_change_it_goes_on_and_everything_stands_there_once(
    cli: Cli, pushing: Connection, world: World, runtime: Runtime
) -> None:
    for number, when in STEPS:
        for one in world.brex.fields.all():
            world.brex.store.delete("brex_field", one["brex_id"])
        outbound, runtime.outbound = runtime.outbound, Outbound(adapter=Doors(world.adapter(), number, when))
        with pytest.raises(Killed):
            cli("fields", "push", "acme", "--yes")
        runtime.outbound = outbound

        assert push(cli)["unknown"] == 0
        assert nothing_to_change(cli), (number, when)
        for remote_id in ("GL_ACCOUNT", "BusinessUnit", "Department"):
            assert len(values(world, remote_id)) == len(choices(world, remote_id)) > 0
        change(runtime.database, "DELETE FROM field_writes")


def test_ctrl_c_says_how_far_it_came(cli: Cli, pushing: Connection, world: World, runtime: Runtime) -> None:
    class Stopped(Doors):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            try:
                return super().send(request, *args, **kwargs)
            except Killed:
                raise KeyboardInterrupt from None

    outbound, runtime.outbound = runtime.outbound, Outbound(adapter=Stopped(world.adapter(), 2, "before"))
    result = cli("fields", "push", "acme", "--yes")
    runtime.outbound = outbound

    assert result.exit_code == 130
    assert "Stopped after 1 change; the same command goes on." in result.stderr
    push(cli)
    assert nothing_to_change(cli)


def test_throttling_ends_it_with_a_sentence_and_nothing_is_lost(cli: Cli, pushing: Connection, world: World) -> None:
    world.faults.add("brex", "POST /values", "throttle", retry_after=30)
    result = cli("fields", "push", "acme", "--yes")

    assert result.exit_code == 1
    assert "Broken off after 1 change; the same command goes on." in result.stderr
    push(cli)
    assert nothing_to_change(cli)


def test_one_push_at_a_time(cli: Cli, pushing: Connection, world: World, runtime: Runtime) -> None:
    change(
        runtime.database,
        "INSERT INTO field_pushes (connection_id, worker, claimed_until) "
        "SELECT id, 'another', now() + interval '1 minute' FROM connections",
    )
    result = cli("fields", "push", "acme", "--yes")
    assert (result.exit_code, writes(world)) == (1, [])
    assert "Another push of acme is under way" in result.stderr

    change(runtime.database, "UPDATE field_pushes SET claimed_until = now()")
    push(cli)
    assert scalar(runtime.database, "SELECT count(*) FROM field_pushes") == 0


def test_whoever_thinks_long_before_saying_yes_has_brex_read_again(
    pushing: Connection, world: World, runtime: Runtime
) -> None:
    slow, quick = (Push(runtime, pushing, client(runtime, pushing)) for _ in range(2))
    with slow.turn():
        found = slow.survey()
        change(runtime.database, "UPDATE field_pushes SET claimed_until = now()")
        with quick.turn():
            quick.run()
            with pytest.raises(Busy):
                slow.run(found)
        assert slow.run(found).changed == 0
    assert len(values(world)) == len(choices(world))
