"""Brex, our records and F&O's lines compared: each way to mutilate a true ledger is named, and nothing else is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.money import Money
from connector.domain.reference import reference
from connector.pipeline.balance import WHAT_TO_DO, Ours, Result, Sent, Theirs
from connector.pipeline.compare import Period, compare

DAY = date(2026, 11, 10)
PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 1), "usmf")
Line = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """The three sides. `lines` are F&O's."""

    ours: tuple[Ours, ...]
    theirs: dict[str, Theirs]
    lines: tuple[Line, ...]

    def compared(self, **changes: Any) -> Result:
        both = replace(self, **changes)
        return compare(PERIOD, both.ours, both.theirs, both.lines)


def told(result: Result) -> list[tuple[str, str, str]]:
    return [(one.kind, one.record_id, one.reference) for one in result.findings]


def line(named: str, debit: Decimal, credit: Decimal, account: str, currency: str, **more: Any) -> Line:
    return {
        "dataAreaId": "usmf", "JournalBatchNumber": "J1", "Voucher": f"V{named}", "AccountType": "Ledger",
        "AccountDisplayValue": account, "OffsetAccountType": "Ledger", "OffsetAccountDisplayValue": "",
        "DebitAmount": debit, "CreditAmount": credit, "CurrencyCode": currency, "TransDate": f"{DAY}T12:00:00Z",
        "Document": named,
    } | more  # fmt: skip


def lines_of(record_id: str, amounts: Sequence[Decimal], currency: str, epoch: int = 0) -> list[Line]:
    """A debit for each amount and one credit; a single amount is one line with its offset."""
    named = reference(record_id, epoch, "entry")
    if len(amounts) == 1:
        return [line(named, amounts[0], Decimal(0), "606100", currency, OffsetAccountDisplayValue="200130")]
    debits = [line(named, amount, Decimal(0), f"60610{n}", currency) for n, amount in enumerate(amounts)]
    return [*debits, line(named, Decimal(0), sum(amounts, Decimal(0)), "200130", currency)]


def entry(lines: Sequence[Line], outcome: str = "written", epoch: int = 0, kind: str = "entry") -> Sent:
    named = str(lines[0]["Document"])
    return Sent(kind, epoch, named, outcome, tuple(lines), len(lines), "J1", "usmf", DAY)


def ours(record_id: str, stage: str, money: Money, *sent: Sent, **more: Any) -> Ours:
    status = "EXPORTED" if stage == "acknowledged" else "NONE"
    return Ours(record_id, stage, "usmf", money.currency, money.amount, DAY, status, sent=sent, **more)


def shown(record_id: str, money: Money, status: str = "EXPORTED", day: date = DAY) -> Theirs:
    return Theirs(record_id, day, status, (money,))


amounts = st.decimals(min_value=1, max_value=9999, places=2)
# A line's amounts all differ, so that no two lines can be taken for each other.
spend = st.tuples(st.lists(amounts, min_size=1, max_size=4, unique=True), st.sampled_from(["USD", "EUR"]))
IN_STAGES = ("acknowledged", "written", "held", "skipped", "mapped")


@st.composite
def true_books(draw: st.DrawFn) -> Books:
    """Records in any stage; of those written the lines stand in F&O, of the others none."""
    mine, theirs, lines = [], {}, []
    for number, (parts, currency) in enumerate(draw(st.lists(spend, min_size=2, max_size=6))):
        record_id, money = f"accr_{number}", Money(sum(parts, Decimal(0)), currency)
        stage = "acknowledged" if number < 2 else draw(st.sampled_from(IN_STAGES))
        made = lines_of(record_id, parts, currency)
        written = stage in ("acknowledged", "written")
        mine.append(ours(record_id, stage, money, *([entry(made)] if written else [])))
        theirs[record_id] = shown(record_id, money, "EXPORTED" if stage == "acknowledged" else "READY_FOR_EXPORT")
        lines += made if written else []
    return Books(tuple(mine), theirs, tuple(lines))


@given(true_books())
def test_books_that_agree_have_no_finding_and_brex_s_total_is_the_sum_of_its_parts(books: Books) -> None:
    result = books.compared()
    assert (result.findings, result.difference, result.clean) == ([], Decimal(0), True)
    for key in result.keys:
        parts = result.parts[key].values()
        assert sum((one.amount for one in parts), Decimal(0)) == result.brex[key]
        written = result.parts[key].get("written")
        assert result.planned.get(key, 0) == result.ledger.get(key, 0) == (written.amount if written else 0)
    assert sum(one.records for parts in result.parts.values() for one in parts.values()) == len(books.theirs)


