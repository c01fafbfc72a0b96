from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from connector.brex.answers import read
from connector.brex.errors import BrexError, NoAnswer, Refused, Unreadable
from connector.outbound.session import Response


def answer(status: int, body: bytes, **headers: str) -> Response:
    named: Any = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, named, body, 0.1)


def test_the_older_trace_header_counts_where_the_newer_is_missing() -> None:
    with pytest.raises(Refused) as caught:
        read(answer(400, b'{"message":"no"}', x_datadog_trace_id="77"), write=False, secret="s")
    assert caught.value.trace_id == "77"


def test_the_error_body_of_the_other_apis_is_read_too() -> None:
    body = b'{"type":"NOT_FOUND","message":"Not Found","code":"USER_NOT_FOUND"}'
    with pytest.raises(Refused, match=r"404: Not Found") as caught:
        read(answer(404, body), write=True, secret="s")
    assert caught.value.error_code == "USER_NOT_FOUND"


@settings(deadline=None)
@given(
    st.integers(100, 599),
    st.one_of(st.binary(max_size=40), st.sampled_from([b'{"message":7}', b'{"a":1}'])),
    st.booleans(),
)
def test_every_answer_is_an_object_or_a_brex_error(status: int, body: bytes, write: bool) -> None:
    error: BrexError | None = None
    try:
        read(answer(status, body), write=write, secret="s")
    except BrexError as caught:
        error = caught
    if error is None:
        assert 200 <= status < 300
        return
    assert error.status == status
    assert not isinstance(error, Unreadable if write else NoAnswer)
