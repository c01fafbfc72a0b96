"""The web app around the test's runtime, called without a socket, and what it asked to be woken."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from connector.domain import jsonio
from connector.embedded.testing import valkey_url
from connector.pipeline.runtime import Runtime
from connector.store import views
from connector.store.connections import Connection
from sandbox.brex.messages import signed_headers
from sandbox.world import World
from webhooks.wsgi import create_app

READY = "ACCOUNTING_RECORD_READY_FOR_EXPORT"
URL = "/webhooks/brex/acme"


@pytest.fixture
def woken() -> list[int]:
    return []


@pytest.fixture
def client(runtime: Runtime, woken: list[int]) -> FlaskClient:
    return create_app(runtime, redis_url=valkey_url(), wake=woken.append).test_client()


class Sender:
    """Signs and delivers as Brex does; everything about the message can be spoilt first."""

    def __init__(self, client: FlaskClient, world: World) -> None:
        self.client = client
        self.secret = world.brex.webhook_secret()

    def sign(self, body: Any, webhook_id: str = "msg_1", *secrets: str, at: datetime | None = None) -> dict[str, Any]:
        """`data` and `headers` of a delivery."""
        data = body if isinstance(body, bytes) else jsonio.dumps(body).encode()
        headers = signed_headers(data, webhook_id, at or datetime.now(UTC), secrets or (self.secret,))
        return {"data": data, "headers": headers}

    def __call__(self, body: Any, webhook_id: str = "msg_1", *secrets: str) -> tuple[int, str]:
        answer = self.client.post(URL, **self.sign(body, webhook_id, *secrets))
        return answer.status_code, answer.get_json()["status"]

    def ready(self, *ids: Any, webhook_id: str = "msg_1") -> tuple[int, str]:
        return self({"event_type": READY, "accountingRecordIds": list(ids)}, webhook_id)


@pytest.fixture
def send(client: FlaskClient, connection: Connection, world: World) -> Sender:
    return Sender(client, world)


def stored(runtime: Runtime, connection: Connection) -> list[str]:
    """Record ids we have heard of, in the order of their rows."""
    with runtime.database.begin() as tx:
        return [row["record_id"] for row in views.listing(tx, connection.id)]


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """Every SQL statement sent meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)
