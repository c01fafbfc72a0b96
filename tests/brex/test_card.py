"""Statements and settled transactions of the primary card account, and answers that are not what Brex specifies."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.brex.card import Card, Statement
from connector.brex.errors import LacksScope, Unreadable
from connector.domain import jsonio
from connector.domain.money import Money
from connector.outbound.session import Outbound
from sandbox.world import World

STATEMENTS = "GET /v2/accounts/card/primary/statements"
TRANSACTIONS = "GET /v2/transactions/card/primary"


def card(world: World, token: str = "") -> Card:
    return Card(Outbound(adapter=world.adapter()), token=token or world.brex.token, base_url=world.urls["brex"])


def last_month(world: World) -> date:
    return world.clock().date().replace(day=1) - timedelta(days=1)


def test_cents_become_major_units_and_the_end_date_is_not_of_the_statement(world: World) -> None:
    day = last_month(world)
    world.brex.card.add("PURCHASE", 12345, day.replace(day=1))
    world.brex.card.add("COLLECTION", -5000, day)
    (statement,) = card(world).statements()
    assert statement == Statement(
        f"stmt_{day:%Y%m}", day.replace(day=1), day, Money(Decimal(0), "USD"), Money(Decimal("73.45"), "USD")
    )
    found = list(card(world).transactions(day.replace(day=2)))
    assert [(one.day, one.kind, one.amount) for one in found] == [(day, "COLLECTION", Money(Decimal(-50), "USD"))]


def test_every_page_is_read(world: World) -> None:
    for _ in range(230):
        world.brex.card.add("PURCHASE", 100, last_month(world))
    assert len(list(card(world).transactions(date(2020, 1, 1)))) == 230
    assert world.requests["brex"] == 3


@pytest.mark.parametrize("call", ["statements", "transactions"])
def test_a_token_without_the_scope_is_told_apart_from_a_dead_one(world: World, call: str) -> None:
    client = card(world, world.brex.new_token("accounting.record.read"))
    with pytest.raises(LacksScope):
        client.statements() if call == "statements" else list(client.transactions(date(2020, 1, 1)))


PERIOD = {"start_date": "2026-10-01", "end_date": "2026-11-01"}
STRANGE: list[tuple[str, Any, str]] = [
    (STATEMENTS, [], "no list of items"),
    (STATEMENTS, {"items": [1]}, "no list of items"),
    (STATEMENTS, {"items": [{"id": "s"}]}, "no readable date"),
    (STATEMENTS, {"items": [{"id": "s", "period": {"start_date": "x", "end_date": None}}]}, "no readable date"),
    (STATEMENTS, {"items": [{"id": "s", "period": PERIOD, "end_balance": {"amount": 1.5}}]}, "not a whole number"),
    (STATEMENTS, {"items": [], "next_cursor": "1"}, "in a circle"),
    (TRANSACTIONS, {"items": [{"id": "t", "posted_at_date": "2026-10-01"}]}, "no amount"),
    (TRANSACTIONS, {"items": [{"id": "t", "amount": {"amount": 1}}]}, "no readable date"),
]


@pytest.mark.parametrize(("match", "body", "told"), STRANGE)
def test_what_is_not_as_specified_is_not_believed(world: World, match: str, body: Any, told: str) -> None:
    world.faults.add("brex", match, "malformed_after", times=None, body=jsonio.dumps(body))
    with pytest.raises(Unreadable, match=told):
        card(world).statements() if match == STATEMENTS else list(card(world).transactions(date(2020, 1, 1)))


def test_what_may_be_null_is_not_known(world: World) -> None:
    body = jsonio.dumps({"items": [{"id": "s", "start_balance": None, "period": PERIOD}]})
    world.faults.add("brex", STATEMENTS, "malformed_after", times=None, body=body)
    (statement,) = card(world).statements()
    assert (statement.opening, statement.closing, statement.last) == (None, None, date(2026, 10, 31))


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        ({"amount": 700}, Money(Decimal(7), "USD")),
        ({"amount": 700, "currency": "JPY"}, Money(Decimal(700), "JPY")),
        ({"amount": -700, "currency": "kwd"}, Money(Decimal("-0.7"), "KWD")),
    ],
)
def test_the_smallest_denomination_is_the_currency_s_own(world: World, money: Any, amount: Money) -> None:
    item = {"id": "t", "amount": money, "posted_at_date": "2026-10-01"}
    world.faults.add("brex", TRANSACTIONS, "malformed_after", times=None, body=jsonio.dumps({"items": [item]}))
    assert [one.amount for one in card(world).transactions(date(2020, 1, 1))] == [amount]
