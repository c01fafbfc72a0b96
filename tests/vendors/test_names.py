"""Names from card feeds and vendor masters, as they are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.vendors.names import of_merchant, of_vendor


@pytest.mark.parametrize(
    ("descriptor", "key"),
    [
        ("SQ *JOE'S COFFEE #12 AUSTIN TX", "joes coffee"),
        ("TST* THE RIVER CAFE - SAN FRANCISCO CA", "river cafe"),
        ("PAYPAL *SQ *ACME TOOLS", "acme tools"),
        ("CONTOSO SUPPLIES #12", "contoso supplies"),
        ("7-ELEVEN 33412", "7 eleven"),
        ("CHECKCARD 0412 SHELL OIL 57444", "shell oil"),
        ("STARBUCKS STORE 03423", "starbucks"),
        ("H&M 0123 NEW YORK NY", "hm"),
        ("AT&T*BILL PAYMENT 800-331-0500 TX", "att bill payment"),
        ("LinkedIn-1234567 855-6535653", "linkedin"),
        ("APPLE.COM/BILL 866-712-7753 CA", "apple"),
        ("GOOGLE *Ads cc@google.com", "google ads"),
        ("Boulangerie Dupont SARL PARIS FR", "boulangerie dupont"),
        ("Яндекс", "yandeks"),
    ],
)
def test_what_a_card_feed_adds_is_left_out(descriptor: str, key: str) -> None:
    assert of_merchant(descriptor)[0].key == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Contoso Supplies Ltd.", "contoso supplies"),
        ("Müller GmbH & Co. KG", "muller"),
        ("Société Générale S.A.", "societe generale"),
        ("The Home Depot, Inc.", "home depot"),
        ("Kowalski Sp. z o.o.", "kowalski"),
        ("Acme Holdings Pty Ltd", "acme holdings"),
        ("J.P. Morgan Chase & Co.", "jp morgan chase"),
        ("Ørsted A/S", "orsted"),
        ("Inc.", "inc"),
    ],
)
def test_legal_forms_and_accents_do_not_make_another_name(name: str, key: str) -> None:
    assert of_vendor(name).key == key


def test_a_place_that_no_list_has_is_read_both_ways() -> None:
    assert [name.key for name in of_merchant("COOK GOLF CLUB SPRINGFIELD IL")] == [
        "cook golf club springfield",
        "cook golf club",
        "cook golf",
        "cook golf club springfield il",
    ]


@pytest.mark.parametrize("nothing", ["", "  ", "***", "#123", "\u0300"])
def test_nothing_is_no_name(nothing: str) -> None:
    assert of_merchant(nothing) == ()


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    for name in (*of_merchant(text), of_vendor(text)):
        assert name.key == name.key.casefold()
