"""The invariants find what they are there to find, and nothing where all is well."""

from decimal import Decimal
from typing import Any

import pytest

from connector.domain.reference import reference
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from sandbox.books import Allowed, Books
from sandbox.invariants import broken
from sandbox.world import World
from tests.invariants import assert_kept
from tests.invariants import broken as broken_in
from tests.pipeline.helpers import key, run_chain, run_until_quiet, spend, spend_and_announce

Json = dict[str, Any]

ID = "accr_1"


def record(**changes: Any) -> Json:
    return {"id": ID, "review_status": "EXPORTED", "amount": {"amount": Decimal(20), "currency": "USD"}} | changes


def header(**changes: Any) -> Json:
    marked = {"Description": "Brex 2026-11-20 BXJGEZDGNBVGY3TQ"}
    return {"dataAreaId": "usmf", "JournalBatchNumber": "USMF-1", "IsPosted": "No", **marked} | changes


def line(kind: str = "entry", epoch: int = 0, **changes: Any) -> Json:
    return {
        "dataAreaId": "usmf",
        "JournalBatchNumber": "USMF-1",
        "LineNumber": 1,
        "Voucher": "GNJL1",
        "AccountType": "Ledger",
        "AccountDisplayValue": "606100-001",
        "OffsetAccountType": "Ledger",
        "OffsetAccountDisplayValue": "200130-001",
        "DebitAmount": Decimal("20.00"),
        "CreditAmount": Decimal("0.00"),
        "CurrencyCode": "USD",
        "Document": reference(ID, epoch, kind),
    } | changes


def row(**changes: Any) -> Json:
    return {
        "record_id": ID,
        "stage": "acknowledged",
        "export_status": "EXPORTED",
        "ledger_status": "unposted",
        "problems": [],
        "journal": "USMF-1",
        "voucher": "GNJL1",
    } | changes


def books(**changes: Any) -> Books:
    reported = [{"accounting_record_id": ID, "success": {}}]
    given = {"lines": [line()], "headers": [header()], "records": [record()], "reported": reported, "rows": [row()]}
    return Books(**(given | changes))


# A reversal turns the sides round, in a voucher of its own.
BACK = line("reversal", DebitAmount=Decimal(0), CreditAmount=Decimal(20), Voucher="GNJL2", LineNumber=2)
HALVES = [
    line(OffsetAccountDisplayValue=""),
    line(OffsetAccountDisplayValue="", DebitAmount=Decimal(0), CreditAmount=Decimal(20), AccountDisplayValue="200130"),
]
REVERSED = {
    "reported": [],
    "records": [record(review_status="REVIEW")],
    "rows": [row(stage="reversed", export_status="NONE")],
}

GOOD = {
    "one line with an offset": books(),
    "two lines without": books(lines=HALVES),
    "not looked at here": books(rows=None),
    "taken back after it was reported": books(lines=[line(), BACK], rows=[row(stage="reversed")]),
    "written a second time after that": books(
        lines=[line(), BACK, line(epoch=1, Voucher="GNJL3")], rows=[row(voucher="GNJL3")]),
    "a person's line in a journal of their own": books(
        lines=[line(), line(Document="INV 17", JournalBatchNumber="USMF-2", Voucher="X")],
        headers=[header(), header(JournalBatchNumber="USMF-2", Description="Rent")],
    ),
    "posted": books(headers=[header(IsPosted="Yes")], rows=[row(ledger_status="posted")]),
    "held with a problem": books(lines=[], reported=[], rows=[
        row(stage="held", export_status="NONE", problems=[{"code": "MAP-ACCOUNT-MISSING"}])]),
}  # fmt: skip

