"""Vendors: created with a number of F&O's own, checked against the company's groups and the currencies."""

from typing import Any, Final

from sandbox.d365.environment import Environment
from sandbox.d365.errors import field_refused, must_be_filled, not_found_in, row_refused
from sandbox.d365.tables import Row

SET: Final = "VendorsV2"
TABLE: Final = "VendVendorV2Entity"
SEARCH_NAME: Final = 20  # fact: recorded; so long is the search name that F&O makes of the name
NAME: Final = 100
NO_PAYMENT_TERMS: Final = "Unknown"  # the sandbox has no list of terms: every other name is one that there is


def create(environment: Environment, sent: dict[str, Any]) -> Row:
    """Fact (recorded): company, name and group are enough; account, search name and party number are F&O's."""
    company = (sent.get("dataAreaId") or environment.switches.default_company).lower()
    name = sent.get("VendorOrganizationName", "")
    if not name:
        raise row_refused(TABLE, "VendTable", must_be_filled("Name"))
    if len(name) > NAME:  # own words
        raise field_refused(TABLE, "VendorOrganizationName", f"The name is longer than {NAME} characters.")
    group = sent.get("VendorGroupId", "")
    if not group:
        raise row_refused(TABLE, "VendTable", must_be_filled("Group"))
    if environment.tables.get("VendorGroups", dataAreaId=company, VendorGroupId=group) is None:
        raise field_refused(TABLE, "VendorGroupId", not_found_in("Group", group, "Vendor groups"))
    currency = sent.get("CurrencyCode", "")
    if currency and environment.tables.get("Currencies", CurrencyCode=currency) is None:
        raise field_refused(TABLE, "CurrencyCode", not_found_in("Currency", currency, "Currencies"))
    terms = sent.get("DefaultPaymentTermsName", "")
    if terms == NO_PAYMENT_TERMS:
        told = not_found_in("Terms of payment", terms, "Terms of payment")
        raise field_refused(TABLE, "DefaultPaymentTermsName", told)
    if sent.get("VendorAccountNumber"):  # the number sequence does not allow changes by users; own words
        raise field_refused(TABLE, "VendorAccountNumber", "The account number may not be entered; it is automatic.")
    values = {
        "VendorPartyType": "Organization",
        "OnHoldStatus": "No",
        **sent,
        "dataAreaId": company,
        "VendorAccountNumber": f"{company.upper()}-{environment.store.next(f'd365.vendor.{company}'):010}",
        "VendorSearchName": (sent.get("VendorSearchName") or name)[:SEARCH_NAME],
        "VendorPartyNumber": f"{environment.store.next('d365.party'):09}",
    }
    return environment.tables.insert(SET, values)
