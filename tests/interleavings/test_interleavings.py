"""Two workers on the write path, in every order: each record once in F&O, and Brex told once.

A bounded number of schedules, in random order, in every run of the tests. All of them, or so many of each scenario,
with figures:

INTERLEAVINGS=whole python -m pytest tests/interleavings -s
INTERLEAVINGS=500 python -m pytest tests/interleavings -s
"""

import os
import secrets
import sys

import pytest

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.interleavings.scenarios import SCENARIOS, explorer

ASKED = os.environ.get("INTERLEAVINGS", "")
SEED = 4


@pytest.mark.parametrize("name", SCENARIOS)
def test_in_whatever_order_two_workers_take_their_steps_everything_is_done_once(
    name: str,
    database_url: str,
    runtime: Runtime,
    connection: Connection,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = SCENARIOS[name].most if not ASKED else None if ASKED == "whole" else int(ASKED)
    with explorer(
        name, database_url, runtime, connection, world,
        lambda stage: monkeypatch.setattr(secrets, "token_bytes", stage.chance),
    ) as exploring:  # fmt: skip
        found = exploring.run(most, None if most is None else SEED)
    if ASKED:
        sys.stderr.write(f"\n{name}: {SCENARIOS[name].about}: {found.sentence()}\n")
    assert found.failures == []
    assert found.ends > 0
    assert found.left == 0 or found.schedules == most
