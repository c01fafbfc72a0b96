"""What the tests of pending vendor invoices share: bills to write so, and what stands of them in F&O."""

from decimal import Decimal
from typing import Any

from connector.pipeline import watch
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.coding import ACCOUNTS, UNITS
from sandbox.spend import CREDIT, DEBIT, Maker
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import change, key, poll, run_until_quiet

Json = dict[str, Any]
FORM = {"BILL_EXPENSE": {"form": "pending_invoice"}}

# As requests to break by `World.faults`.
CREATE = "POST /data/VendorInvoiceHeaders"
BATCH = "POST /data/$batch"
LINES, RELEASE = "POST https://contoso.operations.dynamics.com/data/VendorInvoiceLines", "PATCH "
DELETE = "DELETE "
ATTACH = "POST /data/VendorInvoiceDocumentAttachments"
HEADERS = "GET /data/VendorInvoiceHeaders"


def connected(runtime: Runtime, world: World, name: str = "acme", **posting: object) -> Connection:
    """The demo connection, with bills as pending vendor invoices."""
    return store_connection(runtime, world, name, **{"treatments": FORM, **posting})


def bill(world: World, *amounts: str, seed: int = 4, number: str = "INV-7", **more: Any) -> str:
    """A bill of so many coded lines; its record's id."""
    maker = Maker(seed)
    coded = [maker.line(DEBIT, Decimal(amount), "USD", (ACCOUNTS[2], UNITS[0])) for amount in amounts or ("120.50",)]
    total = sum((line["amount"]["amount"] for line in coded), Decimal(0))
    made = maker.record("BILL_EXPENSE", "USD", world.clock(), [*coded, maker.line(CREDIT, total, "USD")])
    made |= {"invoice_number": number, "receipts": []}
    return world.brex.add_record({**made, **more}, ready=False)


def do(runtime: Runtime, connection: Connection) -> None:
    poll(runtime, connection)
    run_until_quiet(runtime, connection)


def watched(runtime: Runtime, connection: Connection) -> None:
    """As the schedule does it, now."""
    change(runtime.database, "UPDATE invoices SET watch_at = now()")
    watch.run(runtime, connection)


def pending(world: World, record_id: str, epoch: int = 0) -> list[Json]:
    """Pending invoices in F&O with the reference of this record's entry."""
    assert epoch == 0
    return [one for one in world.d365.payables.invoices() if one["DocumentNumber"] == key(record_id)]


def problem_with(world: World, record_id: str) -> str:
    """What is wrong with a bill's invoice in F&O; empty where it stands there once, whole, and released. Reads Brex and
    F&O alone."""
    spent = world.brex.records.get(record_id)
    assert spent is not None
    found = pending(world, record_id)
    if len(found) != 1:
        return f"it stands {len(found)} times"
    [header], total = found, Decimal(spent["amount"]["amount"])
    lines = world.d365.payables.lines(header["HeaderReference"])
    coded = [Decimal(one["amount"]["amount"]) for one in spent["line_items"] if one["accounting_field_values"]]
    if sorted(line["NetAmount"] for line in lines) != sorted(coded):
        return f"its lines are of {[line['NetAmount'] for line in lines]}"
    if (header["ImportedAmount"], header["InvoiceNumber"]) != (total, spent["invoice_number"]):
        return f"it is {header['InvoiceNumber']} of {header['ImportedAmount']}"
    return "" if header["IsOnHold"] == "No" else "it is on hold"


def asked(world: World) -> list[str]:
    """Every request to F&O about vendor invoices so far, as METHOD and entity set or, of a batch, what is in it."""
    told = []
    for seen in world.traffic.latest:
        if seen.system == "d365" and ("VendorInvoice" in seen.path or "VendInvoiceJourBi" in seen.path
                                      or "$batch" in seen.path):  # fmt: skip
            told.append(f"{seen.method} {seen.path.partition('?')[0].removeprefix('/data/')}")
    return told
