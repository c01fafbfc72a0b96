"""`connector preview` and `approve`: what a record would become, and the leave to post records of its kind."""

from pathlib import Path
from typing import Annotated

import typer

from connector.cli import previews
from connector.cli.arguments import AsJson, Name
from connector.cli.context import current, speakable
from connector.cli.entries import print_entry
from connector.cli.failures import Failure
from connector.cli.output import print_json, say
from connector.cli.words import counted
from connector.domain.connection import Posting
from connector.domain.treatments import EVERY, treatment_of
from connector.pipeline import preview as looking
from connector.pipeline.preview import Preview
from connector.pipeline.runtime import posting
from connector.store import connections, overview


def preview(
    ctx: typer.Context,
    name: Name,
    record_id: Annotated[
        str | None, typer.Argument(metavar="RECORD_ID", help="This record; left out: all that wait.")
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Only records that are here already; Brex is not read.")
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE.csv", help="Write the exact lines to a file.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the entry that a record would become, or all that stands in its way. Nothing is stored or sent.

    A record that is not known here is read from Brex for this look. Without one, everything that waits here or is
    ready in Brex is shown as a table.

    Example: connector preview acme accr_abc123
    """
    context = current(ctx)
    connection = context.connection(name)
    if record_id is None:
        previews.show(context, connection, brex=not stored, csv=csv, as_json=as_json)
        return
    found = looking.of(context.runtime, connection, record_id) if speakable(record_id) else None
    if found is None:
        raise Failure(f"Neither {name} nor Brex knows a record {record_id}.")
    if csv is not None:
        previews.write(csv, [found])
    elif as_json:
        print_json(previews.for_programs(found))
    else:
        _print(found)


def _print(found: Preview) -> None:
    for remark in found.notes:
        say(f"Note: {remark}")
    if found.entry is not None:
        print_entry(found.entry, found.reference)
    elif found.skipped:
        say(f"It would be skipped: {found.skipped}")
    for problem in found.problems:
        say(f"{problem.code}: {problem.sentence}")
        say(f"  What to do: {problem.fix}")


def approve(
    ctx: typer.Context,
    name: Name,
    types: Annotated[
        list[str],
        typer.Option("--type", metavar="RECORD_TYPE", help="The record type; may be repeated.", show_default=False),
    ],
) -> None:
    """Let records of a type be written to the ledger, after a look at a preview.

    Those that are held for want of it go on.

    Example: connector approve acme --type CARD_EXPENSE_REFUND
    """
    context = current(ctx)
    connection = context.connection(name)
    wanted = [one.strip().upper() for one in types]
    entries = [one for one in EVERY if _is_entry(one, posting(connection))]
    for one in wanted:
        if one not in entries:
            raise Failure(f"Records of type {one} become no entry on {name}; these do: {', '.join(entries)}.")
    with context.runtime.database.begin() as tx:
        connections.approve(tx, connection.id, wanted)
        waiting = overview.held_for_approval(tx, connection.id, wanted)
    say(f"{' and '.join(wanted)} may be written on {name}.")
    if waiting:
        say(f"{counted(waiting)} held for it will be planned again.")
    context.woken(connection)


def _is_entry(record_type: str, settings: Posting) -> bool:
    treatment = treatment_of(record_type, settings)
    return treatment is not None and treatment.kind == "entry"
