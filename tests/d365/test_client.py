"""The F&O client against the strict stand-in, in process; what is about sockets is tested in tests/outbound."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.d365.client import D365Client
from connector.d365.errors import (
    D365Error,
    NoAnswer,
    NotSent,
    Refused,
    Throttled,
    Unauthorized,
    Unavailable,
    Unreadable,
)
from connector.d365.wire import journal_lines
from connector.domain.entry import Account, Entry, EntryLine
from sandbox.world import CLIENT_SECRET, World

REFERENCES = ["BXAAAAAAAAAAAAAAAA22", "BXBBBBBBBBBBBBBBBB22", "BXCCCCCCCCCCCCCCCC22"]
GOOD, BAD = "606100-001-022-", "999999-001-022-"


def rows_of(number: str, reference: str, account: str = GOOD, amount: str = "100.50") -> list[dict[str, Any]]:
    lines = (
        EntryLine(Account("Ledger", account), Decimal(amount), Decimal(0), "Lunch"),
        EntryLine(Account("Ledger", "200130-001--"), Decimal(0), Decimal(amount), "Lunch"),
    )
    entry = Entry(reference, "CARD_EXPENSE_POST", "usmf", "BREX", date(2026, 11, 5), "USD", lines)
    return [row | {"JournalBatchNumber": number} for row in journal_lines(entry, reference)]


@pytest.fixture
def number(client: D365Client) -> str:
    header = client.create_header("usmf", "BREX", "Brex [BXJAAAAAAAAAAAAA]", 30.0)
    return str(header["JournalBatchNumber"])


def changesets(number: str) -> list[list[dict[str, Any]]]:
    return [rows_of(number, reference) for reference in REFERENCES]


# -- reading


def test_it_follows_every_page_over_all_companies(world: World, client: D365Client) -> None:
    world.d365.set(page_size=2)
    names = list(client.rows("JournalNames", order_by="Name"))
    assert len(names) == len(world.d365.rows("JournalNames")) > 2
    assert {row["dataAreaId"] for row in names} != {"dat"}


def test_it_asks_for_what_was_selected(client: D365Client) -> None:
    (row,) = client.rows(
        "JournalNames", filter="dataAreaId eq 'usmf' and Name eq 'BREX'", select=["dataAreaId", "Name"]
    )
    assert {name for name in row if not name.startswith("@")} == {"dataAreaId", "Name"}


def test_a_header_is_found_or_surely_not_there(client: D365Client, number: str) -> None:
    header = client.header("USMF", number)
    assert header is not None
    assert header["IsPosted"] == "No"
    assert client.header("usmf", "USMF-999999") is None


def test_headers_are_found_by_their_marker(client: D365Client, number: str) -> None:
    assert [row["JournalBatchNumber"] for row in client.headers_marked("usmf", "BXJAAAAAAAAAAAAA")] == [number]
    assert client.headers_marked("usmf", "BXJBBBBBBBBBBBBB") == []


def test_lines_are_found_by_reference_in_any_journal(world: World, client: D365Client, number: str) -> None:
    client.send(changesets(number), seconds=30)
    moved = world.d365.move_lines(number, document=REFERENCES[1])
    window = {"first": date(2026, 11, 1), "last": date(2026, 11, 30)}
    lines = client.lines_by_document("usmf", REFERENCES, **window)
    assert {(line["Document"], line["JournalBatchNumber"]) for line in lines} == {
        (REFERENCES[0], number), (REFERENCES[1], moved), (REFERENCES[2], number)
    }  # fmt: skip
    assert len(lines) == 6
    assert lines[0]["DebitAmount"] == Decimal("100.50")
    assert len(client.lines_of_journal("usmf", number)) == 4
    assert client.lines_by_document("usmf", REFERENCES, first=date(2026, 11, 6)) == []
    assert client.lines_by_document("usmf", REFERENCES, last=date(2026, 11, 4)) == []


def test_many_references_take_several_calls_and_none_takes_none(client: D365Client, number: str) -> None:
    client.send(changesets(number), seconds=30)
    before = client.requests
    many = [f"BX{index:018d}" for index in range(40)] + [REFERENCES[0]]
    assert len(client.lines_by_document("usmf", many)) == 2
    assert client.requests - before == 3
    assert client.lines_by_document("usmf", []) == []
    assert client.requests - before == 3


def test_a_next_page_on_another_host_is_not_followed(world: World, client: D365Client) -> None:
    for link in (
        "https://evil.test/data/JournalNames",
        "https://contoso.operations.dynamics.com/api/x",
        "http://contoso.operations.dynamics.com/data/x",
        7,
    ):
        body = f'{{"value":[],"@odata.nextLink":{link!r}}}'.replace("'", '"')
        world.faults.add("d365", "GET JournalNames", "malformed_after", body=body, content_type="application/json")
        with pytest.raises(Unreadable, match="another host"):
            list(client.rows("JournalNames"))


def test_pages_that_go_in_a_circle_end_with_an_error(world: World, client: D365Client) -> None:
    body = '{"value":[{}],"@odata.nextLink":"/data/JournalNames?$skiptoken=1"}'
    world.faults.add("d365", "GET JournalNames", "malformed_after", times=5, body=body, content_type="application/json")
    with pytest.raises(Unreadable, match="circle"):
        list(client.rows("JournalNames"))


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"value":7}', '{"value":[1]}', '{"value":[{"a":NaN}]}', "{}"])
def test_a_page_that_is_no_odata_is_unreadable(world: World, client: D365Client, body: str) -> None:
    world.faults.add("d365", "GET JournalNames", "malformed_after", body=body, content_type="application/json")
    with pytest.raises(Unreadable):
        list(client.rows("JournalNames"))


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("reset_before", {}, Unavailable),
        ("reset_after", {}, Unavailable),
        ("truncate_after", {"bytes": 20}, Unavailable),
        ("status_before", {"code": 503}, Unavailable),
        ("status_before", {"code": 502}, Unavailable),
        ("status_before", {"code": 404}, Unreadable),
        ("status_before", {"code": 302}, Unreadable),
        ("throttle", {"retry_after": 17}, Throttled),
        ("refuse", {}, NotSent),
    ],
)
def test_a_read_that_fails_says_how(
    world: World, client: D365Client, kind: str, options: dict[str, Any], error: type[D365Error]
) -> None:
    world.faults.add("d365", "GET JournalNames", kind, **options)
    with pytest.raises(D365Error) as caught:
        list(client.rows("JournalNames"))
    assert type(caught.value) is error
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after == 17.0


def test_a_query_that_f_and_o_refuses_says_why(client: D365Client) -> None:
    with pytest.raises(Refused) as caught:
        list(client.rows("JournalNames", filter="NoSuchField eq 'x'"))
    assert "NoSuchField" in caught.value.infolog
    assert caught.value.activity_id


# -- tokens


def test_a_401_gets_one_fresh_token_and_one_repeat(world: World, client: D365Client, number: str) -> None:
    world.entra.revoke_all()
    assert client.header("usmf", number) is not None
    world.entra.revoke_all()
    assert client.send(changesets(number), seconds=30).complete
    assert len(world.d365.lines(journal=number)) == 6


def test_a_second_401_is_said_plainly(world: World, client: D365Client) -> None:
    world.faults.add("d365", "GET JournalNames", "status_before", times=2, code=401)
    with pytest.raises(Unauthorized, match="Microsoft Entra ID applications"):
        list(client.rows("JournalNames"))
    assert client.requests == 2


def test_no_token_means_that_nothing_was_sent(world: World, client: D365Client) -> None:
    world.faults.add("entra", "*", "reset_after", times=None)
    with pytest.raises(NotSent):
        client.create_header("usmf", "BREX", "x", 30.0)
    assert client.requests == 0


# -- writing


def test_a_new_journal_is_numbered_by_f_and_o(world: World, client: D365Client, number: str) -> None:
    (header,) = world.d365.headers("usmf")
    assert header["JournalBatchNumber"] == number
    assert (header["JournalName"], header["Description"]) == ("BREX", "Brex [BXJAAAAAAAAAAAAA]")


def test_a_journal_that_f_and_o_refuses_is_not_there(world: World, client: D365Client) -> None:
    with pytest.raises(Refused) as caught:
        client.create_header("usmf", "NOSUCH", "x", 30.0)
    assert caught.value.infolog
    assert world.d365.headers() == []


def test_entries_are_written_one_changeset_each(world: World, client: D365Client, number: str) -> None:
    answer = client.send(changesets(number), seconds=30)
    assert answer.complete
    assert answer.activity_id
    for part, ids, reference in zip(answer.parts, answer.content_ids, REFERENCES, strict=True):
        assert part.content_ids == tuple(ids)
        assert part.rows is not None
        assert [row["Document"] for row in part.rows] == [reference, reference]
        assert part.rows[0]["DebitAmount"] == Decimal("100.50")
    assert len(world.d365.lines()) == 6


@pytest.mark.parametrize("continues", [True, False])
def test_a_refused_entry_leaves_its_neighbours_alone(
    world: World, client: D365Client, number: str, continues: bool
) -> None:
    world.d365.set(continue_on_error=continues)
    first, second, third = changesets(number)
    second = rows_of(number, REFERENCES[1], account=BAD)
    answer = client.send([first, second, third], seconds=30)
    assert answer.complete
    parts = answer.parts
    assert parts[0].rows is not None
    assert parts[1].error is not None
    assert parts[1].error.clear
    assert "999999" in parts[1].error.message
    assert len(parts) == (3 if continues else 2)
    assert {line["Document"] for line in world.d365.lines()} == {REFERENCES[0], *([REFERENCES[2]] if continues else [])}


CERTAIN: list[tuple[str, dict[str, Any], type[D365Error]]]
CERTAIN = [("throttle", {"retry_after": 3}, Throttled), ("refuse", {}, NotSent)]
CERTAIN += [("status_before", {"code": code}, error) for code, error in ((403, Unauthorized), (413, Refused))]
UNCERTAIN: list[tuple[str, dict[str, Any]]]
UNCERTAIN = [("reset_before", {}), ("reset_after", {}), ("truncate_after", {"bytes": 30})]
UNCERTAIN += [("status_before", {"code": code}) for code in (302, 400, 404, 408, 500, 502, 503, 504)]
UNCERTAIN += [("status_after", {"code": code}) for code in (200, 204, 400, 500, 502)]
UNCERTAIN += [("malformed_after", {"body": body, "content_type": "application/json"}) for body in ("", "{", "[]", "{}")]


@pytest.mark.parametrize(("kind", "options", "error"), CERTAIN)
def test_what_surely_wrote_nothing_is_told_apart(
    world: World, client: D365Client, number: str, kind: str, options: dict[str, Any], error: type[D365Error]
) -> None:
    for match in ("POST $batch", "POST LedgerJournalHeaders"):
        world.faults.add("d365", match, kind, **options)
    with pytest.raises(error):
        client.send(changesets(number), seconds=30)
    with pytest.raises(error):
        client.create_header("usmf", "BREX", "x", 30.0)
    assert (len(world.d365.headers()), world.d365.lines()) == (1, [])


@pytest.mark.parametrize(("kind", "options"), UNCERTAIN)
def test_everything_else_is_no_answer(
    world: World, client: D365Client, number: str, kind: str, options: dict[str, Any]
) -> None:
    for match in ("POST $batch", "POST LedgerJournalHeaders"):
        world.faults.add("d365", match, kind, **options)
    before = client.requests
    with pytest.raises(NoAnswer):
        client.send(changesets(number), seconds=30)
    with pytest.raises(NoAnswer):
        client.create_header("usmf", "BREX", "x", 30.0)
    assert client.requests - before == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"JournalBatchNumber":"X"}',
        '{"dataAreaId":"usmf"}',
        '{"dataAreaId":"usmf","JournalBatchNumber":""}',
        '{"dataAreaId":"frrt","JournalBatchNumber":"X"}',
    ],
)
def test_a_new_journal_that_is_not_the_one_asked_for_is_no_answer(world: World, client: D365Client, body: str) -> None:
    world.faults.add("d365", "POST LedgerJournalHeaders", "malformed_after", body=body, content_type="application/json")
    with pytest.raises(NoAnswer, match="company and number"):
        client.create_header("usmf", "BREX", "x", 30.0)


def test_an_explained_refusal_of_a_whole_batch_is_still_uncertain(
    world: World, client: D365Client, number: str
) -> None:
    body = '{"error":{"message":"An error has occurred.","innererror":{"message":"The batch is malformed."}}}'
    world.faults.add("d365", "POST $batch", "status_after", code=400, body=body, content_type="application/json")
    with pytest.raises(NoAnswer, match="The batch is malformed"):
        client.send(changesets(number), seconds=30)


def test_no_time_left_is_not_sent(world: World, client: D365Client, number: str) -> None:
    with pytest.raises(NotSent, match="no time"):
        client.send(changesets(number), seconds=0)
    assert world.d365.lines() == []


# -- logs


def test_every_call_is_one_log_line_without_query_or_secret(world: World, client: D365Client) -> None:
    with capture_logs() as logs:
        list(client.rows("JournalNames", filter="Name eq 'BREX'"))
    sides = [log["side"] for log in logs]
    assert sides == ["entra", "entra", "d365"]
    assert {"method": "GET", "path": "/data/JournalNames", "status": 200, "side": "d365"}.items() <= logs[-1].items()
    assert logs[-1]["trace_id"]
    text = repr(logs)
    assert CLIENT_SECRET not in text
    assert "filter" not in text
    assert "Bearer" not in text
