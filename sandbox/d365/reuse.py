"""Is an invoice number still free for its vendor?

Fact: Accounts payable parameters, "Check the invoice number used" (Microsoft; enum ReuseVoucher), asked when an invoice
is posted: the posting date decides about the fiscal year. Whether it is asked earlier is not recorded.
"""

from typing import Final

from sandbox.d365.environment import Environment
from sandbox.d365.schema import folded
from sandbox.d365.tables import Row

POSTED: Final = "VendTransBiEntities"
PENDING: Final = "VendorInvoiceHeaders"


def told(environment: Environment, company: str, account: str, number: str, day: str, *, pending: bool = False) -> str:
    """What is wrong with using the number; empty where nothing is. `pending`: those not posted count too."""
    policy = environment.switches.reuse_invoice
    if not number or policy in ("AcceptDuplicate", "WarnDuplicate"):
        return ""
    for row in environment.tables.found(POSTED, [("Invoice", number)]):
        own = row.values
        if (own["dataAreaId"], folded(own["AccountNum"])) != (company, folded(account)):
            continue
        if policy == "NoDuplicateInYear" and own["TransDate"][:4] != day[:4]:
            continue
        # Own words.
        return f"Invoice number {number} is already used in voucher {own['Voucher']}, date {own['TransDate'][:10]}."
    waiting = environment.tables.found(PENDING, [("InvoiceNumber", number)]) if pending else []
    if any(_same(row, company, account) for row in waiting):
        return f"Invoice number {number} is already used by another pending invoice of vendor {account}."
    return ""


def _same(row: Row, company: str, account: str) -> bool:
    return row.values["dataAreaId"] == company and folded(row.values["InvoiceAccount"]) == folded(account)