def owner(books: Books, named: str) -> str:
    return next(one.record_id for one in books.ours for sent in one.sent if sent.reference == named)


def count(books: Books, named: str) -> int:
    return sum(one["Document"] == named for one in books.lines)


@given(true_books(), st.data())
def test_a_line_that_is_dropped_is_named(books: Books, data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(range(len(books.lines))))
    named = books.lines[lost]["Document"]
    kind = "missing" if count(books, named) == 1 else "deleted"
    result = books.compared(lines=books.lines[:lost] + books.lines[lost + 1 :])
    assert told(result) == [(kind, owner(books, named), named)]


@given(true_books(), st.data(), st.sampled_from(["J1", "J2"]))
def test_a_line_that_is_doubled_is_named(books: Books, data: st.DataObject, journal: str) -> None:
    twice = data.draw(st.sampled_from(books.lines))
    result = books.compared(lines=(*books.lines, twice | {"JournalBatchNumber": journal}))
    assert told(result) == [("doubled", owner(books, twice["Document"]), twice["Document"])]
    assert result.difference == abs(
        result.ledger[result.findings[0].legal_entity, twice["CurrencyCode"]]
        - result.planned[result.findings[0].legal_entity, twice["CurrencyCode"]]
    )


CHANGES: dict[str, Any] = {
    "AccountDisplayValue": "999999", "CurrencyCode": "GBP", "TransDate": "2026-11-11T12:00:00Z", "SalesTaxGroup": "TX",
}  # fmt: skip


@given(true_books(), st.data(), amounts)
def test_a_line_that_is_changed_is_named(books: Books, data: st.DataObject, by: Decimal) -> None:
    place = data.draw(st.sampled_from(range(len(books.lines))))
    old = books.lines[place]
    name = data.draw(st.sampled_from(["DebitAmount", "CreditAmount", *CHANGES]))
    value = old[name] + by if name.endswith("Amount") else CHANGES[name]
    sent = replace_intent(books, old["Document"], "SalesTaxGroup", "") if name == "SalesTaxGroup" else books.ours
    result = books.compared(ours=sent, lines=(*books.lines[:place], old | {name: value}, *books.lines[place + 1 :]))
    assert told(result) == [("altered", owner(books, old["Document"]), old["Document"])]
    assert name in result.findings[0].sentence


def replace_intent(books: Books, named: str, name: str, value: str) -> tuple[Ours, ...]:
    """As the entry was sent with this field, too."""
    changed = []
    for one in books.ours:
        sent = [
            replace(each, intent=tuple({**row, name: value} for row in each.intent))
            for each in one.sent
            if each.reference == named
        ]
        changed.append(replace(one, sent=tuple(sent) or one.sent))
    return tuple(changed)


@given(true_books(), st.data(), st.booleans())
def test_lines_that_are_moved_to_another_journal_are_named(books: Books, data: st.DataObject, whole: bool) -> None:
    place = data.draw(st.sampled_from(range(len(books.lines))))
    named = books.lines[place]["Document"]
    moved = [
        one | {"JournalBatchNumber": "J2"} if number == place or (whole and one["Document"] == named) else one
        for number, one in enumerate(books.lines)
    ]
    result = books.compared(lines=tuple(moved))
    assert told(result) == [("moved", owner(books, named), named)]
    assert (result.difference, result.clean, "J2" in result.findings[0].journal) == (Decimal(0), False, True)


@given(true_books(), st.data())
def test_a_line_under_a_strange_reference_is_named_and_missed_where_it_was(books: Books, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(range(len(books.lines))))
    old, strange = books.lines[place], reference("accr_stranger", 0, "entry")
    lines = (*books.lines[:place], old | {"Document": strange}, *books.lines[place + 1 :])
    kind = "missing" if count(books, old["Document"]) == 1 else "deleted"
    expected = {(kind, owner(books, old["Document"]), old["Document"]), ("orphan", "", strange)}
    assert set(told(books.compared(lines=lines))) == expected


@given(true_books(), st.data())
def test_a_line_under_a_neighbour_s_reference_is_named_on_both(books: Books, data: st.DataObject) -> None:
    first, second = (one.sent[0].reference for one in books.ours[:2])
    place = data.draw(st.sampled_from([n for n, one in enumerate(books.lines) if one["Document"] == first]))
    moved = books.lines[place] | {"Document": second}
    result = books.compared(lines=(*books.lines[:place], moved, *books.lines[place + 1 :]))
    kind = "missing" if count(books, first) == 1 else "deleted"
    assert set(told(result)) == {(kind, "accr_0", first), ("doubled", "accr_1", second)}


