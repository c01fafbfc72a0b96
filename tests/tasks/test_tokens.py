"""The hourly look at tokens, as beat starts it."""

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tasks import schedule
from tests.pipeline.helpers import change, scalar

pytestmark = pytest.mark.usefixtures("as_a_worker_does")


def test_the_tick_uses_a_token_that_idles_and_two_beats_do_it_once(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    change(runtime.database, "UPDATE credentials SET used_at = now() - interval '7 days'")
    schedule.tokens()
    schedule.tokens()
    assert world.requests["brex"] == 1
    assert scalar(runtime.database, "SELECT used_at > now() - interval '1 minute' FROM credentials "
                                    "WHERE kind = 'brex.token'")  # fmt: skip
