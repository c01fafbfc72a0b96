"""The invariants of vendor invoices, second entries and receipts find what they are there to find."""

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.reference import linked_id, reference
from sandbox.books import Allowed, Books
from sandbox.invariants import broken
from tests.sandbox.test_invariants import ID, books, line, record, row

Json = dict[str, Any]
KEY = reference(ID, 0, "entry")
SECOND = linked_id(ID)
LATER = {"Voucher": "GNJL2", "LineNumber": 2}


def invoice(*amounts: str, **changes: Any) -> Json:
    return {
        "dataAreaId": "usmf", "HeaderReference": "VI-1", "DocumentNumber": KEY, "Currency": "USD", "IsOnHold": "No",
        "ImportedAmount": Decimal(20), "lines": [{"NetAmount": Decimal(one)} for one in amounts],
    } | changes  # fmt: skip


def posted(**changes: Any) -> Json:
    return {
        "dataAreaId": "usmf", "DocumentNum": KEY, "CurrencyCode": "USD", "InvoiceAmount": Decimal(20),
        "LedgerVoucher": "VIN1",
    } | changes  # fmt: skip


def receipt(name: str = "r1", **changes: Any) -> Json:
    told = f"Receipt from Brex ({KEY}/{name})"
    return {"dataAreaId": "usmf", "HeaderReference": "VI-1", "Notes": told} | changes


def pending(*invoices: Json, **changes: Any) -> Books:
    """Of a record that became pending invoices, and no lines in a journal."""
    ours = [row(journal="VI-1", voucher="")]
    return books(**({"lines": [], "headers": [], "invoices": invoices, "rows": ours} | changes))


def pair(second: Json | None, **changes: Any) -> Books:
    lines = [line(), *([second] if second else [])]
    rows = [row(linked=SECOND), row(record_id=SECOND, export_status="NOT_APPLICABLE", voucher="GNJL2")]
    return books(**({"lines": lines, "paired": [ID], "rows": rows} | changes))


CLEARING = line(Document=reference(SECOND, 0, "entry"), **LATER)
WAITING = {"rows": [row(stage="writing", export_status="NONE")], "reported": []}

GOOD: dict[str, Books] = {
    "a pending invoice": pending(invoice("12", "8")),
    "a credit note": pending(invoice("-20", ImportedAmount=Decimal(-20))),
    "a posted invoice": pending(posted=[posted()], rows=[row(ledger_status="posted", journal="VI-1", voucher="VIN1")]),
    "somebody else's invoice beside it": pending(
        invoice("20"), invoice("5", DocumentNumber="PO 17", HeaderReference="VI-2")),
    "an invoice that posting a journal made": books(posted=[posted(LedgerVoucher="GNJL1")]),
    "two receipts": pending(invoice("20"), documents=[receipt(), receipt("r2")]),
    "a person's own attachments": pending(invoice("20"), documents=[receipt(Notes="scan"), receipt(Notes="scan")]),
    "both entries": pair(CLEARING),
    "the second entry of another company, of another worth": pair(
        CLEARING | {"dataAreaId": "frrt", "JournalBatchNumber": "FRRT-1", "DebitAmount": Decimal(5)},
        rows=None),
    "taken back, both of them": pair(None, lines=[], rows=None, reported=[]),
}  # fmt: skip

BROKEN: dict[str, tuple[Books, str]] = {
    "made twice": (pending(invoice("20"), invoice("20", HeaderReference="VI-2")),
                   "it stands 2 times, as pending invoice VI-1, pending invoice VI-2"),
    "pending and posted": (pending(invoice("20"), posted=[posted()]), "it stands 2 times"),
    "in a journal, too": (books(invoices=[invoice("20")]), "it stands in a journal and as pending invoice VI-1"),
    "part of its lines": (pending(invoice("12")), "the lines of pending invoice VI-1 come to 12, its header to 20"),
    "part of its lines, on hold": (pending(invoice("12", IsOnHold="Yes"), **WAITING), "come to 12, its header to 20"),
    "another amount": (pending(invoice("21", ImportedAmount=Decimal(21))), "comes to 21 USD, not 20 USD"),
    "another currency": (pending(invoice("20", Currency="EUR")), "comes to 20 EUR, not 20 USD"),
    "posted over another amount": (pending(posted=[posted(InvoiceAmount=Decimal(21))]), "comes to 21 USD"),
    "released without lines": (pending(invoice()), "is off hold without lines"),
    "reported and not there": (pending(rows=None), "Brex was told EXPORTED, and no entry of it stands in F&O"),
    "reported and on hold": (pending(invoice("20", IsOnHold="Yes")), "Brex was told EXPORTED, and no entry of it"),
    "an invoice of nobody's": (pending(invoice("20"), invoice("5", DocumentNumber=reference("accr_2", 0, "entry"))),
                               "no record explains pending invoice VI-1"),
    "never finished": (
        pending(invoice(IsOnHold="Yes"), reported=[], records=[record(review_status="REVIEW")],
                rows=[row(stage="reversed", export_status="NONE", journal="", voucher="")]),
        "is reversed, and pending invoice VI-1 is on hold in F&O"),
    "posted unnoticed": (pending(posted=[posted()]), "is unposted here, and posted in F&O"),
    "a receipt twice": (pending(invoice("20"), documents=[receipt(), receipt()]),
                        "receipt r1 is attached to VI-1 2 times"),
    "reported without its second": (
        pair(None, rows=None), "Brex was told EXPORTED, and its second entry does not stand in F&O"),
    "reported without the second that the connector knows of": (pair(None, paired=[]), "its second entry does not"),
    "the second alone": (pair(CLEARING, lines=[CLEARING], reported=[], rows=None),
                         "stands in F&O, and the first entry of accr_1 does not"),
    "the second of another worth": (pair(CLEARING | {"DebitAmount": Decimal(19)}, rows=None),
                                    "and what it clears to"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_said_where_all_is_well(name: str) -> None:
    assert broken(GOOD[name], settled=True) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_in_a_sentence(name: str) -> None:
    told = broken(BROKEN[name][0], settled=True)
    assert any(BROKEN[name][1] in sentence for sentence in told), told


def test_one_that_is_being_made_is_not_broken() -> None:
    assert broken(pending(invoice(IsOnHold="Yes"), **WAITING)) == []
    assert broken(pending(invoice("20", IsOnHold="Yes"), **WAITING)) == []


def test_a_second_entry_that_is_needed_no_more_is_not_asked_for() -> None:
    rows = [row(linked=SECOND), row(record_id=SECOND, stage="skipped", export_status="NOT_APPLICABLE")]
    assert broken(pair(None, paired=[], rows=rows), settled=True) == []


@pytest.mark.parametrize("stage", ["held", "written"])
def test_a_second_entry_may_wait_with_a_first_that_is_held(stage: str) -> None:
    rows = [
        row(stage=stage, export_status="NONE", linked=SECOND, problems=[{"code": "X"}] if stage == "held" else []),
        row(record_id=SECOND, stage="mapped", export_status="NOT_APPLICABLE", linked_to=ID),
    ]
    told = broken(pair(None, reported=[], records=[record(review_status="READY_FOR_EXPORT")], rows=rows), settled=True)
    assert told == ([] if stage == "held" else [f"{SECOND} is still mapped"])


@pytest.mark.parametrize("one", [ID, SECOND])
def test_what_people_did_to_one_of_two_entries_is_allowed_them(one: str) -> None:
    assert broken(pair(None, rows=None), Allowed(by_hand=[one])) == []
