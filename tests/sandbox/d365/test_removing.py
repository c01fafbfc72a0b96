"""Lines deleted over OData, as strictly as the facts say: by key, in the version named, out of unposted journals."""

import pytest

from sandbox.d365.ledger import Ledger
from tests.sandbox.d365.caller import Caller, message_of


def path(number: str, line: int = 1) -> str:
    return f"LedgerJournalLines(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber={line})?cross-company=true"


def test_a_deleted_line_is_gone_and_the_totals_follow(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    f_and_o.line(number)
    response = f_and_o.call("DELETE", path(number))
    assert (response.status_code, response.text) == (204, "")
    assert [line["LineNumber"] for line in ledger.lines(journal=number)] == [2]
    assert ledger.headers()[0]["JournalTotalDebit"] == ledger.lines()[0]["DebitAmount"]


@pytest.mark.parametrize("enforced", [True, False])
def test_another_version_of_a_line_is_kept_where_if_match_is_enforced(
    enforced: bool, f_and_o: Caller, ledger: Ledger
) -> None:
    ledger.set(if_match=enforced)
    number = f_and_o.journal()
    etag = f_and_o.line(number)["@odata.etag"]
    ledger.change_line(number, 1, Text="a person's")
    response = f_and_o.call("DELETE", path(number), If_Match=etag)
    assert response.status_code == (412 if enforced else 204)
    assert len(ledger.lines()) == (1 if enforced else 0)
    if enforced:
        now = ledger.lines()[0]["@odata.etag"]
        assert f_and_o.call("DELETE", path(number), If_Match=now).status_code == 204


def test_a_line_of_a_posted_journal_is_kept(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    ledger.post_journal(number)
    assert "has been posted" in message_of(f_and_o.call("DELETE", path(number)))
    assert len(ledger.lines()) == 1


def test_a_deletion_beside_another_request_to_its_journal_conflicts(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    with ledger.somebody_writes_to(number):
        assert "update conflict" in message_of(f_and_o.call("DELETE", path(number)))
    assert len(ledger.lines()) == 1


def test_a_changeset_of_deletions_is_all_or_nothing(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    f_and_o.line(number)
    f_and_o.line(number)
    wrong = f_and_o.batch([("DELETE", path(number, 1), None), ("DELETE", path(number, 9), None)])
    assert wrong.statuses == [[500]]
    assert len(ledger.lines()) == 2
    right = f_and_o.batch([("DELETE", path(number, 1), None), ("DELETE", path(number, 2), None)])
    assert right.statuses == [[204, 204]]
    assert ledger.lines() == []
