"""Brex's webhooks over either of its two hosts, and answers that are not what Brex specifies."""

from typing import Any

import pytest

from connector.brex.errors import NoAnswer, Throttled, Unauthorized, Unreadable
from connector.brex.v1 import V1
from connector.brex.webhooks import Webhooks
from connector.domain import jsonio
from connector.outbound.session import Outbound
from sandbox.world import World

URL = "https://connector.example.com/webhooks/brex/acme"
LIST = "GET /v1/webhooks"


@pytest.fixture
def v1(world: World) -> V1:
    return v1_of(world)


def v1_of(world: World, token: str = "") -> V1:
    outbound = Outbound(adapter=world.adapter())
    hosts = {"v1_base_url": world.urls["brex_v1"], "base_url": world.urls["brex"]}
    return V1(outbound, token=token or world.brex.token, **hosts)


def answer(world: World, match: str, body: Any) -> None:
    world.faults.add("brex", match, "malformed_after", times=None, body=jsonio.dumps(body))


def test_an_endpoint_is_created_changed_and_listed(world: World, v1: V1) -> None:
    hooks = Webhooks(v1)
    made = hooks.create(URL)
    changed = hooks.update(made, f"{URL}2")

    assert made.delivers_to(URL)
    assert not changed.delivers_to(URL)
    assert hooks.endpoints() == [changed]


def test_a_write_goes_to_the_host_that_answered_the_read(world: World, v1: V1) -> None:
    world.faults.add("brex", LIST, "status_before", code=404, body="")
    hooks = Webhooks(v1)
    hooks.endpoints()
    assert v1.host == world.urls["brex"]
    hooks.create(URL)

    assert [seen.status for seen in world.traffic.latest] == [0, 200, 200]


def test_where_neither_host_answers_the_first_ones_error_counts(world: World) -> None:
    v1 = v1_of(world, "bxt_of_nobody")
    with pytest.raises(Unauthorized):
        Webhooks(v1).endpoints()

    assert v1.host == world.urls["brex_v1"]


def test_a_host_that_asks_to_slow_down_is_not_passed_over(world: World, v1: V1) -> None:
    world.faults.add("brex", LIST, "throttle", retry_after=7)
    with pytest.raises(Throttled):
        Webhooks(v1).endpoints()

    assert world.requests["brex"] == 1


def test_every_page_is_followed_and_a_circle_ends(world: World, v1: V1) -> None:
    answer(world, LIST, {"items": [], "next_cursor": "again"})
    with pytest.raises(Unreadable, match="circle"):
        Webhooks(v1).endpoints()


@pytest.mark.parametrize("body", [[], {"items": None}, {"items": [{"id": "wsub_1"}]}, {"items": ["wsub_1"]}])
def test_a_list_that_cannot_be_read_is_no_empty_one(world: World, v1: V1, body: Any) -> None:
    answer(world, LIST, body)
    with pytest.raises(Unreadable):
        Webhooks(v1).endpoints()


def test_a_strange_answer_to_a_write_leaves_open_what_it_did(world: World, v1: V1) -> None:
    answer(world, "POST /v1/webhooks", {"ok": True})
    with pytest.raises(NoAnswer):
        Webhooks(v1).create(URL)


def test_secrets_are_those_that_are_not_revoked(world: World, v1: V1) -> None:
    old = world.brex.webhook_secret()
    new = world.brex.rotate_secret()
    hooks = Webhooks(v1)
    assert hooks.secrets() == [new, old]

    listed = [{"secret": new, "status": "ACTIVE"}, {"secret": old, "status": "REVOKED"}, {"secret": "a b"}]
    answer(world, "GET /v1/webhooks/secrets", listed)
    assert hooks.secrets() == [new]


@pytest.mark.parametrize("body", [[], {}, [{"status": "ACTIVE"}], [{"secret": "x", "status": "REVOKED"}]])
def test_no_secret_is_no_answer_to_store(world: World, v1: V1, body: Any) -> None:
    answer(world, "GET /v1/webhooks/secrets", body)
    with pytest.raises(Unreadable):
        Webhooks(v1).secrets()
