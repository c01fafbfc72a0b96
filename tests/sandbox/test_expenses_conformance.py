"""The stand-in's transactions, cash accounts and expenses against Brex's own OpenAPI files."""

import pytest

from sandbox.settled import Purse, populate
from sandbox.world import World
from tests.sandbox.conftest import Caller
from tests.sandbox.openapi import SPECS, Spec

pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="Brex's OpenAPI files are not beside this repository")
EXPANDED = "&".join(f"expand[]={name}" for name in ("merchant", "user", "department", "location", "spending_entity"))
CODED = f"{EXPANDED}&load_custom_fields=true"


@pytest.fixture
def spent(world: World) -> World:
    populate(world.brex, 60, world.clock())
    world.brex.cash.add("CARD_COLLECTION", -500, world.clock().date())
    return world


def conforms(spec: str, schema: str, body: object) -> None:
    assert Spec(spec).mistakes({"$ref": f"#/components/schemas/{schema}"}, body) == []


def test_transactions_show_their_expense_where_it_is_asked_for(spent: World, call: Caller) -> None:
    path = "/v2/transactions/card/primary?limit=1000"
    plain, expanded = call.get(path), call.get(f"{path}&expand[]=expense_id")
    conforms("transactions", "Page_CardTransaction_", expanded)
    assert not any("expense_id" in one for one in plain["items"])
    assert sum(bool(one["expense_id"]) for one in expanded["items"]) > 50
    assert [one["posted_at_date"] for one in plain["items"]] == sorted(
        (one["posted_at_date"] for one in plain["items"]), reverse=True
    )
    for wrong in ("?limit=1001", "?expand[]=merchant"):
        assert call("GET", f"/v2/transactions/card/primary{wrong}").status_code == 400


def test_cash_accounts_conform(spent: World, call: Caller) -> None:
    accounts = call.get("/v2/accounts/cash")
    conforms("transactions", "Page_CashAccount_", accounts)
    path = f"/v2/transactions/cash/{accounts['items'][0]['id']}"
    conforms("transactions", "Page_CashTransaction_", call.get(path))
    assert call("GET", "/v2/transactions/cash/none").status_code == 404


def test_expenses_conform_with_and_without_what_may_be_expanded(spent: World, call: Caller) -> None:
    plain, whole = call.get("/v1/expenses"), call.get(f"/v1/expenses?{CODED}")
    for page in (plain, whole):
        conforms("expenses", "Page_ExpandableExpense_", page)
    first, same = plain["items"][0], whole["items"][0]
    assert (first["merchant"], first["custom_fields"]) == (None, None)
    assert (same["merchant"]["country"], same["custom_fields"][0]["key"]) == ("USA", "GL Account")
    conforms("expenses", "ExpandableExpense", call.get(f"/v1/expenses/{same['id']}?{CODED}"))


def test_parts_of_a_split_stand_in_it_and_are_found_by_it(world: World, call: Caller) -> None:
    Purse(world.brex).spend(300, parts=(100, 200))
    [split] = call.get("/v1/expenses")["items"]
    assert (split["status"], len(split["expense_line_items"])) == ("SPLIT", 2)
    assert len(call.get(f"/v1/expenses?parent_expense_id[]={split['id']}")["items"]) == 2


def test_filters_are_those_of_the_specification(spent: World, call: Caller) -> None:
    assert call.get("/v1/expenses?status[]=SUBMITTED")["items"] != []
    assert call.get("/v1/expenses?expense_type[]=REIMBURSEMENT")["items"] == []
    assert call.get("/v1/expenses?payment_posted_at_start=2030-01-01T00:00:00.000")["items"] == []
    page = call.get("/v1/expenses?limit=10")
    following = call.get(f"/v1/expenses?limit=10&cursor={page['next_cursor']}")
    assert {one["id"] for one in page["items"]}.isdisjoint(one["id"] for one in following["items"])
    for wrong in ("limit=101", "unknown=1", "expand[]=card", "updated_at_start=soon", "cursor=x",
                  "load_custom_fields=1"):  # fmt: skip
        assert call("GET", f"/v1/expenses?{wrong}").status_code == 400