@given(true_books(), st.data())
def test_a_record_that_one_side_alone_has_is_named(books: Books, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(books.theirs)))
    rest = {name: one for name, one in books.theirs.items() if name != gone}
    assert {one[:2] for one in told(books.compared(theirs=rest))} == {("vanished", gone)}
    mine = tuple(one for one in books.ours if one.record_id != gone)
    kept = tuple(one for one in books.lines if one["Document"] != reference(gone, 0, "entry"))
    assert told(books.compared(ours=mine, lines=kept)) == [("unknown", gone, "")]


@given(true_books(), st.data(), amounts)
def test_an_amount_that_changed_in_brex_is_named_with_the_difference(
    books: Books, data: st.DataObject, by: Decimal
) -> None:
    written = [one for one in books.ours if one.sent]
    one = data.draw(st.sampled_from(written))
    was = books.theirs[one.record_id]
    money = Money(was.worths[0].amount + by, one.currency)
    result = books.compared(theirs=books.theirs | {one.record_id: replace(was, worths=(money,))})
    assert told(result) == [("amount", one.record_id, one.sent[0].reference)]
    assert result.difference == by


# Single cases, each with one record of 10.00 USD

TEN = Money(Decimal("10.00"), "USD")
LINES = lines_of("accr_1", [TEN.amount], "USD")
NAMED = str(LINES[0]["Document"])


def one(stage: str, *sent: Sent, status: str = "READY_FOR_EXPORT", lines: Sequence[Line] = (), **more: Any) -> Result:
    return compare(PERIOD, [ours("accr_1", stage, TEN, *sent, **more)], {"accr_1": shown("accr_1", TEN, status)}, lines)


@pytest.mark.parametrize("outcome", ["open", "uncertain"])
@pytest.mark.parametrize("lines", [[], LINES], ids=["not there yet", "there already"])
def test_what_is_on_its_way_is_explained_either_way(outcome: str, lines: list[Line]) -> None:
    result = one("writing", entry(LINES, outcome), lines=lines)
    assert result.clean
    assert result.parts["usmf", "USD"].keys() == {"in flight, writing"}


def test_a_write_that_was_refused_and_stands_all_the_same_is_named() -> None:
    assert told(one("held", entry(LINES, "refused"), lines=LINES)) == [("orphan", "accr_1", NAMED)]
    assert one("held", entry(LINES, "refused")).clean


def reversing(lines: Sequence[Line], epoch: int = 0) -> list[Line]:
    named = reference("accr_1", epoch, "reversal")
    return [
        row | {"Document": named, "DebitAmount": row["CreditAmount"], "CreditAmount": row["DebitAmount"]}
        for row in lines
    ]


def test_an_entry_and_its_reversal_sum_to_zero() -> None:
    back = reversing(LINES)
    pair = (entry(LINES), entry(back, kind="reversal"))
    result = one("reversed", *pair, status="EXPORTED", lines=[*LINES, *back])
    assert result.clean
    assert result.ledger["usmf", "USD"] == result.planned["usmf", "USD"] == 0
    assert result.parts["usmf", "USD"].keys() == {"reversed"}
    assert told(one("reversed", *pair, lines=LINES)) == [("missing", "accr_1", back[0]["Document"])]
    assert told(one("reversed", *pair, lines=back)) == [("missing", "accr_1", NAMED)]


def test_an_entry_reversed_and_written_again_counts_once() -> None:
    back, again = reversing(LINES), lines_of("accr_1", [TEN.amount], "USD", epoch=1)
    sent = (entry(LINES), entry(back, kind="reversal"), entry(again, epoch=1))
    result = one("acknowledged", *sent, status="EXPORTED", lines=[*LINES, *back, *again], epoch=1)
    assert (result.clean, result.ledger["usmf", "USD"]) == (True, TEN.amount)


GONE = replace(entry(LINES), removed=True)


def removal(outcome: str) -> Sent:
    return Sent("removal", 0, "", outcome, (), 0, "", "usmf", DAY)


def test_an_entry_that_was_taken_out_is_not_missed_and_named_where_it_still_stands() -> None:
    for stage, status, epoch in (("reversed", "EXPORTED", 0), ("mapped", "READY_FOR_EXPORT", 1)):
        sent = (GONE, removal("written"))
        assert one(stage, *sent, status=status, epoch=epoch).clean
        assert told(one(stage, *sent, status=status, lines=LINES, epoch=epoch))[0] == ("orphan", "accr_1", NAMED)
    for lines in ([], LINES):
        assert one("acknowledged", entry(LINES), removal("uncertain"), status="EXPORTED", lines=lines).clean