BROKEN = {
    "doubled": (books(lines=[line(), line(LineNumber=2)]), "comes to 40.00 USD, not 20 USD"),
    "doubled in another journal": (books(lines=[line(), line(JournalBatchNumber="USMF-2")]), "comes to 40.00 USD"),
    "half of it": (books(lines=HALVES[:1]), "debits and credits differ: 20.00 debit and 0.00 credit USD"),
    "another amount": (books(lines=[line(DebitAmount=Decimal("19.99"))]), "comes to 19.99 USD"),
    "spread over vouchers": (books(lines=[HALVES[0], HALVES[1] | {"Voucher": "GNJL2"}]), "is spread over"),
    "a second epoch beside the first": (
        books(lines=[line(), line(epoch=1, Voucher="GNJL2")]), "of epochs [0, 1] all stand"),
    "reported and not there": (books(lines=[], rows=None), "Brex was told EXPORTED, and no entry of it stands in F&O"),
    "reported twice": (books(reported=[*books().reported, *books().reported]), "was told EXPORTED 2 times"),
    "a reference nobody knows": (
        books(lines=[line(), line(Document=reference("accr_2", 0, "entry"), Voucher="X")]), "no record explains"),
    "a line without reference in our journal": (
        books(lines=[line(), line(Document="", Voucher="X")]), "(Document blank)"),
    "a reversal to another account": (
        books(**REVERSED, lines=[line(), BACK | {"AccountDisplayValue": "606400-001"}]), "with its entry it leaves"),
    "a reversal of nothing": (books(**REVERSED, lines=[BACK]), "with its entry it leaves"),
    "still under way": (books(rows=[row(stage="writing")]), "accr_1 is still writing"),
    "never told": (books(reported=[], records=[record(review_status="READY_FOR_EXPORT")]), "Brex was never told"),
    "told and not known here": (books(rows=[row(stage="written", export_status="NONE")]), "and Brex was told EXPORTED"),
    "written by our tables alone": (
        books(lines=[], reported=[], rows=[row(export_status="NONE")]), "no entry of it stands"),
    "skipped and written": (books(rows=[row(stage="skipped")]), "is skipped, and an entry of it stands"),
    "held for nothing": (books(rows=[row(stage="held")]), "is held without a problem"),
    "posted unnoticed": (books(headers=[header(IsPosted="Yes")]), "is unposted here, and posted in F&O"),
    "moved unnoticed": (books(rows=[row(journal="USMF-2")]), "is in USMF-2 GNJL1 here, and in USMF-1 GNJL1 in F&O"),
    "never heard of": (
        books(records=[record(), record(id="accr_2", review_status="READY_FOR_EXPORT")]), "has never heard of it"),
    "a trail that breaks": (books(trails=["accr_1: event 2 of its trail: gone"]), "event 2 of its trail"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_said_where_all_is_well(name: str) -> None:
    assert broken(GOOD[name], settled=True) == []


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_in_a_sentence(name: str) -> None:
    told = broken(BROKEN[name][0], settled=True)
    assert any(BROKEN[name][1] in sentence for sentence in told), told


def test_a_voucher_of_two_entries_is_said() -> None:
    other = record(id="accr_2")
    both = [line(), line(Document=reference("accr_2", 0, "entry"))]
    told = broken(books(lines=both, records=[record(), other], rows=None))
    assert told == ["voucher usmf USMF-1 GNJL1 is shared by accr_1 (epoch 0, entry), accr_2 (epoch 0, entry)"]


def test_what_others_did_is_allowed_them() -> None:
    persons = line(Document="CORR 1", Voucher="X")
    assert broken(books(lines=[line(), persons]), Allowed(documents=["CORR 1"]), settled=True) == []
    edited = books(records=[record(amount={"amount": Decimal(25), "currency": "USD"})])
    assert broken(edited, Allowed(former={ID: [Decimal(20)]}), settled=True) == []
    deleted = books(lines=[], rows=[row(stage="held", problems=[{"code": "LEDGER-GONE"}])])
    assert broken(deleted, Allowed(by_hand=[ID]), settled=True) == []


def test_lines_that_went_unnoticed_are_said_at_the_end() -> None:
    allowed = Allowed(by_hand=[ID])
    assert broken(books(lines=[]), allowed) == []
    assert broken(books(lines=[]), allowed, settled=True) == [
        f"{ID} is acknowledged, and what became of its lines was not noticed"
    ]


def test_the_product_keeps_them(runtime: Runtime, world: World, connection: Connection) -> None:
    spend_and_announce(runtime, connection, world, 1, 2, 5)
    assert_kept(world, runtime.database, connection)
    run_chain(runtime, connection)
    assert_kept(world, runtime.database, connection, settled=True)


def test_they_see_what_stands_in_the_world(runtime: Runtime, world: World, connection: Connection) -> None:
    written = spend_and_announce(runtime, connection, world, 1)
    run_until_quiet(runtime, connection)
    waiting = spend(world, 1, seed=2)
    told = broken_in(world, runtime.database, connection, settled=True)
    assert told == [f"{waiting[0]} is ready in Brex, and the connector has never heard of it"]
    world.d365.delete_lines(document=key(written[0]))
    told = broken_in(world, runtime.database, connection)
    assert f"{written[0]}: Brex was told EXPORTED, and no entry of it stands in F&O" in told
