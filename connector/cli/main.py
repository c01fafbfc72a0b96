"""The command line. Exit codes: 0 done, 1 refused or failed (a sentence on stderr says why), 2 wrong usage."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import typer
from typer.core import TyperGroup

from connector import logs
from connector.cli import (
    audit,
    backfill,
    connections,
    control,
    keys,
    mappings,
    people,
    ping,
    preview,
    reconcile,
    record,
    records,
    status,
)
from connector.cli.failures import explain
from connector.cli.output import complain


class Commands(TyperGroup):
    """All commands, with one place where errors become sentences."""

    def invoke(self, ctx: Any) -> Any:
        with _quiet_logs():
            try:
                return super().invoke(ctx)
            except Exception as error:
                sentences = explain(error)
                if sentences is None:
                    raise
            complain(sentences)
            raise typer.Exit(1)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Coded Brex spend lands in Dynamics 365 Finance & Operations, once each.",
    epilog="Each command tells more with --help, for example: connector records --help",
)
app.add_typer(connections.app, name="connections")
app.command()(ping.ping)
app.add_typer(mappings.app, name="mappings")
app.command()(backfill.backfill)
app.command()(records.records)
app.command()(record.record)
app.command()(preview.preview)
app.command()(preview.approve)
app.command()(people.retry)
app.command()(people.skip)
app.command()(reconcile.reconcile)
app.command()(status.status)
app.command()(control.pause)
app.command()(control.resume)
app.command()(control.refresh)
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter still shows the rest
    app(prog_name="connector")


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """Logs are for the servers: here errors alone, on stderr, and afterwards everything as it was."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure(logging.ERROR)
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers = handlers
        root.setLevel(level)


if __name__ == "__main__":
    main()
