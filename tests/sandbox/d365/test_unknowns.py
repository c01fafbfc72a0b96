"""What nobody has recorded of F&O is a switch: each way it could be, behaves."""

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import Caller, a_line


@pytest.mark.parametrize(("way", "ids"), [("first", [["1"], ["2"]]), ("one", [["1"], ["1"]]), ("none", [["1"], []])])
def test_a_refused_changeset_is_named_by_its_first_id_by_one_or_not_at_all(
    way: str, ids: list[list[str]], f_and_o: Caller, ledger: Ledger
) -> None:
    ledger.set(refusal_id=way)
    number = f_and_o.journal()
    answer = f_and_o.batch([a_line(number)], [a_line(number, AccountDisplayValue="999999"), a_line(number)])
    assert (answer.statuses, answer.content_ids) == ([[201], [500]], ids)


def test_an_empty_text_may_be_filled_in_by_an_extension(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.journal_name("BREX", OffsetAccountType="Ledger", OffsetAccountDisplayValue="110180")
    number = f_and_o.journal()
    assert f_and_o.line(number, OffsetAccountDisplayValue="")["OffsetAccountDisplayValue"] == ""
    ledger.set(fills_blanks=True)
    assert f_and_o.line(number, OffsetAccountDisplayValue="")["OffsetAccountDisplayValue"] == "110180---"


def test_a_line_number_that_is_taken_is_refused_or_silently_another(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(line_number="kept")
    number = f_and_o.journal()
    assert f_and_o.line(number, LineNumber=7)["LineNumber"] == 7
    assert "already exists" in f_and_o.refused(number, LineNumber=7)
    ledger.set(duplicate_numbers="accepted")
    assert f_and_o.line(number, LineNumber=7)["LineNumber"] == 8
