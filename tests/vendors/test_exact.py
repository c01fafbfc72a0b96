"""Account number, tax id and e-mail go before names, and never further than they are certain."""

from dataclasses import replace

import pytest

from connector.vendors.book import Vendors
from connector.vendors.match import Register, Vendor, Verdict

ADE = Vendor("1003", "Ade Supply Company", tax_id="12-3456789", email="pay@ade.example")
JOE = Vendor("1004", "Joe's Coffee", email="shared@mail.example")
ANN = Vendor("1005", "Ann's Bakery", email="shared@mail.example")
ONCE = Vendor("1006", "One Time", email="once@mail.example", usable=False)


def book() -> Vendors:
    return Vendors({"usmf": Register([ADE, JOE, ANN, ONCE])}, {}, emails={"v_1": "PAY@ade.example"})


@pytest.mark.parametrize(
    ("merchant", "email", "account", "why"),
    [
        ("1003", "", "1003", "the same account number, 1003"),
        ("12-3456789", "", "1003", "the same tax id, 12-3456789"),
        ("Pay@Ade.example", "", "1003", "the same e-mail, Pay@Ade.example"),
        ("Joe's Coffee", "pay@ade.example", "1003", "the same e-mail, pay@ade.example"),  # exact before names
        ("Joe's Coffee", "shared@mail.example", "1004", 'the same name, "joes coffee"'),  # not certain: names then
    ],
)
def test_what_is_exact_goes_before_names(merchant: str, email: str, account: str, why: str) -> None:
    found = book().decision("usmf", merchant, email)
    assert (found.verdict, found.account, found.why) == (Verdict.ACCEPTED, account, why)


def test_a_one_time_vendor_is_a_suggestion_at_most() -> None:
    found = book().decision("usmf", "Whoever", "once@mail.example")
    assert (found.verdict, found.account) == (Verdict.SUGGESTED, "")


def test_a_record_finds_it_by_the_id_of_its_vendor_in_brex() -> None:
    assert book().choice("usmf", "Nobody at all", "v_1").account == "1003"
    assert book().choice("usmf", "Nobody at all", "v_2").code == "MAP-VENDOR-UNKNOWN"


def test_a_vendor_that_a_person_rejected_is_not_found_exactly_either() -> None:
    here = book()
    first = here.decision("usmf", "Nobody", "pay@ade.example")
    here.decisions["usmf", first.key] = replace(
        first, verdict=Verdict.UNKNOWN, account="", rejected=frozenset({"1003"})
    )  # fmt: skip
    assert here.decision("usmf", "Nobody", "pay@ade.example").verdict is Verdict.UNKNOWN
