"""A changeset that fails: atomic, collapsed into one part, and the end of the batch unless agreed otherwise."""

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import LINES, Caller, a_line, alone, written

CONTINUE = {"Prefer": "odata.continue-on-error"}


def documents(ledger: Ledger) -> list[str]:
    return [line["Document"] for line in ledger.lines()]


def bad(number: str, **values: object) -> dict[str, object]:
    return a_line(number, AccountDisplayValue="999999", **values)


def test_a_changeset_is_written_whole_or_not_at_all(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    answer = f_and_o.batch([alone(number, "10"), alone(number, "5"), bad(number)])
    assert answer.statuses == [[500]]
    assert ledger.lines() == []
    assert f_and_o.rows("LedgerJournalHeaders")[0]["JournalTotalDebit"] == 0
    assert f_and_o.rows(f"{LINES}?$filter=JournalBatchNumber eq '{number}'") == []


def test_numbers_of_a_failed_changeset_are_given_again(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    f_and_o.batch([a_line(number), bad(number)])
    row = f_and_o.line(number)
    assert (row["LineNumber"], row["Voucher"]) == (1, "BRX0000001")


def test_a_failed_changeset_is_one_part_with_its_first_content_id(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    answer = f_and_o.batch([a_line(number)], [a_line(number), bad(number)])
    assert answer.statuses == [[201], [500]]
    assert answer.content_ids == [["1"], ["2"]]
    assert answer.message(1) == (
        "Write failed for table row of type 'LedgerJournalLineEntity'. Infolog: Warning: The value 999999 doesn't "
        "exist for MainAccount.; Warning: validateWrite failed on data source 'LedgerJournalTrans "
        "(LedgerJournalTrans)'."
    )
    (body,) = answer.rows(1)
    assert body["error"]["message"] == "An error has occurred."
    assert body["error"]["innererror"]["type"].endswith("OData.AxODataWriteException")


def test_a_failed_changeset_may_be_400_elsewhere(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(changeset_status=400)
    assert f_and_o.batch([bad(f_and_o.journal())]).statuses == [[400]]


def test_a_refused_field_keeps_its_403_inside_a_batch(f_and_o: Caller) -> None:
    assert f_and_o.batch([a_line(f_and_o.journal(), LineNumber=1)]).statuses == [[403]]


def test_it_stops_after_the_first_failed_changeset(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    answer = f_and_o.batch([a_line(number, Document="A")], [bad(number)], [a_line(number, Document="C")])
    assert answer.statuses == [[201], [500]]
    assert documents(ledger) == ["A"]


def test_it_goes_on_after_a_failure_where_that_is_preferred(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    answer = f_and_o.batch([bad(number)], [a_line(number, Document="B")], [bad(number)], [a_line(number)], **CONTINUE)
    assert answer.statuses == [[500], [201], [500], [201]]
    assert answer.content_ids == [["1"], ["2"], ["3"], ["4"]]


@pytest.mark.parametrize("prefer", ["odata.continue-on-error=true", "return=minimal, odata.continue-on-error"])
def test_the_preference_may_be_written_in_other_ways(f_and_o: Caller, prefer: str) -> None:
    number = f_and_o.journal()
    assert len(f_and_o.batch([bad(number)], [a_line(number)], Prefer=prefer).parts) == 2


def test_the_preference_may_be_ignored_elsewhere(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(continue_on_error=False)
    number = f_and_o.journal()
    answer = f_and_o.batch([a_line(number, Document="A")], [bad(number)], [a_line(number)], **CONTINUE)
    assert answer.statuses == [[201], [500]]
    assert documents(ledger) == ["A"]
    assert answer.response.text.endswith("--\r\n")


def test_the_world_may_move_on_between_two_changesets(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    ledger.before_each_changeset(lambda index: ledger.post_journal(number) if index == 1 else None)
    answer = f_and_o.batch([a_line(number)], [a_line(number)], **CONTINUE)
    assert answer.statuses == [[201], [500]]
    assert "has been posted" in answer.message(1)


def test_an_error_outside_the_rules_takes_its_changeset_back_too(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()

    def break_down(index: int) -> None:
        if index == 1:
            raise RuntimeError("the server fell over")

    ledger.before_each_changeset(break_down)
    f_and_o.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert f_and_o.raw_batch(written([a_line(number, Document="A")], [a_line(number)])).status_code == 500
    assert documents(ledger) == ["A"]
