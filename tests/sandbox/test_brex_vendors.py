"""The stand-in's vendors of bill pay: unique names, keys, pages, scopes."""

from typing import Any

import pytest

from connector.domain import jsonio
from sandbox.world import World
from tests.sandbox.conftest import Caller

PATH = "/v1/vendors"


def create(call: Caller, body: Any, key: str | None = "k1", **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return call("POST", PATH, jsonio.dumps(body).encode(), headers=headers, **more)


def test_the_same_key_brings_the_same_vendor(call: Caller, world: World) -> None:
    first = create(call, {"company_name": "Joe", "email": "joe@example.com"}).json()
    assert create(call, {"company_name": "Joe", "email": "joe@example.com"}).json() == first
    assert (len(world.brex.vendors.all()), first["email"]) == (1, "joe@example.com")
    assert call("GET", f"{PATH}/{first['id']}").json() == first
    assert call("GET", f"{PATH}/nobody").status_code == 404


@pytest.mark.parametrize(
    ("body", "key", "words"),
    [
        ({"company_name": "JOE"}, "k2", "already exists"),
        ({"company_name": "X"}, None, "Idempotency-Key"),
        ({"company_name": " "}, "k2", "company_name"),
        ({"company_name": "Zoë"}, "k2", "ASCII"),
        ({"company_name": "X", "email": "x"}, "k2", "email"),
        ({"company_name": "X", "colour": "red"}, "k2", "colour"),
        ([], "k2", "object"),
    ],
)
def test_what_the_specification_does_not_allow_is_refused(
    call: Caller, world: World, body: Any, key: str | None, words: str
) -> None:
    create(call, {"company_name": "Joe"})
    answer = create(call, body, key)
    assert (answer.status_code, len(world.brex.vendors.all())) == (400, 1)
    assert words in answer.json()["message"]


def test_lists_are_paged_and_filtered_by_name(call: Caller, world: World) -> None:
    for number in range(5):
        world.brex.vendors.add(f"V{number}")
    first = call("GET", f"{PATH}?limit=3").json()
    second = call("GET", f"{PATH}?limit=3&cursor={first['next_cursor']}").json()
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [3, 2, None]
    assert [one["company_name"] for one in call("GET", f"{PATH}?name=v3").json()["items"]] == ["V3"]
    assert call("GET", f"{PATH}?limit=1001").status_code == 400
