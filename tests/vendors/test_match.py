"""Which vendor a merchant is: what is accepted, what is only suggested, and how well that works."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import vendor_lookups
from bench import vendors as bench
from bench.vendor_names import Names
from connector.vendors.match import ACCEPT, Register, Vendor, Verdict

NAMES = ("Contoso Supplies Ltd.", "Walmart Inc.", "Delta Air Lines, Inc.", "Delta Dental Plan", "Ross Fitness GmbH",
         "Tanaka Printing Co.", "River Cafe")  # fmt: skip


def register(*more: Vendor) -> Register:
    return Register([*(Vendor(f"V-{number}", name) for number, name in enumerate(NAMES, start=1)), *more])


@pytest.mark.parametrize(
    ("descriptor", "account"),
    [
        ("CONTOSO SUPPLIES #12", "V-1"),
        ("WAL-MART #4325 MESA AZ", "V-2"),
        ("Delta Air Lines 0062345678901", "V-3"),
        ("SQ *RIVER CAFE AUSTIN TX", "V-7"),
        ("CONTOSO SUPLIES", "V-1"),
        ("TANAKA PRINTI", "V-6"),
    ],
)
def test_the_same_company_is_accepted(descriptor: str, account: str) -> None:
    match = register().match(descriptor)
    assert (match.verdict, match.vendor and match.vendor.account) == (Verdict.ACCEPTED, account)


@pytest.mark.parametrize("descriptor", ["DELTA", "Rossi Fitness", "TANAKA PAINTING", "River Cafe Bookstore", "Contoso"])
def test_what_is_only_like_a_vendor_is_never_accepted(descriptor: str) -> None:
    assert register().match(descriptor).verdict is not Verdict.ACCEPTED


def test_a_company_that_no_vendor_is_finds_none() -> None:
    match = register().match("Uber Trip")
    assert (match.verdict, match.candidates) == (Verdict.UNKNOWN, ())
    assert match.why == 'no vendor is called anything like "uber trip"'


def test_two_vendors_of_one_name_are_a_suggestion_and_pointed_out() -> None:
    found = register(Vendor("V-9", "Contoso Supplies, Inc."))
    match = found.match("Contoso Supplies")
    assert match.verdict is Verdict.SUGGESTED
    assert match.why == 'the same name, "contoso supplies"; but V-9 Contoso Supplies, Inc. is as close'
    assert [[vendor.account for vendor in same] for same in found.same_name()] == [["V-1", "V-9"]]


def test_a_vendor_that_cannot_be_used_is_only_suggested() -> None:
    match = Register([Vendor("V-1", "River Cafe", usable=False)]).match("River Cafe")
    assert (match.verdict, match.candidates[0].score) == (Verdict.SUGGESTED, 1.0)
    assert "on hold or one-time" in match.why


def test_a_vendor_is_found_by_its_numbers_without_regard_to_case() -> None:
    found = Register([Vendor("US-101", "Fabrikam", tax_id="12-345", email="AR@fabrikam.com")])
    for kind, value in (("account", "us-101"), ("tax id", " 12-345 "), ("e-mail", "ar@FABRIKAM.com")):
        assert [vendor.account for vendor in found.exact(kind, value)] == ["US-101"]
    assert found.exact("tax id", "") == []


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=30))
def test_any_names_give_an_answer_and_an_accepted_one_is_above_the_threshold(names: list[str], text: str) -> None:
    match = Register([Vendor(str(number), name) for number, name in enumerate(names)]).match(text)
    if match.verdict is Verdict.ACCEPTED:
        assert match.candidates[0].score >= ACCEPT


@given(st.text(st.characters(categories=("Ll", "Lu")), min_size=6, max_size=20))
def test_the_order_of_the_vendors_changes_nothing(name: str) -> None:
    vendors = [Vendor("A", name), Vendor("B", name + " Lab"), Vendor("C", "Other Ltd")]
    assert Register(vendors).match(name) == Register(reversed(vendors)).match(name)


def test_on_names_that_were_not_used_to_choose_the_thresholds_it_is_nearly_always_right() -> None:
    found = bench.measure(bench.HELD_OUT[0], merchants=2_000)
    assert found.precision >= 0.995, found.failures
    assert found.recall >= 0.90


def test_with_ten_times_the_vendors_hardly_more_names_are_compared_word_by_word() -> None:
    for size in (1_000, 10_000):
        names = Names(5)
        found = Register(names.vendors(size))
        merchants = names.merchants(found.vendors, 100)
        for one in merchants:
            found.match(one.merchant)
        assert found.index.compared / len(merchants) < 100


def test_the_short_benchmark_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    vendor_lookups.main((200,))
    assert "extractOne" in capsys.readouterr().out
