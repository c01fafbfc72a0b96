"""What `mappings` and `rules` have in common: reading the file, trying a change, and their versions."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from connector.cli.backfill import progress_bar
from connector.cli.context import Context
from connector.cli.failures import Failure
from connector.cli.output import err, note, print_json, say
from connector.cli.tables import Column, table
from connector.cli.words import counted, when, zone
from connector.mapping.csvtable import BadRows
from connector.mapping.mappings import Mappings
from connector.mapping.rules import RuleBook
from connector.pipeline import trial
from connector.store import versions, waiting
from connector.store.connections import Connection
from connector.store.engine import Tx

Rows = TypeVar("Rows")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
AtVersion = Annotated[
    int | None, typer.Option("--version", metavar="N", help="As they were at this version.", show_default=False)
]
ToFile = Annotated[Path | None, typer.Argument(metavar="FILE.csv", help="Where to; left out: standard output.")]


def read(file: str, reader: Callable[[str], Rows]) -> Rows:
    """The rows of a file, or of standard input for "-". Raises `Failure` naming every wrong row."""
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    try:
        return reader(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Failure(f"{file} is not in UTF-8: save it as CSV UTF-8. Nothing was changed.") from None
    except BadRows as error:
        mistakes = "\n".join(f"  {mistake}" for mistake in error.mistakes)
        raise Failure(f"The file is not usable; nothing was changed.\n{mistakes}") from None


def say_changes(noun: str, before: Mapping[object, object], after: Mapping[object, object]) -> None:
    """How many are new, changed and gone."""
    new, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    changed = sum(1 for key in before.keys() & after.keys() if before[key] != after[key])
    say(f"{counted(len(after), noun)}: {new:,} new, {changed:,} changed, {gone:,} gone.")


def say_trial(
    context: Context, connection: Connection, *, mappings: Mappings | None = None, book: RuleBook | None = None
) -> None:
    """Plan all that waits with the new rows, and tell what would become of it."""
    console = err()
    with context.runtime.database.begin() as tx:
        total = waiting.count(tx, connection.id)
    with progress_bar(console) as progress:
        task = progress.add_task("Planning", total=total, words="")
        found = trial.of(
            context.runtime, connection, mappings=mappings, book=book,
            progress=lambda number: progress.advance(task, number),
        )  # fmt: skip
    say(f"Of {counted(found.looked_at)} waiting:")
    skipped = f" ({found.skipped:,} by being skipped)" if found.skipped else ""
    say(f"  {found.freed:,} held would be freed{skipped}")
    say(f"  {found.caught:,} would be held")
    say(f"  {found.altered:,} previews would change")
    note("Nothing was changed.")


def say_history(context: Context, connection: Connection, kind: versions.Kind, *, as_json: bool) -> None:
    with context.runtime.database.begin() as tx:
        found = versions.history(tx, connection.id, kind)
    if as_json:
        print_json([{"version": one.version, "at": one.at, "actor": one.actor, "rows": one.rows} for one in found])
        return
    if not found:
        say(f"No {kind} were imported yet.")
        return
    zone_name = zone(connection)
    columns = [Column("Version", right=True), Column("Since"), Column("Who"), Column("Rows", right=True)]
    table(columns, [[str(one.version), when(one.at, zone_name), one.actor, f"{one.rows:,}"] for one in found])
    note(f"`connector {kind} export {connection.name} FILE.csv --version N` gives the rows of one.")


def export(
    context: Context,
    name: str,
    kind: versions.Kind,
    version: int | None,
    file: Path | None,
    *,
    present: Callable[[Tx, int], Sequence[tuple[str, ...]]],
    text: Callable[[Sequence[tuple[str, ...]]], str],
) -> None:
    """Write the rows in force, today's (`present`) or those of a version, as the CSV that `text` makes of them."""
    connection = context.connection(name)
    rows = _at(context, connection, kind, version)
    if rows is None:
        with context.runtime.database.begin() as tx:
            rows = present(tx, connection.id)
    write(text(rows), file, len(rows))


def write(text: str, file: Path | None, rows: int) -> None:
    if file is None:
        sys.stdout.write(text)
        return
    file.write_text(text, encoding="utf-8")
    note(f"{counted(rows, 'row')} written to {file}.")


def _at(
    context: Context, connection: Connection, kind: versions.Kind, version: int | None
) -> Sequence[tuple[str, ...]] | None:
    """The rows in force at a version; None: today's. Raises `Failure` where there were none, or it is yet to come."""
    if version is None:
        return None
    if version > connection.rules_version:
        raise Failure(f"There is no version {version} yet: `connector {kind} history {connection.name}`.")
    with context.runtime.database.begin() as tx:
        found = versions.rows_at(tx, connection.id, kind, version)
    if found is None:
        raise Failure(f"No {kind} were in force at version {version}: `connector {kind} history {connection.name}`.")
    return found
