"""What tests of vendors on both sides share: who stands where, and what we have written."""

from typing import Any

from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox import coding
from sandbox.spend import CREDIT, DEBIT
from sandbox.world import World
from tests.cli.conftest import Cli, Spending
from tests.conftest import store_connection
from tests.pipeline.helpers import change

SETTINGS = {"group": "20"}
JOE = "Joe's Coffee"
IN_FO = "POST /data/VendorsV3"
IN_BREX = "POST /v1/vendors"


def aligned(runtime: Runtime, world: World) -> Connection:
    """A connection whose bills go to vendors, and that may create vendors on wish."""
    accounts = world.connection("acme")["posting"]["accounts"] | {"accounts_payable": {"type": "Vend"}}
    return store_connection(runtime, world, approved_types=["BILL_EXPENSE"], accounts=accounts, vendors=SETTINGS)


def bill(spend: Spending, vendor: str, vendor_id: str) -> str:
    more: dict[str, Any] = {"vendor": {"id": vendor_id, "name": vendor}}
    return spend._add("BILL_EXPENSE", DEBIT, CREDIT, "12.30", coding.ACCOUNTS[0], more)


def change_vendor(world: World, account: str, **values: str) -> None:
    world.d365.change("VendorsV2", {"dataAreaId": "usmf", "VendorAccountNumber": account}, **values)


def named(world: World, name: str = JOE) -> list[str]:
    rows = world.d365.rows("VendorsV2")
    return [row["VendorAccountNumber"] for row in rows if row["VendorOrganizationName"] == name]


def in_brex(world: World, name: str) -> int:
    return sum(doc["company_name"] == name for doc in world.brex.vendors.all())


def writes(cli: Cli) -> list[tuple[str, bool, int]]:
    return [(one["outcome"], one["held"], one["attempts"]) for one in cli.json("vendors", "created", "acme")]


def later(runtime: Runtime) -> None:
    """As if the time of whoever was at it were over."""
    change(runtime.database, "UPDATE vendor_writes SET busy_until = now() - interval '1 second', "
           "sent_at = least(sent_at, now() - interval '1 second')")  # fmt: skip
