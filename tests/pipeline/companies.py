"""Spend of two companies: the card is owed by USMF, and lines name FRRT, too."""

from decimal import Decimal
from typing import Any

from connector.domain.reference import linked_id, reference
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, Field, Value
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import announce

DUE_FROM, DUE_TO = "130100", "250500"
_FIELD = Field("extended_field_0000000000000000000000099", "LEGAL_ENTITY", "Legal entity")
FRRT = Value(_FIELD, "efo_0000000000000000000000099", "frrt", "Contoso Retail France")


def linked(runtime: Runtime, world: World, **posting: Any) -> Connection:
    """A connection that writes two linked entries between the demo's companies."""
    roles = {"due_from": {"account": DUE_FROM}, "due_to": {"account": DUE_TO}}
    accounts = world.connection()["posting"]["accounts"] | roles
    entities = {"frrt": {"time_zone": "Europe/Paris"}}
    return store_connection(runtime, world, intercompany="linked", accounts=accounts, entities=entities, **posting)


def expense(world: World, *, ours: int = 0, theirs: int = 1, seed: int = 1) -> str:
    """A card expense with so many lines of either company, exported in Brex; its id."""
    maker = Maker(seed)
    coded = [maker.line(DEBIT, maker.amount(), "USD", (ACCOUNTS[2],)) for _ in range(ours)]
    coded += [maker.line(DEBIT, maker.amount(), "USD", (ACCOUNTS[2], FRRT)) for _ in range(theirs)]
    total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
    lines = [*coded, maker.line(CREDIT, total, "USD")]
    return world.brex.add_record(maker.record("CARD_EXPENSE_POST", "USD", world.clock(), lines))


def spend(runtime: Runtime, connection: Connection, world: World, **lines: int) -> tuple[str, str]:
    """One such expense, announced: its id, and that of its second entry."""
    record_id = expense(world, **lines)
    announce(runtime, connection, [record_id])
    return record_id, linked_id(record_id)


def standing(world: World, record_id: str, epoch: int = 0) -> list[dict[str, Any]]:
    """F&O's lines of one entry."""
    return world.d365.lines(document=reference(record_id, epoch, "entry"))


def on_account(world: World, account: str) -> Decimal:
    """Debits less credits of a main account over all companies, major units."""
    total = Decimal(0)
    for line in world.d365.lines():
        amount = Decimal(line["DebitAmount"]) - Decimal(line["CreditAmount"])
        sides = ((line["AccountDisplayValue"], amount), (line["OffsetAccountDisplayValue"], -amount))
        total += sum((one for text, one in sides if str(text).startswith(account)), Decimal(0))
    return total
