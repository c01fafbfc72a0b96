from collections.abc import Iterator

import pytest

from connector.brex.client import BrexClient
from connector.outbound.session import Outbound
from sandbox.world import World


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def client(world: World) -> BrexClient:
    return client_with(world, world.brex.token)


def client_with(world: World, token: str) -> BrexClient:
    outbound = Outbound(adapter=world.adapter())
    return BrexClient(outbound, token=token, base_url=world.urls["brex"], v1_base_url=world.urls["brex_v1"])
