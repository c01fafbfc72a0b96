"""What a push asks of Brex, and what the stand-in answers, both held to the Fields API's specification."""

from collections.abc import Iterator

import pytest

from connector.pipeline import refresh
from connector.pipeline.push.look import client
from connector.pipeline.push.push import Push
from connector.pipeline.runtime import Runtime
from sandbox.world import World
from tests.cli.pushing import ALL, MEALS, store
from tests.sandbox.openapi import SPECS, Exchange, spec_of
from tests.sandbox.recording import Recording

pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="Brex's OpenAPI files are not beside this repository")


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def world(exchanges: list[Exchange]) -> Iterator[World]:
    world = World()
    for name in ("brex", "brex_v1"):
        world.apps[name] = Recording(world.apps[name], exchanges)
    yield world
    world.close()


def test_pushes_ask_and_are_answered_as_the_specification_says(
    runtime: Runtime, world: World, exchanges: list[Exchange]
) -> None:
    connection = store(runtime, world, ALL)
    world.brex.options.set(most_per_page=20)

    def push() -> None:
        once = Push(runtime, connection, client(runtime, connection))
        with once.turn():
            assert not once.run().unknown

    push()
    world.d365.change("MainAccounts", MEALS, Name="Renamed")
    world.d365.change("MainAccounts", MEALS | {"MainAccountId": "606400"}, IsSuspended="Yes")
    world.brex.fields.update(world.brex.fields.all()[1]["brex_id"], {"is_disabled": True})
    refresh.run(runtime, connection)
    push()

    asked = {(one.method, one.path.count("/")) for one in exchanges}
    assert asked == {("GET", 2), ("POST", 2), ("PUT", 3), ("GET", 4), ("POST", 4), ("PUT", 4)}
    assert [text for one in exchanges for text in spec_of(one.path).request_mistakes(one)] == []
    assert [text for one in exchanges for text in spec_of(one.path).answer_mistakes(one, frozenset())] == []
