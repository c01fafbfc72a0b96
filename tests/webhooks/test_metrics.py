"""The figures of the metrics page, read as Prometheus reads them."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from connector.pipeline.runtime import Runtime
from connector.store import figures
from connector.store.connections import Connection
from sandbox.world import World
from tests.pipeline.helpers import RECORDS, run_chain, spend_and_announce
from tests.webhooks.conftest import Sender, statements

Samples = dict[tuple[str, ...], float]


def read(client: FlaskClient) -> dict[str, Samples]:
    """Sample name → label values, in the order of the labels' names → value."""
    found: dict[str, Samples] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def change(runtime: Runtime, statement: str, **params: Any) -> None:
    with runtime.database.begin() as tx:
        tx.execute(text(statement), params)


def test_requests_are_counted_by_side_and_outcome_with_their_time(
    client: FlaskClient, runtime: Runtime, connection: Connection, world: World
) -> None:
    world.faults.add("brex", RECORDS, "status_before", times=1, code=503)
    spend_and_announce(runtime, connection, world, 1, 1)
    run_chain(runtime, connection)
    change(runtime, "UPDATE records SET next_attempt_at = now()")
    change(runtime, "UPDATE pacing SET not_before = now()")
    run_chain(runtime, connection)

    found = read(client)

    counted = found["connector_requests_total"]
    assert counted["acme", "503", "brex"] == 1
    for side in ("brex", "d365"):
        assert counted["acme", "200", side] >= 2
    assert set(found["connector_request_seconds_total"]) == set(counted)
    assert sum(counted.values()) == sum(world.requests.values())


def test_the_time_to_written_is_a_histogram(
    client: FlaskClient, runtime: Runtime, connection: Connection, world: World
) -> None:
    spend_and_announce(runtime, connection, world, 1, 1, 1)
    run_chain(runtime, connection)
    taken = (
        "UPDATE records SET written_at = created_at + :seconds * interval '1 second' "
        "WHERE id = (SELECT {} FROM records)"
    )
    change(runtime, "UPDATE records SET written_at = created_at + interval '20 seconds'")
    change(runtime, taken.format("max(id)"), seconds=100_000)
    change(runtime, taken.format("min(id)"), seconds=600)

    found = read(client)

    buckets = {labels[1]: number for labels, number in found["connector_written_seconds_bucket"].items()}
    assert buckets == {
        "10": 0, "30": 1, "60": 1, "120": 1, "300": 1, "600": 2, "1800": 2, "3600": 2, "14400": 2, "86400": 2,
        "+Inf": 3,
    }  # fmt: skip
    assert found["connector_written_seconds_count"]["acme",] == 3
    assert found["connector_written_seconds_sum"]["acme",] == 100_620


def test_waits_attempts_and_ages_are_told(
    client: FlaskClient, runtime: Runtime, connection: Connection, send: Sender
) -> None:
    before = read(client)
    assert ("acme", "webhook") not in before.get("connector_age_seconds", {})
    send.ready("accr_1")
    change(runtime, "UPDATE pacing SET strikes = 3, not_before = now() + interval '90 seconds' WHERE side = 'd365'")
    change(runtime, "UPDATE records SET attempts = 4")
    change(runtime, "UPDATE webhooks SET received_at = now() - interval '1 hour'")
    change(runtime, "UPDATE connections SET polled_at = now() - interval '2 hours'")

    found = read(client)

    assert found["connector_strikes"] == {("acme", "brex"): 0, ("acme", "d365"): 3}
    assert 80 < found["connector_wait_seconds"]["acme", "d365"] <= 90
    assert found["connector_wait_seconds"]["acme", "brex"] == 0
    assert found["connector_attempts"] == {("acme",): 4}
    assert found["connector_age_seconds"]["acme", "webhook"] >= 3600
    assert found["connector_age_seconds"]["acme", "poll"] >= 7200


def test_what_the_last_night_found_is_told(client: FlaskClient, runtime: Runtime, connection: Connection) -> None:
    assert "connector_reconciliation_findings" not in read(client)
    for day, found in ((2, 5), (1, 3)):
        change(
            runtime,
            "INSERT INTO reconciliations (connection_id, first_day, last_day, claimed_until, done_at, clean, found) "
            "SELECT :id, current_date - 46, current_date - :day, now(), now() - interval '1 hour', false, :found",
            id=connection.id, day=day, found=found,
        )  # fmt: skip

    found_now = read(client)

    assert found_now["connector_reconciliation_findings"] == {("acme",): 3}
    assert 3600 <= found_now["connector_age_seconds"]["acme", "reconciliation"] < 7200


def test_no_figure_is_read_from_the_events(client: FlaskClient, runtime: Runtime, connection: Connection) -> None:
    with statements(runtime) as seen:
        client.get("/metrics")
    assert seen
    assert [one for one in seen if "events" in one] == []


@pytest.mark.parametrize("bound", figures.BUCKETS)
def test_a_bound_belongs_to_its_bucket(runtime: Runtime, connection: Connection, bound: int) -> None:
    change(
        runtime,
        "INSERT INTO records (connection_id, record_id, created_at, written_at) VALUES (:id, 'accr_1', now(), "
        "now() + :bound * interval '1 second')",
        id=connection.id, bound=bound,
    )  # fmt: skip
    with runtime.database.begin() as tx:
        times = figures.times_to_written(tx, connection.id)
    assert sum(times.within) == len([one for one in figures.BUCKETS if one >= bound])
