"""`connector status`: how the connections are doing, and whether what they run on answers."""

from contextlib import suppress
from typing import Annotated, Any

import typer
from kombu.exceptions import OperationalError as BrokerError
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from connector.cli.arguments import AsJson, MaybeName
from connector.cli.context import Context, current
from connector.cli.failures import explain
from connector.cli.output import Cell, complain, print_json, say
from connector.cli.receipts import summary
from connector.cli.tables import Column, table
from connector.cli.words import counted, duration, state_cell, when, zone
from connector.domain.stages import Stage
from connector.pipeline import notices
from connector.store import connections, linked, overview, receipts, schema, views
from connector.store.connections import Connection
from connector.store.engine import Tx

BROKER_SECONDS = 1.0
WORKER_SECONDS = 2.0


def status(
    ctx: typer.Context,
    name: MaybeName = None,
    workers: Annotated[bool, typer.Option("--workers", help="Ask the workers too (takes 2 s).")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how connections are doing: state, records by stage, problems, last readings.

    Ends with 1 where the database does not answer or its schema is older than this release.

    Example: connector status acme
    """
    context = current(ctx)
    report: dict[str, Any] = {"database": "answers", "broker": _broker(context.redis_url)}
    if workers:
        report["workers"] = _workers()
    failure = ""
    try:
        if schema.state(context.runtime.database) is schema.State.OLDER:
            failure = "The schema is older than this release: run `alembic upgrade head`."
            report["database"] = "has an older schema"
    except SQLAlchemyError as error:
        failure = explain(error) or ""
        report["database"] = "does not answer"
    chosen = [] if failure else _chosen(context, name)
    with_counts = [] if failure else _connections(context, chosen)
    if as_json:
        print_json({**report, "connections": with_counts})
    else:
        _print_services(report)
        for connection, facts in zip(chosen, with_counts, strict=True):
            _print_connection(connection, facts)
    if failure:
        complain(failure)
        raise typer.Exit(1)


def _chosen(context: Context, name: str | None) -> list[Connection]:
    if name is not None:
        return [context.connection(name)]
    with context.runtime.database.begin() as tx:
        return connections.everyone(tx)


def _connections(context: Context, chosen: list[Connection]) -> list[dict[str, Any]]:
    with context.runtime.database.begin() as tx:
        return [_facts(tx, one) for one in chosen]


def _facts(tx: Tx, one: Connection) -> dict[str, Any]:
    counts = views.counts(tx, one.id)
    return {
        "name": one.name,
        "state": one.state,
        "state_reason": one.state_reason,
        "company_id": one.company_id,
        "stages": {stage: counts[stage] for stage in Stage if stage in counts},
        "linked": linked.count(tx, one.id),
        "problems": dict(views.problem_counts(tx, one.id)),
        "receipts": receipts.counts(tx, one.id),
        "polled_at": one.polled_at,
        "refreshed_at": one.refreshed_at,
        "warnings": notices.of(tx, one),
        "waits": {side: round(seconds, 1) for side, seconds in overview.waits(tx, one.id).items()},
    }


def _broker(url: str) -> str:
    client = None
    try:
        client = Redis.from_url(
            url, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        client.ping()
    except (RedisError, OSError, ValueError):
        return "does not answer"
    finally:
        if client is not None:
            client.close()
    return "answers"


def _workers() -> list[str]:
    """Names of the workers that answer in time; none where the broker does not."""
    from tasks.app import app  # noqa: PLC0415 - Celery takes its time to load

    with suppress(BrokerError, OSError):
        return sorted(app.control.inspect(timeout=WORKER_SECONDS).ping() or {})
    return []


def _print_services(report: dict[str, Any]) -> None:
    say(f"Database {report['database']}. Broker {report['broker']}.")
    if "workers" in report:
        names = report["workers"]
        say(f"{counted(len(names), 'worker')} answering{': ' if names else ''}{', '.join(names)}.")


def _print_connection(one: Connection, facts: dict[str, Any]) -> None:
    zone_name = zone(one)
    say()
    rows: list[list[Cell]] = [["State", state_cell(one.state)]]
    rows += [["Reason", one.state_reason]] if one.state_reason else []
    rows += [["Records", ", ".join(f"{number:,} {stage}" for stage, number in facts["stages"].items()) or "none"]]
    if facts["linked"]:
        rows += [["Linked", f"{facts['linked']:,} of them are second entries of others, and no records of Brex"]]
    rows += [["Problem", f"{code}: {counted(number)}"] for code, number in facts["problems"].items()]
    rows += [["Receipts", summary(facts["receipts"])]] if facts["receipts"] else []
    rows += [["Last poll", when(one.polled_at, zone_name)], ["Master data", when(one.refreshed_at, zone_name)]]
    rows += [
        ["Waits", f"{side} asked to be left alone for {duration(seconds)}"] for side, seconds in facts["waits"].items()
    ]
    rows += [["Warning", Text(sentence, style="yellow")] for sentence in facts["warnings"]]
    table([Column(""), Column("", wrap=True)], rows, title=one.name)
