"""Prometheus figures, read from the database at the moment they are asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from connector.pipeline.runtime import Runtime
from connector.store import connections, views


class _Records(Collector):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        records = GaugeMetricFamily("connector_records", "Records by stage.", labels=["connection", "stage"])
        paused = GaugeMetricFamily("connector_paused", "1 while a connection is paused.", labels=["connection"])
        with self._runtime.database.begin() as tx:
            for connection in connections.everyone(tx):
                paused.add_metric([connection.name], 0 if connection.active else 1)
                for stage, count in sorted(views.counts(tx, connection.id).items()):
                    records.add_metric([connection.name, stage], count)
            oldest = views.oldest_unwritten_seconds(tx)
        yield records
        yield paused
        yield GaugeMetricFamily(
            "connector_oldest_unwritten_seconds",
            "Age of the oldest record not yet in the ledger.",
            value=oldest or 0,
        )


def registry(runtime: Runtime) -> CollectorRegistry:
    found = CollectorRegistry(auto_describe=False)
    found.register(_Records(runtime))
    return found
