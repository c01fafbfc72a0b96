import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connector.domain import jsonio
from sandbox.brex import messages
from sandbox.world import World
from tests.sandbox.conftest import Caller, Clock

HOOKS = "/v1/webhooks"
WISH = {"url": "https://connector.example/hook", "event_types": ["ACCOUNTING_RECORD_READY_FOR_EXPORT"]}


def _create(call: Caller, body: Any = WISH, key: str = "key-1") -> tuple[int, Any]:
    answer = call("POST", HOOKS, body, headers={"Idempotency-Key": key})
    return answer.status_code, jsonio.loads(answer.content)


def _verified(secret: str, body: bytes, headers: dict[str, str]) -> Any:
    return Webhook(secret).verify(body, headers)


def test_the_signature_is_the_one_of_brexs_own_example() -> None:
    body = (
        b'{"event_type": "TRANSFER_PROCESSED", "transfer_id": "dptx_ckyypz30n000101kgzgnrtqlf", '
        b'"company_id": "cuacc_ckqckhadg000601r95ox48c2s"}'
    )
    moment = datetime.fromtimestamp(1643393361, UTC)
    secrets = ["4j7OxQ4wlv1GmkZ9qLjoFjEFXjpzvHkr"]
    headers = messages.signed_headers(body, "msg_24Ky2257Hzd0tgc5bWs8TwK9Kod", moment, secrets)
    assert headers["Webhook-Timestamp"] == "1643393361"
    assert headers["Webhook-Signature"] == "v1,6mFFi/Bg0gw1Yz2KJwZSVq6Bh+XzllS7JVltAlZ8yCU="


def test_a_message_is_signed_with_the_secret_that_the_api_shows(world: World, call: Caller) -> None:
    body, headers = world.brex.signed_webhook(["accr_1", "accr_1"], at=datetime.now(UTC))
    (secret,) = call.get(f"{HOOKS}/secrets")
    assert secret["status"] == "ACTIVE"
    assert _verified(secret["secret"], body, headers) == {
        "event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT",
        "accountingRecordIds": ["accr_1", "accr_1"],
        "companyId": world.brex.company_id,
    }
    with pytest.raises(WebhookVerificationError):
        _verified(secret["secret"], body + b" ", headers)


def test_the_older_spelling_can_be_switched_on(world: World) -> None:
    world.brex.options.set(webhook_body="snake")
    body, _ = world.brex.signed_webhook(["accr_1"])
    assert jsonio.loads(body) == {
        "event_type": "ACCOUNTING_RECORD_READY_FOR_EXPORT",
        "accounting_record_ids": ["accr_1"],
    }


def test_while_a_rotation_goes_on_both_secrets_are_listed_and_sign(world: World, call: Caller) -> None:
    old = world.brex.webhook_secret()
    new = world.brex.rotate_secret()
    assert call.get(f"{HOOKS}/secrets") == [
        {"secret": new, "status": "ACTIVE"},
        {"secret": old, "status": "PENDING_REVOKE"},
    ]
    body, headers = world.brex.signed_webhook(["accr_1"], at=datetime.now(UTC))
    assert len(headers["Webhook-Signature"].split(" ")) == 2
    assert _verified(old, body, headers) == _verified(new, body, headers)

    world.brex.finish_rotation()
    assert call.get(f"{HOOKS}/secrets") == [{"secret": new, "status": "ACTIVE"}]
    body, headers = world.brex.signed_webhook(["accr_1"], at=datetime.now(UTC))
    with pytest.raises(WebhookVerificationError):
        _verified(old, body, headers)


def test_a_secret_may_have_the_prefix_of_the_specification(world: World) -> None:
    world.brex.options.set(secret_prefix="whsec_")
    assert world.brex.webhook_secret().startswith("whsec_")
    body, headers = world.brex.signed_webhook(["accr_1"], at=datetime.now(UTC))
    assert _verified(world.brex.webhook_secret(), body, headers)


def test_a_webhook_is_registered_read_changed_and_removed(call: Caller) -> None:
    status, hook = _create(call)
    assert (status, hook["status"], hook["group_id"]) == (200, "ACTIVE", None)
    assert call.get(HOOKS) == {"items": [hook], "next_cursor": None}
    changed = WISH | {"status": "INACTIVE"}
    assert call("PUT", f"{HOOKS}/{hook['id']}", changed).json() == hook | {"status": "INACTIVE"}
    assert call.get(f"{HOOKS}/{hook['id']}")["status"] == "INACTIVE"
    assert call("DELETE", f"{HOOKS}/{hook['id']}").status_code == 200
    status, body = call.refused(f"{HOOKS}/{hook['id']}")
    assert (status, body["type"]) == (404, "NOT_FOUND")


def test_only_one_webhook_per_customer(call: Caller) -> None:
    _, hook = _create(call)
    assert _create(call, key="key-1") == (200, hook)
    assert _create(call, key="key-2")[0] == 400
    assert call.get(HOOKS)["items"] == [hook]


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://connector.example/hook"},
        {"url": 7},
        {"event_types": []},
        {"event_types": ["ACCOUNTING_RECORD_UPDATED"]},
        {"status": "ACTIVE"},
        {"name": "x"},
    ],
)
def test_a_wrong_registration_is_refused(call: Caller, change: dict[str, Any]) -> None:
    status, body = _create(call, WISH | change)
    assert (status, body["type"]) == (400, "BAD_REQUEST")


def test_a_registration_needs_an_idempotency_key(call: Caller) -> None:
    assert call("POST", HOOKS, WISH).status_code == 400


class _Receiver(BaseHTTPRequestHandler):
    answers: list[int]
    seen: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((dict(self.headers.items()), body))
        self.send_response(self.answers.pop(0))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _receiver(*answers: int) -> Iterator[tuple[str, type[_Receiver]]]:
    handler = type("Receiver", (_Receiver,), {"answers": list(answers), "seen": []})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_delivery_is_repeated_with_the_same_id_until_it_is_accepted(world: World, clock: Clock) -> None:
    with _receiver(500, 404, 200) as (url, receiver):
        sent = world.brex.deliver(url, ["accr_1"], schedule=(0, 0, 0, 0))
    assert (sent.statuses, sent.accepted) == ((500, 404, 200), True)
    assert {headers["Webhook-Id"] for headers, _ in receiver.seen} == {sent.webhook_id}


def test_a_delivery_ends_with_its_schedule(world: World) -> None:
    with _receiver(503, 503) as (url, _):
        sent = world.brex.deliver(url, ["accr_1"], schedule=(0, 0))
    assert (sent.statuses, sent.accepted) == ((503, 503), False)


def test_a_receiver_that_is_not_there_counts_as_no_answer(world: World) -> None:
    with _receiver() as (url, _):
        pass
    assert world.brex.deliver(url, ["accr_1"], schedule=(0,)).statuses == (0,)


@pytest.mark.parametrize("url", ["http://connector.example/hook", "ftp://127.0.0.1/", "hook"])
def test_plain_http_goes_to_this_machine_only(world: World, url: str) -> None:
    with pytest.raises(ValueError, match="not an HTTPS address"):
        world.brex.deliver(url, ["accr_1"])


def test_without_a_url_or_a_listening_webhook_there_is_nowhere_to_deliver(world: World, call: Caller) -> None:
    _create(call, WISH | {"event_types": ["USER_UPDATED"]})
    with pytest.raises(ValueError, match="no address"):
        world.brex.deliver(None, ["accr_1"])
