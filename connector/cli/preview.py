"""`connector preview` and `approve`: what a record would become, and the leave to post records of its kind."""

from typing import Annotated

import typer

from connector.cli.arguments import AsJson, Name, RecordId
from connector.cli.context import current, speakable
from connector.cli.entries import print_entry
from connector.cli.failures import Failure
from connector.cli.output import print_json, say
from connector.cli.words import counted, problems
from connector.mapping.treatments import TREATMENTS, treatment_of
from connector.pipeline import preview as looking
from connector.pipeline.preview import Preview
from connector.store import connections, overview


def preview(ctx: typer.Context, name: Name, record_id: RecordId, as_json: AsJson = False) -> None:
    """Show the entry that a record would become, or all that stands in its way. Nothing is stored or sent.

    A record that is not known here is read from Brex for this look.

    Example: connector preview acme accr_abc123
    """
    context = current(ctx)
    connection = context.connection(name)
    found = looking.of(context.runtime, connection, record_id) if speakable(record_id) else None
    if found is None:
        raise Failure(f"Neither {name} nor Brex knows a record {record_id}.")
    if as_json:
        print_json(_for_programs(found))
        return
    for remark in found.notes:
        say(f"Note: {remark}")
    if found.entry is not None:
        print_entry(found.entry, found.reference)
    elif found.skipped:
        say(f"It would be skipped: {found.skipped}")
    for problem in found.problems:
        say(f"{problem.code}: {problem.sentence}")
        say(f"  What to do: {problem.fix}")


def _for_programs(found: Preview) -> dict[str, object]:
    return {
        "record_id": found.record_id,
        "source": found.source.lower(),
        "entry": None if found.entry is None else found.entry.as_json(),
        "reference": found.reference,
        "skipped": found.skipped,
        "problems": problems([problem.as_json() for problem in found.problems]),
        "notes": found.notes,
    }


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
    for one in wanted:
        if treatment_of(one) is None:
            raise Failure(f"Records of type {one} are not handled yet; there are: {', '.join(sorted(TREATMENTS))}.")
    with context.runtime.database.begin() as tx:
        connections.approve(tx, connection.id, wanted)
        waiting = overview.held_for_approval(tx, connection.id, wanted)
    say(f"{' and '.join(wanted)} may be written on {name}.")
    if waiting:
        say(f"{counted(waiting)} held for it will be planned again.")
    context.woken(connection)
