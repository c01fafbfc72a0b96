"""Which vendor account in F&O a record belongs to: by a mapping, by what it says of its vendor, else the role's own
account."""

from collections.abc import Sequence
from typing import Final

from connector.domain.connection import RoleAccount
from connector.domain.record import Record
from connector.domain.treatments import AccountRole
from connector.domain.vendor import VendorBook, VendorChoice
from connector.mapping.choice import Choice, choose
from connector.mapping.codings import Coding
from connector.mapping.mappings import FOLDED_VENDOR

# The record's own field that says whose account the role is; mappings give it a `Vendor`.
FIELDS: Final[dict[AccountRole, str]] = {"accounts_payable": "vendor", "reimbursements_payable": "user"}


def mapped(role: AccountRole, attributes: Sequence[Coding]) -> Choice:
    """What the mappings say of this record's vendor, or of its employee as one."""
    whose = [coding for coding in attributes if coding.field_label == FIELDS.get(role)]
    return choose(FOLDED_VENDOR, frozenset(), whose)


def vendor_account(record: Record, role: RoleAccount, legal_entity: str, vendors: VendorBook) -> VendorChoice:
    """The vendor it is. Where there is none like it, the account role's own account stands in for all such;
    where one is likely but not certain, a person decides, and nothing stands in.
    """
    found = vendors.choice(legal_entity, record.vendor_name, record.vendor_id)
    if found.code == "MAP-VENDOR-UNKNOWN" and role.account:
        return VendorChoice(role.account, "account role accounts_payable")
    return found


def employee_account(record: Record, role: RoleAccount) -> VendorChoice:
    """Of an employee whom no mapping makes a vendor: the account role's own account, where it has one."""
    if role.account:
        return VendorChoice(role.account, "account role reimbursements_payable")
    whose = record.user_name or record.user_id
    return VendorChoice("", "no mapping takes the employee" if whose else "the record names no employee",
                        "MAP-EMPLOYEE-VENDOR")  # fmt: skip
