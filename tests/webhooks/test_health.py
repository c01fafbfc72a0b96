"""What platforms and monitors ask: alive, ready, and the figures."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from connector.embedded import testing
from connector.pipeline.runtime import Runtime
from connector.store import connections, schema
from connector.store.connections import Connection
from connector.store.engine import Database
from sandbox.world import World
from tests.conftest import KEY, store_connection
from tests.webhooks.conftest import Sender
from webhooks.wsgi import create_app

# Nothing listens on port 1. The password must not appear in an answer.
NOWHERE = "postgresql+psycopg2://connector:s3cret-password@127.0.0.1:1/connector"
NO_BROKER = "redis://:s3cret-password@127.0.0.1:1/0"


@pytest.fixture
def without_database(runtime: Runtime) -> Iterator[FlaskClient]:
    database = Database(NOWHERE)
    elsewhere = Runtime(database, runtime.vault, runtime.outbound)
    yield create_app(elsewhere, redis_url=testing.valkey_url(), wake=print).test_client()
    database.dispose()


def execute(runtime: Runtime, statement: str) -> None:
    with runtime.database.begin() as tx:
        tx.execute(text(statement))


def test_it_is_alive_whatever_else_is_away(client: FlaskClient, without_database: FlaskClient) -> None:
    for one in (client, without_database):
        answer = one.get("/health/live")
        assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_it_is_ready_and_says_how_things_stand(client: FlaskClient, send: Sender, runtime: Runtime) -> None:
    assert client.get("/health/ready").get_json()["oldest_unwritten_seconds"] is None
    send.ready("accr_1")
    execute(runtime, "UPDATE records SET created_at = now() - interval '100 seconds'")

    answer = client.get("/health/ready")

    assert answer.status_code == 200
    found = answer.get_json()
    assert found.pop("oldest_unwritten_seconds") >= 100
    assert found == {
        "status": "ready", "broker": "answers", "schema": "current", "migration": schema.known()[-1],
    }  # fmt: skip


def test_it_is_ready_without_a_broker(runtime: Runtime) -> None:
    """Webhooks are stored all the same; the sweep wakes them."""
    client = create_app(runtime, redis_url=NO_BROKER, wake=print).test_client()
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["broker"]) == (200, "does not answer")


def test_it_is_not_ready_without_its_database(without_database: FlaskClient) -> None:
    answer = without_database.get("/health/ready")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "the database does not answer")
    assert without_database.get("/metrics").status_code == 503


@pytest.mark.parametrize(
    "older", ["DELETE FROM alembic_version", "DROP TABLE alembic_version"], ids=["emptied", "never migrated"]
)
def test_it_is_not_ready_on_an_older_schema(client: FlaskClient, runtime: Runtime, older: str) -> None:
    execute(runtime, older)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "the schema is older than this release")


def test_it_is_ready_on_a_newer_schema(client: FlaskClient, runtime: Runtime) -> None:
    """A later release has migrated and is about to take over; until then this one goes on."""
    execute(runtime, "UPDATE alembic_version SET version_num = '9999'")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.get_json()["schema"]) == (200, "newer")


def test_the_figures_are_what_prometheus_reads(
    client: FlaskClient, send: Sender, runtime: Runtime, connection: Connection, world: World
) -> None:
    paused = store_connection(runtime, world, "paused")
    with runtime.database.begin() as tx:
        connections.pause(tx, paused.id, "by hand")
    send.ready("accr_1", "accr_2", "accr_3")
    execute(runtime, "UPDATE records SET stage = 'held' WHERE record_id = 'accr_2'")
    execute(runtime, f"UPDATE records SET created_at = now() - interval '{timedelta(hours=2).seconds} seconds'")

    answer = client.get("/metrics")

    assert (answer.status_code, answer.headers["Content-Type"].count("charset")) == (200, 1)
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    found = {
        name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for name, family in families.items()
    }
    assert found.pop("connector_oldest_unwritten_seconds")[()] >= 7200
    assert found["connector_records"] == {("acme", "held"): 1.0, ("acme", "received"): 2.0}
    assert found["connector_paused"] == {("acme",): 0.0, ("paused",): 1.0}
    assert all(family.documentation for family in families.values())


def test_no_answer_tells_a_secret(
    client: FlaskClient, send: Sender, runtime: Runtime, without_database: FlaskClient, world: World
) -> None:
    file = world.connection()
    secrets = [KEY, "s3cret-password", world.brex.token, send.secret, file["d365"]["client_secret"]]
    secrets += [runtime.database.engine.url.password or "", testing.valkey_url().split("@")[0].rpartition(":")[2]]
    brokerless = create_app(runtime, redis_url=NO_BROKER, wake=print).test_client()
    for one in (client, without_database, brokerless):
        for path in ("/health/live", "/health/ready", "/metrics", "/webhooks/brex/acme", "/"):
            told = one.get(path)
            assert [secret for secret in secrets if not secret or secret in told.text + str(told.headers)] == []
