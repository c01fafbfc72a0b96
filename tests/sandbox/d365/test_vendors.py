"""Vendors are created with a number of F&O's own, in a group that there is."""

from typing import Any

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import Caller, message_of

JOE = {"dataAreaId": "usmf", "VendorOrganizationName": "Joe's Coffee and Bakery", "VendorGroupId": "20"}


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
