"""What Sentry is told of an error: kind and place. Read from what the library would send."""

from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from connector import sentry
from connector.domain import jsonio
from tasks.base import PipelineTask

DSN = "https://public@sentry.example.com/1"
SECRET = "bxt_s3cret"


class Kept(Transport):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def kept() -> Iterator[Kept]:
    with sentry_sdk.isolation_scope():
        transport = Kept()
        yield transport
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)


def fail(token: str) -> None:
    raise ValueError(f"refused: {token}")


def test_without_a_dsn_nothing_is_sent() -> None:
    assert sentry.configure({}) is False
    sentry.capture(ValueError("nobody hears this"))


def test_kind_and_place_are_told_and_neither_words_nor_values(kept: Kept) -> None:
    assert sentry.configure({"SENTRY_DSN": DSN}, transport=kept)
    sentry_sdk.set_tag("token", SECRET)
    sentry_sdk.set_context("request", {"body": SECRET})
    try:
        fail(SECRET)
    except ValueError as error:
        sentry.capture(error)

    (sent,) = kept.sent
    told: dict[str, Any] = jsonio.loads(sent.splitlines()[-1])
    (found,) = told["exception"]["values"]
    assert found["type"] == "ValueError"
    assert found["stacktrace"]["frames"][-1]["function"] == "fail"
    assert SECRET not in sent
    assert "refused" not in sent


def test_a_dsn_of_no_use_is_told_in_the_log_and_stops_nothing(kept: Kept) -> None:
    assert sentry.configure({"SENTRY_DSN": "nonsense"}) is False


def test_a_task_that_fails_is_told(kept: Kept) -> None:
    assert sentry.configure({"SENTRY_DSN": DSN}, transport=kept)
    task = PipelineTask()
    task.name = "tasks.chain.post"
    task.on_failure(KeyError("nobody expected this"), "id", (1,))
    assert len(kept.sent) == 1
    assert '"KeyError"' in kept.sent[0]
