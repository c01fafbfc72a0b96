"""Webhooks of accounting records, at a connection that reads card transactions."""

from flask.testing import FlaskClient

from connector.pipeline.runtime import Runtime
from sandbox.world import World
from tests.pipeline.test_transactions import stored as of_transactions
from tests.webhooks.conftest import Sender, stored


def test_they_are_taken_and_are_none_of_its_records(
    client: FlaskClient, runtime: Runtime, world: World, woken: list[int]
) -> None:
    connection = of_transactions(runtime, world)
    assert Sender(client, world).ready("accr_1") == (200, "stored")
    assert (stored(runtime, connection), woken) == ([], [])
