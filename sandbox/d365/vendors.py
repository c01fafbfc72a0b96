"""Vendors: created with a number of F&O's own, checked against the company's groups and the currencies.

VendorsV2 and VendorsV3 are two looks at the same vendors (metadata: V3 has a part of V2's properties).
"""

from typing import Any, Final

from sandbox.d365.environment import Environment
from sandbox.d365.errors import field_refused, must_be_filled, not_found_in, read_only, row_refused
from sandbox.d365.tables import Row

SET: Final = "VendorsV2"
V3: Final = "VendorsV3"
TABLES: Final = {SET: "VendVendorV2Entity", V3: "VendVendorV3Entity"}
SEARCH_NAME: Final = 20  # fact: recorded; so long is the search name that F&O makes of the name
NAME: Final = 100
NO_PAYMENT_TERMS: Final = "Unknown"  # the sandbox has no list of terms: every other name is one that there is
_FIXED: Final = ("dataAreaId", "VendorAccountNumber", "VendorPartyNumber")
# Fact: a client of VendorsV3 leaves these out of every PATCH (live connector).
_FIXED_BY_V3: Final = ("VendorGroupId", "TaxExemptNumber")

Values = dict[str, Any]


def create(environment: Environment, sent: Values, name_of_set: str = SET) -> Row:
    """Fact (recorded): company, name and group are enough; account, search name and party number are F&O's."""
    table = TABLES[name_of_set]
    company = (sent.get("dataAreaId") or environment.switches.default_company).lower()
    if not sent.get("VendorOrganizationName"):
        raise row_refused(table, "VendTable", must_be_filled("Name"))
    group = sent.get("VendorGroupId", "")
    if not group:
        raise row_refused(table, "VendTable", must_be_filled("Group"))
    if environment.tables.get("VendorGroups", dataAreaId=company, VendorGroupId=group) is None:
        raise field_refused(table, "VendorGroupId", not_found_in("Group", group, "Vendor groups"))
    _check(environment, table, sent)
    if sent.get("VendorAccountNumber"):  # the number sequence does not allow changes by users; own words
        raise field_refused(table, "VendorAccountNumber", "The account number may not be entered; it is automatic.")
    values = {
        "VendorPartyType": "Organization",
        "OnHoldStatus": "No",
        **sent,
        "dataAreaId": company,
        "VendorAccountNumber": f"{company.upper()}-{environment.store.next(f'd365.vendor.{company}'):010}",
        "VendorSearchName": (sent.get("VendorSearchName") or sent["VendorOrganizationName"])[:SEARCH_NAME],
        "VendorPartyNumber": f"{environment.store.next('d365.party'):09}",
    }
    return environment.tables.insert(SET, values)


def change(environment: Environment, row: Row, sent: Values, name_of_set: str = SET) -> Row:
    """Fact: `PATCH {"VendorOrganizationName": …}` is 204 (recorded); what V3 does not take, its clients leave out."""
    table = TABLES[name_of_set]
    for prop in (*_FIXED, *(_FIXED_BY_V3 if name_of_set == V3 else ())):
        if prop in sent:
            raise read_only(prop)
    if not sent.get("VendorOrganizationName", row.values["VendorOrganizationName"]):
        raise row_refused(table, "VendTable", must_be_filled("Name"))
    _check(environment, table, sent)
    if "VendorSearchName" in sent:
        sent = sent | {"VendorSearchName": sent["VendorSearchName"][:SEARCH_NAME]}
    return environment.tables.update(row, sent)


def _check(environment: Environment, table: str, sent: Values) -> None:
    if len(sent.get("VendorOrganizationName", "")) > NAME:  # own words
        raise field_refused(table, "VendorOrganizationName", f"The name is longer than {NAME} characters.")
    currency = sent.get("CurrencyCode", "")
    if currency and environment.tables.get("Currencies", CurrencyCode=currency) is None:
        raise field_refused(table, "CurrencyCode", not_found_in("Currency", currency, "Currencies"))
    terms = sent.get("DefaultPaymentTermsName", "")
    if terms == NO_PAYMENT_TERMS:
        told = not_found_in("Terms of payment", terms, "Terms of payment")
        raise field_refused(table, "DefaultPaymentTermsName", told)
