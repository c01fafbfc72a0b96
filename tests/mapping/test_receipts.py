"""The way to a receipt on the lines of a journal: in the text or as financial tag, whole or not at all."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.connection import ReceiptLink
from connector.domain.entry import Entry, from_json
from connector.domain.record import Record
from connector.domain.reference import reference
from connector.mapping.receipts import with_link
from connector.mapping.text import LONGEST, ending, units
from tests.mapping.building import entry, gl, line, posting, record

LINK = "https://acme.example/brex/{source_id}"
SHOWN = "https://acme.example/brex/exp_1"
RECEIPT = {"receipts": [{"id": "receipt_1"}, {"id": "receipt_2"}], "source_id": "exp_1"}


def spent(*memos: str, **more: Any) -> Record:
    lines = [line("10", gl("605140"), memo=memo) for memo in memos or ("Lunch with the whole team",)]
    return record(f"{10 * len(lines)}", *lines, **(RECEIPT | {"vendor": {"name": "Blue Bottle"}} | more))


def linked(of: Record, into: str = "text", link: str = LINK, **more: Any) -> Entry:
    return entry(of, settings=posting(receipt_link={"into": into, "link": link}, **more))


def texts(of: Entry) -> list[str]:
    return [one.text for one in of.lines]


def test_the_words_make_room_for_the_link_which_stays_whole() -> None:
    made = linked(spent())
    assert texts(made) == [f"Blue Bottle Lunch with the w {SHOWN}"]
    assert units(made.lines[0].text) == LONGEST
    assert made.notes == ()


def test_every_line_has_it_the_balancing_one_too() -> None:
    assert texts(linked(spent("Lunch", "Tea"))) == [
        f"Blue Bottle Lunch {SHOWN}", f"Blue Bottle Tea {SHOWN}", f"Blue Bottle {SHOWN}",
    ]  # fmt: skip
    made = linked(spent("Lunch", "Tea"), "financial_tag")
    assert {one.financial_tag for one in made.lines} == {SHOWN}
    assert texts(made) == texts(entry(spent("Lunch", "Tea")))


@pytest.mark.parametrize("into", ["text", "financial_tag"])
@pytest.mark.parametrize("receipts", [None, [], "none", [None, {"id": None}, {"download_uris": ["https://x"]}]])
def test_without_a_receipt_there_is_no_link(into: str, receipts: Any) -> None:
    assert linked(spent(receipts=receipts), into) == entry(spent(receipts=receipts))


def test_a_connection_that_says_nothing_of_it_has_none() -> None:
    (only,) = entry(spent()).lines
    assert (only.text, only.financial_tag) == ("Blue Bottle Lunch with the whole team", "")


def test_a_link_too_long_for_a_text_is_left_out_and_said_so() -> None:
    made = linked(spent(source_id="e" * 35))
    assert texts(made) == ["Blue Bottle Lunch with the whole team"]
    assert made.notes == (
        "The link to the receipt is left out: it has 61 characters, and F&O keeps 60 of a text.",
    )  # fmt: skip
    assert texts(linked(spent(source_id="e" * 34))) == ["https://acme.example/brex/" + "e" * 34]


def test_a_tag_may_be_as_long_as_it_is() -> None:
    (only,) = linked(spent(source_id="e" * 90), "financial_tag").lines
    assert only.financial_tag == "https://acme.example/brex/" + "e" * 90


@pytest.mark.parametrize("into", ["text", "financial_tag"])
def test_what_brex_does_not_give_makes_no_half_a_link(into: str) -> None:
    made = linked(spent(source_id=None), into)
    assert [(one.text, one.financial_tag) for one in made.lines] == [("Blue Bottle Lunch with the whole team", "")]
    assert made.notes == ("The link to the receipt is left out, as Brex gives no {source_id} for it.",)


def test_each_id_has_its_placeholder_and_the_tag_is_the_template_exactly() -> None:
    (only,) = linked(spent(), "financial_tag", "a|{record_id}|{receipt_id}||{reference}|").lines
    assert only.financial_tag == f"a|accr_1|receipt_1||{reference('accr_1', 0, 'entry')}|"


def test_a_card_transaction_has_a_link_of_its_own() -> None:
    of = spent(receipts=None, receipt_ids=["receipt_9"], link="https://dashboard.brex.com/expenses/e_1")
    (only,) = linked(of, "financial_tag", "{link}").lines
    assert only.financial_tag == "https://dashboard.brex.com/expenses/e_1"
    assert of.receipts == ("receipt_9",)


def test_a_linked_entry_has_it_too_and_a_pending_invoice_has_the_receipt_itself() -> None:
    of, setting = spent(), ReceiptLink(into="financial_tag", link=LINK)
    plain = replace(entry(of), form="pending_invoice", linked=entry(of))
    made = with_link(plain, of, setting)
    assert made.lines == plain.lines
    assert made.linked is not None
    assert [one.financial_tag for one in made.linked.lines] == [SHOWN]
    told = with_link(plain, spent(source_id=""), setting)
    assert told.linked is not None
    assert (len(told.notes), len(told.linked.notes)) == (0, 1)


def test_a_tag_is_stored_where_there_is_one() -> None:
    made = linked(spent(), "financial_tag")
    assert from_json(made.as_json()) == made
    assert "financial_tag" not in linked(spent()).as_json()["lines"][0]


@given(st.text(), st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1))
def test_a_link_is_never_cut_and_the_text_never_too_long(words: str, link: str) -> None:
    text = ending(words, link)
    assert units(text) <= LONGEST
    assert text.endswith(link) or (units(link) > LONGEST and text == ending(words, "x" * 61))
