"""The $batch answer: what may be believed of it, whatever was cut or garbled."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.d365 import batch, multipart
from connector.d365.batch import InnerError, Part
from connector.domain import jsonio

ROWS = st.dictionaries(
    st.text("abcDEF-_=\r\n", max_size=6),
    st.one_of(
        st.text(max_size=20),
        st.integers(-(10**9), 10**9),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
        st.none(),
        st.just("--batchresponse_1--\r\n--changesetresponse_0"),
    ),
    max_size=4,
).filter(lambda row: "error" not in row)

# One changeset's outcome: rows created, or a message.
OUTCOMES = st.one_of(st.lists(ROWS, min_size=1, max_size=3), st.text("Infolog: abc.", min_size=1, max_size=20))


def answer_of(
    outcomes: list[Any],
    ids: list[list[str]],
    outer: str = "batchresponse_1",
    inner: str = "changesetresponse_",
    end: str = "\r\n",
) -> bytes:
    """A `$batch` answer as F&O writes it (live sample, 2020)."""
    lines = []
    for number, (outcome, row_ids) in enumerate(zip(outcomes, ids, strict=True)):
        lines += [f"--{outer}", f"Content-Type: multipart/mixed; boundary={inner}{number}", ""]
        if isinstance(outcome, str):
            error = {
                "error": {
                    "code": "",
                    "message": "An error has occurred.",
                    "innererror": {"message": outcome, "type": "T"},
                }
            }
            lines += operation(f"{inner}{number}", row_ids[0], "500 Internal Server Error", error)
        else:
            for row, row_id in zip(outcome, row_ids, strict=True):
                lines += operation(f"{inner}{number}", row_id, "201 Created", row)
        lines += [f"--{inner}{number}--"]
    return end.join([*lines, f"--{outer}--", ""]).encode()


def operation(boundary: str, content_id: str, status: str, body: Any) -> list[str]:
    return [
        f"--{boundary}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        f"Content-ID: {content_id}",
        "",
        f"HTTP/1.1 {status}",
        'ETag: W/"JzEsNjg3MTk1MjU3NjEn"',
        "Content-Type: application/json; odata.metadata=minimal",
        "OData-Version: 4.0",
        "",
        jsonio.dumps(body),
    ]


def ids_of(outcomes: list[Any]) -> list[list[str]]:
    return batch.content_ids([[{}] if isinstance(outcome, str) else outcome for outcome in outcomes])


def kind(boundary: str = "batchresponse_1") -> str:
    return f"multipart/mixed; boundary={boundary}"


@settings(deadline=None)
@given(st.lists(OUTCOMES, min_size=1, max_size=4), st.sampled_from(["\r\n", "\n"]))
def test_a_whole_answer_is_read_part_by_part(outcomes: list[Any], end: str) -> None:
    ids = ids_of(outcomes)
    parts, complete = multipart.parse(kind(), answer_of(outcomes, ids, end=end))
    assert complete
    for part, outcome, row_ids in zip(parts, outcomes, ids, strict=True):
        assert part.content_ids == tuple(row_ids)
        assert part.rows == (None if isinstance(outcome, str) else tuple(outcome))
        assert (part.error is not None) == isinstance(outcome, str)


# Boundaries that are the beginning of each other are the hardest to tell apart in a text that was cut.
@settings(max_examples=50, deadline=None)
@given(
    st.lists(OUTCOMES, min_size=1, max_size=3),
    st.sampled_from([("batchresponse_1", "changesetresponse_"), ("b", "b"), ("b-", "b"), ("b0", "b"), ("b--", "b")]),
    st.sampled_from(["\r\n", "\n"]),
)
def test_nothing_cut_short_is_complete_nor_is_a_cut_part_believed(
    outcomes: list[Any], boundaries: tuple[str, str], end: str
) -> None:
    ids = ids_of(outcomes)
    outer, inner = boundaries[0], boundaries[1] + "x"
    body = answer_of(outcomes, ids, outer, inner, end)
    whole, complete = multipart.parse(kind(outer), body)
    assert complete
    for length in range(len(body.rstrip())):
        parts, complete = multipart.parse(kind(outer), body[:length])
        assert not complete
        assert parts == whole[: len(parts)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.binary(max_size=400))
def test_no_rubbish_makes_it_raise(content_type: str, body: bytes) -> None:
    multipart.parse(content_type, body)
    multipart.parse(kind(), body)


PIECES = st.sampled_from(
    [
        b"--batchresponse_1", b"--batchresponse_1--", b"--c", b"--c--", b"\r\n", b"\n", b"\r", b" ", b"",
        b"Content-Type: multipart/mixed; boundary=c", b"Content-Type: application/http", b"Content-ID: 1001",
        b"Content-Type: multipart/mixed; boundary=batchresponse_1", b"Content-Length: 99", b"HTTP/1.1 201 Created",
        b"HTTP/1.1 500 Oops", b"HTTP/1.1 204 No Content", b'{"a":1}', b'{"error":{"message":"x"}}', b"[]", b"\xff",
        b"{",
    ]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_no_order_of_its_pieces_makes_it_raise_or_believe_a_part_without_a_body(pieces: list[bytes]) -> None:
    parts, _ = multipart.parse(kind(), b"\r\n".join(pieces))
    for part in parts:
        assert (part.rows is None) != (part.error is None)
        assert all(row == {"a": 1} for row in part.rows or ())


@settings(deadline=None)
@given(st.lists(OUTCOMES, min_size=1, max_size=3), st.data())
def test_a_byte_changed_never_makes_it_raise(outcomes: list[Any], data: st.DataObject) -> None:
    body = bytearray(answer_of(outcomes, ids_of(outcomes)))
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] = data.draw(st.integers(0, 255))
    multipart.parse(kind(), bytes(body))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/mixed",
        "multipart/mixed; boundary=",
        "multipart/form-data; boundary=batchresponse_1",
    ],
)
def test_another_content_type_is_no_answer(content_type: str) -> None:
    assert multipart.parse(content_type, answer_of([[{}]], [["1001"]])) == ([], False)


def test_a_quoted_boundary_and_other_parameters_are_read() -> None:
    content_type = 'Multipart/Mixed; charset=utf-8; Boundary="batchresponse_1"; x=y'
    assert multipart.parse(content_type, answer_of([[{}]], [["1001"]]))[1]


@pytest.mark.parametrize(
    "body",
    [
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n[1]",
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n",
        b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{"error":{"message":"so not created"}}',
        b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"a":1}',
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":1}',
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html></html>",
        b'HTTP/1.1 500 Internal Server Error\r\n\r\n{"a":1}',
        b'HTTP/1.1 201 Created\r\n\r\n{"a":NaN}',
        b'{"a":1}',
    ],
)
def test_an_odd_part_is_left_out_and_its_neighbours_are_read(body: bytes) -> None:
    odd = b"--batchresponse_1\r\nContent-Type: application/http\r\nContent-ID: 1009\r\n\r\n" + body + b"\r\n"
    parts, complete = multipart.parse(kind(), odd + answer_of([[{"b": 2}]], [["1001"]]))
    assert not complete
    assert parts == [Part(("1001",), ({"b": 2},), None)]


def test_a_changeset_with_rows_and_an_error_is_left_out() -> None:
    error = {"error": {"message": "no", "innererror": {"message": "no"}}}
    lines = ["--batchresponse_1", "Content-Type: multipart/mixed; boundary=c", ""]
    lines += operation("c", "1001", "201 Created", {"a": 1})
    lines += operation("c", "1002", "400 Bad Request", error)
    body = "\r\n".join([*lines, "--c--", "--batchresponse_1--"]).encode()
    assert multipart.parse(kind(), body) == ([], False)


def test_a_changeset_without_its_own_end_is_left_out() -> None:
    body = answer_of([[{"a": 1}]], [["1001"]]).replace(b"--changesetresponse_0--\r\n", b"")
    assert multipart.parse(kind(), body) == ([], False)


def test_operations_outside_of_a_changeset_are_parts_of_their_own() -> None:
    lines = operation("batchresponse_1", "1001", "201 Created", {"a": Decimal("1.50")})
    lines += operation("batchresponse_1", "1002", "400 Bad Request", {"error": {"message": "Field X is not known."}})
    parts, complete = multipart.parse(kind(), "\r\n".join([*lines, "--batchresponse_1--"]).encode())
    assert complete
    assert parts == [
        Part(("1001",), ({"a": Decimal("1.50")},), None),
        Part(("1002",), None, InnerError(400, "Field X is not known.", "", clear=True)),
    ]


def test_something_after_the_end_is_odd() -> None:
    body = answer_of([[{"a": 1}]], [["1001"]])
    assert multipart.parse(kind(), body + b"\r\n  \r\n")[1]
    assert not multipart.parse(kind(), body + b"<html>")[1]


def test_an_answer_without_parts_is_not_complete() -> None:
    assert multipart.parse(kind(), b"--batchresponse_1--\r\n") == ([], False)
    assert multipart.parse(kind(), b"--batchresponse_1\r\n--batchresponse_1--\r\n") == ([], False)


def test_the_recorded_failure_is_read() -> None:
    body = (
        "--batchresponse_1\nContent-Type: multipart/mixed; boundary=changesetresponse_1209a811\n\n"
        "--changesetresponse_1209a811\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n"
        "Content-ID: 1\n\nHTTP/1.1 500 Internal Server Error\n"
        "Content-Type: application/json; odata.metadata=minimal; charset=utf-8\nOData-Version: 4.0\n\n"
        '{"error":{"code":"","message":"An error has occurred.","innererror":{"message":"Write failed for table row '
        "of type 'CustCustomerGroupEntity'. Infolog: Info: Cannot create a record in Customer groups "
        '(CustGroup). Customer group: Batch2, Batch 2 Test group T1.\\nThe record already exists..",'
        '"type":"Microsoft.Dynamics.Platform.Integration.Services.OData.AxODataWriteException","stacktrace":"at"}}}\n'
        "--changesetresponse_1209a811--\n--batchresponse_1--"
    )
    parts, complete = multipart.parse(kind(), body.encode())
    assert complete
    (part,) = parts
    assert part.error == InnerError(
        500,
        "Cannot create a record in Customer groups (CustGroup). Customer group: Batch2, Batch 2 Test group T1.; "
        "The record already exists.",
        "Microsoft.Dynamics.Platform.Integration.Services.OData.AxODataWriteException",
        clear=True,
    )
