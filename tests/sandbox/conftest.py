"""A fresh world per test, on a clock that only moves when told to, and a way to call Brex in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connector.domain import jsonio
from sandbox.world import World

BREX = "https://api.brex.com"
LEGACY = "https://platform.brexapis.com"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class Caller:
    """Requests to the world's Brex with its token, or another."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", world.adapter())

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        host: str = BREX,
        headers: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> requests.Response:
        given = {"Authorization": f"Bearer {token or self.world.brex.token}"} | (headers or {})
        data = None if body is None else body if isinstance(body, bytes) else jsonio.dumps(body).encode()
        return self.session.request(method, host + path, data=data, headers=given, timeout=timeout)

    def get(self, path: str) -> Any:
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        return jsonio.loads(answer.content)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        answer = self("POST", path, body)
        return answer.status_code, jsonio.loads(answer.content)

    def refused(self, path: str) -> tuple[int, Any]:
        answer = self("GET", path)
        return answer.status_code, jsonio.loads(answer.content)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> Iterator[World]:
    world = World(clock=clock)
    yield world
    world.close()


@pytest.fixture
def call(world: World) -> Caller:
    return Caller(world)


def record(record_id: str, **changes: Any) -> dict[str, Any]:
    """A small CARD_EXPENSE_POST in review."""
    money = {"amount": 100, "currency": "USD"}
    coded = {
        "brex_field_id": "ef_1",
        "remote_field_id": "GL_ACCOUNT",
        "brex_field_value_id": "efo_1",
        "remote_field_value_id": "606100",
    }
    line = {"amount": money, "original_amount": money, "memo": None}
    return {
        "id": record_id,
        "type": "CARD_EXPENSE_POST",
        "source_type": "CARD",
        "source_id": f"expense_{record_id}",
        "erp_posting_date": "2026-11-18T09:00:00Z",
        "posted_at": "2026-11-18T09:00:00Z",
        "amount": money,
        "line_items": [
            line | {"id": f"{record_id}_1", "type": "DEBIT", "accounting_field_values": [coded]},
            line | {"id": f"{record_id}_2", "type": "CREDIT", "accounting_field_values": []},
        ],
    } | changes
