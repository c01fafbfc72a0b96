"""Transactions and expenses: every page, each item once though the pages shift, and answers that are none."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connector.brex.errors import LacksScope, Unreadable
from connector.brex.spend import Spend
from connector.domain import jsonio
from connector.outbound.session import Outbound
from sandbox.middleware import Faulty
from sandbox.settled import Purse
from sandbox.world import World

EVER = date(2020, 1, 1)


@pytest.fixture
def purse(world: World) -> Purse:
    return Purse(world.brex)


def reader(world: World, token: str = "") -> Spend:
    return Spend(
        Outbound(adapter=world.adapter()), token=token or world.brex.token, base_url=world.urls["brex"],
        v1_base_url=world.urls["brex_v1"],
    )  # fmt: skip


def ids(pages: Iterator[list[dict[str, Any]]]) -> list[str]:
    return [item["id"] for page in pages for item in page]


def during(world: World, path: str, do: Any) -> None:
    """Once, after the first request for this path."""
    faulty = world.apps["brex"]
    assert isinstance(faulty, Faulty)
    inner, left = faulty.app, [do]

    def app(environ: Any, start_response: Any) -> Any:
        answer = inner(environ, start_response)
        if left and path in environ["PATH_INFO"]:
            left.pop()()
        return answer

    faulty.app = app


def test_transactions_name_their_expense_and_come_in_thousands(world: World, purse: Purse) -> None:
    spent = [purse.spend(100 + number) for number in range(3)]
    [page] = list(reader(world).transactions(EVER))
    assert {item["id"] for item in page} == set(spent)
    assert all(item["expense_id"].startswith("expense_") for item in page)
    assert world.requests["brex"] == 1


def test_what_arrives_while_pages_are_read_shifts_them_and_loses_nothing(world: World, purse: Purse) -> None:
    spent = [purse.spend(100, bare=True) for _ in range(25)]
    late: list[str] = []
    during(world, "/v2/transactions", lambda: late.append(purse.spend(100, bare=True)))
    found = ids(reader(world).transactions(EVER, limit=10))
    assert sorted(found) == sorted([*spent, *late])  # each once; what came meanwhile is read, too


def test_a_limit_that_brex_does_not_take_any_more_is_left_to_it(world: World, purse: Purse) -> None:
    spent = [purse.spend(100, bare=True) for _ in range(3)]
    body = jsonio.dumps({"type": "BAD_REQUEST", "message": "limit must be at most 100"})
    world.faults.add("brex", "GET /v2/transactions", "status_before", code=400, body=body)
    assert sorted(ids(reader(world).transactions(EVER))) == spent


def test_expenses_come_by_the_days_of_their_payment_with_their_coding(world: World, purse: Purse) -> None:
    today = world.clock().date()
    purse.spend(100, day=today - timedelta(9))
    purse.spend(100, day=today)
    [page] = list(reader(world).expenses(today - timedelta(1), today))
    [expense] = page
    assert (expense["merchant"]["country"], expense["custom_fields"][0]["key"]) == ("USA", "GL Account")
    assert ids(reader(world).updated_expenses(datetime(2020, 1, 1, tzinfo=UTC))) != []
    assert ids(reader(world).updated_expenses(world.clock() + timedelta(hours=1))) == []


@pytest.mark.parametrize("name", ["expense_none", "../webhooks", "a b", ""])
def test_an_expense_that_is_none_is_not_found(world: World, name: str) -> None:
    assert reader(world).expense(name) is None


def test_cash_accounts_and_their_transactions_can_be_read(world: World) -> None:
    today = world.clock().date()
    old, new = (world.brex.cash.add("PAYMENT", -500, day) for day in (today - timedelta(9), today))
    [account] = reader(world).cash_accounts()
    assert ids(reader(world).cash_transactions(account["id"], today)) == [new]
    assert sorted(ids(reader(world).cash_transactions(account["id"], EVER))) == sorted([old, new])


@pytest.mark.parametrize("body", ["[]", '{"items": [1]}', '{"items": null}', '{"items": [], "next_cursor": 7}'])
def test_a_page_that_is_none_is_not_believed(world: World, body: str) -> None:
    world.faults.add("brex", "GET /v2/transactions", "status_before", code=200, body=body)
    with pytest.raises(Unreadable):
        list(reader(world).transactions(EVER))


def test_pages_that_go_round_end_with_an_error(world: World) -> None:
    body = '{"items": [], "next_cursor": "again"}'
    world.faults.add("brex", "GET /v2/transactions", "status_before", times=9, code=200, body=body)
    with pytest.raises(Unreadable, match="circle"):
        list(reader(world).transactions(EVER))


def test_a_token_without_the_scope_is_told_apart(world: World) -> None:
    with pytest.raises(LacksScope):
        list(reader(world, world.brex.new_token("companies.readonly")).expenses(EVER, EVER))
