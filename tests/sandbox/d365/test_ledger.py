"""What people and jobs do in F&O, and what a client then finds."""

from decimal import Decimal

import pytest

from sandbox.d365 import CannotPost, Ledger
from sandbox.d365.errors import Refusal
from tests.sandbox.d365.caller import HEADERS, LINES, Caller, a_line, alone


def entries(caller: Caller, ledger: Ledger, *documents: str) -> str:
    """A journal with one two-line entry per document."""
    number = caller.journal()
    for document in documents:
        caller.batch([alone(number, "10", Document=document), alone(number, "-10", Document=document)])
    return number


def where(ledger: Ledger, document: str) -> list[str]:
    return [line["JournalBatchNumber"] for line in ledger.lines(document=document)]


def test_a_posted_journal_is_read_only_and_its_lines_stay_readable(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A")
    assert ledger.post_journal(number) is None
    assert [row["IsPosted"] for row in f_and_o.rows(HEADERS)] == ["Yes"]
    assert len(f_and_o.rows(f"{LINES}?$filter=Document eq 'A'")) == 2
    with pytest.raises(CannotPost):
        ledger.post_journal(number)


def test_a_journal_name_may_delete_lines_after_posting(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.journal_name("BREX", DeleteLinesAfterPosting="Yes")
    ledger.post_journal(entries(f_and_o, ledger, "A"))
    assert ledger.lines() == []
    assert len(ledger.headers(posted=True)) == 1


def test_a_voucher_that_does_not_balance_cannot_be_posted(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([alone(number, "10"), alone(number, "-9.5")])
    with pytest.raises(CannotPost, match=r"The transactions on voucher BRX0000001 do not balance as per 11/3/2026"):
        ledger.post_journal(number)
    assert ledger.headers(posted=True) == []


def test_a_foreign_entry_balances_although_its_cents_are_rounded(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    thirds = [alone(number, amount, CurrencyCode="JPY") for amount in ("1", "1", "1", "-3")]
    f_and_o.batch(thirds)
    assert ledger.post_journal(number) is None


def test_a_closed_period_cannot_be_posted_to(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, TransDate="2026-01-31")
    with pytest.raises(CannotPost, match="Fiscal period for 2026-01-31 is not open"):
        ledger.post_journal(number)


def test_a_total_account_cannot_be_posted_to(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number, AccountDisplayValue="199999")
    with pytest.raises(CannotPost, match="The account type for main account 199999 is not valid"):
        ledger.post_journal(number)


def test_transfer_errors_moves_failing_vouchers_to_a_new_journal(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "GOOD")
    f_and_o.batch([alone(number, "10", Document="BAD"), alone(number, "-9", Document="BAD")])
    new = ledger.post_journal(number, transfer_errors=True)
    assert new == "USMF-000002"
    assert where(ledger, "GOOD") == [number, number]
    assert where(ledger, "BAD") == [new, new]
    assert [line["LineNumber"] for line in ledger.lines(document="BAD")] == [1, 2]
    (row,) = f_and_o.rows(f"LedgerJournalTableBiEntities?$filter=JournalNum eq '{new}'")
    assert (row["ParentJournalNum"], row["Posted"], row["NumOfLines"]) == (number, "No", 2)
    (old,) = [header for header in ledger.headers() if header["JournalBatchNumber"] == number]
    assert (old["JournalTotalDebit"], old["JournalTotalCredit"]) == (10, 10)


def test_lines_can_be_moved_to_a_new_journal(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A", "B")
    new = ledger.move_lines(number, document="A")
    assert where(ledger, "A") == [new, new]
    assert len(f_and_o.rows(f"{LINES}?$filter=JournalBatchNumber eq '{number}'")) == 2
    assert len(f_and_o.rows(f"{LINES}?$filter=JournalBatchNumber eq '{new}'")) == 2
    assert f_and_o.line(number)["LineNumber"] == 5


def test_a_voucher_can_be_split(f_and_o: Caller, ledger: Ledger) -> None:
    entries(f_and_o, ledger, "A")
    new = ledger.split_voucher("A")
    assert [line["Voucher"] for line in ledger.lines(document="A")] == ["BRX0000001", new]
    assert new == "BRX0000002"


def test_a_deleted_journal_takes_its_lines_with_it(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A")
    ledger.delete_journal(number)
    assert (ledger.headers(), ledger.lines()) == ([], [])
    assert (
        f_and_o.call(
            "GET", f"{HEADERS}(dataAreaId='usmf',JournalBatchNumber='{number}')?cross-company=true"
        ).status_code
        == 404
    )
    assert f_and_o.journal() == "USMF-000002"


def test_lines_can_be_deleted_in_part(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A", "B")
    assert ledger.delete_lines(document="A", first=1) == 1
    assert [line["LineNumber"] for line in ledger.lines(journal=number)] == [2, 3, 4]
    assert ledger.headers()[0]["JournalTotalDebit"] == 10


def test_a_person_may_add_a_line_to_our_journal(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A")
    line = ledger.add_line(
        number,
        AccountDisplayValue="602100-001",
        OffsetAccountDisplayValue="110180",
        DebitAmount=Decimal("1.25"),
        CurrencyCode="USD",
        TransDate="2026-11-04",
        Text="Typed by hand",
    )
    assert (line["LineNumber"], line["Voucher"], line["TransDate"]) == (3, "BRX0000002", "2026-11-04T12:00:00Z")
    with pytest.raises(Refusal):
        ledger.add_line(number, AccountDisplayValue="999999")


def test_a_person_may_overwrite_a_line(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A")
    ledger.change_line(number, 1, Document="", Text="mine now")
    assert [line["Text"] for line in f_and_o.rows(f"{LINES}?$filter=Document eq ''")] == ["mine now"]
    assert len(ledger.lines(document="A")) == 1


def test_totals_are_per_currency_and_count_offsets(f_and_o: Caller, ledger: Ledger) -> None:
    number = entries(f_and_o, ledger, "A")
    f_and_o.line(number, CurrencyCode="EUR", DebitAmount=Decimal("7.77"))
    assert ledger.totals() == {
        "USD": (Decimal(10), Decimal(10)),
        "EUR": (Decimal("7.77"), Decimal("7.77")),
    }
    assert ledger.totals(document="A") == {"USD": (Decimal(10), Decimal(10))}
    assert ledger.totals(company="frrt") == {}


def test_what_is_not_there_cannot_be_handled(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        ledger.post_journal("USMF-000001")
    with pytest.raises(KeyError):
        ledger.journal_name("NOPE", NewVoucher="OneVoucher")
    with pytest.raises(KeyError):
        ledger.change("Currencies", {"CurrencyCode": "USD"}, Nonsense=1)
    with pytest.raises(KeyError):
        ledger.set_delimiter("Comma")
    with pytest.raises(TypeError):
        ledger.set(no_such_switch=1)


def test_switches_live_with_the_data(ledger: Ledger, f_and_o: Caller) -> None:
    ledger.set(page_size=3)
    assert Ledger(ledger.environment.store).switches.page_size == 3
    assert len(f_and_o.rows("Currencies")) == 3


def test_a_line_of_another_company_is_not_mixed_in(f_and_o: Caller, ledger: Ledger) -> None:
    number, french = f_and_o.journal(), f_and_o.journal(company="frrt")
    f_and_o.batch([a_line(number)], [a_line(french, dataAreaId="frrt", CurrencyCode="EUR")])
    assert [line["dataAreaId"] for line in ledger.lines()] == ["usmf", "frrt"]
    assert len(ledger.lines(company="frrt")) == 1
    assert len(ledger.headers("usmf")) == 1
