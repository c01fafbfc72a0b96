"""What is said of the vendor of a record: an account in F&O, or why none."""

from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class VendorChoice:
    """`account` is empty where none is decided; `code` then says which problem that is."""

    account: str
    why: str
    code: str = ""


class VendorBook(Protocol):
    """Answers for any name, and never raises. `vendor_id`: Brex's, where the record has one."""

    def choice(self, legal_entity: str, merchant: str, vendor_id: str = "") -> VendorChoice: ...


class NoVendors:
    """Nothing is known of any vendor."""

    def choice(self, legal_entity: str, merchant: str, vendor_id: str = "") -> VendorChoice:
        del legal_entity, merchant, vendor_id
        return VendorChoice("", "F&O's vendors are not known", "MAP-VENDOR-UNKNOWN")


NO_VENDORS: Final[VendorBook] = NoVendors()
