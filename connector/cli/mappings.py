"""`connector mappings`: which Brex value stands for which F&O value, as a CSV file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.arguments import Name
from connector.cli.context import current
from connector.cli.failures import Failure
from connector.cli.output import note, say
from connector.cli.words import counted
from connector.mapping.csvfile import BadMappings, read_csv, write_csv
from connector.mapping.mappings import Row
from connector.store import rules, views

app = typer.Typer(no_args_is_help=True, help="Mappings: which Brex value stands for which F&O value.")


@app.command("import")
def import_(
    ctx: typer.Context,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE.csv", help="The mappings; - reads them from standard input.")],
) -> None:
    """Put the rows of a file in place of all mappings of a connection.

    The columns are brex_field, brex_value, d365_dimension and d365_value. Where a single row is wrong nothing
    is changed, and every wrong row is told with its number.

    Example: connector mappings import acme mappings.csv
    """
    context = current(ctx)
    connection = context.connection(name)
    rows = _rows(file)
    with context.runtime.database.begin() as tx:
        before = rules.mappings(tx, connection.id)
        changed = before != [tuple(row) for row in rows]
        if changed:
            rules.replace_mappings(tx, connection.id, rows)
        waiting = [
            (code, held)
            for code, held in views.problem_counts(tx, connection.id)
            if code.startswith(("MAP-", "D365-DIM"))
        ]
    if not changed:
        say(f"{counted(len(rows), 'row')}: the same as before; nothing was changed.")
        return
    say(f"{counted(len(rows), 'row')} imported (before: {len(before)}).")
    for code, held in waiting:
        say(f"{counted(held)} held for {code} will be planned again.")
    context.woken(connection)


def _rows(file: str) -> list[Row]:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return read_csv(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Failure(f"{file} is not in UTF-8: save it as CSV UTF-8. Nothing was changed.") from None
    except BadMappings as error:
        mistakes = "\n".join(f"  {mistake}" for mistake in error.mistakes)
        raise Failure(f"The mappings are not usable; nothing was changed.\n{mistakes}") from None


@app.command()
def export(
    ctx: typer.Context,
    name: Name,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE.csv", help="Where to; left out: standard output.")
    ] = None,
) -> None:
    """Write all mappings of a connection as CSV, in the form that import reads.

    Example: connector mappings export acme mappings.csv
    """
    context = current(ctx)
    connection = context.connection(name)
    with context.runtime.database.begin() as tx:
        rows = rules.mappings(tx, connection.id)
    text = write_csv(rows)
    if file is None:
        sys.stdout.write(text)
        return
    file.write_text(text, encoding="utf-8")
    note(f"{counted(len(rows), 'row')} written to {file}.")