def test_an_alteration_that_a_person_accepted_is_no_finding() -> None:
    changed = [LINES[0] | {"AccountDisplayValue": "606400"}]
    made = entry(LINES)
    assert told(one("acknowledged", made, status="EXPORTED", lines=changed)) == [("altered", "accr_1", NAMED)]
    accepted = frozenset({"D365-ALTERED"})
    assert one("acknowledged", made, status="EXPORTED", lines=changed, accepted=accepted).clean


@pytest.mark.parametrize("stage", ["fetched", "mapped", "held"])
def test_what_brex_shows_as_exported_and_stands_nowhere_is_named(stage: str) -> None:
    assert told(one(stage, status="EXPORTED")) == [("exported", "accr_1", "")]
    assert one("skipped", status="EXPORTED").clean


def test_what_brex_took_back_after_it_was_told_is_named_until_somebody_has_seen_to_it() -> None:
    assert told(one("acknowledged", entry(LINES), status="REVIEW", lines=LINES)) == [("returned", "accr_1", NAMED)]
    assert one("acknowledged", entry(LINES), status="REVIEW", lines=LINES, settled=True).clean


@pytest.mark.parametrize(
    ("status", "day", "part", "found"),
    [
        ("REVIEW", DAY, "not exported in Brex, REVIEW", []),
        ("PREPARE", DAY, "not exported in Brex, PREPARE", []),
        ("READY_FOR_EXPORT", DAY, "not known here, READY_FOR_EXPORT", ["unknown"]),
        ("EXPORTED", DAY, "not known here, EXPORTED", ["unknown"]),
        ("EXPORTED", date(2026, 10, 5), "before the start date, EXPORTED", []),
        ("READY_FOR_EXPORT", date(2026, 9, 1), None, []),
    ],
)
def test_what_brex_alone_has_is_counted_by_its_review_status(
    status: str, day: date, part: str | None, found: list[str]
) -> None:
    period = replace(PERIOD, first=date(2026, 10, 1))
    result = compare(period, [], {"accr_9": shown("accr_9", TEN, status, day)}, [])
    assert [name for parts in result.parts.values() for name in parts] == ([part] if part else [])
    assert [each.kind for each in result.findings] == found
    assert result.difference == 0


def test_what_went_on_meanwhile_is_not_judged() -> None:
    result = one("acknowledged", entry(LINES), lines=[], moving=True)
    assert (result.clean, result.moving) == (True, 1)


def test_lines_of_another_period_are_that_period_s_affair() -> None:
    late = PERIOD.last + timedelta(days=3)
    strange = [line(reference("accr_x", 0, "entry"), TEN.amount, Decimal(0), "1", "USD", TransDate=f"{late}T12:00:00Z")]
    assert compare(PERIOD, [], {}, strange).clean
    assert compare(PERIOD, [], {}, [strange[0] | {"TransDate": f"{DAY}T12:00:00Z"}]).findings[0].kind == "orphan"
    known = frozenset({str(strange[0]["Document"])})
    assert compare(PERIOD, [], {}, [strange[0] | {"TransDate": f"{DAY}T12:00:00Z"}], known).clean


def test_a_purged_entry_is_compared_by_lines_and_amount() -> None:
    purged = replace(entry(LINES), intent=())
    assert one("acknowledged", purged, status="EXPORTED", lines=LINES).clean
    changed = [LINES[0] | {"DebitAmount": Decimal(11)}]
    assert told(one("acknowledged", purged, status="EXPORTED", lines=changed)) == [("altered", "accr_1", NAMED)]


def test_an_amount_that_brex_shows_anywhere_is_the_amount() -> None:
    """A setting may book another amount of the record than the usual one."""
    euro = Money(Decimal("9.00"), "EUR")
    both = {"accr_1": Theirs("accr_1", DAY, "EXPORTED", (euro, TEN))}
    result = compare(PERIOD, [ours("accr_1", "acknowledged", TEN, entry(LINES))], both, LINES)
    assert (result.clean, dict(result.brex)) == (True, {("usmf", "USD"): TEN.amount})


def test_every_kind_of_finding_says_what_to_do() -> None:
    assert all(text.endswith(".") for text in WHAT_TO_DO.values())


def test_lines_of_a_record_that_is_held_before_it_has_an_entry_are_told_and_not_said_to_be_absent() -> None:
    held = ours("accr_1", "held", TEN)
    for explained in (frozenset[str](), frozenset({NAMED})):  # by a connection that was removed
        result = compare(PERIOD, [held], {"accr_1": shown("accr_1", TEN)}, LINES, explained)
        assert told(result) == [("held", "accr_1", NAMED)]
        assert result.ledger["usmf", "USD"] == TEN.amount
