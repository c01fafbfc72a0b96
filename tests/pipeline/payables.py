"""Bills and their payments for the tests of invoice and payment journals."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from connector.domain.reference import reference
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, UNITS
from sandbox.d365 import views
from sandbox.d365.shapes import as_json
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.invariants import assert_kept
from tests.pipeline.helpers import announce, rows, scalar

# As requests to break by `World.faults`.
INVOICE_HEADER = "POST /data/VendInvoiceJournalHeaders"
INVOICE_LINES = "GET /data/VendInvoiceJournalLines"
MARKED: dict[str, object] = {
    "treatments": {"BILL_EXPENSE_PAYMENT": {"form": "payment_journal"}},
    "approved_types": ["BILL_EXPENSE", "BILL_EXPENSE_PAYMENT"],
}  # fmt: skip


def bills(world: World, *sizes: int, seed: int = 1) -> list[str]:
    """Bills of so many coded lines each; their ids. No two have the same number."""
    maker, found = Maker(seed), []
    for count, size in enumerate(sizes):
        coded = [maker.line(DEBIT, maker.amount(), "USD", (ACCOUNTS[2], UNITS[0])) for _ in range(size)]
        total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
        bill = maker.record("BILL_EXPENSE", "USD", world.clock(), [*coded, maker.line(CREDIT, total, "USD")])
        found.append(world.brex.add_record(bill | {"invoice_number": f"INV-{seed}-{count}"}, ready=False))
    return found


def payment(world: World, number: str | None, amount: str = "120.50", seed: int = 5) -> str:
    """The payment of a bill with this invoice number; its id."""
    maker, worth = Maker(seed), Decimal(amount)
    lines = [maker.line(DEBIT, worth, "USD"), maker.line(CREDIT, worth, "USD")]
    paid = maker.record("BILL_EXPENSE_PAYMENT", "USD", world.clock(), lines)
    return world.brex.add_record(paid | {"invoice_number": number}, ready=False)


def bill_and_announce(runtime: Runtime, connection: Connection, world: World, *sizes: int) -> list[str]:
    ids = bills(world, *sizes)
    announce(runtime, connection, ids)
    return ids


def marking(runtime: Runtime, world: World) -> Connection:
    """A connection whose bill payments go into payment journals."""
    return store_connection(runtime, world, **MARKED)


def shown(world: World, entity_set: str) -> list[dict[str, Any]]:
    """Every row of a set as it shows them."""
    environment = world.d365.environment
    with environment.tables.transaction():
        return [as_json(row) for row in views.rows(environment, entity_set)]


def invoice_lines(world: World, record_id: str, kind: str = "entry") -> list[dict[str, Any]]:
    """What VendInvoiceJournalLines shows of a record."""
    key = reference(record_id, 0, kind)
    return [row for row in shown(world, "VendInvoiceJournalLines") if row["Document"] == key]


def payment_lines(world: World, record_id: str) -> list[dict[str, Any]]:
    key = reference(record_id, 0, "entry")
    return [row for row in shown(world, "VendorPaymentJournalLines") if row["PaymentReference"] == key]


def assert_booked(runtime: Runtime, connection: Connection, world: World, ids: Iterable[str]) -> None:
    """Each stands in one invoice journal, once and whole; Brex was told of none; nothing is left to settle."""
    found = rows(runtime, connection)
    ends = {(found[one]["stage"], found[one]["export_status"]) for one in ids}
    assert ends == {("acknowledged", "NOT_APPLICABLE")}
    assert_in_ledger(world, ids)
    assert world.brex.reported() == []
    assert scalar(runtime.database, "SELECT count(*) FROM batches WHERE status IN ('sending', 'uncertain')") == 0
    assert scalar(runtime.database, "SELECT count(*) FROM writes WHERE outcome IN ('open', 'uncertain')") == 0
    assert_kept(world, runtime.database, connection, settled=True)


def assert_in_ledger(world: World, ids: Iterable[str]) -> None:
    """Each bill's lines stand once, in one voucher of one invoice journal, and its vendor line has its number."""
    for one in ids:
        lines, spent = invoice_lines(world, one), world.brex.records.get(one)
        assert spent is not None
        coded = [line for line in spent["line_items"] if line["accounting_field_values"]]
        assert len(lines) == (1 if len(coded) == 1 else len(coded) + 1)
        assert len({(line["JournalBatchNumber"], line["Voucher"]) for line in lines}) == 1
        assert [line["Invoice"] for line in lines if line["Invoice"]] == [spent["invoice_number"]]


def number_of(world: World, record_id: str) -> str:
    record = world.brex.records.get(record_id)
    assert record is not None
    return str(record["invoice_number"])
