"""Which lines share a voucher."""

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import Caller, a_line, alone


def vouchers(ledger: Ledger) -> list[str]:
    """The vouchers of all lines, each written as a letter in the order of their appearance."""
    names: dict[str, str] = {}
    return [names.setdefault(line["Voucher"], chr(65 + len(names))) for line in ledger.lines()]


def test_each_line_with_an_offset_gets_a_voucher_of_its_own(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([a_line(number), a_line(number)], [a_line(number)])
    assert vouchers(ledger) == ["A", "B", "C"]


def test_lines_share_a_voucher_until_they_balance(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch(
        [alone(number, "10"), alone(number, "5.55"), alone(number, "-15.55")],
        [alone(number, "3"), alone(number, "-3")],
    )
    assert vouchers(ledger) == ["A", "A", "A", "B", "B"]


def test_a_balance_of_zero_half_way_splits_an_entry(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([alone(number, "10"), alone(number, "-10"), alone(number, "5"), alone(number, "-5")])
    assert vouchers(ledger) == ["A", "A", "B", "B"]


def test_an_unfinished_entry_drags_the_next_one_into_its_voucher(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([alone(number, "10")], [alone(number, "5"), alone(number, "-5")], [a_line(number)], [a_line(number)])
    assert vouchers(ledger) == ["A", "A", "A", "A", "B"]


def test_currencies_balance_each_for_itself(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([alone(number, "10"), alone(number, "-10", CurrencyCode="EUR")], [a_line(number)])
    assert vouchers(ledger) == ["A", "A", "A"]


def test_the_running_balance_outlives_a_request(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.batch([alone(number, "10")])
    f_and_o.batch([alone(number, "-10")])
    f_and_o.batch([alone(number, "10")])
    assert vouchers(ledger) == ["A", "A", "B"]


def test_each_journal_counts_for_itself(f_and_o: Caller, ledger: Ledger) -> None:
    first, second = f_and_o.journal(), f_and_o.journal()
    f_and_o.batch([alone(first, "10")], [alone(second, "5")], [alone(first, "-10")], [alone(second, "-5")])
    assert vouchers(ledger) == ["A", "B", "A", "B"]


def test_one_voucher_puts_the_whole_journal_into_one(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal("BREX1V")
    f_and_o.batch([a_line(number)], [alone(number, "5"), alone(number, "-5")], [a_line(number)])
    assert vouchers(ledger) == ["A", "A", "A", "A"]


def test_a_refused_entry_leaves_the_running_balance_alone(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    continued = {"Prefer": "odata.continue-on-error"}
    answer = f_and_o.batch(
        [alone(number, "10"), alone(number, "-10", CurrencyCode="XXX")],
        [alone(number, "3"), alone(number, "-3")],
        [alone(number, "4"), alone(number, "-4")],
        **continued,
    )
    assert answer.statuses == [[500], [201, 201], [201, 201]]
    assert vouchers(ledger) == ["A", "A", "B", "B"]


def test_a_voucher_of_ones_own_is_refused_where_the_sequence_is_automatic(f_and_o: Caller) -> None:
    assert "may not be entered" in f_and_o.refused(f_and_o.journal(), Voucher="MINE-1")


def test_manual_vouchers_are_taken_as_sent_and_joined_otherwise(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.journal_name("BREX", NewVoucher="Manually")
    number = f_and_o.journal()
    f_and_o.batch([a_line(number, Voucher="M1"), a_line(number)], [a_line(number, Voucher="M2"), a_line(number)])
    assert [line["Voucher"] for line in ledger.lines()] == ["M1", "M1", "M2", "M2"]


def test_each_journal_name_has_its_own_series(f_and_o: Caller) -> None:
    lines = [f_and_o.line(f_and_o.journal(name)) for name in ("BREX", "GenJrn", "BREX")]
    assert [line["Voucher"] for line in lines] == ["BRX0000001", "GNJ0000001", "BRX0000002"]
