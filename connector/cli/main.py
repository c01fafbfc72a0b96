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
    alignment,
    audit,
    backfill,
    backup,
    connections,
    control,
    credentials,
    cutover,
    data,
    doctor,
    fields,
    keys,
    mappings,
    people,
    ping,
    preview,
    probe,
    reconcile,
    record,
    records,
    refresh,
    reverse,
    rules,
    settle,
    statement,
    status,
    transfers,
    webhooks,
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
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Coded Brex spend lands in Dynamics 365 Finance & Operations, once each.",
    epilog="Each command tells more with --help, for example: connector records --help",
)
_SETTING_UP, _RECORDS, _RUNNING = "Setting up", "Records", "Running"
app.add_typer(connections.app, name="connections", rich_help_panel=_SETTING_UP)
app.add_typer(credentials.app, name="credentials", rich_help_panel=_SETTING_UP)
app.command(rich_help_panel=_SETTING_UP)(ping.ping)
app.command(rich_help_panel=_SETTING_UP)(probe.probe)
app.add_typer(webhooks.app, name="webhooks", rich_help_panel=_SETTING_UP)
app.command(rich_help_panel=_SETTING_UP)(refresh.refresh)
app.add_typer(mappings.app, name="mappings", rich_help_panel=_SETTING_UP)
app.add_typer(rules.app, name="rules", rich_help_panel=_SETTING_UP)
app.add_typer(alignment.app, name="vendors", rich_help_panel=_SETTING_UP)
app.add_typer(fields.app, name="fields", rich_help_panel=_SETTING_UP)
app.command(rich_help_panel=_RECORDS)(backfill.backfill)
app.command(rich_help_panel=_RECORDS)(records.records)
app.command(rich_help_panel=_RECORDS)(record.record)
app.command(rich_help_panel=_RECORDS)(preview.preview)
app.command(rich_help_panel=_RECORDS)(preview.approve)
app.command(rich_help_panel=_RECORDS)(people.retry)
app.command(rich_help_panel=_RECORDS)(people.skip)
app.command(rich_help_panel=_RECORDS)(reverse.reverse)
app.command(rich_help_panel=_RECORDS)(settle.settle)
app.command(rich_help_panel=_RUNNING)(status.status)
app.command(rich_help_panel=_RUNNING)(reconcile.reconcile)
app.command(rich_help_panel=_RUNNING)(statement.statement)
app.add_typer(transfers.app, name="transfers", rich_help_panel=_RUNNING)
app.command(rich_help_panel=_RUNNING)(control.pause)
app.command(rich_help_panel=_RUNNING)(control.resume)
app.command(rich_help_panel=_RUNNING)(control.recover)
app.command("cut-over", rich_help_panel=_RUNNING)(cutover.cut_over)
app.command(rich_help_panel=_RUNNING)(doctor.doctor)
app.command(rich_help_panel=_RUNNING)(backup.backup)
app.command(rich_help_panel=_RUNNING)(backup.restore)
app.add_typer(audit.app, name="audit", rich_help_panel=_RUNNING)
app.add_typer(data.app, name="data", rich_help_panel=_RUNNING)
app.add_typer(keys.app, name="keys", rich_help_panel=_RUNNING)


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
