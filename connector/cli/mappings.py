"""`connector mappings`: which Brex value stands for which F&O value, as a CSV file."""

from collections.abc import Sequence
from typing import Annotated

import typer

from connector.cli import rulebooks
from connector.cli.arguments import AsJson, Name
from connector.cli.context import current, person
from connector.cli.output import say
from connector.cli.rulebooks import AtVersion, DryRun, ToFile
from connector.cli.words import counted
from connector.mapping.csvfile import read_csv, write_csv
from connector.mapping.mappings import Mappings, Row, fold
from connector.store import rules, views

app = typer.Typer(no_args_is_help=True, help="Mappings: which Brex value stands for which F&O value.")


@app.command("import")
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The mappings; - reads them from standard input.")],
    dry_run: DryRun = False,
) -> None:
    """Put the rows of a file in place of all mappings of a connection.

    The columns are brex_field, brex_value, d365_dimension and d365_value. Where a single row is wrong nothing
    is changed, and every wrong row is told with its number.

    Example: connector mappings import acme mappings.csv --dry-run
    """
    context = current(ctx)
    connection = context.connection(name)
    rows = rulebooks.read(file, read_csv)
    with context.runtime.database.begin() as tx:
        before = rules.mappings(tx, connection.id)
        changed = before != [tuple(row) for row in rows]
        if changed and not dry_run:
            rules.replace_mappings(tx, connection.id, rows, person())
        waiting = [
            (code, held)
            for code, held in views.problem_counts(tx, connection.id)
            if code.startswith(("MAP-", "D365-DIM"))
        ]
    if not changed:
        say(f"{counted(len(rows), 'row')}: the same as before; nothing was changed.")
        return
    rulebooks.say_changes("row", _by_key(before), _by_key(rows))
    if dry_run:
        rulebooks.say_trial(context, connection, mappings=Mappings(rows))
        return
    for code, held in waiting:
        say(f"{counted(held)} held for {code} will be planned again.")
    context.woken(connection)


def _by_key(rows: Sequence[rules.MappingRow]) -> dict[object, object]:
    return {(fold(field), fold(value), fold(dimension)): target for field, value, dimension, target in rows}


@app.command()
def export(
    ctx: typer.Context,
    name: Name,
    file: ToFile = None,
    version: AtVersion = None,
) -> None:
    """Write all mappings of a connection as CSV, in the form that import reads.

    Example: connector mappings export acme mappings.csv
    """
    rulebooks.export(
        current(ctx),
        name,
        "mappings",
        version,
        file,
        present=rules.mappings,
        text=lambda rows: write_csv([Row(*row) for row in rows]),
    )


@app.command()
def history(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List the versions that the mappings have had: since when, by whom, how many rows.

    Example: connector mappings history acme
    """
    context = current(ctx)
    rulebooks.say_history(context, context.connection(name), "mappings", as_json=as_json)
