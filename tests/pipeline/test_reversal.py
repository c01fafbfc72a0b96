"""How to take an entry back, as a table over everything that can be told; and what a reversing entry says."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.problems import PROBLEMS
from connector.pipeline.decide import Clock, JournalState
from connector.pipeline.mirror import left_over, mirror, on_a_vendor
from connector.pipeline.poison import MOST_ATTEMPTS
from connector.pipeline.reversal import (
    MOST_LOOKS,
    Decision,
    Do,
    Form,
    Place,
    Standing,
    Tries,
    decide,
)

NOW: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAUSE: Final = 2.0
ONE, OTHER = "USMF-000001", "USMF-000002"
ENTRY: Final[dict[str, tuple[Place, ...]]] = {
    "nothing": (),
    "unposted": (Place(ONE, 3, posted=False),),
    "posted": (Place(ONE, 3, posted=True),),
    "in both": (Place(ONE, 3, posted=True), Place(OTHER, 3, posted=False)),
    "without a journal": (Place(ONE, 3, posted=None),),
}
COUNTER: Final = {"none": (), "stands": (Place(OTHER, 3, posted=False),)}
QUIET: Final = {"none": None, "left": NOW + timedelta(seconds=90), "over": NOW - timedelta(seconds=1)}
ABSENT: Final = {"never": None, "too soon": NOW - timedelta(seconds=1), "long ago": NOW - timedelta(seconds=PAUSE)}
TRIES: Final = {
    "none": Tries(),
    "one": Tries(sent=1),
    "deleted": Tries(sent=1, deleted=True),
    "too many": Tries(sent=MOST_ATTEMPTS, refusal="Journal is in workflow."),
    "many looks": Tries(looks=MOST_LOOKS),
}


@dataclass(frozen=True)
class Case:
    """One thing `decide` can be told, by the names above."""

    complete: bool
    entry: str
    counter: str
    cancels: bool
    vendor: bool
    checked: bool
    journal: JournalState
    tries: str
    quiet: str
    absent: str

    def decision(self) -> Decision:
        standing = Standing(
            self.complete, ENTRY[self.entry], COUNTER[self.counter], self.cancels, self.vendor, self.journal
        )
        clock = Clock(NOW, QUIET[self.quiet], ABSENT[self.absent], PAUSE)
        return decide(standing, TRIES[self.tries], clock, vendor_checked=self.checked)


def every_case() -> Iterator[Case]:
    both = (True, False)
    for values in product(both, ENTRY, COUNTER, both, both, both, JournalState, TRIES, QUIET, ABSENT):
        yield Case(*values)


EVERY: Final = list(every_case())


def test_every_decision_can_be_carried_out() -> None:
    for case in EVERY:
        made = case.decision()
        assert made.why
        assert (made.do is Do.HOLD) == (made.code != "")
        assert made.code in ("", *PROBLEMS)
        assert (made.do is Do.WAIT) == (made.seconds > 0)
        assert (made.do is Do.REMOVE) == (made.journal != "")
        assert not made.absent or made.do is Do.WAIT


def test_nothing_follows_from_half_a_look() -> None:
    assert {case.decision().do for case in EVERY if not case.complete} == {Do.WAIT}


def test_lines_are_deleted_only_where_they_stand_in_an_unposted_journal_and_nothing_cancels_them() -> None:
    for case in EVERY:
        made = case.decision()
        if made.do is Do.REMOVE:
            assert made.journal in {place.journal for place in ENTRY[case.entry] if place.posted is False}
            assert (case.counter, case.vendor and not case.checked) == ("none", False)
            assert case.tries != "too many"


def test_a_reversing_entry_is_written_only_where_every_line_is_posted_and_none_stands_yet() -> None:
    told = [case for case in EVERY if case.decision().do is Do.REVERSE]
    assert {(case.entry, case.counter) for case in told} == {("posted", "none")}
    assert not any(case.vendor and not case.checked for case in told)


def test_done_means_that_nothing_is_left() -> None:
    for case in EVERY:
        made = case.decision()
        if made.do is not Do.DONE:
            continue
        if made.form is Form.REVERSED:
            assert (case.counter, case.cancels) == ("stands", True)
            continue
        assert (case.entry, case.counter) == ("nothing", "none")
        assert case.journal not in (JournalState.POSTED, JournalState.UNKNOWN)  # lines may be deleted after posting
        assert case.tries == "deleted" or (case.absent == "long ago" and case.quiet != "left")


def test_a_vendors_line_waits_for_a_person_before_anything_is_sent() -> None:
    for case in EVERY:
        if case.vendor and not case.checked:
            assert case.decision().do not in (Do.REMOVE, Do.REVERSE)


def test_nothing_found_is_taken_for_gone_on_a_persons_word_where_f_and_o_cannot_tell() -> None:
    for journal, (counter, standing) in product(JournalState, COUNTER.items()):
        told = Standing(complete=True, counter=standing, journal=journal)
        made = decide(told, Tries(), Clock(NOW, None, NOW - timedelta(seconds=PAUSE), PAUSE), gone=True)
        assert made.do is (Do.HOLD if counter == "stands" else Do.DONE)


TABLE: Final[list[tuple[Case, Do, str]]] = [
    (Case(True, "unposted", "none", False, False, False, JournalState.OPEN, "none", "none", "never"), Do.REMOVE, ""),
    (Case(True, "in both", "none", False, False, False, JournalState.OPEN, "one", "none", "never"), Do.REMOVE, ""),
    (Case(True, "posted", "none", False, False, False, JournalState.POSTED, "one", "none", "never"), Do.REVERSE, ""),
    (Case(True, "posted", "stands", True, False, False, JournalState.POSTED, "none", "none", "never"), Do.DONE, ""),
    (Case(True, "posted", "stands", False, False, False, JournalState.POSTED, "none", "none", "never"), Do.HOLD,
     "REVERSAL-UNCLEAR"),
    (Case(True, "posted", "none", False, True, False, JournalState.POSTED, "none", "none", "never"), Do.HOLD,
     "REVERSAL-VENDOR"),
    (Case(True, "posted", "none", False, True, True, JournalState.POSTED, "none", "none", "never"), Do.REVERSE, ""),
    (Case(True, "unposted", "none", False, False, False, JournalState.OPEN, "too many", "left", "never"), Do.WAIT, ""),
    (Case(True, "unposted", "none", False, False, False, JournalState.OPEN, "too many", "over", "never"), Do.HOLD,
     "REVERSAL-REFUSED"),
    (Case(True, "without a journal", "none", False, False, False, JournalState.OPEN, "none", "none", "never"), Do.WAIT,
     ""),
    (Case(True, "without a journal", "none", False, False, False, JournalState.OPEN, "many looks", "none", "never"),
     Do.HOLD, "REVERSAL-UNCLEAR"),
    (Case(True, "nothing", "none", False, False, False, JournalState.OPEN, "deleted", "none", "never"), Do.DONE, ""),
    (Case(True, "nothing", "none", False, False, False, JournalState.POSTED, "deleted", "none", "never"), Do.HOLD,
     "REVERSAL-UNCLEAR"),
    (Case(True, "nothing", "none", False, False, False, JournalState.GONE, "none", "none", "never"), Do.WAIT, ""),
    (Case(True, "nothing", "none", False, False, False, JournalState.GONE, "none", "none", "long ago"), Do.DONE, ""),
    (Case(True, "nothing", "none", False, False, False, JournalState.OPEN, "one", "left", "long ago"), Do.WAIT, ""),
    (Case(True, "nothing", "stands", False, False, False, JournalState.OPEN, "none", "none", "never"), Do.HOLD,
     "REVERSAL-UNCLEAR"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "do", "code"), TABLE, ids=str)
def test_what_is_done_about_it(case: Case, do: Do, code: str) -> None:
    made = case.decision()
    assert (made.do, made.code) == (do, code)


def a_line(**values: Any) -> dict[str, Any]:
    return {
        "@odata.etag": 'W/"x"', "dataAreaId": "usmf", "JournalBatchNumber": ONE, "LineNumber": 1, "Voucher": "V1",
        "AccountType": "Ledger", "AccountDisplayValue": "602100-001", "DefaultDimensionDisplayValue": "",
        "OffsetAccountType": "Ledger", "OffsetAccountDisplayValue": "", "OffsetDefaultDimensionDisplayValue": "",
        "OffsetCompany": "usmf", "DebitAmount": Decimal(0), "CreditAmount": Decimal(0), "CurrencyCode": "USD",
        "TransDate": "2026-11-20T12:00:00Z", "Text": "Blue Bottle", "Document": "BXA", "SalesTaxGroup": "TX",
        "ItemSalesTaxGroup": "", "SalesTaxCode": "",
    } | values  # fmt: skip


AMOUNTS = st.decimals("0.01", "1000000", places=2)


@given(st.lists(st.tuples(AMOUNTS, st.sampled_from(["1", "2", "3"]), st.booleans(), st.booleans()), min_size=1))
def test_an_entry_and_its_reversing_entry_leave_nothing_on_any_account(drawn: list[Any]) -> None:
    lines = [
        a_line(
            LineNumber=number, AccountDisplayValue=account, OffsetAccountDisplayValue="9" if offset else "",
            **{"DebitAmount" if debit else "CreditAmount": amount},
        )
        for number, (amount, account, debit, offset) in enumerate(drawn)
    ]  # fmt: skip
    mirrored = mirror(lines, "BXR", None)
    assert left_over([*lines, *mirrored]) == {}
    assert left_over(lines) == {} or left_over(mirrored) != {}


def test_a_reversing_line_says_what_it_reverses_within_sixty_utf_16_units() -> None:
    (line,) = mirror([a_line(DebitAmount=Decimal("5"), Text="\N{GRINNING FACE}" * 30)], "BXR", None)
    assert line["Text"].startswith("Reversal: ")
    assert len(line["Text"].encode("utf-16-le")) <= 120
    assert (line["DebitAmount"], line["CreditAmount"]) == (Decimal(0), Decimal(5))
    assert (line["Document"], line["SalesTaxGroup"]) == ("BXR", "TX")
    assert {"Voucher", "LineNumber", "JournalBatchNumber", "@odata.etag"}.isdisjoint(line)


@pytest.mark.parametrize(
    ("text", "reversal"),
    [
        ("Blue Bottle https://acme.example/b/1", "Reversal: Blue Bottle https://acme.example/b/1"),
        (f"Blue Bottle https://{'x' * 32}", f"Reversal: Blue Bott https://{'x' * 32}"),
        (f"https://{'x' * 42}", f"Reversal: https://{'x' * 42}"),
        (f"https://{'x' * 43}", "Reversal:"),
        (f"Blue https://{'x' * 45}", "Reversal: Blue"),
        ("", "Reversal:"),
    ],
)
def test_a_link_in_a_reversing_lines_text_is_whole_or_left_out(text: str, reversal: str) -> None:
    assert mirror([a_line(Text=text)], "BXR", None)[0]["Text"] == reversal


def test_a_reversing_line_keeps_the_financial_tags_that_there_are() -> None:
    (line,) = mirror([a_line(FinTagDisplayValue="a|b", OffsetFinTagDisplayValue="")], "BXR", None)
    assert line["FinTagDisplayValue"] == "a|b"
    assert "OffsetFinTagDisplayValue" not in line


def test_a_reversing_entry_keeps_the_date_unless_another_one_is_given() -> None:
    assert mirror([a_line()], "BXR", None)[0]["TransDate"] == "2026-11-20T12:00:00Z"
    assert mirror([a_line()], "BXR", date(2026, 12, 1))[0]["TransDate"] == "2026-12-01T12:00:00Z"


def test_a_vendor_is_seen_on_either_side() -> None:
    assert on_a_vendor([a_line(), a_line(AccountType="Vend")])
    assert on_a_vendor([a_line(OffsetAccountType="Vend", OffsetAccountDisplayValue="US-101")])
    assert not on_a_vendor([a_line(OffsetAccountType="Vend")])
