from collections.abc import Iterator

import pytest

from connector.d365.auth import TokenSource
from connector.d365.client import D365Client
from connector.outbound.session import Outbound
from sandbox.world import CLIENT_ID, CLIENT_SECRET, TENANT_ID, World


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def outbound(world: World) -> Outbound:
    return Outbound(adapter=world.adapter())


@pytest.fixture
def tokens(world: World, outbound: Outbound) -> TokenSource:
    return TokenSource(
        outbound,
        authority=world.urls["entra"],
        tenant_id=TENANT_ID,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        host=world.urls["d365"],
    )


@pytest.fixture
def client(world: World, outbound: Outbound, tokens: TokenSource) -> D365Client:
    return D365Client(outbound, tokens, world.urls["d365"])
