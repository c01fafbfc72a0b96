"""$batch: what it takes and how it answers."""

import pytest

from sandbox.d365 import Ledger
from tests.sandbox.d365.caller import HEADERS, HOST, Caller, a_line, alone, an_operation, message_of, written

OPEN, CLOSE = "--batch_1\r\n", "--batch_1--\r\n"


def test_each_changeset_is_answered_by_a_part_with_its_content_ids(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    answer = f_and_o.batch([alone(number, "10"), alone(number, "-10")], [a_line(number)])
    assert answer.statuses == [[201, 201], [201]]
    assert answer.content_ids == [["1", "2"], ["3"]]
    assert [[row["LineNumber"] for row in answer.rows(index)] for index in (0, 1)] == [[1, 2], [3]]


def test_the_answer_is_written_as_recorded(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    response = f_and_o.batch([a_line(number)]).response
    kind, _, boundary = response.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    assert boundary.startswith("batchresponse_")
    lines = response.text.split("\r\n")
    assert lines[0] == f"--{boundary}"
    inner = lines[1].removeprefix("Content-Type: multipart/mixed; boundary=")
    assert inner.startswith("changesetresponse_")
    assert lines[2:11] == [
        "",
        f"--{inner}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "Content-ID: 1",
        "",
        "HTTP/1.1 201 Created",
        'ETag: W/"JzEsNTYzNzE0NDU3NjswLDAn"',
        f"Location: {HOST}/data/LedgerJournalLines(dataAreaId='usmf',JournalBatchNumber='{number}',LineNumber=1)",
    ]
    assert lines[-4:] == [f"--{inner}--", "", f"--{boundary}--", ""]


def test_header_and_lines_may_come_in_one_changeset_where_numbers_may_be_given(f_and_o: Caller, ledger: Ledger) -> None:
    ledger.set(user_numbers=True)
    header = {"dataAreaId": "usmf", "JournalName": "BREX", "JournalBatchNumber": "B0002"}
    answer = f_and_o.batch([("POST", HEADERS, header), a_line("B0002")])
    assert answer.statuses == [[201, 201]]


def test_a_changeset_without_its_closing_delimiter_is_understood(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    body = written([a_line(number)], [a_line(number)], close=False)
    assert f_and_o.raw_batch(body).status_code == 200
    assert len(ledger.lines()) == 2


def test_bare_line_feeds_a_preamble_and_a_quoted_boundary_are_understood(f_and_o: Caller, ledger: Ledger) -> None:
    body = "preamble\n" + written([a_line(f_and_o.journal())]).replace("\r\n", "\n") + "epilogue"
    assert f_and_o.raw_batch(body, 'multipart/mixed; boundary="batch_1"').status_code == 200
    assert len(ledger.lines()) == 1


def test_urls_may_be_relative(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    body = written([a_line(number)], [a_line(number)])
    body = body.replace(f"{HOST}/data/", "/data/", 1).replace(f"{HOST}/data/", "", 1)
    assert f_and_o.raw_batch(body).status_code == 200
    assert len(ledger.lines()) == 2


def test_an_operation_on_another_host_is_refused(f_and_o: Caller, ledger: Ledger) -> None:
    body = written([a_line(f_and_o.journal())]).replace(HOST, "https://other.operations.dynamics.com")
    assert "is not part of the service" in f_and_o.raw_batch(body).text
    assert ledger.lines() == []


def test_operations_outside_a_changeset_stand_each_for_itself(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    items = [
        an_operation(a_line(number)),
        an_operation(a_line(number, CurrencyCode="XXX")),
        an_operation(a_line(number)),
        an_operation(("GET", "Currencies('EUR')", None)),
        an_operation(("GET", "Currencies('XXX')", None)),
    ]
    response = f_and_o.raw_batch("".join(f"{OPEN}{item}\r\n" for item in items) + CLOSE)
    statuses = [piece[:3] for piece in response.text.split("HTTP/1.1 ")[1:]]
    assert statuses == ["201", "400", "201", "200", "404"]
    assert len(ledger.lines()) == 2


def test_a_batch_may_hold_five_thousand_operations_and_not_one_more(f_and_o: Caller, ledger: Ledger) -> None:
    number = f_and_o.journal()
    lines = [a_line(number)] * 1250
    assert f_and_o.raw_batch(written(*[lines] * 4)).status_code == 200
    assert len(ledger.lines()) == 5000
    assert "5000" in message_of(f_and_o.raw_batch(written(*[lines] * 4, [a_line(number)])))
    assert len(ledger.lines()) == 5000


def test_a_batch_in_json_is_refused(f_and_o: Caller) -> None:
    assert f_and_o.raw_batch('{"requests": []}', "application/json").status_code == 400


@pytest.mark.parametrize("content_type", ["multipart/mixed", "multipart/form-data; boundary=batch_1", ""])
def test_a_batch_without_a_boundary_is_refused(f_and_o: Caller, content_type: str) -> None:
    assert f_and_o.raw_batch(written([a_line(f_and_o.journal())]), content_type).status_code == 400


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Content-ID: 2\r\n", "Content-ID: 1\r\n"),  # twice in one changeset
        ("Content-ID: 2\r\n", ""),
        ("Content-Type: application/http", "Content-Type: text/plain"),
        ("POST https", "GET https"),
        (" HTTP/1.1", ""),
        ("--batch_1", "--other"),
        ("Content-Transfer-Encoding: binary", "nonsense"),
    ],
)
def test_a_batch_it_cannot_read_is_refused_and_nothing_is_written(
    f_and_o: Caller, ledger: Ledger, before: str, after: str
) -> None:
    number = f_and_o.journal()
    body = written([a_line(number), a_line(number)]).replace(before, after)
    assert f_and_o.raw_batch(body).status_code == 400
    assert ledger.lines() == []


def test_content_ids_count_per_changeset_only(f_and_o: Caller) -> None:
    number = f_and_o.journal()
    body = written([a_line(number)], [a_line(number)]).replace("Content-ID: 2", "Content-ID: 1")
    assert f_and_o.raw_batch(body).text.count("201 Created") == 2
