"""What alignment asks of Brex and F&O, and what the stand-ins answer, both held to what the two publish."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from connector.domain.money import Money
from connector.pipeline import transfers
from connector.pipeline.alignment import create, survey
from connector.pipeline.alignment.create import Wish
from connector.pipeline.runtime import Runtime
from connector.pipeline.transfers import Wish as Payment
from connector.store import connections
from sandbox.brex.transfers import ACCOUNT
from sandbox.world import World
from tests.conftest import store_connection
from tests.sandbox.metadata import METADATA, entity_mistakes, query_mistakes, rows_mistakes
from tests.sandbox.openapi import SPECS, Exchange, spec_of
from tests.sandbox.recording import Recording

pytestmark = pytest.mark.skipif(
    not (SPECS.exists() and METADATA.exists()),
    reason="what Brex and Microsoft publish does not lie beside this repository",
)


@pytest.fixture
def brex() -> list[Exchange]:
    return []


@pytest.fixture
def d365() -> list[Exchange]:
    return []


@pytest.fixture
def world(brex: list[Exchange], d365: list[Exchange]) -> Iterator[World]:
    world = World()
    for name, exchanges in (("brex", brex), ("brex_v1", brex), ("d365", d365)):
        world.apps[name] = Recording(world.apps[name], exchanges)
    yield world
    world.close()


def test_alignment_and_creation_ask_and_are_answered_as_is_published(
    runtime: Runtime, world: World, brex: list[Exchange], d365: list[Exchange]
) -> None:
    settings = {"group": "20", "terms": "Net30", "currency": "USD"}
    connection = store_connection(runtime, world, vendors=settings)
    world.brex.options.set(most_per_page=2)
    for number in range(5):
        world.brex.vendors.add(f"Vendor {number}", None if number % 2 else f"v{number}@example.com")
    connection = survey.known_to_f_and_o(runtime, connection)
    survey.read(runtime, connection)
    made = [
        create.create(runtime, connection, Wish("d365", "usmf", "Joe's", "Joe's", "joe@example.com"), "person"),
        create.create(runtime, connection, Wish("brex", "usmf", "Acme", "Acme", "acme@example.com", "1001"), "person"),
    ]

    assert [one.outcome for one in made] == ["written", "written"]
    asked = [one for one in brex if one.path.startswith("/v1/")]
    assert {(one.method, one.path) for one in asked} == {("GET", "/v1/vendors"), ("POST", "/v1/vendors")}
    assert [text for one in asked for text in spec_of(one.path).request_mistakes(one)] == []
    assert [text for one in asked for text in spec_of(one.path).answer_mistakes(one, frozenset())] == []
    told = [one for one in d365 if one.path.startswith("/data/VendorsV")]
    assert {one.method for one in told} == {"GET", "POST"}
    for judge in (entity_mistakes, query_mistakes, rows_mistakes):
        assert [text for one in told for text in judge(one)] == []


def test_transfers_ask_and_are_answered_as_is_published(
    runtime: Runtime, world: World, brex: list[Exchange]
) -> None:
    connection = store_connection(runtime, world)
    token = world.brex.new_token("transfers", "transfers.readonly")
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, connection.id, transfers.SECRET, token)
    own = {"account_id": ACCOUNT, "daily_limits": {"USD": "100"}}
    brex_side = connection.settings["brex"] | {"transfers": own}
    connection = replace(connection, settings=connection.settings | {"brex": brex_side})
    vendor_id = world.brex.vendors.add("Joe")
    world.brex.vendors.add_instrument(vendor_id, "pi_1")
    for amount in ("10.50", "20.00"):
        instrument = transfers.instrument_of(runtime, connection, vendor_id, "")
        wish = Payment("Joe", instrument, Money(Decimal(amount), "USD"), "INV-1")
        row = transfers.request(runtime, connection, wish, "person:ann")
        assert transfers.approve(runtime, connection, row.reference, "person:bob").state == "written"

    asked = [one for one in brex if one.path.startswith("/v1/")]
    assert {(one.method, one.path.replace(vendor_id, "ID")) for one in asked} == {
        ("GET", "/v1/vendors/ID"), ("GET", "/v1/transfers"), ("POST", "/v1/transfers")
    }  # fmt: skip
    assert [text for one in asked for text in spec_of(one.path).request_mistakes(one)] == []
    assert [text for one in asked for text in spec_of(one.path).answer_mistakes(one, frozenset())] == []
