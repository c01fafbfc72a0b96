"""Webhooks doubled, in any order, delivered again later, and racing the poll and the chain: each record once."""

from functools import partial
from random import Random

import pytest

from connector.embedded.testing import valkey_url
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import poll, record, rows, run_chain, run_until_quiet, spend, stages_of, story
from tests.pipeline.test_twice import at_once
from tests.pipeline.trails import assert_done
from tests.webhooks.conftest import URL
from webhooks.wsgi import create_app

SIZES = (1, 2, 1, 5, 1, 1)


class Deliveries:
    """Messages, each of which names some of the records, each record in several messages."""

    def __init__(self, runtime: Runtime, world: World, ids: list[str], seed: int) -> None:
        self._app = create_app(runtime, redis_url=valkey_url(), wake=lambda _: None)
        random = Random(seed)
        groups = [[one] for one in ids] + [random.sample(ids, 3) for _ in range(3)]
        self.messages = [world.brex.signed_webhook(group, f"msg_{number}") for number, group in enumerate(groups)]

    def deliver(self, seed: int, times: int = 1) -> None:
        """All of them so many times, in an order of chance. Every one is answered 200."""
        messages = self.messages * times
        Random(seed).shuffle(messages)
        client = self._app.test_client()
        assert {client.post(URL, data=body, headers=headers).status_code for body, headers in messages} == {200}


@pytest.mark.parametrize("seed", range(3))
def test_doubled_and_in_any_order_while_the_poll_and_the_chain_run(
    seed: int, runtime: Runtime, connection: Connection, world: World
) -> None:
    ids = spend(world, *SIZES)
    deliveries = Deliveries(runtime, world, ids, seed)
    for number in range(3):
        at_once(
            partial(deliveries.deliver, number, times=2),
            partial(deliveries.deliver, 100 + number),
            lambda: poll(runtime, connection),
            lambda: run_chain(runtime, connection),
        )
    run_until_quiet(runtime, connection)
    assert_done(runtime, connection, world, ids)
    assert all(story(runtime, connection, one).count("heard of for the first time") == 1 for one in ids)


def test_replayed_when_all_is_done_they_change_nothing(runtime: Runtime, connection: Connection, world: World) -> None:
    ids = spend(world, *SIZES)
    deliveries = Deliveries(runtime, world, ids, seed=1)
    deliveries.deliver(1)
    run_until_quiet(runtime, connection)
    before, calls = [record(runtime, connection, one) for one in ids], len(world.traffic.latest)
    deliveries.deliver(2, times=3)
    run_until_quiet(runtime, connection)
    assert [record(runtime, connection, one) for one in ids] == before
    assert len(world.traffic.latest) == calls


def test_news_of_a_record_that_is_done_is_noted_and_writes_nothing_again(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    """Another message, with an id of its own."""
    ids = spend(world, *SIZES)
    Deliveries(runtime, world, ids, seed=1).deliver(1)
    run_until_quiet(runtime, connection)
    heard = {one: row["times_heard"] for one, row in rows(runtime, connection).items()}
    body, headers = world.brex.signed_webhook(list(reversed(ids)), "msg_again")
    client = create_app(runtime, redis_url=valkey_url(), wake=lambda _: None).test_client()
    assert client.post(URL, data=body, headers=headers).get_json() == {"status": "stored"}
    run_until_quiet(runtime, connection)
    assert {one: row["times_heard"] - heard[one] for one, row in rows(runtime, connection).items()} == dict.fromkeys(
        ids, 1
    )
    assert set(stages_of(runtime, connection).values()) == {"acknowledged"}
    assert_done(runtime, connection, world, ids)
