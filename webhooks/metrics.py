"""Prometheus figures, read from the database at the moment they are asked for.

Web, worker and beat are processes of their own, on several machines perhaps: what they have in common is PostgreSQL.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from connector.pipeline.runtime import Runtime
from connector.store import connections, figures, nights, views
from connector.store.connections import Connection
from connector.store.engine import Tx


class _Figures:
    """The families of one reading of the page."""

    def __init__(self) -> None:
        one, side, outcome = ["connection"], ["connection", "side"], ["connection", "side", "outcome"]
        self.records = GaugeMetricFamily("connector_records", "Records by stage.", labels=["connection", "stage"])
        self.paused = GaugeMetricFamily("connector_paused", "1 while a connection is paused.", labels=one)
        self.requests = CounterMetricFamily(
            "connector_requests", "Requests by side and outcome: the HTTP status, or what became of it.", labels=outcome
        )
        self.seconds = CounterMetricFamily(
            "connector_request_seconds", "Seconds that these requests took together.", labels=outcome
        )
        self.written = HistogramMetricFamily(
            "connector_written_seconds", "From the first word of a record until it stood in the ledger.", labels=one
        )
        self.strikes = GaugeMetricFamily(
            "connector_strikes", "Refusals in a row (throttled, unreachable).", labels=side
        )
        self.wait = GaugeMetricFamily("connector_wait_seconds", "How long the side is left alone yet.", labels=side)
        self.attempts = GaugeMetricFamily(
            "connector_attempts", "Attempts of the record on its way that was tried most often.", labels=one
        )
        self.age = GaugeMetricFamily(
            "connector_age_seconds",
            "Since the last poll, refresh of master data, webhook and nightly reconciliation.",
            labels=[*one, "what"],
        )
        self.differences = GaugeMetricFamily(
            "connector_reconciliation_findings", "What the last nightly reconciliation found.", labels=one
        )

    def add(self, tx: Tx, one: Connection) -> None:
        name = one.name
        self.paused.add_metric([name], 0 if one.active else 1)
        for stage, count in sorted(views.counts(tx, one.id).items()):
            self.records.add_metric([name, stage], count)
        for side, outcome, number, seconds in figures.requests(tx, one.id):
            self.requests.add_metric([name, side, outcome], number)
            self.seconds.add_metric([name, side, outcome], seconds)  # type: ignore[arg-type]
        times = figures.times_to_written(tx, one.id)
        bounds = [str(bound) for bound in figures.BUCKETS]
        buckets = [*zip(bounds, times.within, strict=True), ("+Inf", times.number)]
        self.written.add_metric([name], buckets, times.seconds)  # type: ignore[arg-type]
        for pace in figures.paces(tx, one.id):
            self.strikes.add_metric([name, pace.side], pace.strikes)
            self.wait.add_metric([name, pace.side], pace.wait_seconds)  # type: ignore[arg-type]
        self.attempts.add_metric([name], figures.most_attempts(tx, one.id))
        for what, age in sorted(figures.ages(tx, one.id).items()):
            self.age.add_metric([name, what], age)  # type: ignore[arg-type]
        night = nights.last(tx, one.id)
        if night is not None:
            self.differences.add_metric([name], night.found)

    def families(self) -> Iterator[Metric]:
        yield from vars(self).values()


class _Collector(Collector):
    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        found = _Figures()
        with self._runtime.database.begin() as tx:
            for connection in connections.everyone(tx):
                found.add(tx, connection)
            oldest = views.oldest_unwritten_seconds(tx)
        yield from found.families()
        yield GaugeMetricFamily(
            "connector_oldest_unwritten_seconds",
            "Age of the oldest record not yet in the ledger.",
            value=oldest or 0,
        )


def registry(runtime: Runtime) -> CollectorRegistry:
    found = CollectorRegistry(auto_describe=False)
    found.register(_Collector(runtime))
    return found
