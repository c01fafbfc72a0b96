"""`connector audit verify`: is every record's history as it was written?"""

from dataclasses import asdict

import typer

from connector.cli.arguments import AsJson, MaybeName
from connector.cli.context import Context, current
from connector.cli.output import complain, print_json, say
from connector.cli.words import counted
from connector.store import audit, connections
from connector.store.connections import Connection

app = typer.Typer(no_args_is_help=True, help="The history of records.")


@app.callback()
def group() -> None:
    """The history of records: append-only events, each with the hash of the one before."""


@app.command()
def verify(ctx: typer.Context, name: MaybeName = None, as_json: AsJson = False) -> None:
    """Compute every event's hash again and say which record's history breaks, and where.

    Ends with 1 where any does.

    Example: connector audit verify acme
    """
    context = current(ctx)
    if name is not None:
        chosen = [context.connection(name)]
    else:
        with context.runtime.database.begin() as tx:
            chosen = connections.everyone(tx)
    reports = [(one, *_verified(context, one)) for one in chosen]
    broken = sum(len(breaks) for *_, breaks in reports)
    if as_json:
        print_json(
            [
                {"name": one.name, "records": records, "events": events, "breaks": [asdict(each) for each in breaks]}
                for one, records, events, breaks in reports
            ]
        )
    else:
        for one, records, events, breaks in reports:
            say(f"{one.name}: {counted(records)}, {counted(events, 'event')}, {counted(len(breaks), 'break')}.")
            for each in breaks:
                say(f"  {each.record_id}{f', event {each.seq}' if each.seq else ''}: {each.sentence}")
    if broken:
        complain("The history is not what was written: someone changed it in the database.")
        raise typer.Exit(1)


def _verified(context: Context, one: Connection) -> tuple[int, int, list[audit.Break]]:
    records, events, breaks = 0, 0, list[audit.Break]()
    after: int | None = 0
    while after is not None:
        with context.runtime.database.begin() as tx:
            part = audit.check(tx, one.id, after)
        records, events, after = records + part.records, events + part.events, part.last
        breaks += part.breaks
    return records, events, breaks
