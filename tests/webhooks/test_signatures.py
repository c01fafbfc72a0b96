"""Who is let in: only what one of the connection's secrets signed, lately. Strangers learn nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.embedded.testing import valkey_url
from connector.pipeline.runtime import Runtime
from connector.store import connections
from connector.store.connections import Connection
from connector.vault import Vault
from sandbox.world import World
from tests.webhooks.conftest import READY, URL, Sender, stored
from webhooks.receiver import _NOBODY
from webhooks.wsgi import create_app

BODY = {"event_type": READY, "accountingRecordIds": ["accr_1"]}
FIRST, SECOND = "MCDBG16t42aV0Esn2sHyv1kRaip1LPEC", "4j7OxQ4wlv1GmkZ9qLjoFjEFXjpzvHkr"


def keep(runtime: Runtime, connection: Connection, secret: str) -> None:
    with runtime.database.begin() as tx:
        connections.put_secret(tx, runtime.vault, connection.id, "brex.webhook_secret", secret)


def test_brexs_own_test_vector_is_accepted(client: FlaskClient, runtime: Runtime, connection: Connection) -> None:
    """Fact: published in Brex's guide to webhooks, with a second signature that belongs to another secret."""
    body = (
        '{"event_type": "TRANSFER_PROCESSED", "transfer_id": "dptx_ckyypz30n000101kgzgnrtqlf", '
        '"company_id": "cuacc_ckqckhadg000601r95ox48c2s"}'
    )
    keep(runtime, connection, SECOND)
    headers = {
        "Webhook-Id": "msg_24Ky2257Hzd0tgc5bWs8TwK9Kod",
        "Webhook-Timestamp": "1643393361",
        "Webhook-Signature": "v1,6mFFi/Bg0gw1Yz2KJwZSVq6Bh+XzllS7JVltAlZ8yCU= "
        "v1,9dEEi/Bg0gw1Yz2KJwZSVq6Bh+XzllS7JVltAlZ8yDY=",
    }
    with time_machine.travel(datetime.fromtimestamp(1643393361 + 30, UTC)):
        assert client.post(URL, data=body, headers=headers).status_code == 200
        assert client.post(URL, data=body + " ", headers=headers).status_code == 401
    assert client.post(URL, data=body, headers=headers).status_code == 401  # years later


@pytest.mark.parametrize("kept", [FIRST, f"whsec_{FIRST}", f"{SECOND} {FIRST}", f"  {FIRST}\n{SECOND}  "])
def test_a_secret_is_good_with_and_without_its_prefix_and_beside_another(
    send: Sender, runtime: Runtime, connection: Connection, kept: str
) -> None:
    keep(runtime, connection, kept)
    assert send(BODY, "msg_1", FIRST) == (200, "stored")


def test_while_brex_rotates_both_the_old_and_the_new_secret_are_good(
    client: FlaskClient, send: Sender, world: World
) -> None:
    """We still have the old secret; the message carries a signature of each."""
    world.brex.rotate_secret()
    body, headers = world.brex.signed_webhook(["accr_1"])
    assert len(headers["Webhook-Signature"].split()) == 2
    assert client.post(URL, data=body, headers=headers).status_code == 200
    world.brex.finish_rotation()
    body, headers = world.brex.signed_webhook(["accr_1"])
    assert client.post(URL, data=body, headers=headers).status_code == 401


def test_an_unknown_version_of_a_signature_is_passed_over(client: FlaskClient, send: Sender) -> None:
    delivery = send.sign(BODY)
    delivery["headers"]["Webhook-Signature"] = "v2,Zm9v " + delivery["headers"]["Webhook-Signature"]
    assert client.post(URL, **delivery).status_code == 200


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_from_another_time_is_refused(client: FlaskClient, send: Sender, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert client.post(URL, **send.sign(BODY, at=at)).status_code == 401


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_missing_or_malformed_header_is_refused(
    client: FlaskClient, send: Sender, runtime: Runtime, connection: Connection, name: str
) -> None:
    good = send.sign(BODY)
    for value in (None, "", " ", "0", "v1", "v1,", ",", "v1,=", "nan", "1e999", "\xff"):
        headers = {key: text for key, text in good["headers"].items() if key != name}
        if value is not None:
            headers[name] = value
        assert client.post(URL, data=good["data"], headers=headers).status_code == 401, value
    assert stored(runtime, connection) == []


@pytest.mark.parametrize("secret", ["", "whsec_", "-", "a", "\u00e4\u00f6"])
def test_a_stored_secret_that_is_no_key_lets_nobody_in(
    client: FlaskClient, send: Sender, runtime: Runtime, connection: Connection, secret: str
) -> None:
    keep(runtime, connection, secret)
    assert send(BODY, "msg_1", FIRST)[0] == 401
    assert send(BODY, "msg_1", _NOBODY)[0] == 401


def test_a_connection_without_a_secret_lets_nobody_in(client: FlaskClient, runtime: Runtime, send: Sender) -> None:
    with runtime.database.begin() as tx:
        tx.exec_driver_sql("DELETE FROM credentials WHERE kind = 'brex.webhook_secret'")
    assert send(BODY)[0] == 401
    assert send(BODY, "msg_1", _NOBODY)[0] == 401


NAMES = ["nobody", "ACME", "acme%00", "acme%0A", "%ED%A0%80", "%F0%9F%92%B8", "a" * 5000, "acme;--", "..", "%20"]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_connection_is_answered_exactly_like_a_bad_signature(
    client: FlaskClient, send: Sender, name: str
) -> None:
    known = client.post(URL, **send.sign(BODY, "msg_1", FIRST))
    unknown = client.post(f"/webhooks/brex/{name}", **send.sign(BODY, "msg_1", _NOBODY))
    assert known.status_code == unknown.status_code == 401
    assert known.data == unknown.data
    assert known.headers.to_wsgi_list() == unknown.headers.to_wsgi_list()


def test_a_removed_connection_is_an_unknown_one(
    client: FlaskClient, send: Sender, runtime: Runtime, connection: Connection
) -> None:
    with runtime.database.begin() as tx:
        connections.remove(tx, connection.id)
    assert send(BODY)[0] == 401


def test_a_secret_that_cannot_be_decrypted_any_more_lets_nobody_in(
    runtime: Runtime, connection: Connection, world: World
) -> None:
    rekeyed = Runtime(runtime.database, Vault([Fernet.generate_key().decode()]), runtime.outbound)
    client = create_app(rekeyed, redis_url=valkey_url(), wake=print).test_client()
    assert Sender(client, world)(BODY)[0] == 401


LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=60)
SIGNATURES = LATIN | st.lists(st.tuples(st.sampled_from(["v1", "v2", ""]), LATIN).map(",".join)).map(" ".join)
TIMESTAMPS = LATIN | st.integers().map(str) | st.floats().map(str) | st.just(str(int(datetime.now(UTC).timestamp())))


@given(
    body=st.binary(max_size=200),
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/?#%"), max_size=50) | st.just("acme"),
    headers=st.fixed_dictionaries(
        {},
        optional={"Webhook-Id": LATIN, "Webhook-Timestamp": TIMESTAMPS, "Webhook-Signature": SIGNATURES},
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_a_stranger_sends_is_let_in_or_answered_5xx(
    client: FlaskClient, connection: Connection, body: bytes, name: str, headers: dict[str, Any]
) -> None:
    answer = client.post(f"/webhooks/brex/{name}", data=body, headers=headers)
    assert answer.status_code in (308, 401, 404)
