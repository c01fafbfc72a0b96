"""Vendors are created with a number of F&O's own, in a group that there is."""

from typing import Any

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import Caller, message_of

JOE = {"dataAreaId": "usmf", "VendorOrganizationName": "Joe's Coffee and Bakery", "VendorGroupId": "20"}
WITHOUT = {
    *("DefaultAgentVendorAccountNumber", "DefaultFromShippingPortId", "IsImportCostingVendor"),
    *("IsTaxationOverPayroll_BR", "IsTransportationServicesProvider", "PurchaseShipCalendarId"),
    *("ShippingVendorAccountNumber", "ShippingVendorType", "VendorCostTypeGroup"),
    "VendorOverUnderdeliveryToleranceGroupId",
}


def test_company_name_and_group_are_enough_and_f_and_o_gives_the_rest(f_and_o: Caller, ledger: Ledger) -> None:
    answer = f_and_o.call("POST", "VendorsV2", JOE)
    assert answer.status_code == 201
    row = answer.get_json()
    # Fact: the search name is cut at 20, account and party number are F&O's (recorded).
    assert (row["VendorAccountNumber"], row["VendorSearchName"]) == ("USMF-0000000001", "Joe's Coffee and Bak")
    assert len(row["VendorPartyNumber"]) == 9
    assert [one["VendorAccountNumber"] for one in ledger.rows("VendorsV2")][-1] == "USMF-0000000001"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"VendorGroupId": "99"}, "The value '99' in field 'Group' is not found in the related table 'Vendor groups'"),
        ({"VendorGroupId": ""}, "Field 'Group' must be filled in"),
        ({"VendorOrganizationName": ""}, "Field 'Name' must be filled in"),
        ({"VendorOrganizationName": "J" * 101}, "longer than 100"),
        ({"CurrencyCode": "XXX"}, "Currencies"),
        ({"DefaultPaymentTermsName": "Unknown"}, "Terms of payment"),
        ({"VendorAccountNumber": "1"}, "automatic"),
        ({"Colour": "red"}, "Could not find a property named 'Colour'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    f_and_o: Caller, ledger: Ledger, change: dict[str, Any], words: str
) -> None:
    before = ledger.rows("VendorsV2")
    assert words in message_of(f_and_o.call("POST", "VendorsV2", JOE | change))
    assert ledger.rows("VendorsV2") == before


def test_vendors_are_the_same_ones_by_either_set(f_and_o: Caller) -> None:
    made = f_and_o.call("POST", "VendorsV3", JOE)
    assert made.status_code == 201
    account = made.get_json()["VendorAccountNumber"]
    only = f"$filter=VendorAccountNumber eq '{account}'"
    newer, older = f_and_o.rows(f"VendorsV3?{only}"), f_and_o.rows(f"VendorsV2?{only}")
    assert newer[0].items() <= older[0].items()
    # Fact: V3 lacks a few properties of V2 (metadata).
    assert older[0].keys() - newer[0].keys() == WITHOUT
    key = f"VendorsV3(dataAreaId='usmf',VendorAccountNumber='{account}')?cross-company=true"
    assert f_and_o.call("GET", key).get_json()["VendorOrganizationName"] == JOE["VendorOrganizationName"]
    unknown = f_and_o.call("POST", "VendorsV3", JOE | {"VendorCostTypeGroup": "x"})
    assert "Could not find a property" in message_of(unknown)
    assert "Group" in message_of(f_and_o.call("POST", "VendorsV3", JOE | {"VendorGroupId": ""}))


@pytest.mark.parametrize("entity_set", ["VendorsV2", "VendorsV3"])
def test_a_vendor_is_renamed(f_and_o: Caller, ledger: Ledger, entity_set: str) -> None:
    key = f"{entity_set}(dataAreaId='usmf',VendorAccountNumber='1001')?cross-company=true"
    change = {"VendorOrganizationName": "Acme", "VendorSearchName": "A" * 30}
    assert f_and_o.call("PATCH", key, change).status_code == 204
    row = ledger.rows("VendorsV3")[0]
    assert (row["VendorOrganizationName"], row["VendorSearchName"]) == ("Acme", "A" * 20)
    assert f_and_o.call("PATCH", key, {"VendorOrganizationName": ""}).status_code == 400
    assert f_and_o.call("PATCH", key, {"CurrencyCode": "XXX"}).status_code == 400
    assert f_and_o.call("PATCH", key, {"VendorAccountNumber": "2"}).status_code == 403
    assert f_and_o.call("DELETE", key).status_code == 405


@pytest.mark.parametrize("prop", ["VendorGroupId", "TaxExemptNumber"])
def test_the_newer_set_takes_no_patch_of_group_and_tax_number(f_and_o: Caller, prop: str) -> None:
    key = "(dataAreaId='usmf',VendorAccountNumber='1001')?cross-company=true"
    change = {prop: "10", "VendorOrganizationName": "Acme"}
    assert message_of(f_and_o.call("PATCH", f"VendorsV3{key}", change), 403) == f"update not allowed for field '{prop}'"
    assert f_and_o.call("PATCH", f"VendorsV2{key}", change).status_code == 204
