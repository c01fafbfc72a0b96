"""Which vendor account in F&O a record belongs to: by what it says of its vendor, else the role's own account."""

from connector.domain.connection import RoleAccount
from connector.domain.record import Record
from connector.domain.vendor import VendorBook, VendorChoice


def vendor_account(record: Record, role: RoleAccount, legal_entity: str, vendors: VendorBook) -> VendorChoice:
    """The vendor it is. Where there is none like it, the account role's own account stands in for all such;
    where one is likely but not certain, a person decides, and nothing stands in.
    """
    found = vendors.choice(legal_entity, record.vendor_name, record.vendor_id)
    if found.code == "MAP-VENDOR-UNKNOWN" and role.account:
        return VendorChoice(role.account, "account role accounts_payable")
    return found
