"""`connector doctor`: is this installation well, and what to do where it is not."""

import os

import typer
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from connector import settings
from connector.cli.arguments import AsJson
from connector.cli.context import current
from connector.cli.output import complain, print_json
from connector.cli.tables import Column, table
from connector.cli.words import counted, state_cell
from connector.pipeline import doctor as checks
from connector.pipeline.doctor import State

BROKER_SECONDS = 2.0


def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Check clock, disk, schema, broker, keys, versions, stuck batches, waiting records and paused connections.

    Ends with 1 where any check failed. Nothing is changed, and no credential is sent.

    Example: connector doctor
    """
    context = current(ctx)
    home = settings.home_of(os.environ)
    found = list(checks.run(context.runtime, home, _broker_version(context.redis_url)))
    if as_json:
        print_json(
            [
                {"check": one.name, "connection": one.connection, "state": one.state, "seen": one.seen, "fix": one.fix}
                for one in found
            ]
        )
    else:
        columns = [Column("State"), Column("Check"), Column("Connection", leave=1), Column("Seen", wrap=True),
                   Column("What to do", wrap=True, leave=2)]  # fmt: skip
        table(columns, [[state_cell(one.state), one.name, one.connection, one.seen, one.fix] for one in found])
    failed = sum(one.state is State.FAILED for one in found)
    if failed:
        complain(f"{counted(failed, 'check')} failed.")
        raise typer.Exit(1)


def _broker_version(url: str) -> str | None:
    """Such as `Redis 7.2.4`; None where it does not answer."""
    try:
        with Redis.from_url(
            url, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS, retry=Retry(NoBackoff(), 0)
        ) as client:
            told = client.info("server")
    except (RedisError, OSError, ValueError):
        return None
    if "valkey_version" in told:
        return f"Valkey {told['valkey_version']}"
    return f"Redis {told.get('redis_version', 'of an unknown version')}"
