"""What Brex sends, signed: verified, stored, committed, then woken. Nothing that is sent is answered 5xx."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connector.embedded.testing import valkey_url
from connector.pipeline.runtime import Runtime
from connector.store import connections, views, webhooks
from connector.store.connections import Connection
from sandbox.world import World
from tests.conftest import store_connection
from tests.webhooks.conftest import READY, URL, Sender, statements, stored
from webhooks.wsgi import create_app

MIB = 1024 * 1024
NUMBERS = count()


def test_a_signed_webhook_is_stored_and_its_connection_woken(
    client: FlaskClient, runtime: Runtime, connection: Connection, world: World, woken: list[int]
) -> None:
    body, headers = world.brex.signed_webhook(["accr_1", "accr_2"], "msg_9")

    answer = client.post(URL, data=body, headers=headers)

    assert (answer.status_code, answer.get_json()) == (200, {"status": "stored"})
    assert (stored(runtime, connection), woken) == (["accr_1", "accr_2"], [connection.id])
    with runtime.database.begin() as tx:
        row = views.one(tx, connection.id, "accr_1")
    assert row is not None
    (first,) = row["events"]
    assert (first["actor"], first["to_stage"], first["data"]) == ("webhook:msg_9", "received", {"source": "webhook"})


@pytest.mark.parametrize("key", ["accountingRecordIds", "accounting_record_ids"])
def test_both_published_spellings_are_understood(
    send: Sender, runtime: Runtime, connection: Connection, key: str
) -> None:
    assert send({"event_type": READY, key: ["accr_1"], "companyId": "cuacc_1"}) == (200, "stored")
    assert stored(runtime, connection) == ["accr_1"]


def test_an_id_named_twice_in_one_webhook_is_one_record(send: Sender, runtime: Runtime, connection: Connection) -> None:
    assert send.ready("accr_1", "accr_2", "accr_1") == (200, "stored")
    with runtime.database.begin() as tx:
        rows = views.listing(tx, connection.id)
    assert [(row["record_id"], row["times_heard"]) for row in rows] == [("accr_1", 1), ("accr_2", 1)]


def test_a_second_delivery_is_known_already_and_changes_nothing(
    send: Sender, runtime: Runtime, connection: Connection, woken: list[int]
) -> None:
    send.ready("accr_1")
    with runtime.database.begin() as tx:
        before = views.one(tx, connection.id, "accr_1")

    assert send.ready("accr_1", "accr_2") == (200, "known already")

    with runtime.database.begin() as tx:
        assert views.one(tx, connection.id, "accr_1") == before
        assert webhooks.repeated(tx, connection.id) == 1
    assert (stored(runtime, connection), woken) == (["accr_1"], [connection.id])


def test_the_same_webhook_id_of_another_connection_is_another_webhook(
    client: FlaskClient, send: Sender, runtime: Runtime, connection: Connection, world: World, woken: list[int]
) -> None:
    other = store_connection(runtime, world, "other")
    send.ready("accr_1")

    answer = client.post("/webhooks/brex/other", **send.sign({"event_type": READY, "accountingRecordIds": ["accr_1"]}))

    assert answer.get_json() == {"status": "stored"}
    assert stored(runtime, connection) == stored(runtime, other) == ["accr_1"]
    assert woken == [connection.id, other.id]


def test_a_known_record_announced_again_is_heard_again(send: Sender, runtime: Runtime, connection: Connection) -> None:
    send.ready("accr_1", webhook_id="msg_1")
    assert send.ready("accr_1", webhook_id="msg_2") == (200, "stored")
    with runtime.database.begin() as tx:
        (row,) = views.listing(tx, connection.id)
    assert (row["times_heard"], row["stage"]) == (2, "received")


UNREADABLE: dict[str, Any] = {
    "not JSON": b"{",
    "not text": b"\x00",
    "a list": [],
    "a text": READY,
    "null": None,
    "no event type": {"accountingRecordIds": ["accr_1"]},
    "an event type that is no text": {"event_type": 1, "accountingRecordIds": ["accr_1"]},
    "an event type with NUL": {"event_type": "A\x00B"},
    "an event type with half a character": b'{"event_type": "\\ud800"}',
    "no ids": {"event_type": READY},
    "ids that are no list": {"event_type": READY, "accountingRecordIds": "accr_1"},
    "ids that are null": {"event_type": READY, "accountingRecordIds": None},
    "an id that is a number": {"event_type": READY, "accountingRecordIds": ["accr_1", 2]},
    "an id that is an object": {"event_type": READY, "accountingRecordIds": [{"id": "accr_1"}]},
    "an id that is empty": {"event_type": READY, "accountingRecordIds": [""]},
    "an id that is too long": {"event_type": READY, "accountingRecordIds": ["a" * 201]},
    "an id with NUL": {"event_type": READY, "accountingRecordIds": ["accr\x00_1"]},
    "an id with half a character": b'{"event_type": "%s", "accountingRecordIds": ["\\udfff"]}' % READY.encode(),
    "an id with a line end": {"event_type": READY, "accountingRecordIds": ["accr_1\n"]},
    "a number without end": b'{"event_type": "%s", "x": %s}' % (READY.encode(), b"9" * 5000),
    "nesting without end": b"[" * 100_000,
    "not a number": b'{"event_type": NaN}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_signed_but_unreadable_is_refused_and_nothing_of_it_kept(
    send: Sender, runtime: Runtime, connection: Connection, woken: list[int], body: Any
) -> None:
    status, sentence = send(body)
    assert (status, sentence.startswith("unreadable: ")) == (400, True)
    assert (stored(runtime, connection), woken) == ([], [])
    assert send.ready("accr_1") == (200, "stored")  # a refused delivery does not use up its Webhook-Id


@pytest.mark.parametrize("webhook_id", ["a" * 201, "msg_\x00", "msg\t1"])
def test_a_webhook_id_that_cannot_be_stored_is_refused(send: Sender, webhook_id: str) -> None:
    assert send.ready("accr_1", webhook_id=webhook_id)[0] == 400


def test_other_events_are_taken_and_announce_nothing(
    send: Sender, runtime: Runtime, connection: Connection, woken: list[int]
) -> None:
    assert send({"event_type": "USER_UPDATED", "accountingRecordIds": ["accr_1"]}) == (200, "stored")
    assert send({"event_type": "SOMETHING_NEW"}, "msg_2") == (200, "stored")
    assert (stored(runtime, connection), woken) == ([], [])


def test_an_announcement_of_nothing_wakes_nobody(send: Sender, woken: list[int]) -> None:
    assert (send.ready(), woken) == ((200, "stored"), [])


def test_a_body_over_one_mebibyte_is_too_large(client: FlaskClient, send: Sender) -> None:
    filler = {"event_type": "USER_UPDATED", "filler": ""}
    room = MIB - len(send.sign(filler)["data"])
    largest = send.sign({**filler, "filler": "a" * room})
    assert len(largest["data"]) == MIB
    assert client.post(URL, **largest).status_code == 200
    over = send.sign({**filler, "filler": "a" * (room + 1)}, "msg_2")
    assert client.post(URL, **over).status_code == 413
    assert client.post("/webhooks/brex/nobody", data=over["data"]).status_code == 413


def test_a_paused_connection_keeps_what_it_hears_and_is_not_woken(
    send: Sender, runtime: Runtime, connection: Connection, woken: list[int]
) -> None:
    with runtime.database.begin() as tx:
        connections.pause(tx, connection.id, "by hand")
    assert send.ready("accr_1") == (200, "stored")
    assert (stored(runtime, connection), woken) == (["accr_1"], [])


def _raises(_: int) -> object:
    raise RuntimeError("no broker")


@pytest.mark.parametrize("wake", [_raises, lambda _: False], ids=["raises", "says no"])
def test_a_wake_up_that_fails_is_no_failure_of_the_webhook(
    runtime: Runtime, connection: Connection, world: World, wake: Callable[[int], object]
) -> None:
    client = create_app(runtime, redis_url=valkey_url(), wake=wake).test_client()
    assert Sender(client, world).ready("accr_1") == (200, "stored")
    assert stored(runtime, connection) == ["accr_1"]


def test_a_hundred_records_are_one_insert(send: Sender, runtime: Runtime, connection: Connection) -> None:
    ids = [f"accr_{number:03}" for number in range(100)]
    with statements(runtime) as seen:
        assert send.ready(*ids) == (200, "stored")
    assert len([one for one in seen if "INSERT INTO records" in one]) == 1
    with statements(runtime) as seen_for_one:
        send.ready("accr_more", webhook_id="msg_2")
    assert len(seen) == len(seen_for_one)
    assert stored(runtime, connection) == [*ids, "accr_more"]


def test_the_log_follows_a_record_from_its_webhook_on_and_names_no_secret(send: Sender) -> None:
    with capture_logs() as logs:
        send.ready("accr_1")
    (entry,) = [one for one in logs if one["event"] == "webhook stored"]
    assert (entry["connection"], entry["webhook_id"], entry["records"]) == ("acme", "msg_1", ["accr_1"])
    assert send.secret not in repr(logs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@given(event=JSON, ids=JSON, key=st.sampled_from(["accountingRecordIds", "accounting_record_ids", "ids"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_signed_is_ever_answered_5xx(send: Sender, event: Any, ids: Any, key: str) -> None:
    for body in (event, {"event_type": READY, key: ids}, {"event_type": event, key: ids}):
        status, _ = send(body, f"msg_{next(NUMBERS)}")
        assert status in (200, 400)
